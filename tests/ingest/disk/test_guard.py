"""A lost disk is not a folder of deleted files."""

import os
import shutil
from functools import partial

import pytest

from app.errors import NeedsAttention
from app.ingest.disk.folders import Folders
from app.ingest.disk.guard import Guard, shrunk
from app.ingest.plan.planner import Planner
from app.ingest.session.state import Status
from app.ingest.session.store import QUARANTINE
from app.media import Place
from app.wiring import rows_in
from tests.ingest.builders import RECIPE, assert_sums_close, parameters, tree


@pytest.mark.parametrize(
    ("on_disk", "rows", "suspicious"),
    [(70, 100, False), (69, 100, True), (0, 1, True), (1, 1, False), (0, 0, False), (5, 0, False), (200, 100, False)],
)
def test_fewer_than_70_percent_of_what_the_library_knows_is_suspicious(on_disk, rows, suspicious):
    assert (shrunk({"m": on_disk}, {"m": rows}) is not None) == suspicious


def test_each_root_is_looked_at_alone_and_named():
    sentence = shrunk({"a": 1_000}, {"a": 10, "b": 10})
    assert "'b'" in sentence
    assert "'a'" not in sentence


def test_a_folder_that_became_another_one_is_noticed(tmp_path):
    (tmp_path / "m" / "sub").mkdir(parents=True)
    guard = Guard(Folders({"m": tmp_path / "m"}), ("m/sub",))
    guard.check()
    (tmp_path / "m" / "sub").rename(tmp_path / "m" / "old")
    with pytest.raises(NeedsAttention) as caught:
        guard.check()
    assert caught.value.cause == "directory_missing"
    (tmp_path / "m" / "sub").mkdir()
    with pytest.raises(NeedsAttention) as caught:
        guard.check()
    assert caught.value.cause == "root_changed"


@pytest.fixture
def place(place):
    tree(place.media, *(f"{number}.jpg" for number in range(10)))
    place.recover()
    place.run()
    return place


def lose(place, count):
    for number in range(count):
        (place.media / f"{number}.jpg").unlink()


def missing(place):
    return sorted(row["path"].decode() for row in place.library.presence.missing())


def test_a_few_files_that_are_gone_are_marked_missing_and_their_rows_stay(place):
    lose(place, 3)
    session = place.run()
    assert missing(place) == ["0.jpg", "1.jpg", "2.jpg"]
    assert (session.marked_missing, session.processed_files) == (3, 0)
    totals = place.library.summary()
    assert (totals["files"], totals["missing"]) == (7, 3)
    assert place.library.file(Place("m", b"1.jpg"))["score"] == 3
    assert place.run().marked_missing == 0


@pytest.mark.parametrize("lost", [5, 10])
def test_many_files_that_are_gone_stop_the_session_before_any_row_changes_until_a_person_confirms(place, lost):
    lose(place, lost)
    tree(place.media, "new.txt", *(["zz.jpg"] if lost == 5 else []))
    files = place.library.summary()
    session = place.until(place.runner.start(parameters()).session_id, Status.ATTENTION)
    assert session.attention["cause"] == "root_changed"
    assert session.attention["needs_confirm"] is True
    assert missing(place) == []
    assert place.library.summary() | {"sessions": 0} == files | {"sessions": 0}
    session, resumed = place.runner.resume(session.session_id)
    assert resumed
    session = place.until(session.session_id, Status.ATTENTION)  # without a word it is looked at again, no more
    assert missing(place) == []
    place.runner.resume(session.session_id, confirm=True)
    session = place.until(session.session_id, Status.COMPLETED)
    assert len(missing(place)) == session.marked_missing == lost
    assert session.outcomes["added"] == (1 if lost == 5 else 0)
    assert_sums_close(session)


def test_files_that_a_plan_moved_to_the_quarantine_folder_are_told_of(place):
    target = place.store.folder / QUARANTINE / "m"
    target.mkdir(parents=True)
    for number in range(4):
        (place.media / f"{number}.jpg").rename(target / f"{number}.jpg")
    (target / "9.jpg").write_bytes(b"one that is in place, too")
    session = place.until(place.runner.start(parameters()).session_id, Status.ATTENTION)
    assert session.attention["sentence"].endswith("Of the others, 4 lie in the quarantine folder.")


def test_a_directory_that_is_gone_is_a_question_where_the_library_knows_files_there(place, monkeypatch):
    monkeypatch.setattr("app.ingest.run.backoff.RETRY_SECONDS", (600.0,))
    tree(place.media, *(f"sub/{number}.jpg" for number in range(5)))
    place.run()
    tree(place.media, "sub/new.jpg")
    gate = place.gate(b"new.jpg")
    started = place.runner.start(parameters("m/sub"))
    gate.arrived()
    shutil.rmtree(place.media / "sub")
    gate.open()
    session = place.until(started.session_id, Status.ATTENTION)
    assert session.attention["cause"] == "directory_missing"
    place.runner.resume(session.session_id)
    session = place.until(session.session_id, Status.ATTENTION)
    assert (session.attention["cause"], session.attention["needs_confirm"]) == ("root_changed", True)
    place.runner.resume(session.session_id, confirm=True)
    assert place.until(session.session_id, Status.COMPLETED).marked_missing == 5


def test_a_plan_says_beforehand_what_will_have_to_be_confirmed(place):
    lose(place, 5)
    planner = Planner(place.folders, place.library, lambda _: RECIPE, partial(rows_in, place.library))
    assert "only 5 are there now" in planner.plan(parameters())["warnings"][0]


def test_what_has_to_be_confirmed_is_not_tried_again_by_itself(place, monkeypatch):
    monkeypatch.setattr("app.ingest.run.backoff.RETRY_SECONDS", (0.0,))
    lose(place, 5)
    session = place.until(place.runner.start(parameters()).session_id, Status.ATTENTION)
    assert place.runner._backoff.seconds_to_next() is None
    restarted = place.restart().session(session.session_id)
    assert (restarted.status, restarted.attention) == (Status.ATTENTION, session.attention)
    assert place.runner._backoff.seconds_to_next() is None


def test_the_right_disk_in_place_again_is_enough_to_go_on(place):
    place.media.rename(place.media.with_name("away"))
    place.media.mkdir()
    session = place.until(place.runner.start(parameters()).session_id, Status.ATTENTION)
    place.media.rmdir()
    place.media.with_name("away").rename(place.media)
    place.runner.resume(session.session_id)
    assert place.until(session.session_id, Status.COMPLETED).plan.skipped["fresh"] == 10
    assert missing(place) == []


def test_files_that_come_back_are_hashed_and_nothing_else_is_done(place):
    lose(place, 2)
    place.run()
    stages = []
    place.reader.gates = {}
    for number in range(2):
        path = place.media / f"{number}.jpg"
        path.write_bytes(f"{number}.jpg".encode())
        stamp = place.library.file(Place("m", f"{number}.jpg".encode()))["mtime_ns"]
        os.utime(path, ns=(stamp, stamp))
    read = place.reader

    def task(job):
        stages.append((job.file.name, job.stale, job.known_sha256 is not None))
        return read(job)

    object.__setattr__(place.ingestor, "analyzer", lambda _recipe: task)
    session = place.run()
    assert stages == [(b"0.jpg", frozenset(), True), (b"1.jpg", frozenset(), True)]
    assert (session.plan.pending_by, session.outcomes["updated"]) == ({"returned": 2}, 2)
    assert missing(place) == []


def test_a_file_that_vanishes_in_its_turn_has_its_row_marked_missing(place):
    (place.media / "5.jpg").write_bytes(b"other")
    tree(place.media, "4.png")
    gate = place.gate(b"4.png")
    started = place.runner.start(parameters())
    gate.arrived()
    (place.media / "5.jpg").unlink()
    gate.open()
    session = place.until(started.session_id, Status.COMPLETED)
    assert (session.outcomes["vanished"], session.marked_missing) == (1, 1)
    assert missing(place) == ["5.jpg"]


def test_a_folder_that_cannot_be_read_makes_nothing_missing(place, monkeypatch):
    real = os.lstat

    def lstat(path, **more):
        if os.fsencode(path).endswith(b"3.jpg"):
            raise PermissionError(13, "denied")
        return real(path, **more)

    (place.media / "3.jpg").unlink()
    monkeypatch.setattr("app.ingest.disk.moves.os.lstat", lstat)
    assert place.run().marked_missing == 0
