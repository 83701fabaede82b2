"""The files that a model consists of: which they are, what tells them from others, their hash."""

import hashlib
from pathlib import Path


def find_parts(file: Path) -> tuple[Path, ...]:
    """Find the files of a model: an IR has its weights beside it, unless it has none."""
    beside = file.with_suffix(".bin")
    return (file, beside) if file.suffix.lower() == ".xml" and beside.exists() else (file,)


def read_stamp(file: Path) -> tuple[tuple[int, int], ...]:
    """Read the size in bytes and the time of change in ns of each file of a model. Raises OSError."""
    return tuple((status.st_size, status.st_mtime_ns) for status in (part.stat() for part in find_parts(file)))


def hash_parts(file: Path) -> str:
    """Hash the files of a model, one after the other: SHA-256, 64 hex digits. Raises OSError."""
    digest = hashlib.sha256()
    for part in find_parts(file):
        with part.open("rb") as stream:
            for piece in iter(lambda: stream.read(2**20), b""):
                digest.update(piece)
    return digest.hexdigest()
