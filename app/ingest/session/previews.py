"""The previews that are kept in the state folder, `ab/<sha256>.webp`, within a limit of bytes: oldest use goes first.

When a preview was used last is its time of change. What is lost here is made again, so nothing waits for the disk, and
a disk that refuses is no error.
"""

import contextlib
import os
import threading
from pathlib import Path
from typing import NamedTuple

from app.ingest.session.replacing import replace_file

_SLACK = 16  # the sixteenth part of the limit may be written before the folder is counted again


class _Kept(NamedTuple):
    """A file of the folder; sorts by its last use, in ns since 1970."""

    used_ns: int
    path: str
    size: int


class Previews:
    """The folder of previews. Safe for several threads, and for several processes: each file is whole or not there."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._uncounted = max_bytes  # bytes written since the folder was counted: at first nobody knows
        self._changing = threading.Lock()

    def get(self, sha256: str) -> bytes | None:
        """The preview of these bytes as WebP, which counts as used now; None where there is none."""
        path = self._path(sha256)
        try:
            webp = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return webp

    def keep(self, sha256: str, webp: bytes) -> None:
        """Keeps a preview, and removes those whose last use is longest ago where the limit is passed."""
        if len(webp) > self._max_bytes:
            return
        with self._changing, contextlib.suppress(OSError):
            path = self._path(sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, webp)
            self._uncounted += len(webp)
            if self._uncounted > self._max_bytes // _SLACK:
                self._remove_oldest()

    def _remove_oldest(self) -> None:
        kept = sorted(self._files())
        total, self._uncounted = sum(file.size for file in kept), 0
        room = self._max_bytes - self._max_bytes // _SLACK
        for file in kept[:-1]:  # what was kept just now stays
            if total <= room:
                break
            with contextlib.suppress(FileNotFoundError):  # another process removed it
                os.unlink(file.path)
            total -= file.size

    def _files(self) -> list[_Kept]:
        found = []
        for folder in os.scandir(self._folder):
            for entry in os.scandir(folder) if folder.is_dir(follow_symlinks=False) else ():
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    found.append(_Kept(status.st_mtime_ns, entry.path, status.st_size))
        return found

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.webp"
