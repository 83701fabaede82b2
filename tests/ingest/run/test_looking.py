"""What people look at while sessions run, and the words on a terminal."""

import pytest

from app.errors import (
    IllegalMove,
    UnknownSession,
)
from app.ingest.plan.survey import Verdict
from app.ingest.session.state import Status
from tests.ingest.builders import (
    tree,
)
from tests.ingest.run.test_runner import held_at, paused

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
