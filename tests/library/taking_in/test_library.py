"""The library on SQLite and on PostgreSQL: every test here runs on both, unless it is about one engine."""

from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from app.errors import NeedsAttention
from app.library import recording
from app.library.library import Library
from app.library.tables import EVENTS, FAILURES, KEYWORDS, LINKS, MEDIA
from app.media import Keyword, Metadata, Outcome, Place, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found


def counted(library: Library) -> dict[str, int]:
    """The number of rows of each table."""

    def work(connection: Connection) -> dict[str, int]:
        tables = (MEDIA, LINKS, KEYWORDS, FAILURES, EVENTS)
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }

    return library._engines.read(work)


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
