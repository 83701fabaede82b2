"""Another program holds the lock of the database: the session waits alive, and hears who wants it to stop."""

import contextlib
import sqlite3
import time

import pytest

from app.ingest.session.state import Status
from tests.ingest.builders import parameters, tree
from tests.support.clock import at_most
from tests.support.server import until


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Whoever waits for the lock gives up within tenths of a second."""
    monkeypatch.setattr("app.library.engine.WRITER_BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr("app.ingest.run.run.STOP_SECONDS", 0.3)


@pytest.fixture
def place(place):
    tree(place.media, *(f"{number}.jpg" for number in range(4)))
    place.recover()
    return place


@contextlib.contextmanager
def locked(place):
    """A session at its second file, whose answer cannot be written."""
    gate = place.gate(b"1.jpg")
    started = place.runner.start(parameters())
    gate.arrived()
    file = place.url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        gate.open()
        yield started.session_id
        other.execute("ROLLBACK")


@pytest.mark.parametrize("wish", ["pause", "cancel"])
def test_what_a_person_wants_meanwhile_is_done_and_outlives_a_restart(place, wish):
    wanted = {"pause": Status.PAUSED, "cancel": Status.CANCELLED}[wish]
    with locked(place) as session_id:
        getattr(place.runner, wish)(session_id)
        session = place.until(session_id, wanted)
        assert session.processed_files == 1
    restarted = place.restart().session(session_id)
    assert (restarted.status, restarted.processed_files) == (wanted, 1)
    if wanted is Status.PAUSED:
        place.runner.resume(session_id)
        assert place.until(session_id, Status.COMPLETED).outcomes["added"] == 4


def test_the_end_of_the_server_does_not_wait_for_the_lock(place):
    with locked(place) as session_id:
        with at_most(10, time.monotonic):
            place.runner.close()
        assert place.store.load(session_id).status is Status.INTERRUPTED


def test_the_heart_beats_while_the_lock_is_waited_for_and_the_file_is_not_suspected(place):
    with locked(place) as session_id:
        first = place.store.load(session_id).heartbeat_at
        until(lambda: place.store.load(session_id).heartbeat_at != first, what="a heartbeat")
        assert place.store.load(session_id).current_started_at is None
    assert place.until(session_id, Status.COMPLETED).outcomes["added"] == 4
