"""The library on SQLite and on PostgreSQL: every test here runs on both, unless it is about one engine."""

import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select

from app.errors import NeedsAttention
from app.formats import Kind
from app.library import recording
from app.library.engine import Engines
from app.library.failures import Which
from app.library.library import Library
from app.library.tables import EVENTS, FAILURES, KEYWORDS, LINKS, MEDIA
from app.library.values import FailureState, as_file
from app.media import Keyword, Metadata, Outcome, Place, Stage, storable_ns
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, analysis, failure, found

NAUGHTY = Path(__file__).parents[3] / "shared" / "corpus" / "minimaxir+big-list-of-naughty-strings" / "blns.json"
WITHOUT_NSFW = EVERY_STAGE - {Stage.NSFW}


@pytest.fixture
def commit(library: Library) -> Callable[..., Any]:
    def committed(result: Any, session_id: str = SESSION, nsfw_threshold: float = 0.8) -> Any:
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=nsfw_threshold)

    return committed


def counted(library: Library) -> dict[str, int]:
    """The number of rows of each table."""

    def work(connection: Connection) -> dict[str, int]:
        tables = (MEDIA, LINKS, KEYWORDS, FAILURES, EVENTS)
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }

    return library._engines.read(work)


def failures_in(library: Library) -> list[dict[str, Any]]:
    rows = library._engines.read(lambda c: c.execute(select(FAILURES).order_by(FAILURES.c.id)).mappings().all())
    return [dict(row) for row in rows]


# -- one transaction per file ------------------------------------------------------------------------------------


def test_a_commit_writes_row_keywords_and_event(library, commit):
    event = commit(analysis(keywords=("sea", "coast")))

    assert counted(library) == {
        "media_files": 1,
        "media_keywords": 2,
        "keywords": 2,
        "file_failures": 0,
        "ingest_events": 1,
    }
    assert (event.kind, event.outcome, event.path, event.shown_path) == (
        "file_complete",
        "added",
        b"m/a.jpg",
        "m/a.jpg",
    )
    assert event.detail["stats"] == {
        "metadata_extracted": 1,
        "keywords_added": 2,
        "scores_imported": 1,
        "nsfw_checked": 1,
        "nsfw_detected": 0,
    }
    row = library.file(Place("m", b"a.jpg"))
    assert (row["camera_make"], row["score"], row["nsfw_probability"]) == ("Box", 3, pytest.approx(0.1))
    assert [keyword["text"] for keyword in row["keywords"]] == ["coast", "sea"]


def test_nothing_of_a_file_is_left_when_its_event_cannot_be_written(library, commit, monkeypatch):
    def no_room(*_args: Any) -> None:
        raise NeedsAttention("no room for the event")

    monkeypatch.setattr(recording, "append", no_room)
    with pytest.raises(NeedsAttention, match="no room"):
        commit(analysis())
    assert set(counted(library).values()) == {0}


def test_nothing_of_an_update_is_left_when_its_event_cannot_be_written(library, commit, monkeypatch):
    commit(analysis(content=b"old", keywords=("old",)))
    before = library.file(Place("m", b"a.jpg"))

    def no_room(*_args: Any) -> None:
        raise NeedsAttention("no room for the event")

    monkeypatch.setattr(recording, "append", no_room)
    with pytest.raises(NeedsAttention):
        commit(analysis(content=b"new", keywords=("new",)), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg")) == before


def test_checkpoints_stand_in_the_log_behind_the_event_that_they_come_with(library):
    asked = {"nsfw_threshold": 0.8, "checkpoints": lambda event: [{"stage": "score", "event": event.id}]}
    event = library.commit_single_file_to_database(SESSION, analysis(), **asked)
    again = library.commit_single_file_to_database(SESSION, analysis(), **asked)
    assert again == event, "answered for already"
    told = [(row.id, row.kind, row.detail) for row in library.all_events(SESSION, event.id)]
    assert told == [(event.id + 1, "stage_progress", {"stage": "score", "event": event.id})]


def test_nothing_of_a_file_is_left_when_its_checkpoint_cannot_be_made(library):
    def no_room(_event: Any) -> Any:
        raise NeedsAttention("no room for the checkpoint")

    with pytest.raises(NeedsAttention, match="no room"):
        library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8, checkpoints=no_room)
    assert set(counted(library).values()) == {0}


def test_a_database_that_refuses_the_event_leaves_nothing(library):
    """The refusal comes from the database itself: an event without a session breaks NOT NULL."""
    with pytest.raises(NeedsAttention) as caught:
        library.commit_single_file_to_database(None, analysis(), nsfw_threshold=0.8)
    assert caught.value.cause == "database_error"
    assert set(counted(library).values()) == {0}


# -- outcomes ----------------------------------------------------------------------------------------------------


def test_the_first_commit_adds_the_same_again_is_unchanged_another_updates(commit):
    assert commit(analysis()).outcome == Outcome.ADDED
    assert commit(analysis(found(mtime_ns=9)), OTHER_SESSION).outcome == Outcome.UNCHANGED
    assert commit(analysis(content=b"other"), "third").outcome == Outcome.UPDATED


def test_an_unchanged_file_keeps_its_times_and_takes_the_new_stamp(library, commit):
    commit(analysis())
    before = library.file(Place("m", b"a.jpg"))
    commit(analysis(found(mtime_ns=9, sidecar="xmp=1:2")), OTHER_SESSION)
    after = library.file(Place("m", b"a.jpg"))
    assert {name for name in after if after[name] != before[name]} == {"mtime_ns", "sidecar"}


@pytest.mark.parametrize(
    "other",
    [
        analysis(keywords=("sea", "salt")),
        analysis(keywords=()),
        analysis(keywords=(Keyword("sea", "iptc"),)),
        analysis(keywords=(Keyword("sea", "xmp", 1.2),)),
        analysis(score=-1),
        analysis(score=None),
        analysis(metadata=Metadata(camera_make="Other")),
        analysis(probability=0.2),
        analysis(version="2"),
    ],
    ids=["keyword more", "no keyword", "source", "weight", "score", "no score", "metadata", "nsfw", "version"],
)
def test_anything_known_that_differs_is_an_update(commit, other):
    commit(analysis())
    assert commit(other, OTHER_SESSION).outcome == Outcome.UPDATED


def test_keywords_added_counts_links_made_not_links_kept(commit):
    assert commit(analysis(keywords=("sea",))).detail["stats"]["keywords_added"] == 1
    assert commit(analysis(keywords=("sea", "salt")), "second").detail["stats"]["keywords_added"] == 1
    assert commit(analysis(keywords=()), "third").detail["stats"]["keywords_added"] == 0


def test_two_files_share_a_keyword(library, commit):
    commit(analysis(found(b"a.jpg"), keywords=("sea",)))
    commit(analysis(found(b"b.jpg"), keywords=("sea",)))
    assert counted(library)["keywords"] == 1
    assert counted(library)["media_keywords"] == 2


def test_a_threshold_decides_what_counts_as_detected(commit):
    assert commit(analysis(probability=0.5), "a", nsfw_threshold=0.5).detail["stats"]["nsfw_detected"] == 1
    assert commit(analysis(probability=0.5), "b", nsfw_threshold=0.51).detail["stats"]["nsfw_detected"] == 0


# -- what is kept of earlier bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["parsed", "partly", "raw_only"])
def test_how_much_of_an_ai_image_was_understood_is_counted(commit, verdict):
    stats = commit(analysis(metadata=Metadata(prompt_verdict=verdict))).detail["stats"]
    assert {name: count for name, count in stats.items() if name.startswith("prompts")} == {f"prompts_{verdict}": 1}


def test_results_of_other_bytes_are_never_kept_beside_new_ones(library, commit):
    commit(analysis(content=b"old", keywords=("old",), score=5, probability=0.9))
    commit(analysis(content=b"new", ran=()), OTHER_SESSION)

    row = library.file(Place("m", b"a.jpg"))
    gone = ("nsfw_probability", "nsfw_model", "score", "score_source", "phash", "camera_make", "raw", "prompt")
    assert {name: row[name] for name in gone} == dict.fromkeys(gone)
    assert row["keywords"] == []
    assert set(row["stages"]) == {"identify"}


def test_results_of_the_same_bytes_are_kept_when_a_stage_does_not_run_again(library, commit):
    commit(analysis(keywords=("old",), score=5, probability=0.9))
    before = library.file(Place("m", b"a.jpg"))
    commit(analysis(found(sidecar="score=1:1"), ran={Stage.SCORE}, score=2), OTHER_SESSION)

    after = library.file(Place("m", b"a.jpg"))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"sidecar", "score", "updated_at", "session_id"}


def test_a_stage_that_fails_drops_what_it_said_before(library, commit):
    commit(analysis(keywords=("old",)))
    failed = {Stage.METADATA: "damaged_metadata", Stage.KEYWORDS: "damaged_metadata"}
    event = commit(analysis(failed=failed), OTHER_SESSION)

    row = library.file(Place("m", b"a.jpg"))
    assert (row["camera_make"], row["raw"], row["keywords"]) == (None, None, [])
    assert row["stages"]["metadata"]["cause"] == "damaged_metadata"
    assert event.outcome == Outcome.UPDATED
    assert event.detail["failures"] == [[s.value, "damaged_metadata", "It is damaged_metadata."] for s in failed]


# -- the second answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "second", [analysis(content=b"other", keywords=("x",)), failure()], ids=["analysis", "failure"]
)
def test_a_second_answer_in_one_session_returns_the_first_and_changes_nothing(library, commit, second):
    first = commit(analysis())
    before = (counted(library), library.file(Place("m", b"a.jpg")))
    assert commit(second) == first
    assert (counted(library), library.file(Place("m", b"a.jpg"))) == before


def test_another_session_answers_for_the_same_file_again(library, commit):
    first = commit(analysis())
    assert commit(analysis(), OTHER_SESSION).id > first.id
    assert library.answered(SESSION) == library.answered(OTHER_SESSION) == {b"m/a.jpg"}


# -- failures ----------------------------------------------------------------------------------------------------


def test_a_failure_writes_no_row_and_is_remembered_with_its_fingerprint(library, commit):
    file = found(sidecar="xmp=1:2")
    event = commit(failure(file))
    assert (event.outcome, event.cause, event.reason) == ("failed", "truncated_image", "It ends too soon.")
    assert event.detail["failures"] == [["thumbnail", "truncated_image", "It ends too soon."]]
    assert {stage: end[0] for stage, end in event.detail["stages"].items()} == {
        **dict.fromkeys(("metadata", "keywords", "score", "nsfw"), "not_reached"),
        "identify": "done",
        "thumbnail": "failed",
    }
    assert library.file(Place("m", b"a.jpg")) is None
    [remembered] = failures_in(library)
    assert (remembered["stage"], remembered["fingerprint"]) == ("thumbnail", file.fingerprint)
    assert (remembered["attempts"], remembered["fatal"]) == (1, True)
    known = library.known(Place("m"))[b"a.jpg"]
    assert (known.size, known.failures[0].fingerprint, known.failures[0].version) == (None, file.fingerprint, "1")


def test_an_older_row_stays_when_the_file_fails(library, commit):
    commit(analysis())
    before = library.file(Place("m", b"a.jpg"))
    commit(failure(found(size=7)), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg")) == before
    known = library.known(Place("m"))[b"a.jpg"]
    assert (known.size, [failed.fingerprint for failed in known.failures]) == (100, ["7:5:"])


def test_attempts_count_up_on_the_same_bytes_and_start_again_on_others(library, commit):
    attempts = []
    for number, file in enumerate((found(), found(), found(size=7))):
        commit(failure(file), f"session {number}")
        attempts.append([row["attempts"] for row in failures_in(library)])
    assert attempts == [[1], [2], [1]]


def test_success_clears_the_failure(library, commit):
    commit(failure())
    commit(analysis(), OTHER_SESSION)
    assert failures_in(library) == []
    assert library.known(Place("m"))[b"a.jpg"].failures == ()


def test_a_failed_stage_beside_a_row_is_remembered_but_not_fatal(library, commit):
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}))
    [remembered] = failures_in(library)
    assert (remembered["stage"], remembered["fatal"]) == ("metadata", False)
    assert library.known(Place("m"))[b"a.jpg"].failures == ()
    assert library.failed_paths(Place("m"), below=True) == {}


def test_a_stage_that_did_not_run_again_keeps_its_failure(library, commit):
    """As long as the row says that a stage failed, `file_failures` says so too."""
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}, ran=WITHOUT_NSFW))
    commit(analysis(ran={Stage.NSFW}), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg"))["stages"]["metadata"]["status"] == "failed"
    assert [row["stage"] for row in failures_in(library)] == ["metadata"]


def test_a_vanished_file_is_answered_for_and_is_no_error(library, commit):
    commit(analysis())
    event = commit(failure(cause="vanished", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert event.outcome == "vanished"
    assert {end[0] for end in event.detail["stages"].values()} == {"not_reached"}
    assert failures_in(library) == []
    assert library.file(Place("m", b"a.jpg")) is not None


@pytest.mark.parametrize("cause", ["unreadable", "still_changing"])
def test_what_may_be_otherwise_next_time_is_found_and_holds_no_file_back(library, commit, cause):
    for session in (SESSION, OTHER_SESSION):
        commit(failure(cause=cause, stage=Stage.IDENTIFY), session)
    assert [(row["cause"], row["attempts"], row["fatal"]) for row in failures_in(library)] == [(cause, 2, True)]
    assert library.failures.counts() == {cause: {"open": 1, "reviewed": 0, "ignored": 0}}
    assert library.known(Place("m")) == {}
    assert library.failed_paths(Place("m"), below=True) == {}
    commit(analysis(), "third")
    assert failures_in(library) == []


def test_what_may_be_otherwise_next_time_is_held_back_where_it_is_to_be_ignored(library, commit):
    commit(failure(cause="unreadable", stage=Stage.IDENTIFY))
    library.failures.set_state(FailureState.IGNORED, Which(cause="unreadable"))
    assert [failed.ignored for failed in library.known(Place("m"))[b"a.jpg"].failures] == [True]
    assert list(library.failed_paths(Place("m"), below=True)) == [b"a.jpg"]


def test_the_last_failure_that_kept_a_file_out_is_the_one_that_stands(library, commit):
    commit(failure())
    commit(failure(cause="unreadable", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert [row["cause"] for row in failures_in(library)] == ["unreadable"]


def test_a_file_that_vanished_keeps_what_was_remembered(library, commit):
    commit(failure())
    before = failures_in(library)
    commit(failure(cause="vanished", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert failures_in(library) == before


def test_a_failed_file_keeps_the_failures_of_stages_that_its_row_still_tells_of(library, commit):
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}))
    commit(failure(), OTHER_SESSION)
    assert library.file(Place("m", b"a.jpg"))["stages"]["metadata"]["status"] == "failed"
    assert [(row["stage"], row["fatal"]) for row in failures_in(library)] == [("metadata", False), ("thumbnail", True)]
    commit(failure(stage=Stage.IDENTIFY, cause="not_media"), "third")
    assert [(row["stage"], row["fatal"]) for row in failures_in(library)] == [("metadata", False), ("identify", True)]


def test_the_first_and_the_last_time_that_can_be_stored_come_back(library, commit):
    for name, mtime_ns in ((b"past.jpg", -(10**30)), (b"far.jpg", 10_413_792_000 * 10**9)):
        commit(analysis(found(name, mtime_ns=storable_ns(mtime_ns))))
        assert library.known(Place("m"))[name].mtime_ns == storable_ns(mtime_ns)
    assert library.stamps(Place("m"), below=True)[b"far.jpg"] == (100, 2**63 - 1)
    assert storable_ns(5) == 5


# -- text and names ----------------------------------------------------------------------------------------------

HOSTILE = "a\0b\ud800c\udfffd\u202ee"
CLEAN = "ab\ufffdc\ufffdd\u202ee"


def test_text_that_one_engine_would_refuse_is_cleaned_for_both(library, commit):
    metadata = Metadata(
        camera_make=HOSTILE,
        prompt=HOSTILE,
        generation={HOSTILE: HOSTILE},
        raw={HOSTILE: [HOSTILE, math.nan, math.inf, b"\xff\0", {"deep": {HOSTILE}}], "number": 1.5},
        latitude=math.nan,
    )
    commit(analysis(metadata=metadata, keywords=(HOSTILE,), failed={Stage.SCORE: "damaged_sidecar"}))
    row = library.file(Place("m", b"a.jpg"))
    assert (row["camera_make"], row["prompt"], row["generation"]) == (CLEAN, CLEAN, {CLEAN: CLEAN})
    assert row["raw"] == {CLEAN: [CLEAN, None, None, "ff00", {"deep": [CLEAN]}], "number": 1.5}
    assert row["latitude"] is None
    assert [keyword["text"] for keyword in row["keywords"]] == [CLEAN]


def test_reasons_are_cleaned_too(library, commit):
    event = commit(failure(reason=HOSTILE))
    assert event.reason == CLEAN
    assert event.detail["failures"][0][2] == CLEAN
    assert library.events(SESSION) == [event]
    assert failures_in(library)[0]["reason"] == CLEAN


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_weight_or_probability_that_is_no_number_is_not_known(library, commit, number):
    commit(analysis(keywords=(Keyword("sea", "prompt", number),), probability=number))
    row = library.file(Place("m", b"a.jpg"))
    assert row["keywords"] == [{"text": "sea", "source": "prompt", "weight": None}]
    assert row["nsfw_probability"] is None
    assert json.dumps(row["keywords"], allow_nan=False)


def test_what_a_picture_was_not_to_show_is_kept_as_such(library, commit):
    commit(analysis(keywords=(Keyword("fog", "negative_prompt", 1.4), Keyword("fog", "xmp"))))
    keywords = sorted(library.file(Place("m", b"a.jpg"))["keywords"], key=lambda keyword: keyword["source"])
    assert keywords == [
        {"text": "fog", "source": "negative_prompt", "weight": 1.4},
        {"text": "fog", "source": "xmp", "weight": None},
    ]


def test_keywords_are_trimmed_and_the_first_of_equals_wins(library, commit):
    words = (
        Keyword("  sea ", "xmp", 1.0),
        Keyword("sea", "xmp", 2.0),
        Keyword(" \0 ", "xmp"),
        Keyword("\u00e9" * 900, "xmp"),
    )
    commit(analysis(keywords=words))
    keywords = library.file(Place("m", b"a.jpg"))["keywords"]
    assert {(keyword["text"], keyword["weight"]) for keyword in keywords} == {("sea", 1.0), ("\u00e9" * 250, None)}


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.jpg",
        b"new\nline.jpg",
        b"back\\xe9slash.jpg",
        b"back\\x5cslash.jpg",
        "caf\u00e9.jpg".encode(),
        "cafe\u0301.jpg".encode(),
        b"%s'\";--.jpg",
        b"\xff\xfe\x01.jpg",
        "\U0001f680 \u202e.jpg".encode(),
        b" . .jpg",
    ],
    ids=ascii,
)
def test_every_name_comes_back_as_it_was(library, commit, name):
    file = found(b"d\xe9r/" + name)
    event = commit(analysis(file))
    assert event.path == b"m/" + file.path
    assert library.events(SESSION) == [event]
    assert set(library.known(file.place.folder)) == {file.path}
    assert library.answered(SESSION) == {b"m/" + file.path}
    row = library.file(Place("m", file.path))
    assert (row["path"], row["folder"]) == (file.path, b"d\xe9r")
    row["name"].encode()


def test_names_that_look_alike_are_different_files(library, commit):
    for name in (b"caf\xe9.jpg", "caf\u00e9.jpg".encode(), "cafe\u0301.jpg".encode(), b"caf\\xe9.jpg"):
        assert commit(analysis(found(name))).outcome == Outcome.ADDED
    assert counted(library)["media_files"] == 4


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the list of naughty strings is not beside the project")
def test_naughty_strings_are_kept_as_keywords_prompts_and_tags(library, commit):
    naughty = json.loads(NAUGHTY.read_text("utf-8"))
    for part, chunk in enumerate((naughty[:250], naughty[250:])):
        file = found(f"{part}.png".encode())
        prompt = "\n".join(chunk)
        commit(analysis(file, keywords=chunk, metadata=Metadata(prompt=prompt, raw=dict.fromkeys(chunk, prompt[:99]))))
        row = library.file(Place("m", file.path))
        assert {keyword["text"] for keyword in row["keywords"]} == {s.strip()[:250] for s in chunk if s.strip()}
        assert row["prompt"] == prompt
        assert set(row["raw"]) == set(chunk)
    assert (
        commit(analysis(found(b"0.png"), keywords=naughty[:250]), OTHER_SESSION).detail["stats"]["keywords_added"] == 0
    )


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
