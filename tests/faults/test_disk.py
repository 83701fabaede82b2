"""A disk that is full stops a session in its place; with some space it goes on and ends like any other."""

from pathlib import Path

import pytest

from tests.faults.surroundings import after, attention, fill, small_disk, temporary_files
from tests.support.leftovers import what_is_left
from tests.support.server import Server


def place_of(server: Server, place: str) -> Path:
    return {"state": server.state, "database": server.folder / "disk", "thumbnails": server.state / "thumbnails"}[place]


@pytest.mark.parametrize(
    ("place", "by_itself"),
    [
        ("state", False),
        ("database", False),
        *(pytest.param(place, True, marks=pytest.mark.faults) for place in ("state", "database", "thumbnails")),
    ],
)
def test_a_full_disk_stops_a_session_in_its_place_and_space_lets_it_go_on(
    place, by_itself, photos, undisturbed, tmp_path
):
    server = Server(tmp_path, {"photos": photos})
    disk = place_of(server, place)
    if place == "database":
        server.database = disk / "library.db"
        server.env["DATABASE_URL"] = f"sqlite:///{server.database}"
    with small_disk(disk, 8), server:
        session_id = server.begin("photos")
        after(server, session_id, 20)
        ballast = fill(disk)
        trouble = attention(server, session_id)
        assert (trouble["cause"], "is full: free some space" in trouble["sentence"]) == ("disk_full", True)
        assert server.session_file(session_id)["session_id"] == session_id
        assert temporary_files(server) == []
        assert all(path.read_bytes()[:4] == b"RIFF" for path in server.state.glob("thumbnails/*/*"))
        ballast.unlink()
        if not by_itself:
            assert server.post("/api/ingest/resume", {"session_id": session_id}).json()["resumed"] is True
        assert what_is_left(server, session_id) == undisturbed
        assert temporary_files(server) == []


def test_a_start_on_a_full_disk_is_refused_with_the_sentence_and_begins_nothing(photos, tmp_path):
    server = Server(tmp_path, {"photos": photos})
    with small_disk(server.state, 1), server:
        ballast = fill(server.state)
        answer = server.post("/api/ingest/process", {"directory": "photos"})
        assert (answer.status_code, answer.json()["cause"]) == (503, "disk_full")
        assert server.get("/readyz").status_code == 503
        ballast.unlink()
        assert server.get("/readyz").status_code == 200
        assert server.get("/api/ingest/active-session").json() == {"session_id": None, "status": None}
        assert temporary_files(server) == []
