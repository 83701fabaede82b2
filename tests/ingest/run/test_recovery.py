"""A runner that starts anew finds what the one before it has left, and goes on from there."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.errors import (
    IllegalMove,
)
from app.ingest.session.state import Status
from app.library.migrations import bring_to_head
from app.media import OPTIONAL, Stage
from tests.ingest.builders import (
    OTHER_SESSION,
    WAIT_SECONDS,
    Gate,
    Workplace,
    assert_sums_close,
    parameters,
    tree,
)
from tests.ingest.run.test_runner import held_at, paused

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
