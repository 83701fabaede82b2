"""The program as a process: beside a server, on a terminal, in a pipe, ended by Ctrl-C."""

import json
import signal
import subprocess
import sys

import pytest

from tests.samples import write_many
from tests.support.clock import within
from tests.support.commands import refused
from tests.support.server import PROGRAM, Server, query, until
from tests.support.warm import warm


def test_while_a_server_holds_the_folder_run_and_resume_refuse_and_name_its_address(place_with_photos):
    place = place_with_photos
    with Server(place.folder, {"photos": place.media}) as server:
        session_id = server.begin("photos")
        server.wait_for(session_id, "completed")
        refused(place.run("run", "photos"), server.address)
        refused(place.run("resume", session_id), server.address)
        assert place.json("status", session_id)["status"] == "completed"  # looking is free
        assert place.json("plan", "photos")["skipped"]["fresh"] == 4
        assert place.json("stats")["images"] == 4


def test_commands_find_the_roots_that_were_named_before_and_a_server_shows_none_of_them(place_with_photos):
    place = place_with_photos
    other = place.folder / "other"
    write_many(other, 1, prefix="here-")
    name = next(other.iterdir()).name
    assert place.json("run", "more", "--root", f"more={other}")["outcomes"]["added"] == 1
    assert place.json("show", f"more/{name}")["path"] == f"more/{name}"
    assert place.json("explain", str(other / name))["row"] is not None
    assert place.json("plan", "more")["skipped"]["fresh"] == 1
    with Server(place.folder, {"photos": place.media}) as server:
        assert [found["path"] for found in server.get("/api/ingest/directories").json()["directories"]] == ["photos"]
        assert server.get("/api/library/file", params={"path": f"more/{name}"}).json()["cause"] == "outside_roots"
        assert place.json("plan", "more")["skipped"]["fresh"] == 1, "nor are they forgotten for it"


def test_serve_names_its_database_and_says_when_it_is_a_new_one(place):
    with Server(place.folder, {"photos": place.media}, new=True) as server:
        new = server.log.read_text().splitlines()[0]
        server.restart()
        known = server.log.read_text().splitlines()[0]
    assert new == f"The database is {place.database}. It was made just now and is empty."
    assert known == f"The database is {place.database}."


def test_a_server_answers_at_once_on_a_connection_that_stays_open(place):
    with Server(place.folder, {"photos": place.media}) as server:
        # With Nagle's algorithm no answer but the first: the client acknowledges after 0.04 s.
        server.get("/healthz")
        within(0.025, lambda: server.get("/healthz"))


def test_a_server_is_ended_by_ctrl_c(place):
    with Server(place.folder, {"photos": place.media}) as server:
        server.process.send_signal(signal.SIGINT)
        server.process.wait(6)
        assert "Traceback" not in server.log.read_text()
        assert "/ingest-v2" in server.log.read_text()


def test_a_worker_that_runs_the_starting_script_imports_nothing_of_the_program():
    program = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__mp_main__'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, PROGRAM], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if name.startswith("app.")} == {"app.cli", "app.cli.start"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_pauses_a_run_and_resume_goes_on_where_it_stood(place, number):
    write_many(place.media, 200, size=(8, 6))
    with (place.folder / "out.json").open("wb") as out, (place.folder / "err.txt").open("wb") as err:
        process = warm().start(
            ["run", "photos", "--json"], env=place.env, cwd=place.folder, output=out.fileno(), errors=err.fileno()
        )
        try:
            path = until(lambda: next(place.state.glob("*-*.json"), None), what="the session file")
            until(lambda: sum(json.loads(path.read_bytes())["outcomes"].values()) >= 10, what="file 10")
            process.send_signal(number)
            assert process.wait(20) == 2
        finally:
            process.kill()
            process.wait()
    paused = json.loads((place.folder / "out.json").read_text())
    assert "Traceback" not in (place.folder / "err.txt").read_text()
    assert paused["status"] == "paused"
    assert 10 <= paused["processed_files"] < 200
    done = place.json("resume", paused["session_id"])
    assert (done["status"], done["processed_files"], done["outcomes"]["added"]) == ("completed", 200, 200)
    events = query(place.database, "SELECT count(*) AS n FROM ingest_events WHERE kind = 'file_complete'")
    assert events == [{"n": 200}]


def test_a_paused_run_names_the_command_that_goes_on(place):
    write_many(place.media, 100)
    with (place.folder / "out.txt").open("wb") as out:
        process = warm().start(["run", "photos"], env=place.env, cwd=place.folder, output=out.fileno())
    try:
        path = until(lambda: next(place.state.glob("*-*.json"), None), what="the session file")
        until(lambda: sum(json.loads(path.read_bytes())["outcomes"].values()) >= 10, what="file 10")
        process.send_signal(signal.SIGINT)
        process.wait(20)
    finally:
        process.kill()
    printed = (place.folder / "out.txt").read_text()
    assert f"media-ingest resume {path.stem}" in printed
    assert "pending" in printed


def test_output_to_a_pipe_holds_no_terminal_codes(place_with_photos):
    done = place_with_photos.run("run", "photos", TERM="xterm-256color")
    assert "\x1b" not in done.stdout + done.stderr
