"""What a session of a real server has said of its files, and whether its sums close."""

import os
from pathlib import Path
from typing import Any

from tests.support.server import Server
from tests.support.sums import assert_sums_close

LONG_AGO = 1_500_000_000  # seconds since 1970: nobody can be writing such a file still


def files_of(server: Server, session_id: str, **selection: str) -> list[dict[str, Any]]:
    """Every file of one class of a session, or all that it has answered for, page by page."""
    files: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        params = {"limit": "1000", **selection, **cursor}
        answer = server.get(f"/api/ingest/sessions/{session_id}/files", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        files += page["files"]
        if page["next"] is None:
            return files
        cursor = {"cursor": page["next"]}


def assert_closed(status: dict[str, Any]) -> None:
    """The promise of closed accounting for a session that has completed, in the whole and for each stage."""
    assert status["status"] == "completed"
    assert status["pending"] == 0
    assert_sums_close(status)


def make_old(folder: Path) -> None:
    """Gives every file below a folder a time long ago."""
    for path, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            os.utime(os.path.join(path, name), (LONG_AGO, LONG_AGO), follow_symlinks=False)


def endless_film(path: Path, size: int = 100 << 30) -> Path:
    """A file that begins like an MP4 and then is a hole of so many bytes: to hash 100 GB of it takes a minute or more.

    Cut to its first 4,096 bytes it is refused at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\0\0\x14ftypisom\0\0\x02\0isom" + b"\0\0\0\0mdat")
    os.truncate(path, size)
    return path
