"""A file that was moved keeps its row with all that people and programs know of it."""

from dataclasses import replace

import pytest

from app.library import recording
from app.library.whereabouts import Whereabouts
from app.media import Keyword, Metadata, Outcome, Place, Rating, Stage
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, analysis, failure, found, without

OLD = found(b"a/old.jpg")
NEW = found(b"b/new.jpg", mtime_ns=9)


@pytest.fixture
def commit(library):
    """Commits a result; `lost` are the paths that are gone from disk."""

    def write(result, *lost, session_id=OTHER_SESSION):
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8, look=without(*lost))

    return write


@pytest.fixture
def known(commit):
    sidecar = Keyword("mine", "sidecar")
    return commit(analysis(OLD, keywords=("sea", sidecar), score=5, probability=0.4), session_id=SESSION)


def test_a_row_follows_its_file_with_score_keywords_and_nsfw_result(library, commit, known):
    before = library.file(Place("m", OLD.path))
    event = commit(analysis(NEW, ran={Stage.THUMBNAIL}, score=None), OLD.path)
    assert (event.outcome, event.cause, event.detail["moved_from"]) == (Outcome.MOVED, None, "m/a/old.jpg")
    after = library.file(Place("m", NEW.path))
    assert library.file(Place("m", OLD.path)) is None
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"path", "folder", "name", "mtime_ns", "session_id", "updated_at"}
    assert library.summary()["files"] == 1


@pytest.mark.parametrize("embedded", [None, 2])
def test_what_a_sidecar_said_that_was_left_behind_stays_even_if_every_stage_runs(library, commit, embedded):
    words = ("sea", Keyword("mine", "sidecar"))
    rated = replace(analysis(found(b"a/old.jpg", sidecar="xmp=1:1"), keywords=words), rating=Rating(5, "sidecar"))
    commit(rated, session_id=SESSION)
    commit(analysis(NEW, keywords=("sea",), score=embedded, probability=0.4), OLD.path)
    row = library.file(Place("m", NEW.path))
    assert (row["score"], row["score_source"], row["nsfw_probability"]) == (5, "sidecar", 0.4)
    assert [(word["text"], word["source"]) for word in row["keywords"]] == [("mine", "sidecar"), ("sea", "xmp")]


def test_a_sidecar_that_moved_along_is_believed(library, commit):
    commit(analysis(found(b"old.jpg", sidecar="xmp=1:1"), keywords=(Keyword("mine", "sidecar"),)), session_id=SESSION)
    moved = found(b"new.jpg", sidecar="xmp=2:2")
    commit(analysis(moved, keywords=(Keyword("other", "sidecar"),), score=1), b"old.jpg")
    row = library.file(Place("m", b"new.jpg"))
    assert (row["score"], [word["text"] for word in row["keywords"]]) == (1, ["other"])


def test_what_a_sidecar_told_of_a_field_stays_with_its_source(library, commit):
    before = Metadata(
        taken_at="2001-02-03", taken_at_rule="sidecar xmp:CreateDate", title="mine", caption="theirs", latitude=1.0,
        sources={"taken_at": "sidecar", "title": "sidecar", "caption": "takeout", "latitude": "takeout"},
    )  # fmt: skip
    old = found(b"old.jpg", sidecar="xmp=1:1 takeout=1:1")
    commit(analysis(old, metadata=before), session_id=SESSION)
    own = Metadata(
        taken_at="2020-01-01", taken_at_rule="exif DateTime", caption="of the file",
        sources={"taken_at": "exif", "caption": "exif"},
    )  # fmt: skip
    commit(analysis(NEW, metadata=own), b"old.jpg")
    row = library.file(Place("m", NEW.path))
    assert (row["taken_at"], row["taken_at_rule"], row["title"]) == ("2001-02-03", "sidecar xmp:CreateDate", "mine")
    assert (row["caption"], row["latitude"]) == ("of the file", 1.0), "Takeout speaks only where the file does not"
    sources = {"taken_at": "sidecar", "title": "sidecar", "caption": "exif", "latitude": "takeout"}
    assert row["sources"] == sources


def test_a_moved_file_is_fresh_in_its_new_place(library, commit):
    commit(analysis(found(b"old.jpg", sidecar="xmp=1:1")), session_id=SESSION)
    commit(analysis(NEW, ran={Stage.THUMBNAIL}), b"old.jpg")
    known = library.known(Place("m", b"b"))[NEW.path]
    assert known.sidecar == ""
    assert set(known.stages) == {stage.value for stage in EVERY_STAGE}
    assert library.known(Place("m")) == {}


def test_a_copy_whose_first_is_still_there_is_added(library, commit, known):
    assert commit(analysis(NEW)).outcome == Outcome.ADDED
    assert library.summary()["files"] == 2


def test_other_bytes_are_no_move(library, commit, known):
    assert commit(analysis(NEW, content=b"other"), OLD.path).outcome == Outcome.ADDED


def test_a_file_that_may_have_been_several_is_added_and_says_which(library, commit, known):
    commit(analysis(found(b"a/twin.jpg")), session_id=SESSION)
    event = commit(analysis(NEW), OLD.path, b"a/twin.jpg")
    assert (event.outcome, event.cause) == (Outcome.ADDED, "ambiguous_move")
    assert "m/a/old.jpg, m/a/twin.jpg" in event.reason
    assert library.summary()["files"] == 3
    assert [answer.path for answer in library.answers(OTHER_SESSION, cause="ambiguous_move")] == [b"m/b/new.jpg"]
    assert library.answers(OTHER_SESSION, incomplete=True) == []


def test_one_of_two_copies_that_is_gone_is_the_one_that_moved(library, commit, known):
    commit(analysis(found(b"a/twin.jpg")), session_id=SESSION)
    event = commit(analysis(NEW), b"a/twin.jpg")
    assert event.detail["moved_from"] == "m/a/twin.jpg"
    assert library.file(Place("m", OLD.path)) is not None


def test_a_row_that_was_marked_missing_can_still_follow(library, commit, known):
    library.presence.mark_missing("m", [OLD.path])
    assert commit(analysis(NEW), OLD.path).outcome == Outcome.MOVED
    assert library.file(Place("m", NEW.path))["missing_at"] is None
    assert library.presence.missing() == []


def test_a_file_that_took_the_place_of_another_one_brings_its_row_along(library, commit, known):
    commit(analysis(NEW, content=b"overwritten", keywords=("land",), score=1), session_id=SESSION)
    event = commit(analysis(NEW, ran={Stage.THUMBNAIL}), OLD.path)
    assert (event.outcome, event.detail["moved_from"]) == (Outcome.MOVED, "m/a/old.jpg")
    row = library.file(Place("m", NEW.path))
    assert (row["score"], [word["text"] for word in row["keywords"]]) == (5, ["mine", "sea"])
    assert library.file(Place("m", OLD.path)) is None


def test_a_file_that_cannot_be_told_to_be_gone_is_added_and_says_what_it_may_have_been(library, known):
    event = library.commit_single_file_to_database(
        OTHER_SESSION, analysis(NEW), nsfw_threshold=0.8, look=lambda _place: Whereabouts.UNSURE
    )
    assert (event.outcome, event.cause) == (Outcome.ADDED, "ambiguous_move")
    assert library.file(Place("m", OLD.path))["score"] == 5


def test_the_disk_is_asked_while_no_transaction_is_open(library, known):
    held = []

    def look(place):
        held.append(library._engines._writing.locked())
        return Whereabouts.GONE

    result = analysis(NEW)
    event = library.commit_single_file_to_database(OTHER_SESSION, result, nsfw_threshold=0.8, look=look)
    assert (event.outcome, held) == (Outcome.MOVED, [False])


def test_a_row_that_comes_while_the_disk_is_asked_is_looked_for_too(library, commit, known):
    asked = []

    def look(place):
        asked.append(place.path)
        if len(asked) == 1:
            commit(analysis(found(b"a/twin.jpg")), session_id=SESSION)
        return Whereabouts.GONE

    result = analysis(NEW)
    event = library.commit_single_file_to_database(OTHER_SESSION, result, nsfw_threshold=0.8, look=look)
    assert (event.cause, asked) == ("ambiguous_move", [OLD.path, b"a/twin.jpg"])


def test_a_row_that_changes_while_the_disk_is_asked_is_decided_on_anew(library, commit, known):
    def look(place):
        commit(analysis(OLD, content=b"others"), session_id="third")
        return Whereabouts.GONE

    result = analysis(NEW)
    event = library.commit_single_file_to_database(OTHER_SESSION, result, nsfw_threshold=0.8, look=look)
    assert (event.outcome, library.summary()["files"]) == (Outcome.ADDED, 2)


def test_a_row_that_another_program_added_meanwhile_is_updated(library, commit, known, monkeypatch):
    real, answers = recording.surroundings_of, [False]

    def before_it_was_there(*asked):
        return replace(real(*asked), row=answers.pop() if answers else True)

    monkeypatch.setattr(recording, "surroundings_of", before_it_was_there)
    assert commit(analysis(OLD, keywords=("lake",))).outcome == Outcome.UPDATED
    assert library.summary()["files"] == 1


def test_failed_stages_follow_and_failures_of_the_new_place_are_over(library, commit):
    commit(analysis(OLD, failed={Stage.METADATA: "damaged_metadata"}), session_id=SESSION)
    commit(failure(NEW, cause="truncated_image"), session_id=SESSION)
    commit(analysis(NEW, ran={Stage.THUMBNAIL}), OLD.path)
    assert library.file(Place("m", NEW.path))["stages"]["metadata"]["status"] == "failed"
    assert library.known(Place("m", b"b"))[NEW.path].failures == ()
    rows = library._engines.read(lambda c: c.exec_driver_sql("SELECT path, stage, cause FROM file_failures").all())
    assert [(bytes(path), stage, cause) for path, stage, cause in rows] == [(NEW.path, "metadata", "damaged_metadata")]


@pytest.mark.parametrize(
    ("read", "attempts"),
    [({"failed": {Stage.METADATA: "damaged_metadata"}}, [1]), ({}, []), ({"ran": {Stage.NSFW}}, [1])],
)
def test_a_failure_that_came_along_is_there_once_is_over_or_stands(library, commit, read, attempts):
    commit(analysis(OLD, failed={Stage.METADATA: "damaged_metadata"}), session_id=SESSION)
    assert commit(analysis(NEW, **read), OLD.path).outcome == Outcome.MOVED
    rows = library._engines.read(lambda c: c.exec_driver_sql("SELECT path, attempts FROM file_failures").all())
    assert [(bytes(path), count) for path, count in rows] == [(NEW.path, count) for count in attempts]
