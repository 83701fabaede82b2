"""Opens a file inside its media root once, read-only, and reads it: the only door from the analysis to the disk.

It never follows a link, never leaves the root, never blocks on a FIFO and never writes.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from typing import BinaryIO

from app.errors import CannotRead
from app.media import storable_ns

HEAD_BYTES = 64 * 1024  # enough to recognise any format by
MEMORY_BYTES = 256 * 1024 * 1024  # up to here the hashed bytes are the decoded bytes; larger files are read twice
PIECE_BYTES = 1024 * 1024

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CAUSES = {
    errno.ENOENT: ("vanished", "The file was gone when its turn came."),
    errno.ENOTDIR: ("vanished", "The folder of the file was gone when its turn came."),
    errno.ENAMETOOLONG: ("vanished", "There is no file of such a long name."),
    errno.ELOOP: ("not_a_file", "It is a symbolic link, and links are not followed."),
    errno.ENXIO: ("not_a_file", "It is a special file, not a regular file."),
}


def _nothing() -> None:
    """Lets a reading go on."""


class _Refusing:
    """Turns what the operating system refuses in a block into the file's cause."""

    def __enter__(self) -> None:
        """Begins the block."""

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        """Raises CannotRead for an OSError."""
        if isinstance(error, OSError):
            default = ("unreadable", f"The file cannot be read: {error.strerror or 'the disk reports an error'}.")
            cause, sentence = _CAUSES.get(error.errno or 0, default)
            raise CannotRead(sentence, cause=cause) from error


_refusing = _Refusing()


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One open regular file; `size` in bytes and `mtime_ns` are those at the moment it was opened.

    `inode` is the number of its device and its own there.
    """

    handle: BufferedReader
    size: int
    mtime_ns: int
    inode: tuple[int, int]

    def head(self) -> bytes:
        """Read the first 64 KB, to recognise the format by. Raises CannotRead `unreadable`."""
        with _refusing:
            return os.pread(self.handle.fileno(), HEAD_BYTES, 0)

    def read(self, *, keep: bool, go_on: Callable[[], None] = _nothing) -> tuple[str, BinaryIO]:
        """Hash and return the content: SHA-256 in hexadecimal, and a stream at its start.

        `keep` holds up to `MEMORY_BYTES` in memory, so that what is decoded is what was hashed; a larger file is its
        own stream, and `go_on` is called for each piece of it. Raises CannotRead: `still_changing`, `unreadable`, and
        what `go_on` raises.
        """
        with _refusing:
            if keep and self.size <= MEMORY_BYTES:
                content = self.handle.read(self.size)
                digest, stream = hashlib.sha256(content), BytesIO(content)
                self.check_unchanged()
                return digest.hexdigest(), stream
            digest, piece = hashlib.sha256(), memoryview(bytearray(min(PIECE_BYTES, self.size + 1)))
            while length := self.handle.readinto(piece):
                digest.update(piece[:length])
                go_on()
            self.check_unchanged()
            self.handle.seek(0)
            return digest.hexdigest(), self.handle

    def check_unchanged(self) -> None:
        """Raise CannotRead `still_changing` if the file is no longer what it was when it was opened."""
        now = os.fstat(self.handle.fileno())
        if (now.st_size, storable_ns(now.st_mtime_ns)) != (self.size, self.mtime_ns):
            raise CannotRead(
                f"The file changed while it was read: {self.size} bytes before, {now.st_size} after.",
                cause="still_changing",
            )


@contextmanager
def open_source(root: bytes, path: bytes) -> Iterator[OpenFile]:
    """Open the regular file at `path` (relative to `root`, both as bytes of the file system) until the block ends.

    Raises CannotRead: `vanished`, `not_a_file`, `unreadable`.
    """
    with _refusing:
        place = _inside(root, path)
    with open_regular(place) as source:
        yield source


@contextmanager
def open_regular(path: bytes) -> Iterator[OpenFile]:
    """Open the regular file at a path of the file system until the block ends, for who knows where its folder leads.

    Raises CannotRead: `vanished`, `not_a_file`, `unreadable`.
    """
    with _refusing:
        descriptor = os.open(path, _FLAGS)
        status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise CannotRead("It is a folder or a special file, not a regular file.", cause="not_a_file")
    with os.fdopen(descriptor, "rb") as handle:
        yield OpenFile(handle, status.st_size, storable_ns(status.st_mtime_ns), (status.st_dev, status.st_ino))


def _inside(root: bytes, path: bytes) -> bytes:
    """The real place of `path`, whose folder must be inside `root` even after following links."""
    folder, name = os.path.split(path)
    if os.path.isabs(path) or name in (b"", b".", b"..") or b"\0" in path:
        raise CannotRead("It does not name a file inside the media root.", cause="not_a_file")
    real_root = os.path.realpath(root)
    real_folder = os.path.realpath(os.path.join(real_root, folder))
    if os.path.commonpath([real_root, real_folder]) != real_root:
        raise CannotRead("Its folder leads outside the media root.", cause="not_a_file")
    return os.path.join(real_folder, name)
