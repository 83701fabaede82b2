"""Leases on a real PostgreSQL: taken by one, renewed with each write, run out by the database's clock alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from app.errors import LeaseLost
from app.library.leasing.leases import Leases
from app.library.library import Library
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis
from tests.support.server import until

FIRST, SECOND = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


@pytest.fixture
def enter(postgres_url: str) -> Iterator[Callable[..., Library]]:
    """Lets a server enter the one database; each has connections of its own."""
    with ExitStack() as opened:

        def open_(server: str = FIRST, address: str = "http://first:1") -> Library:
            library = Library(postgres_url)
            opened.callback(library.close)
            library.leases.enter(server, address)
            return library

        yield open_


@pytest.fixture
def let_run_out(postgres_url: str) -> Callable[[], None]:
    """Moves the end of every lease into the past, as seen by the database."""

    def move() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("UPDATE session_leases SET until = until - 3600")

    return move


def commit(library: Library, name: bytes = b"a.jpg") -> None:
    from tests.ingest.builders import found

    with library.leases.writing(SESSION):
        library.commit_single_file_to_database(SESSION, analysis(found(name)), nsfw_threshold=0.8)


def quiet(library: Library) -> Leases:
    """Ends the beat of a server, as if it were stopped."""
    library.leases._leaving.set()
    library.leases._beating.join()
    return library.leases


def test_a_session_is_taken_by_one_and_another_one_can_take_it_when_its_lease_has_run_out(enter, let_run_out):
    first, second = enter(), enter(SECOND)
    assert quiet(first).take(SESSION)
    assert not second.leases.take(SESSION)
    assert second.leases.take(OTHER_SESSION)
    let_run_out()
    assert second.leases.take(SESSION)
    assert not first.leases.take(SESSION)


def test_a_server_that_was_killed_takes_its_own_session_back_at_once(enter):
    quiet(enter()).take(SESSION)
    again = enter()
    assert again.leases.take(SESSION)
    commit(again)


def test_nothing_is_committed_under_an_old_number(enter, let_run_out):
    first, second = enter(), enter(SECOND)
    quiet(first).take(SESSION)
    commit(first)
    let_run_out()
    second.leases.take(SESSION)
    for write in (
        lambda: commit(first, b"b.jpg"),
        lambda: first.append(SESSION, "session", {}),
        lambda: first.append_once(SESSION, "stage_start", [{"stage": "identify"}]),
        lambda: first.presence.mark_missing("m", [b"a.jpg"]),
        lambda: first.presence.mark_stages("m", [b"a.jpg"], lambda marks, _: marks),
    ):
        with first.leases.writing(SESSION), pytest.raises(LeaseLost):
            write()
    assert not first.leases.holds(SESSION)
    assert [event.path for event in second.all_events(SESSION)] == [b"m/a.jpg"]
    commit(second, b"b.jpg")
    first.append(OTHER_SESSION, "session", {})  # what belongs to no lease is written all the same


def test_an_own_earlier_life_is_another_writer(enter):
    before = enter()
    quiet(before).take(SESSION)
    enter().leases.take(SESSION)
    with pytest.raises(LeaseLost):
        commit(before)


def test_a_lease_that_ran_out_and_that_nobody_took_is_renewed_by_the_next_write(enter, let_run_out):
    first, second = enter(), enter(SECOND)
    quiet(first).take(SESSION)
    let_run_out()
    commit(first)
    assert not second.leases.take(SESSION)


def test_our_own_clock_is_not_asked(enter, monkeypatch):
    first, second = enter(), enter(SECOND)
    first.leases.take(SESSION)
    with monkeypatch.context() as patch:
        for name in ("time", "time_ns"):
            far = {"time": 4_000_000_000.0, "time_ns": 4_000_000_000 * 10**9}[name]
            patch.setattr(time, name, lambda far=far: far)
        assert not second.leases.take(SESSION)
        commit(first)
        second.leases.take(OTHER_SESSION)
    assert first.leases.standing()[OTHER_SESSION].holds
    assert not first.leases.take(OTHER_SESSION)


def test_the_beat_tells_what_was_lost_and_what_was_asked(enter, let_run_out):
    first, second = enter(), enter(SECOND)
    quiet(first).take(SESSION)
    assert second.leases.ask(SESSION, {"to": "paused"})
    first.leases.beat()
    assert (first.leases.asked(), first.leases.lost()) == ({SESSION: {"to": "paused"}}, [])
    first.leases.beat()
    assert first.leases.asked() == {}
    let_run_out()
    assert not second.leases.ask(SESSION, {"to": "paused"})
    second.leases.take(SESSION)
    first.leases.beat()
    assert first.leases.lost() == [SESSION]
    assert not first.leases.holds(SESSION)


def test_what_was_asked_of_a_server_that_is_gone_is_asked_of_the_next_one(enter, let_run_out):
    first, second, third = enter(), enter(SECOND), enter("3" * 36)
    quiet(first).take(SESSION)
    third.leases.ask(SESSION, {"to": "cancelled"})
    let_run_out()
    second.leases.take(SESSION)
    assert until(second.leases.asked, what="the wish") == {SESSION: {"to": "cancelled"}}


def test_the_beat_keeps_a_lease_while_nothing_is_written(enter, monkeypatch):
    monkeypatch.setenv("MEDIA_INGEST_LEASE_SECONDS", "0.5")
    first, second = enter(), enter(SECOND)
    first.leases.take(SESSION)
    began = time.monotonic()
    until(lambda: time.monotonic() > began + 1, what="the time of two leases")
    assert not second.leases.take(SESSION)
    quiet(first)
    until(lambda: second.leases.take(SESSION), seconds=5, what="a lease that has run out")


def test_servers_see_one_another_and_are_gone_when_they_leave(enter):
    first = enter()
    first.leases.take(SESSION)
    second = enter(SECOND, "http://second:2")
    (seen,) = first.leases.others()
    assert (seen.address, seen.silent_seconds < 5) == ("http://second:2", True)
    lease = second.leases.standing()[SESSION]
    assert (lease.ours, lease.holds, lease.address) == (False, True, "http://first:1")
    first.close()
    assert second.leases.others() == []
    assert second.leases.take(SESSION)


def test_a_session_that_ended_or_was_released_can_be_taken_by_anybody(enter):
    first, second = enter(), enter(SECOND)
    first.leases.take(SESSION)
    first.leases.release(SESSION)
    first.leases.beat()  # which revives nothing
    assert second.leases.take(SESSION)
    second.leases.end(SESSION)
    assert SESSION not in first.leases.standing()


def test_a_write_that_stands_still_lets_the_others_write_in_the_end(enter, monkeypatch):
    from app.library import engine

    monkeypatch.setattr(engine, "STANDSTILL_MS", 200)
    first, second = enter(), enter(SECOND)
    first.leases.take(SESSION)

    def stand_still(_event):
        second.append(OTHER_SESSION, "session", {})
        return []

    with first.leases.writing(SESSION), pytest.raises(Exception, match="reached"):
        first.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8, checkpoints=stand_still)
    assert [event.session_id for event in second.all_events(OTHER_SESSION)]


def test_on_sqlite_every_session_is_ours_and_nothing_is_written(sqlite_url):
    library = Library(sqlite_url)
    try:
        library.leases.enter(FIRST, "http://first:1")
        assert not library.leases.entered
        assert library.leases.take(SESSION)
        commit(library)
        library.leases.release(SESSION)
        assert library.leases.holds(SESSION)
        assert (library.leases.others(), library.leases.standing()) == ([], {})
    finally:
        library.close()
