"""Surroundings that break stop a session in its place until they are mended."""

import threading

import pytest

from app.errors import (
    NeedsAttention,
)
from app.ingest.run import backoff
from app.ingest.session.state import Status
from app.media import Stage
from tests.ingest.builders import (
    Workplace,
    assert_sums_close,
    failure,
    parameters,
    tree,
)
from tests.ingest.run.test_recovery import as_undisturbed
from tests.ingest.run.test_runner import paused

# -- attention ---------------------------------------------------------------------------------------------------


def test_a_missing_root_calls_for_attention_and_goes_on_by_itself_when_it_is_mended(running, monkeypatch):
    monkeypatch.setattr(backoff, "RETRY_SECONDS", (0.05,))
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    unplugged = running.media.with_name("unplugged")
    running.media.rename(unplugged)
    running.runner.resume(session_id)
    session = running.until(session_id, Status.ATTENTION)
    assert (session.attention["cause"], session.processed_files) == ("root_changed", 2)
    unplugged.rename(running.media)
    done = running.until(session_id, Status.COMPLETED)
    assert (done.processed_files, done.attention) == (3, None)
    assert_sums_close(done)


def once(place: Workplace, name: bytes, what) -> None:
    """Does something the first time that a file has its turn."""

    def gate() -> None:
        del place.reader.gates[name]
        what()

    place.reader.gates[name] = gate


@pytest.mark.parametrize("when", ["at a file", "on the walk"])
@pytest.mark.parametrize(("lost", "cause"), [("", "root_changed"), ("sub", "directory_missing")])
def test_what_goes_away_mid_run_stops_the_session_and_no_file_is_called_vanished(
    running, monkeypatch, lost, cause, when
):
    monkeypatch.setattr(backoff, "RETRY_SECONDS", (0.02,))
    tree(running.media, *(f"sub/deep/{n}.jpg" for n in range(5)))
    place, away = running.media / lost, running.media.with_name("unplugged")
    if when == "at a file":
        once(running, b"1.jpg", lambda: place.rename(away))
    else:
        pull_out_on_the_walk(running, monkeypatch, lambda: place.rename(away))
    session_id = running.runner.start(parameters("m/sub")).session_id
    session = running.until(session_id, Status.ATTENTION)
    assert session.attention["cause"] == cause
    assert session.outcomes["vanished"] == session.outcomes["failed"] == 0
    assert session.processed_files == (1 if when == "at a file" else 0)
    away.rename(place)
    done = running.until(session_id, Status.COMPLETED)
    assert (done.outcomes["added"], done.total_files, done.plan.discovered) == (5, 5, 5)
    assert_sums_close(done)


def pull_out_on_the_walk(place: Workplace, monkeypatch: pytest.MonkeyPatch, pull) -> None:
    """Does something before the runner reads the first folder below the chosen one, once."""
    read, todo = place.folders.read, [pull]

    def watched(folder, *ignores):
        if folder.path.endswith(b"deep") and todo and threading.current_thread() is place.runner._thread:
            todo.pop()()
        return read(folder, *ignores)

    monkeypatch.setattr(place.folders, "read", watched)


def test_a_single_file_that_goes_away_mid_run_is_vanished(running):
    tree(running.media, *(f"sub/{n}.jpg" for n in range(4)))
    once(running, b"1.jpg", (running.media / "sub" / "2.jpg").unlink)
    done = running.run()
    assert (done.outcomes["added"], done.outcomes["vanished"], done.stats["errors"], done.errors) == (3, 1, 0, ())
    assert_sums_close(done)


def test_files_that_could_not_be_opened_are_tried_again_by_the_next_session(running):
    tree(running.media, "a.jpg", "broken.jpg", "locked.jpg")

    def locked(job):
        if job.file.name == b"locked.jpg":
            return failure(job.file, stage=Stage.IDENTIFY, cause="unreadable", reason="Permission is denied.")
        return running.reader(job)

    object.__setattr__(running.ingestor, "analyzer", lambda _recipe: locked)
    first = running.run()
    assert (first.outcomes["failed"], first.stats["errors"]) == (2, 2)
    assert {error["cause"] for error in first.errors} == {"truncated_image", "unreadable"}
    object.__setattr__(running.ingestor, "analyzer", lambda _recipe: running.reader)
    second = running.run()
    assert second.plan.skipped | {"fresh": 1, "failed_before": 1} == second.plan.skipped
    assert (second.plan.pending_by, second.outcomes["added"]) == ({"new": 1}, 1)


@pytest.mark.parametrize("by_itself", [True, False], ids=["by itself", "when a person says so"])
def test_a_commit_whose_answer_was_lost_is_counted_once(running, monkeypatch, by_itself):
    monkeypatch.setattr(backoff, "RETRY_SECONDS", (0.02 if by_itself else 600.0,))
    tree(running.media, *(f"{n}.jpg" for n in range(5)))
    real, lost = running.library.commit_single_file_to_database, []

    def commit(session_id, result, **options):
        event = real(session_id, result, **options)
        if result.file.name == b"2.jpg" and not lost:
            lost.append(event)
            raise NeedsAttention("The database cannot be reached.", cause="database_unreachable")
        return event

    monkeypatch.setattr(running.library, "commit_single_file_to_database", commit)
    session_id = running.runner.start(parameters("m")).session_id
    if not by_itself:
        session = running.until(session_id, Status.ATTENTION)
        assert (session.attention["cause"], session.processed_files) == ("database_unreachable", 2)
        running.runner.resume(session_id)
    as_undisturbed(running, session_id)
    assert lost


def test_a_fault_in_the_loop_of_the_runner_does_not_end_it(place, monkeypatch):
    tree(place.media, "a.jpg")
    real, faults = place.runner._next, []

    def next_() -> None:
        if not faults:
            faults.append(True)
            raise RuntimeError("a fault of ours")
        return real()

    monkeypatch.setattr(place.runner, "_next", next_)
    place.recover()
    assert place.run().outcomes["added"] == 1
    assert faults
    assert place.runner.alive


def test_attention_is_shown_first_and_a_person_may_resume_or_cancel(running):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    running.media.rename(running.media.with_name("unplugged"))
    running.runner.resume(session_id)
    running.until(session_id, Status.ATTENTION)
    assert running.runner.active().session_id == session_id
    assert running.runner.cancel(session_id).status is Status.CANCELLED


def test_a_session_with_attention_survives_a_restart_and_goes_on(running, monkeypatch):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    running.media.rename(running.media.with_name("unplugged"))
    running.runner.resume(session_id)
    running.until(session_id, Status.ATTENTION)
    monkeypatch.setattr(backoff, "RETRY_SECONDS", (0.05,))
    running.media.with_name("unplugged").rename(running.media)
    running.restart()
    running.until(session_id, Status.COMPLETED)


def test_a_fault_of_ours_stops_its_session_only(running):
    tree(running.media, "a.jpg", "b.png")

    def fault() -> None:
        raise RuntimeError("a fault of ours")

    running.reader.gates[b"a.jpg"] = fault
    session = running.runner.start(parameters("m", pattern="*.jpg"))
    stopped = running.until(session.session_id, Status.ATTENTION)
    assert stopped.attention["cause"] == "internal_error"
    assert "a fault of ours" in stopped.attention["sentence"]
    assert running.run(pattern="*.png").outcomes["added"] == 1


def test_a_database_out_of_reach_calls_for_attention_in_memory(running, monkeypatch):
    tree(running.media, "a.jpg")

    def gone(*_args, **_options):
        raise NeedsAttention("The database cannot be reached.", cause="database_unreachable")

    running.reader.gates[b"a.jpg"] = lambda: monkeypatch.setattr(running.library._engines, "write", gone)
    session = running.runner.start(parameters("m"))
    stopped = running.until(session.session_id, Status.ATTENTION)
    assert stopped.attention["cause"] == "database_unreachable"
    monkeypatch.undo()
    running.reader.gates.clear()
    running.runner.resume(session.session_id)
    done = running.until(session.session_id, Status.COMPLETED)
    assert done.outcomes["added"] == 1
    assert_sums_close(done)
