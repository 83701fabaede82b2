"""Whole sessions over files that somebody still writes to: put back, recorded once, given up, never half read."""

import os
import time

import pytest

from app.ingest.session.state import Status
from app.media import Place
from tests.ingest.builders import assert_sums_close, failure, parameters, tree


@pytest.fixture
def place(place):
    object.__setattr__(place.ingestor, "settled_seconds", 0.05)
    tree(place.media, "a.jpg", "b.jpg", "c.jpg")
    for name in ("b.jpg", "c.jpg"):
        os.utime(place.media / name, (1_000, 1_000))
    place.recover()
    return place


def answers(place, session):
    return [(event.shown_path, event.outcome) for event in place.library.answers(session.session_id)]


def test_a_file_that_was_just_written_comes_last_and_once(place):
    written_ns = (place.media / "a.jpg").stat().st_mtime_ns
    the_others = [b"b.jpg", b"c.jpg"]

    def clock():  # stands still until nothing else is left to do
        return written_ns + 10**9 * (place.reader.seen[:2] == the_others)

    object.__setattr__(place.ingestor, "clock", clock)
    session = place.run()
    assert answers(place, session) == [("m/b.jpg", "added"), ("m/c.jpg", "added"), ("m/a.jpg", "added")]
    assert place.reader.seen == [*the_others, b"a.jpg"]
    assert_sums_close(session)


def test_a_file_from_the_future_is_read_at_once(place):
    os.utime(place.media / "a.jpg", (time.time() + 3_600, time.time() + 3_600))
    place.run()
    assert place.reader.seen == [b"a.jpg", b"b.jpg", b"c.jpg"]


def test_the_wait_says_what_it_is_for_and_a_pause_ends_it(place):
    object.__setattr__(place.ingestor, "settled_seconds", 3_600.0)
    started = place.runner.start(parameters())
    session = place.runner.wait(started.session_id, lambda s: s.activity is not None, 20)
    assert session.activity == "waiting for 1 file to be written completely"
    assert (session.processed_files, session.pending) == (2, 1)
    place.runner.pause(session.session_id)
    assert place.until(session.session_id, Status.PAUSED).pending == 1
    object.__setattr__(place.ingestor, "settled_seconds", 0.0)
    place.runner.resume(session.session_id)
    assert place.until(session.session_id, Status.COMPLETED).outcomes["added"] == 3


def test_a_cancel_ends_the_wait_at_once(place):
    object.__setattr__(place.ingestor, "settled_seconds", 3_600.0)
    started = place.runner.start(parameters())
    place.runner.wait(started.session_id, lambda s: s.activity is not None, 20)
    place.runner.cancel(started.session_id)
    assert place.until(started.session_id, Status.CANCELLED).pending == 1


def changing(place, times):
    """Makes `b.jpg` say so many times that it changed while it was read."""
    reads = []
    read = place.reader

    def task(job):
        if job.file.name == b"b.jpg" and len(reads) < times:
            reads.append(job.file.name)
            return failure(job.file, cause="still_changing")
        return read(job)

    object.__setattr__(place.ingestor, "analyzer", lambda _recipe: task)
    return reads


def test_a_file_that_changed_twice_while_it_was_read_is_recorded_once(place):
    reads = changing(place, 2)
    session = place.run()
    assert sorted(answers(place, session)) == [(f"m/{name}.jpg", "added") for name in "abc"]
    assert len(reads) == 2


def test_after_three_reads_in_vain_it_fails_and_the_next_session_looks_again(place):
    reads = changing(place, 3)
    session = place.run()
    assert (session.outcomes["added"], session.outcomes["failed"], len(reads)) == (2, 1, 3)
    assert [(error["path"], error["cause"]) for error in session.errors] == [("m/b.jpg", "still_changing")]
    assert_sums_close(session)
    assert place.run().outcomes["added"] == 1


def test_a_file_that_was_replaced_between_the_look_and_the_reading_is_read_again(place):
    read = place.reader
    replaced = []

    def task(job):
        result = read(job)
        if job.file.name == b"b.jpg" and not replaced:
            replaced.append(1)
            (place.media / "b.jpg").write_bytes(b"other bytes")
            os.utime(place.media / "b.jpg", (2_000, 2_000))
            status = (place.media / "b.jpg").stat()
            file = type(job.file)(job.file.root, job.file.path, status.st_size, status.st_mtime_ns)
            return type(result)(file, result.identity, result.stages)
        return result

    object.__setattr__(place.ingestor, "analyzer", lambda _recipe: task)
    session = place.run()
    row = place.library.file(Place("m", b"b.jpg"))
    assert (row["size"], row["mtime_ns"], session.outcomes["added"]) == (11, 2_000 * 10**9, 3)


def test_sums_that_do_not_close_are_never_shown_as_complete(place, monkeypatch):
    monkeypatch.setattr(place.library, "outcomes", lambda _session: {"added": 2})
    started = place.runner.start(parameters())
    session = place.until(started.session_id, Status.ATTENTION)
    assert session.attention["cause"] == "sum_does_not_close"
    assert "3 files were counted as added, the log has 2" in session.attention["sentence"]
    assert place.runner._backoff.seconds_to_next() is None
    monkeypatch.undo()
    place.runner.resume(session.session_id)
    place.until(session.session_id, Status.COMPLETED)
