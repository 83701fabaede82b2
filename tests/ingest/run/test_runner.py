"""Sessions and the one thread that works on them, over a real library: start, pause, cancel, resume, recover."""

import threading

import pytest

from app.errors import (
    AlreadyActive,
    IllegalMove,
    NeedsAttention,
    NoSuchDirectory,
    NotADirectory,
    NothingMatches,
    OutsideRoots,
    UnknownSession,
)
from app.ingest.run import runner
from app.ingest.session.state import Status
from tests.ingest.builders import (
    OTHER_SESSION,
    WAIT_SECONDS,
    Workplace,
    assert_sums_close,
    parameters,
    tree,
)


def held_at(place: Workplace, name: bytes, **asked):
    """A session that stands at a file, and the gate that holds it."""
    gate = place.gate(name)
    session = place.runner.start(parameters("m", **asked))
    gate.arrived()
    return session.session_id, gate


def paused(place: Workplace, name: bytes = b"1.jpg", **asked) -> str:
    """A session that was paused after the named file."""
    session_id, gate = held_at(place, name, **asked)
    place.runner.pause(session_id)
    gate.open()
    place.until(session_id, Status.PAUSED)
    return session_id


# -- start -------------------------------------------------------------------------------------------------------


def test_a_session_runs_from_start_to_end(running):
    tree(running.media, "a.jpg", "sub/b.jpg", "broken.jpg", "notes.txt", ".hidden.jpg")
    session = running.run()
    assert session.outcomes["added"] == 2
    assert session.outcomes["failed"] == 1
    assert session.plan.skipped == {
        "filtered": 1,
        "unsupported": 1,
        "fresh": 0,
        "failed_before": 0,
        "beyond_max_files": 0,
    }
    assert_sums_close(session)


def test_the_sums_close_in_every_session_of_a_row(running):
    tree(running.media, *(f"{n}.jpg" for n in range(6)), "broken.jpg", "notes.txt", "sub/x.png")
    sessions = [running.run(max_files=3), running.run(pattern="*.jpg"), running.run(), running.run(skip_existing=False)]
    for session in sessions:
        assert_sums_close(session)
        assert session.plan.discovered == 9
    assert [session.total_files for session in sessions] == [3, 4, 1, 8]
    assert sessions[2].plan.skipped["failed_before"] == 1
    assert sessions[3].outcomes["unchanged"] == 7


def test_everything_fresh_completes_at_once_with_no_file(running):
    tree(running.media, "a.jpg", "b.jpg")
    running.run()
    running.reader.seen.clear()
    session = running.run()
    assert (session.total_files, session.progress, session.plan.skipped["fresh"]) == (0, 100.0, 2)
    assert running.reader.seen == []
    assert_sums_close(session)


@pytest.mark.parametrize(
    ("names", "asked", "field", "words"),
    [
        ([], {}, "directory", "there is no file there"),
        (["notes.txt", ".a.jpg"], {}, "directory", "of 2 files there, none is media"),
        (["a.jpg"], {"pattern": "*.png"}, "pattern", "with pattern *.png"),
    ],
)
def test_a_start_where_nothing_matches_is_refused_and_leaves_nothing(running, names, asked, field, words):
    tree(running.media, *names)
    with pytest.raises(NothingMatches) as caught:
        running.runner.start(parameters("m", **asked))
    assert (caught.value.field, caught.value.cause) == (field, "nothing_matches")
    assert words in caught.value.sentence
    assert running.runner.sessions() == running.store.session_ids() == []
    assert running.library.session_rows() == {}


def test_a_start_that_could_not_be_saved_leaves_nothing_that_begins_later(running, monkeypatch):
    tree(running.media, "a.jpg")

    def full(*_args, **_options):
        raise NeedsAttention("The disk that holds the state folder is full.", cause="disk_full")

    with monkeypatch.context() as patch:
        patch.setattr(running.store, "save", full)
        with pytest.raises(NeedsAttention, match="is full"):
            running.runner.start(parameters("m", nsfw_threshold=0.1))
    assert running.runner.sessions() == []
    assert running.library.summary()["sessions"] == 0
    assert running.library.nsfw_threshold() == 0.8
    running.restart()
    assert running.runner.sessions() == running.store.session_ids() == running.reader.seen == []
    assert running.run().outcomes["added"] == 1


def test_a_threshold_that_is_set_while_a_session_begins_stays(running, monkeypatch):
    tree(running.media, "a.jpg")
    running.run(nsfw_threshold=0.3)
    probe = runner.probe

    def probed(*parts):
        running.library.set_nsfw_threshold(0.6)
        probe(*parts)

    monkeypatch.setattr(runner, "probe", probed)
    assert running.run(skip_existing=False).parameters.nsfw_threshold == 0.3
    assert running.library.nsfw_threshold() == 0.6


@pytest.mark.parametrize(
    ("directory", "error"),
    [("elsewhere", OutsideRoots), ("m/..", OutsideRoots), ("m/nowhere", NoSuchDirectory), ("m/a.jpg", NotADirectory)],
)
def test_a_start_with_a_bad_directory_changes_nothing(running, directory, error):
    tree(running.media, "a.jpg")
    with pytest.raises(error):
        running.runner.start(parameters(directory))
    assert running.store.session_ids() == []


def test_the_same_request_while_active_is_refused_with_the_id(running):
    tree(running.media, "a.jpg", "sub/b.jpg")
    session_id, _ = held_at(running, b"a.jpg")
    for same in (("m",), ("m", "m/sub"), (str(running.media),), ("m/",)):
        with pytest.raises(AlreadyActive) as caught:
            running.runner.start(parameters(*same))
        assert caught.value.session_id == session_id


@pytest.mark.parametrize("ended", [False, True])
def test_the_same_request_is_welcome_again_when_the_first_has_ended(running, ended):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    if ended:
        running.runner.cancel(session_id)
        assert running.run().plan.skipped["fresh"] == 2
    else:
        with pytest.raises(AlreadyActive):
            running.runner.start(parameters("m"))


def test_a_different_request_is_queued_and_runs_afterwards(running):
    tree(running.media, "a.jpg", "b.png")
    first, gate = held_at(running, b"a.jpg", pattern="*.jpg")
    second = running.runner.start(parameters("m", pattern="*.png"))
    third = running.runner.start(parameters("m"))
    assert (second.status, third.status) == (Status.QUEUED, Status.QUEUED)
    gate.open()
    for session_id in (first, second.session_id, third.session_id):
        running.until(session_id, Status.COMPLETED)
    assert running.reader.seen == [b"a.jpg", b"b.png"]
    ended = sorted(running.runner.sessions(), key=lambda session: session.ended_at)
    started = sorted(running.runner.sessions(), key=lambda session: session.last_event_id)
    assert [s.session_id for s in started] == [first, second.session_id, third.session_id]
    assert len(ended) == 3


def test_a_queued_session_can_be_cancelled_before_its_turn(running):
    tree(running.media, "a.jpg", "b.png")
    first, gate = held_at(running, b"a.jpg", pattern="*.jpg")
    second = running.runner.start(parameters("m", pattern="*.png"))
    assert running.runner.cancel(second.session_id).status is Status.CANCELLED
    gate.open()
    running.until(first, Status.COMPLETED)
    assert running.reader.seen == [b"a.jpg"]


# -- pause, cancel, resume ---------------------------------------------------------------------------------------


def test_a_pause_takes_effect_within_one_file_and_resume_goes_on(running):
    tree(running.media, *(f"{n}.jpg" for n in range(5)))
    session_id = paused(running)
    session = running.runner.session(session_id)
    assert (session.processed_files, session.pending) == (2, 3)
    assert running.library.summary()["files"] == 2
    assert_sums_close(session)

    resumed, goes_on = running.runner.resume(session_id)
    assert goes_on
    assert resumed.session_id == session_id
    done = running.until(session_id, Status.COMPLETED)
    assert (done.processed_files, done.total_files, done.outcomes["added"]) == (5, 5, 5)
    assert running.reader.seen == [b"%d.jpg" % n for n in range(5)]
    assert_sums_close(done)


def test_a_paused_session_holds_up_no_other(running):
    tree(running.media, *(f"{n}.jpg" for n in range(3)), "x.png")
    session_id = paused(running, pattern="*.jpg")
    assert running.run(pattern="*.png").outcomes["added"] == 1
    assert running.runner.session(session_id).status is Status.PAUSED


def test_files_that_came_while_paused_are_taken_in_too(running):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    tree(running.media, "9.jpg")
    running.runner.resume(session_id)
    done = running.until(session_id, Status.COMPLETED)
    assert (done.total_files, done.processed_files) == (4, 4)
    assert_sums_close(done)


def test_a_cancel_keeps_what_is_committed_and_the_number_of_pending(running):
    tree(running.media, *(f"{n}.jpg" for n in range(5)))
    session_id, gate = held_at(running, b"1.jpg")
    running.runner.cancel(session_id)
    gate.open()
    session = running.until(session_id, Status.CANCELLED)
    assert session.pending == 5 - session.processed_files > 0
    assert running.library.summary()["files"] == session.committed_files > 0
    assert session.ended_at is not None
    assert_sums_close(session)
    with pytest.raises(IllegalMove):
        running.runner.cancel(session_id)


def test_a_cancel_that_comes_while_a_pause_is_being_written_is_not_lost(running):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))

    def cancel_at_once(session) -> None:
        if session.status is Status.PAUSED:
            running.runner.cancel(session.session_id)

    running.runner.listen(cancel_at_once)
    session_id, gate = held_at(running, b"1.jpg")
    running.runner.pause(session_id)
    gate.open()
    running.until(session_id, Status.CANCELLED)


@pytest.mark.parametrize("wishes", [("cancel", "pause"), ("pause", "cancel")], ids=" then ".join)
def test_a_cancel_and_a_pause_at_one_file_cancel_in_either_order(running, wishes):
    tree(running.media, *(f"{n}.jpg" for n in range(4)))
    session_id, gate = held_at(running, b"1.jpg")
    for wish in wishes:
        getattr(running.runner, wish)(session_id)
    gate.open()
    session = running.until(session_id, Status.CANCELLED)
    assert (session.processed_files, session.pending) == (2, 2)
    assert_sums_close(session)
    running.restart()
    assert running.runner.session(session_id).status is Status.CANCELLED


def test_a_pause_while_planning_takes_effect_before_the_first_file(running, monkeypatch):
    tree(running.media, *(f"{n}.jpg" for n in range(3)), "sub/x.jpg")
    planning, goes_on, read = threading.Event(), threading.Event(), running.folders.read
    running.ends.append(goes_on.set)

    def held(folder, *ignores):
        if threading.current_thread() is running.runner._thread:
            planning.set()
            assert goes_on.wait(WAIT_SECONDS)
        return read(folder, *ignores)

    with monkeypatch.context() as patch:
        patch.setattr(running.folders, "read", held)
        session_id = running.runner.start(parameters("m")).session_id
        assert planning.wait(WAIT_SECONDS)
        assert running.runner.pause(session_id).status is Status.PLANNING
        goes_on.set()
        session = running.until(session_id, Status.PAUSED)
    assert (session.processed_files, session.total_files, session.pending) == (0, 4, 4)
    assert running.reader.seen == []
    assert running.runner.resume(session_id)[1] is True
    done = running.until(session_id, Status.COMPLETED)
    assert done.outcomes["added"] == 4
    assert_sums_close(done)


@pytest.mark.parametrize("status", [Status.PAUSED, Status.COMPLETED, Status.CANCELLED])
def test_a_session_that_is_not_at_work_cannot_be_paused(running, status):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    if status is Status.CANCELLED:
        running.runner.cancel(session_id)
    if status is Status.COMPLETED:
        running.runner.resume(session_id)
        running.until(session_id, Status.COMPLETED)
    with pytest.raises(IllegalMove, match=f"The session is {status.value}"):
        running.runner.pause(session_id)


def test_resume_is_safe_at_any_time(running):
    tree(running.media, *(f"{n}.jpg" for n in range(4)))
    session_id, gate = held_at(running, b"1.jpg")
    for _ in range(3):
        session, goes_on = running.runner.resume(session_id)
        assert (session.status, goes_on) == (Status.PROCESSING, False)
    gate.open()
    running.until(session_id, Status.COMPLETED)
    assert running.runner.resume(session_id)[1] is False
    assert running.reader.seen == [b"%d.jpg" % n for n in range(4)]


def test_two_that_resume_at_once_start_one_worker(running):
    tree(running.media, *(f"{n}.jpg" for n in range(6)))
    session_id = paused(running)
    start, answers = threading.Barrier(4), []

    def resume() -> None:
        start.wait()
        answers.append(running.runner.resume(session_id)[1])

    threads = [threading.Thread(target=resume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running.until(session_id, Status.COMPLETED)
    assert sorted(answers) == [False, False, False, True]
    assert running.reader.seen == [b"%d.jpg" % n for n in range(6)]


@pytest.mark.parametrize("method", ["pause", "cancel", "resume", "dismiss", "forget", "session", "survey"])
def test_a_session_that_nobody_knows_is_named(running, method):
    with pytest.raises(UnknownSession, match=OTHER_SESSION):
        getattr(running.runner, method)(OTHER_SESSION)
