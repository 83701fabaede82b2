"""Sessions and the one thread that works on them, over a real library: start, pause, cancel, resume, recover."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
from app.ingest.plan.survey import Verdict
from app.ingest.run import backoff
from app.ingest.session.state import Status
from app.library.migrations import bring_to_head
from app.media import OPTIONAL, Stage
from tests.ingest.builders import (
    OTHER_SESSION,
    WAIT_SECONDS,
    Gate,
    Workplace,
    assert_sums_close,
    failure,
    parameters,
    tree,
)


@pytest.fixture
def running(place):
    """A workplace whose runner is at work."""
    place.recover()
    return place


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
    assert running.library.nsfw_threshold() is None
    running.restart()
    assert running.runner.sessions() == running.store.session_ids() == running.reader.seen == []
    assert running.run().outcomes["added"] == 1


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


# -- recovery ----------------------------------------------------------------------------------------------------


def stopped_at(place: Workplace, gate: Gate) -> None:
    """The server is told to end while its session stands at a file, which it then ends."""
    closing = threading.Thread(target=place.runner.close)
    closing.start()
    with place.runner._changed:
        place.runner._changed.wait_for(lambda: place.runner._closing, WAIT_SECONDS)
    gate.open()
    closing.join()
    place.reader.gates.clear()


def interrupted(place: Workplace) -> str:
    """A session of five files of which two are committed, whose server was stopped."""
    tree(place.media, *(f"{n}.jpg" for n in range(5)))
    session_id, gate = held_at(place, b"1.jpg")
    stopped_at(place, gate)
    return session_id


def as_undisturbed(place: Workplace, session_id: str) -> None:
    done = place.until(session_id, Status.COMPLETED)
    assert (done.processed_files, done.outcomes["added"], done.total_files, done.plan.discovered) == (5, 5, 5, 5)
    assert done.stats["metadata_extracted"] == 5
    assert done.stages["identify"].done == 5
    assert sorted(place.reader.seen) == [b"%d.jpg" % n for n in range(5)]
    assert len(place.library.answers(session_id)) == 5
    assert journal_of(place, session_id) == [f"m/{n}.jpg" for n in range(5)]
    assert_sums_close(done)


def journal_of(place: Workplace, session_id: str) -> list[str]:
    journal = (place.store.folder / f"{session_id}.files.jsonl").read_text().splitlines()
    return [json.loads(line)["path"] for line in journal]


def test_a_server_that_goes_interrupts_and_the_next_one_goes_on(running):
    session_id = interrupted(running)
    saved = running.store.load(session_id)
    assert (saved.status, saved.interruptions, saved.processed_files) == (Status.INTERRUPTED, 1, 2)
    running.restart()
    as_undisturbed(running, session_id)


def test_without_auto_resume_it_stays_interrupted_until_a_person_says_so(running):
    session_id = interrupted(running)
    running.restart(auto_resume=False)
    assert running.runner.session(session_id).status is Status.INTERRUPTED
    assert running.runner.active().session_id == session_id
    assert running.runner.resume(session_id)[1] is True
    as_undisturbed(running, session_id)


@pytest.mark.parametrize(("wish", "status"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_what_a_person_asked_for_outlives_the_end_of_the_server(running, wish, status):
    tree(running.media, *(f"{n}.jpg" for n in range(4)))
    session_id, gate = held_at(running, b"1.jpg")
    getattr(running.runner, wish)(session_id)
    stopped_at(running, gate)
    saved = running.store.load(session_id)
    assert (saved.status, saved.processed_files, saved.interruptions) == (status, 2, 0)
    running.restart()
    assert running.runner.session(session_id).status is status
    assert running.reader.seen == [b"0.jpg", b"1.jpg"]
    assert_sums_close(running.runner.session(session_id))


def killed(place: Workplace, session_id: str) -> None:
    """Makes the state folder what a kill -9 in the middle of processing leaves: a file that is behind the log."""
    earlier = place.library.events(session_id)
    processing = [e for e in earlier if e.kind == "session" and e.detail["status"] == "processing"]
    session = place.store.load(session_id).without_answers()
    data = session.as_json() | {"status": "processing", "last_event_id": processing[-1].id, "interruptions": 0}
    (place.store.folder / f"{session_id}.json").write_text(json.dumps(data))
    (place.store.folder / f"{session_id}.files.jsonl").write_text('{"path": "m/0.jpg"')
    place.library._engines.write(  # what came after the kill never happened
        lambda c: c.exec_driver_sql(
            f"DELETE FROM ingest_events WHERE kind = 'session' AND id > {processing[-1].id}"  # noqa: S608
        )
    )


def test_a_session_file_behind_the_log_is_counted_again(running):
    session_id = interrupted(running)
    killed(running, session_id)
    assert running.store.load(session_id).processed_files == 0
    running.restart()
    as_undisturbed(running, session_id)
    assert running.runner.session(session_id).interruptions == 1


@pytest.mark.parametrize("loss", ["missing", "torn", "empty", "another version"])
def test_a_lost_session_file_is_rebuilt_from_the_log(running, loss):
    session_id = interrupted(running)
    killed(running, session_id)
    file = running.store.folder / f"{session_id}.json"
    content = file.read_bytes()
    match loss:
        case "missing":
            file.unlink()
        case "torn":
            file.write_bytes(content[: len(content) // 2])
        case "empty":
            file.write_bytes(b"")
        case _:
            file.write_text(json.dumps(json.loads(content) | {"version": 99}))
    running.restart()
    as_undisturbed(running, session_id)
    assert (file.with_name(f"{file.name}.bad").exists()) == (loss != "missing")


@pytest.mark.parametrize("file", ["kept", "missing"])
def test_a_session_that_completed_in_the_log_is_not_run_again(running, file):
    """The log says completed, the crash came before the file was written."""
    tree(running.media, "a.jpg", "b.jpg")
    session = running.run()
    path = running.store.folder / f"{session.session_id}.json"
    behind = json.loads(path.read_text()) | {"status": "processing", "ended_at": None, "last_event_id": 1}
    path.write_text(json.dumps(behind))
    if file == "missing":
        path.unlink()
    running.restart()
    found = running.runner.session(session.session_id)
    assert (found.status, found.processed_files, found.ended_at) == (Status.COMPLETED, 2, session.ended_at)
    assert (found.outcomes, found.stats, found.plan) == (session.outcomes, session.stats, session.plan)
    assert running.reader.seen == [b"a.jpg", b"b.jpg"]


def test_the_queue_keeps_its_order_over_a_restart(running):
    tree(running.media, "a.jpg", "b.png", "c.gif")
    first, gate = held_at(running, b"a.jpg", pattern="*.jpg")
    second = running.runner.start(parameters("m", pattern="*.png")).session_id
    third = running.runner.start(parameters("m", pattern="*.gif")).session_id
    closing = threading.Thread(target=running.runner.close)
    closing.start()
    gate.open()
    closing.join()
    running.reader.gates.clear()
    running.restart()
    for session_id in (first, second, third):
        running.until(session_id, Status.COMPLETED)
    assert list(dict.fromkeys(running.reader.seen)) == [b"a.jpg", b"b.png", b"c.gif"]


def test_a_paused_session_stays_paused_over_a_restart(running):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    running.restart()
    assert running.runner.session(session_id).status is Status.PAUSED
    assert running.runner.resume(session_id)[1] is True
    running.until(session_id, Status.COMPLETED)


def test_ended_sessions_are_the_same_after_a_restart(running):
    tree(running.media, "a.jpg", "broken.jpg")
    session = running.run()
    running.restart()
    assert running.runner.sessions() == [session]


@pytest.mark.parametrize("detail", [None, [], "text", {}, {"version": 99}, {"version": 1, "parameters": {}}], ids=repr)
def test_a_row_of_the_log_that_cannot_be_read_leaves_only_its_session_out(running, detail):
    tree(running.media, "a.jpg")
    session = running.run()
    running.library.append(OTHER_SESSION, "session", detail)
    running.restart()
    assert running.runner.sessions() == [session]
    assert running.run(pattern="*.jpg").status is Status.COMPLETED


def test_a_row_of_the_log_of_another_version_is_read_with_zeros(running):
    session_id = interrupted(running)
    log = running.library.session_rows()[session_id].detail
    stages = {name: count for name, count in log["stages"].items() if name != "nsfw"}
    running.library.append(session_id, "session", log | {"stages": stages | {"faces": stages["identify"]}, "mood": 1})
    (running.store.folder / f"{session_id}.json").unlink()
    running.restart()
    as_undisturbed(running, session_id)
    assert set(running.runner.session(session_id).stages) == set(Stage)


def test_an_answer_of_another_version_is_counted_and_breaks_nothing(running):
    """A stage, a way to end one and a counter that this program does not know."""
    session_id = interrupted(running)
    row = running.library.answers(session_id)[0]
    detail = dict(row.detail) | {"stages": {"faces": ["done", 1.0], "identify": ["dreamt", 1.0]}, "stats": {"faces": 3}}
    running.library._engines.write(
        lambda c: c.exec_driver_sql("UPDATE ingest_events SET detail = ? WHERE id = ?", (json.dumps(detail), row.id))
    )
    (running.store.folder / f"{session_id}.json").unlink()  # so that all is counted from the log
    running.restart()
    done = running.until(session_id, Status.COMPLETED)
    assert (done.processed_files, done.stats["metadata_extracted"]) == (5, 4)
    assert_sums_close(done)


ASKED = [stage for stage in Stage if stage not in OPTIONAL]


def test_stages_start_and_complete_once_whenever_the_server_dies(running):
    session_id = interrupted(running)
    killed(running, session_id)
    running.restart()
    as_undisturbed(running, session_id)
    running.close()
    running.open()
    killed(running, session_id)  # now all is done but the last move
    running.recover()
    running.until(session_id, Status.COMPLETED)
    kinds = [(event.kind, event.detail["stage"]) for event in running.library.all_events(session_id) if is_stage(event)]
    assert kinds == [(kind, stage) for kind in ("stage_start", "stage_progress", "stage_complete") for stage in ASKED]


def is_stage(event) -> bool:
    return event.kind.startswith("stage_")


def replace_database(place: Workplace, copy: Path | None) -> None:
    """Moves the database away; a copy of an earlier one takes its place, or a new one."""
    file = Path(place.url.removeprefix("sqlite:///"))
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
    if copy is None:
        bring_to_head(place.url)
    else:
        shutil.copy(copy, file)


@pytest.mark.parametrize("auto_resume", [True, False], ids=["by itself", "when a person says so"])
@pytest.mark.parametrize("before", ["new", "an older copy"])
def test_a_session_is_counted_from_the_database_that_is_there(running, tmp_path, before, auto_resume):
    tree(running.media, *(f"{n}.jpg" for n in range(5)))
    session_id = paused(running, b"0.jpg")
    running.close()
    copy = tmp_path / "copy.db"
    shutil.copy(running.url.removeprefix("sqlite:///"), copy)
    running.open()
    gate = running.gate(b"3.jpg")
    running.recover().resume(session_id)
    gate.arrived()
    stopped_at(running, gate)
    assert running.store.load(session_id).processed_files == 4
    running.close()
    replace_database(running, None if before == "new" else copy)
    running.open()
    running.recover(auto_resume=auto_resume)
    if not auto_resume:
        assert running.runner.resume(session_id)[1] is True
    done = running.until(session_id, Status.COMPLETED)
    assert (done.total_files, done.outcomes["added"], done.stats["keywords_added"]) == (5, 5, 5)
    assert done.stages["identify"].done == 5
    assert running.library.answered(session_id) == {b"m/%d.jpg" % n for n in range(5)}
    assert journal_of(running, session_id) == [f"m/{n}.jpg" for n in range(5)]
    assert_sums_close(done)


def test_leftovers_are_swept_at_the_start(running):
    leftover = running.store.folder / ".something.json.abc.tmp"
    leftover.write_text("{")
    running.restart()
    assert not leftover.exists()


def test_no_session_begins_while_the_library_is_changed_and_everybody_can_look_on(running):
    tree(running.media, "a.jpg")
    with ThreadPoolExecutor(1) as other, running.runner.at_rest():
        with pytest.raises(IllegalMove, match="The library is being changed"), running.runner.at_rest():
            pass
        session_id = running.runner.start(parameters()).session_id
        (seen,) = other.submit(running.runner.sessions).result(WAIT_SECONDS)
        assert (seen.session_id, seen.status) == (session_id, Status.QUEUED)
    running.until(session_id, Status.COMPLETED)


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


# -- what people look at -----------------------------------------------------------------------------------------


def test_the_session_to_show_is_the_one_at_work_then_paused_then_the_last_that_ended(running):
    assert running.runner.active() is None
    tree(running.media, *(f"{n}.jpg" for n in range(3)), "x.png")
    ended = running.run(pattern="*.png")
    assert running.runner.active().session_id == ended.session_id
    session_id = paused(running, pattern="*.jpg")
    assert running.runner.active().session_id == session_id
    gate = running.gate(b"2.jpg")
    running.runner.resume(session_id)
    gate.arrived()
    assert running.runner.active().status is Status.PROCESSING
    gate.open()
    running.until(session_id, Status.COMPLETED)
    assert running.runner.active().session_id == session_id


def test_a_dismissed_session_is_not_shown_again_even_after_a_restart(running):
    tree(running.media, "a.jpg")
    session = running.run()
    assert running.runner.dismiss(session.session_id).dismissed
    assert running.runner.active() is None
    running.restart()
    assert running.runner.active() is None
    assert [s.session_id for s in running.runner.sessions()] == [session.session_id]


def test_only_a_session_that_has_ended_can_be_dismissed_or_forgotten(running):
    tree(running.media, *(f"{n}.jpg" for n in range(3)))
    session_id = paused(running)
    with pytest.raises(IllegalMove):
        running.runner.dismiss(session_id)
    with pytest.raises(IllegalMove):
        running.runner.forget(session_id)


@pytest.mark.parametrize("crashed", [False, True], ids=["files removed", "crashed before they were"])
def test_a_forgotten_session_is_not_rebuilt_and_its_media_stay(running, crashed):
    tree(running.media, "a.jpg")
    session = running.run()
    file = running.store.folder / f"{session.session_id}.json"
    content = file.read_bytes()
    running.runner.forget(session.session_id)
    with pytest.raises(UnknownSession):
        running.runner.session(session.session_id)
    assert not file.exists()
    if crashed:
        file.write_bytes(content)
    running.restart()
    assert running.runner.sessions() == []
    assert running.library.summary()["files"] == 1


def test_sessions_are_listed_newest_first(running):
    tree(running.media, "a.jpg", "b.png")
    first, second = running.run(pattern="*.jpg"), running.run(pattern="*.png")
    listed = [session.session_id for session in running.runner.sessions()]
    assert set(listed) == {first.session_id, second.session_id}
    assert [s.created_at for s in running.runner.sessions()] == sorted(
        (first.created_at, second.created_at), reverse=True
    )


def test_the_pace_is_known_after_a_session_of_some_length(running):
    assert running.runner.pace() is None
    tree(running.media, *(f"{n:02}.jpg" for n in range(12)))
    session = running.run()
    low, high = running.runner.pace()
    assert low < 1 / session.files_per_second < high


def test_the_time_of_every_file_counts_that_of_the_last_too(running):
    tree(running.media, "a.jpg", "b.jpg", "c.jpg")  # so quick that the executor has nothing to say in between
    assert running.run().active_seconds > 0


def test_what_a_session_skipped_is_found_by_the_same_walk(running):
    tree(running.media, "a.jpg", "b.png", "notes.txt")
    session = running.run(pattern="*.jpg")
    verdicts = [passed for passed in running.runner.survey(session.session_id) if isinstance(passed, Verdict)]
    assert {verdict.place.shown: str(verdict.skip) for verdict in verdicts if verdict.skip} == {
        "m/b.png": "filtered",
        "m/notes.txt": "unsupported",
    }
    assert [verdict.place.shown for verdict in verdicts if verdict.answered] == ["m/a.jpg"]


def test_listeners_are_told_until_they_leave(running):
    tree(running.media, "a.jpg", "b.png")
    told = []
    leave = running.runner.listen(lambda session: told.append(session.status))
    running.run(pattern="*.jpg")
    assert told[0] is Status.QUEUED
    assert {Status.PLANNING, Status.PROCESSING, Status.COMPLETED} <= set(told)
    leave()
    told.clear()
    running.run(pattern="*.png")
    assert told == []


def test_closing_without_any_work_ends_the_thread(running):
    running.runner.close()
    running.runner.close()
    assert not running.runner._thread.is_alive()


# ---------------------------------------------------------------------------------------------------- a time of rest


def test_there_is_no_rest_while_a_session_is_at_work(running):
    tree(running.media, "1.jpg")
    _, gate = held_at(running, b"1.jpg")
    with pytest.raises(IllegalMove, match="at work"), running.runner.at_rest():
        pass
    gate.open()
