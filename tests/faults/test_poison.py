"""A file that takes the whole server with it is left out after the second time; innocent ones never are."""

import time
from datetime import UTC, datetime

import pytest

from tests.samples import photo, write_many
from tests.support.server import Server, until

MAX_HEARTBEAT_AGE_SECONDS = 2.0
STALLS_ON = {"MEDIA_INGEST_STALL_ON": "b-poison.jpg"}


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Three pictures; the worker stalls at the first of them, `STALLS_ON`."""
    folder = tmp_path_factory.mktemp("media")
    photo(folder / STALLS_ON["MEDIA_INGEST_STALL_ON"])
    write_many(folder, 2, prefix="z-")
    return folder


def seconds_in_progress(server, session_id):
    """How long the poison has been read, by the session file; 0 before."""
    saved = server.session_file(session_id)
    if saved["current_file"] != "m/b-poison.jpg":
        return 0.0
    beat = datetime.fromisoformat(saved["heartbeat_at"])
    assert (datetime.now(UTC) - beat).total_seconds() <= MAX_HEARTBEAT_AGE_SECONDS
    return (beat - datetime.fromisoformat(saved["current_started_at"])).total_seconds()


def test_a_file_that_was_being_read_at_two_deaths_of_the_server_fails_and_the_others_are_taken_in(media, tmp_path):
    with Server(tmp_path, {"m": media}, **STALLS_ON) as server:
        session_id = server.begin("m")
        for _ in range(2):
            until(lambda: seconds_in_progress(server, session_id) >= 2.0, what="two seconds of the poison")
            server.restart()
        status = server.wait_for(session_id, "completed", seconds=30)
        assert {name: count for name, count in status["outcomes"].items() if count} == {"added": 2, "failed": 1}
        assert [(error["path"], error["cause"]) for error in status["errors"]] == [("m/b-poison.jpg", "server_died")]
        again = server.wait_for(server.begin("m"), "completed")
        assert (again["total_files"], again["skipped"]["failed_before"]) == (0, 1)
        retry = server.post("/api/ingest/retry", {"session_id": session_id, "cause": "server_died"}).json()
        until(lambda: seconds_in_progress(server, retry["session_id"]) > 0.0, what="the poison's turn when retried")


def test_a_file_that_was_only_begun_is_not_suspected_however_often_the_server_dies(media, tmp_path):
    with Server(tmp_path, {"m": media}, **STALLS_ON) as server:
        session_id = server.begin("m")
        for _ in range(3):
            until(lambda: server.status(session_id)["current_file"] == "m/b-poison.jpg", what="the poison's turn")
            time.sleep(0.2)
            server.restart()
        assert server.session_file(session_id)["suspects"] == {}
