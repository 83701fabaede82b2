"""The whole flow of the page's API against a server of its own, as a test and as a script for people.

    python tests/test_ingestion_v2.py --directory ./media

Plan, process, follow the events, status, pause and resume, badges before and after, files, thumbnails, totals, and a
second run that finds everything fresh. The server, its state and its database live in a temporary folder.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.support.server import Server  # noqa: E402 - found only now, when run as a script


def say(step: str, told: str) -> None:
    print(f"{step:<12} {told}")


def whole_flow(directory: Path, folder: Path) -> None:
    """Each step, checked and printed; raises AssertionError where one does not hold."""
    with Server(folder, {"media": directory}) as server:
        say("server", f"{server.address}/ingest-v2")
        assert server.get("/ingest-v2").status_code == 200
        plan = server.post("/api/ingest/plan", {"directory": "media"}).json()
        say("plan", f"{plan['discovered']} files found, {plan['pending']} to process, {plan['by_type']}")
        assert plan["discovered"] == plan["pending"] + sum(plan["skipped"].values())
        assert badge(server)[0] == 0
        say("badge", "({}/{}) before".format(*badge(server)))

        session_id = server.begin("media")
        say("process", f"session {session_id}")
        paused = server.post("/api/ingest/pause", {"session_id": session_id})
        if paused.status_code == 200:  # a very small folder may be through already
            status = server.wait_for(session_id, "paused", "completed")
            say("pause", f"{status['status']} after {status['processed_files']} files")
        resumed = server.post("/api/ingest/resume", {"session_id": session_id}).json()["resumed"]
        say("resume", "goes on" if resumed else "nothing to resume")

        files = follow(server, session_id)
        status = server.status(session_id)
        assert status["status"] == "completed"
        assert status["progress"] == 100
        assert len(files) == len({file["path"] for file in files}) == status["processed_files"] == plan["pending"]
        assert status["discovered"] == status["total_files"] + sum(status["skipped"].values())
        say("status", ", ".join(f"{count} {name}" for name, count in status["outcomes"].items() if count))
        assert server.get("/api/ingest/active-session").json()["session_id"] == session_id

        ingested, total = badge(server)
        assert ingested == status["committed_files"]
        assert total == status["total_files"]
        say("badge", f"({ingested}/{total}) after")
        see_the_files(server, session_id, status)

        totals = server.get("/api/summary").json()
        assert totals["files"] == status["committed_files"]
        say("summary", f"{totals['images']} images, {totals['videos']} videos, {totals['bytes']:,} bytes")
        second = server.wait_for(server.begin("media"), "completed")
        assert second["total_files"] == 0
        assert second["skipped"]["fresh"] == status["committed_files"]
        say("second run", f"0 to process, {second['skipped']['fresh']} fresh")


def badge(server: Server) -> tuple[int, int]:
    """`(ingested, total)` of the whole root, the folders below it too."""
    answer = server.get("/api/ingest/directories", params={"recursive": "true"}).json()
    stats = answer["directories"][0]["recursive_stats"]
    return stats["ingested_files"], stats["total_files"]


def follow(server: Server, session_id: str) -> list[dict[str, object]]:
    """Every file that the stream tells of, to its end."""
    files: list[dict[str, object]] = []
    with server.events(session_id) as stream:
        for frame in stream:
            for file in frame.files:
                files.append(file)
                reason = f" ({file['cause']}: {file['reason']})" if file["cause"] else ""
                say("event", f"{file['path']}: {file['outcome']}{reason}")
    assert frame.event == "bye"
    return files


def see_the_files(server: Server, session_id: str, status: dict[str, object]) -> None:
    added = server.get(f"/api/ingest/sessions/{session_id}/files", params={"outcome": "added", "limit": 1000}).json()
    thumbnails = 0
    for listed in added["files"]:
        file = server.get("/api/library/file", params={"path": listed["path"]}).json()
        assert len(file["sha256"]) == 64
        if file["phash"]:
            thumbnail = server.get("/api/library/thumbnail", params={"path": listed["path"]})
            assert thumbnail.headers["content-type"] == "image/webp"
            thumbnails += 1
    say("files", f"{len(added['files'])} listed, {thumbnails} thumbnails")
    assert len(added["files"]) == min(1000, status["outcomes"]["added"])  # type: ignore[index]


def test_the_whole_flow_on_the_sample_media(tmp_path: Path) -> None:
    whole_flow(PROJECT / "media", tmp_path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The whole flow against a server of its own.")
    parser.add_argument("--directory", type=Path, default=PROJECT / "media", help="the media to take in")
    given = parser.parse_args().directory.resolve()
    if not given.is_dir():
        parser.error(f"{given} is not a directory")
    place = Path(tempfile.mkdtemp(prefix="media-ingest-"))
    try:
        whole_flow(given, place)
    finally:
        shutil.rmtree(place)
    print("All well.")
    sys.exit(os.EX_OK)
