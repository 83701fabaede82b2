"""Surroundings that break and are mended: small disks, and how a session that needs attention is watched."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, until


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mounts something on a folder, and takes everything mounted there away at the end; skips where that is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount is refused here: {done.stderr.strip()}")
    try:
        yield
    finally:
        while subprocess.run(["umount", "-l", folder], capture_output=True, check=False).returncode == 0:
            pass


def small_disk(folder: Path, mebibytes: int) -> contextlib.AbstractContextManager[None]:
    """A disk of so many MiB at a folder."""
    return mounted(folder, "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs")


def fill(folder: Path) -> Path:
    """A file that takes all the space that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        for size in (2**16, 2**12, 1):
            with contextlib.suppress(OSError):
                while True:
                    stream.write(bytes(size))
    assert is_full(folder)
    return ballast


def is_full(folder: Path) -> bool:
    with (folder / "ballast").open("ab", buffering=0) as stream:
        try:
            stream.write(bytes(2**12))
        except OSError as error:
            return error.errno == errno.ENOSPC
    return False


def answered(server: Server, session_id: str) -> int:
    """The files that the session has answered for."""
    return sum(server.status(session_id)["outcomes"].values())


def after(server: Server, session_id: str, files: int) -> None:
    """Waits until the session has answered for so many files."""
    until(lambda: answered(server, session_id) >= files, what=f"file {files}")


def attention(server: Server, session_id: str) -> dict[str, Any]:
    """What the session says must be mended, once it does; its place and its sums are kept."""
    status = server.wait_for(session_id, "attention")
    assert 0 < status["pending"] == status["total_files"] - sum(status["outcomes"].values())
    assert status["outcomes"]["failed"] <= 5
    assert status["attention"]["sentence"].endswith(".")
    return status["attention"]


def temporary_files(server: Server) -> list[str]:
    return [os.fspath(path) for path in server.state.rglob(".*")]


def lines_logged(server: Server) -> list[str]:
    return server.log.read_text(errors="replace").splitlines()
