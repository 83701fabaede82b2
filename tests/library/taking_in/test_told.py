"""What the library tells of files once they are in: the log, freshness and badges, what people look at, its engines."""

import threading
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from app.errors import NeedsAttention
from app.formats import Kind
from app.library.engine import Engines
from app.library.library import Library
from app.library.tables import EVENTS, FAILURES, KEYWORDS, MEDIA
from app.library.values import as_file
from app.media import Metadata, Outcome, Place, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found
from tests.library.taking_in.test_failures_and_names import WITHOUT_NSFW, failures_in
from tests.library.taking_in.test_library import counted

# -- the log -----------------------------------------------------------------------------------------------------


def test_event_ids_strictly_increase_over_kinds_and_sessions(library, commit):
    ids = [library.append(SESSION, "session", {"parameters": {}}).id]
    ids += [commit(analysis(found(f"{n}.jpg".encode())), f"session {n % 2}").id for n in range(6)]
    ids.append(library.append(OTHER_SESSION, "stage_start", {"stage": "identify"}).id)
    assert all(earlier < later for earlier, later in pairwise(ids))


def test_an_id_is_never_given_twice_even_after_the_newest_row_is_gone(library):
    first = library.append(SESSION, "session", {})
    library._engines.write(lambda c: c.execute(EVENTS.delete()))
    assert library.append(SESSION, "session", {}).id > first.id


def test_a_refused_second_answer_does_not_break_the_order(commit):
    first, _again, later = commit(analysis()), commit(analysis()), commit(analysis(found(b"b.jpg")))
    assert first.id < later.id


def test_events_are_paged_by_id_and_all_events_reads_every_page(library, commit, monkeypatch):
    made = [commit(analysis(found(f"{n}.jpg".encode()))) for n in range(7)]
    commit(analysis(), OTHER_SESSION)
    assert library.events(SESSION) == made
    assert library.events(SESSION, after=made[2].id, limit=2) == made[3:5]
    pages = library.events
    monkeypatch.setattr(library, "events", lambda session_id, after=0: pages(session_id, after, limit=3))
    assert list(library.all_events(SESSION)) == made
    assert list(library.all_events(SESSION, after=made[4].id)) == made[5:]


def test_answers_are_narrowed_and_paged(library, commit):
    library.append(SESSION, "session", {"parameters": {}})
    added = [commit(analysis(found(f"{n}.jpg".encode()))) for n in range(3)]
    torn = commit(failure(found(b"t.jpg")))
    hung = commit(failure(found(b"h.jpg"), cause="decoder_timeout"))
    assert library.answers(SESSION) == [*added, torn, hung]
    assert library.answers(SESSION, outcomes=["failed"]) == [torn, hung]
    assert library.answers(SESSION, outcomes=["failed"], cause="decoder_timeout") == [hung]
    assert library.answers(SESSION, limit=2) == added[:2]
    assert library.answers(SESSION, after=added[1].id, limit=2) == [added[2], torn]
    assert library.answers(SESSION, outcomes=["updated"]) == library.answers(OTHER_SESSION) == []


def test_session_rows_are_the_latest_of_each_session(library, commit):
    library.append(SESSION, "session", {"n": 1})
    latest = library.append(SESSION, "session", {"n": 2})
    other = library.append(OTHER_SESSION, "session", {"n": 3})
    commit(analysis())
    library.append(SESSION, "stage_start", {})
    assert library.session_rows() == {SESSION: latest, OTHER_SESSION: other}


# -- what freshness and badges ask -------------------------------------------------------------------------------


@pytest.fixture
def three_floors(commit):
    for path in (b"a.jpg", b"d/b.jpg", b"d/e/c.jpg", b"d0/x.jpg", b"d-/y.jpg"):
        commit(analysis(found(path)))
    commit(failure(found(b"d/bad.jpg")))
    commit(failure(found(b"d/e/worse.jpg")))
    commit(analysis(found(b"d/b.jpg", root="other")))


def test_known_is_about_one_folder_only(library, three_floors):
    assert set(library.known(Place("m"))) == {b"a.jpg"}
    assert set(library.known(Place("m", b"d"))) == {b"d/b.jpg", b"d/bad.jpg"}
    assert library.known(Place("m", b"nowhere")) == {}


def test_known_says_what_freshness_asks(library, commit):
    result = analysis(found(sidecar="xmp=1:2"), kind=Kind.VIDEO, ran={Stage.SCORE})
    commit(result)
    known = library.known(Place("m"))[b"a.jpg"]
    assert (known.size, known.mtime_ns, known.sidecar) == (100, 5, "xmp=1:2")
    assert (known.sha256, known.kind) == (result.identity.sha256, Kind.VIDEO)
    assert known.stages == {name: {"status": "done", "version": "1"} for name in ("identify", "score")}


def test_stamps_and_failed_paths_of_a_folder_and_below(library, three_floors):
    assert library.stamps(Place("m", b"d"), below=False) == {b"d/b.jpg": (100, 5)}
    assert set(library.stamps(Place("m", b"d"), below=True)) == {b"d/b.jpg", b"d/e/c.jpg"}
    assert len(library.stamps(Place("m"), below=True)) == 5
    assert set(library.stamps(Place("m"), below=False)) == {b"a.jpg"}
    assert set(library.failed_paths(Place("m", b"d"), below=False)) == {b"d/bad.jpg"}
    assert library.failed_paths(Place("m", b"d"), below=True) == dict.fromkeys(
        (b"d/bad.jpg", b"d/e/worse.jpg"), "100:5:"
    )


def test_a_file_beside_a_folder_is_not_below_it(library, commit):
    commit(analysis(found(b"d0")))
    commit(analysis(found(b"d/x.jpg")))
    assert set(library.stamps(Place("m", b"d"), below=True)) == {b"d/x.jpg"}


# -- what people look at -----------------------------------------------------------------------------------------


def test_an_empty_library_has_a_summary_and_the_threshold_of_the_settings(library, library_url):
    nothing = dict.fromkeys(("images", "videos", "files", "bytes", "sessions", "missing"), 0)
    assert library.summary() == nothing | {"prompts": {}, "updated_at": None}
    assert library.nsfw_threshold() == 0.8
    of_the_settings = Library(library_url, nsfw_threshold=0.4)
    assert of_the_settings.nsfw_threshold() == 0.4
    of_the_settings.close()
    assert library.file(Place("m", b"a.jpg")) is None


def test_the_summary_counts_kinds_bytes_and_sessions(library, commit):
    library.append(SESSION, "session", {"parameters": {"nsfw_threshold": 0.8}})
    library.append(OTHER_SESSION, "session", {"parameters": {"nsfw_threshold": 0.6}})
    commit(analysis(found(b"a.jpg", size=2**33)))
    last = commit(analysis(found(b"b.mp4", size=7), kind=Kind.VIDEO))
    commit(analysis(found(b"gone.jpg")))
    library.presence.mark_missing("m", [b"gone.jpg"])
    assert library.summary() | {"updated_at": last.at} == {
        "images": 1,
        "videos": 1,
        "files": 2,
        "bytes": 2**33 + 7,
        "missing": 1,
        "prompts": {},
        "sessions": 2,
        "updated_at": last.at,
    }
    assert library.nsfw_threshold() == 0.6


def test_the_summary_counts_how_much_was_understood_of_what_generators_wrote(library, commit):
    for name, verdict in ((b"a.jpg", "parsed"), (b"b.jpg", "parsed"), (b"c.jpg", "raw_only"), (b"d.jpg", None)):
        commit(analysis(found(name), metadata=Metadata(prompt_verdict=verdict)))
    summary = library.summary()
    assert (summary["prompts"], summary["files"]) == ({"parsed": 2, "raw_only": 1}, 4)


# -- the engines -------------------------------------------------------------------------------------------------


def test_check_says_when_the_database_is_out_of_reach(tmp_path):
    library = Library(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    with pytest.raises(NeedsAttention) as caught:
        library.check()
    assert caught.value.cause == "database_unreachable"
    library.close()


def test_check_says_when_the_database_is_not_at_the_revision_of_this_program(fresh_url):
    library = Library(fresh_url)
    with pytest.raises(NeedsAttention, match="at revision none") as caught:
        library.check()
    library.close()
    assert caught.value.cause == "database_not_migrated"


def test_a_forgotten_session_is_counted_no_more_and_its_threshold_stays_out(library):
    library.append(SESSION, "session", {"parameters": {"nsfw_threshold": 0.8}})
    library.append(OTHER_SESSION, "session", {"parameters": {"nsfw_threshold": 0.6}})
    library.forget_session(SESSION, {"parameters": {"nsfw_threshold": 0.8}})
    assert library.summary()["sessions"] == 1
    assert library.nsfw_threshold() == 0.6
    assert library.session_rows()[SESSION].outcome == "forgotten"


def test_the_threshold_is_that_of_the_session_started_last_whatever_becomes_of_older_ones(library):
    older = {"parameters": {"nsfw_threshold": 0.2}}
    library.append(SESSION, "session", older)
    library.append(OTHER_SESSION, "session", {"parameters": {"nsfw_threshold": 0.6}})
    library.append(SESSION, "session", older | {"status": "cancelled"})
    assert library.nsfw_threshold() == 0.6
    library.forget_session(SESSION, older)
    assert library.nsfw_threshold() == 0.6
    refused = {"parameters": {"nsfw_threshold": 0.1}, "status": "queued"}
    library.append("third", "session", refused)
    assert library.nsfw_threshold() == 0.1
    library.forget_session("third", refused)  # as a start that could not be saved
    assert library.nsfw_threshold() == 0.6


def test_events_that_come_once_are_appended_together_and_only_once(library):
    rows = [{"stage": "identify"}, {"stage": "metadata"}]
    events = library.append_once(SESSION, "stage_start", rows)
    assert [event.detail for event in events] == rows
    assert library.events(SESSION) == events
    assert library.append_once(SESSION, "stage_start", rows) == []
    assert library.events(SESSION) == events


def test_check_is_quiet_when_the_database_answers(library):
    library.check()


def test_readers_cannot_write_on_sqlite(sqlite_url):
    engines = Engines(sqlite_url)
    with pytest.raises(NeedsAttention, match="readonly"):
        engines.read(lambda c: c.execute(insert(KEYWORDS).values(text="x")))
    engines.close()


def test_the_pragmas_of_the_writer(sqlite_url):
    engines = Engines(sqlite_url)
    asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size")
    found_ = engines.write(lambda c: {name: c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked})
    engines.close()
    assert found_ == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 1_000,
        "mmap_size": 0,
    }


def test_two_writers_that_read_first_never_find_the_database_locked(library_url):
    """Each counts up the number it has read; with a plain BEGIN most of these fail on SQLite."""
    rounds, troubles = 40, []
    start = threading.Barrier(2)

    def count_up(library: Library) -> None:
        def work(connection: Connection) -> None:
            old = connection.execute(select(FAILURES.c.attempts).with_for_update()).scalar_one()
            connection.execute(FAILURES.update().values(attempts=old + 1))

        start.wait()
        try:
            for _ in range(rounds):
                library._engines.write(work)
        except NeedsAttention as trouble:
            troubles.append(trouble)
        finally:
            library.close()

    first = Library(library_url)
    first.commit_single_file_to_database(SESSION, failure(), nsfw_threshold=0.8)
    threads = [threading.Thread(target=count_up, args=(library,)) for library in (first, Library(library_url))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = Library(library_url)
    assert troubles == []
    assert failures_in(last)[0]["attempts"] == 1 + 2 * rounds
    last.close()


def test_two_threads_commit_through_one_library(library):
    start = threading.Barrier(2)

    def take_in(session_id: str) -> None:
        start.wait()
        for number in range(20):
            words = ("shared", f"own {number}")
            result = analysis(found(f"{session_id} {number}.jpg".encode()), keywords=words)
            library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8)

    threads = [threading.Thread(target=take_in, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(library)["media_files"] == counted(library)["ingest_events"] == 40
    assert counted(library)["keywords"] == 21


def test_after_the_server_of_the_database_restarted_the_next_commit_works(postgres_url):
    """Every pooled connection is cut between two commits, as a restart does."""
    import psycopg

    library = Library(postgres_url)
    library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    assert library.summary()["files"] == 1
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    library.commit_single_file_to_database(SESSION, analysis(found(b"b.jpg")), nsfw_threshold=0.8)
    assert library.summary()["files"] == 2
    library.close()


def test_a_commit_whose_confirmation_was_lost_is_counted_once(postgres_url, monkeypatch):
    """The commit was done, its confirmation never came: the retry finds the answer of the first try."""
    import psycopg

    library, lost = Library(postgres_url), []
    dialect = library._engines._writer.dialect
    really_commit = dialect.do_commit

    def commit_and_lose(connection: Any) -> None:
        really_commit(connection)
        if not lost:
            lost.append(connection)
            connection.dbapi_connection.close()
            raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(dialect, "do_commit", commit_and_lose)
    event = library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    assert lost
    assert (event.outcome, library.events(SESSION)) == ("added", [event])
    library.close()


def test_a_lost_connection_is_tried_again_once_and_then_needs_attention(postgres_url):
    import psycopg

    library, tries = Library(postgres_url), []

    def cut_off(connection: Connection) -> None:
        tries.append(connection)
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.exec_driver_sql("SELECT 1")

    with pytest.raises(NeedsAttention) as caught:
        library._engines.write(cut_off)
    library.close()
    assert caught.value.cause == "database_unreachable"
    assert len(tries) == 2


def test_a_full_disk_is_named(sqlite_url):
    engines = Engines(sqlite_url)

    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.execute(insert(KEYWORDS), [{"text": f"{n} " * 200} for n in range(200)])

    with pytest.raises(NeedsAttention) as caught:
        engines.write(fill)
    engines.close()
    assert caught.value.cause == "disk_full"


def test_a_row_that_was_missing_is_updated_when_the_file_is_back(library, commit):
    commit(analysis())
    library._engines.write(lambda c: c.execute(MEDIA.update().values(missing_at="2026-01-01")))
    assert library.known(Place("m"))[b"a.jpg"].missing
    assert library.stamps(Place("m"), below=True) == {}
    event = commit(analysis(), OTHER_SESSION)
    assert (event.outcome, event.detail["stats"]["returned"]) == (Outcome.UPDATED, 1)
    assert event.reason == "It was missing before and is back."
    commit(analysis(found(b"b.jpg")), OTHER_SESSION)
    assert library.answers(OTHER_SESSION, returned=True) == [event]
    assert library.file(Place("m", b"a.jpg"))["missing_at"] is None
    assert not library.known(Place("m"))[b"a.jpg"].missing


def test_a_result_with_an_unfinished_stage_counts_only_what_was_done(commit):
    result = analysis(failed={Stage.METADATA: "damaged_metadata"}, score=None, ran=WITHOUT_NSFW)
    stats = commit(replace(result, picture=None)).detail["stats"]
    assert stats == {
        "metadata_extracted": 0,
        "keywords_added": 1,
        "scores_imported": 0,
        "nsfw_checked": 0,
        "nsfw_detected": 0,
    }


def test_an_older_row_tells_how_far_its_date_goes_and_what_names_its_lens(library, commit):
    known = Metadata(taken_at="2003-11", lens_model="50mm", sources={"lens_model": "exif", "taken_at": "exif"})
    commit(analysis(metadata=known))
    file = as_file(library.file(Place("m", b"a.jpg")), None)
    assert (file["taken_at_precision"], file["lens_source"]) == ("month", "exif")
    commit(analysis(found(b"b.jpg"), content=b"other", metadata=Metadata()))
    file = as_file(library.file(Place("m", b"b.jpg")), None)
    assert (file["taken_at_precision"], file["lens_source"]) == (None, None)
