"""Two tabs that press Start at the same moment start one session."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.faults.answers import endless_film, make_old
from tests.support.server import Server


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.faults)])
def test_two_starts_of_the_same_request_at_the_same_moment_make_one_session(rounds, tmp_path):
    endless_film(tmp_path / "photos" / "film.mp4")
    make_old(tmp_path / "photos")
    at_once = Barrier(2)
    started = []
    with Server(tmp_path / "server", {"photos": tmp_path / "photos"}) as server, ThreadPoolExecutor(2) as tabs:

        def press(parameters):
            at_once.wait()
            return server.post("/api/ingest/process", parameters)

        for _ in range(rounds):
            answers = list(tabs.map(press, [{"directory": "photos"}] * 2))
            accepted, refused = sorted(answers, key=lambda answer: answer.status_code)
            assert (accepted.status_code, refused.status_code) == (202, 409)
            session_id = accepted.json()["session_id"]
            assert refused.json()["session_id"] == session_id
            assert refused.json()["cause"] == "already_active"
            started.append(session_id)
            assert server.post("/api/ingest/cancel", {"session_id": session_id}).status_code == 200
            server.wait_for(session_id, "cancelled")
        listed = server.get("/api/ingest/sessions", params={"limit": 1000}).json()["sessions"]
    assert [session["session_id"] for session in listed] == started[::-1]
    assert len(set(started)) == rounds
