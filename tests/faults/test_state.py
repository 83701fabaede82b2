"""A state folder that is lost, taken over, read-only or damaged: the session keeps its place and goes on."""

import json
import os
import shutil
import subprocess

import pytest

from app.ingest.session.store import MAX_SESSION_BYTES, IngestionState
from tests.faults.surroundings import after, attention, mounted, temporary_files
from tests.samples import write_many
from tests.support.leftovers import what_is_left
from tests.support.server import Server, until


def remove_lock(server: Server) -> None:
    (server.state / "lock").unlink()


def delete_folder(server: Server) -> None:
    server.state.rename(server.folder / "deleted")  # at once: what is deleted file by file may be written meanwhile
    shutil.rmtree(server.folder / "deleted")


def rename_folder(server: Server) -> None:
    server.state.rename(server.folder / "renamed")


@pytest.mark.parametrize(
    "lose", [remove_lock, *(pytest.param(lose, marks=pytest.mark.faults) for lose in (delete_folder, rename_folder))]
)
def test_a_lost_lock_is_taken_back_and_the_session_goes_on_by_itself(lose, photos, undisturbed, tmp_path):
    with Server(tmp_path, {"photos": photos}) as server:
        session_id = server.begin("photos")
        after(server, session_id, 20)
        lose(server)
        trouble = attention(server, session_id)
        assert trouble["cause"] == "lock_lost"
        left = what_is_left(server, session_id)
        assert (left.answers, left.journal) == (undisturbed.answers, undisturbed.journal)
        if lose is remove_lock:
            assert left == undisturbed
        assert str(server.process.pid) in IngestionState(server.state).holder()


@pytest.mark.faults
def test_a_lock_that_another_process_took_is_his_until_he_gives_it_back(photos, undisturbed, tmp_path):
    other = IngestionState(tmp_path / "state")
    with Server(tmp_path, {"photos": photos}) as server:
        session_id = server.begin("photos")
        after(server, session_id, 20)
        (server.state / "lock").unlink()
        other.acquire("somewhere")
        assert attention(server, session_id)["cause"] == "lock_lost"
        before = server.session_file(session_id)
        refused = until(lambda: problem_of_readiness(server), what="a retry")
        assert refused["cause"] == "lock_lost"
        assert server.session_file(session_id) == before
        other.release()
        assert what_is_left(server, session_id) == undisturbed


def problem_of_readiness(server: Server) -> dict[str, str]:
    answer = server.get("/readyz")
    return answer.json() if answer.status_code == 503 else {}


@pytest.mark.faults
def test_a_state_folder_that_became_read_only_stops_the_session_until_it_is_writable(photos, undisturbed, tmp_path):
    with Server(tmp_path, {"photos": photos}) as server, mounted(server.state, "--bind", str(server.state)):
        session_id = server.begin("photos")
        after(server, session_id, 20)
        remount(server, "ro")
        trouble = attention(server, session_id)
        assert trouble["cause"] == "state_unwritable"
        assert "Read-only file system" in trouble["sentence"]
        saved = server.session_file(session_id)
        assert saved["session_id"] == session_id
        remount(server, "rw")
        assert what_is_left(server, session_id) == undisturbed
        assert temporary_files(server) == []


def remount(server: Server, how: str) -> None:
    command = ["mount", "-o", f"remount,{how},bind", server.state]  # refused while a file there is being written
    until(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0, what=f"the remount {how}")


def test_session_files_of_every_bad_kind_are_set_aside_and_made_again(tmp_path):
    bad = {
        "empty": lambda good: b"",
        "torn": lambda good: good[: len(good) // 2],
        "huge": lambda good: good + b" " * MAX_SESSION_BYTES,
        "another-type": lambda good: b"[1, 2]",
        "another-version": lambda good: json.dumps(json.loads(good) | {"version": 2}).encode(),
        "no-counters": lambda good: json.dumps(json.loads(good) | {"outcomes": "many"}).encode(),
    }
    for name in bad:
        write_many(tmp_path / "media" / name, 2)
    with Server(tmp_path / "server", {"media": tmp_path / "media"}) as server:
        before = {name: server.begin(f"media/{name}") for name in bad}
        ended = {session_id: server.wait_for(session_id, "completed") for session_id in before.values()}
        server.kill()
        for name, session_id in before.items():
            path = server.state / f"{session_id}.json"
            path.write_bytes(bad[name](path.read_bytes()))
        contents = {session_id: os.stat(server.state / f"{session_id}.json").st_size for session_id in ended}
        server.start()
        for session_id, status in ended.items():
            assert without_beat(server.status(session_id)) == without_beat(status)
            assert (server.state / f"{session_id}.json.bad").stat().st_size == contents[session_id]
            assert server.session_file(session_id)["version"] == 1


def without_beat(status: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in status.items() if name not in ("heartbeat_at", "last_event_id")}
