"""Files that are replaced whole: a reader, or a crash, finds the old content or the new one."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from app.crash_points import crash_point


def replace_file(path: str | Path, content: bytes | Iterable[bytes], *, durable: bool = False) -> None:
    """Writes a file so that a reader, or a crash, finds the old or the new content, never a part of it.

    The temporary file lies in the same folder. `durable` also survives a loss of power, at the cost of two fsyncs; the
    rename alone survives the death of the process. Raises OSError; the old file is untouched then.
    """
    parent, name = os.path.split(path)
    temporary = os.path.join(parent, f".{name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            for piece in (content,) if isinstance(content, bytes) else content:
                write_all(handle, piece)
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)
        crash_point("temporary_written")
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        folder = os.open(parent or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_all(handle: int, content: bytes) -> None:
    """Writes every byte to a descriptor: a disk that becomes full takes a part before it refuses."""
    while content:
        content = content[os.write(handle, content) :]
