"""One file written whole or not at all, in a folder that was reached without following a link.

The new bytes lie beside the old ones under a hidden name until all is proved; a rename then puts them in their place.
Permissions, owner and extended attributes are those of the file that gives way, as far as the system lets us. The time
of change is new, so that backups which go by size and time see that the file is another one.
"""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from app.crash_points import crash_point
from app.writing.causes import NotWritten

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CAUSES = {
    errno.ENOENT: "file_gone",
    errno.ENOTDIR: "not_a_file",
    errno.ELOOP: "not_a_file",
    errno.EISDIR: "not_a_file",
    errno.ENXIO: "not_a_file",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.ENAMETOOLONG: "name_too_long",
}
_PIECE_BYTES = 2**20


class Seen(NamedTuple):
    """A file as it is: its status tells whether another one has taken its place."""

    descriptor: int
    status: os.stat_result

    @property
    def identity(self) -> tuple[int, ...]:
        """What changes when anybody writes to it."""
        return identity_of(self.status)


def identity_of(status: os.stat_result) -> tuple[int, ...]:
    """Device, inode, size, and both times of a file."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@contextmanager
def refusals(shown: str) -> Iterator[None]:
    """What the system refuses in the block becomes NotWritten, with the file's name in its sentence."""
    try:
        yield
    except OSError as error:
        raise NotWritten(_CAUSES.get(error.errno or 0, "disk_error"), f"{shown}: {error.strerror}.") from error


@contextmanager
def opened_folder(base: bytes, relative: bytes, *, make: bool = False) -> Iterator[int]:
    """A descriptor of a folder below `base`, each step of the way opened by itself; `make` makes what is not there.

    Raises OSError.
    """
    if make:
        os.makedirs(base, exist_ok=True)
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in relative.split(b"/") if relative else ():
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=descriptor)
            above, descriptor = descriptor, os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(above)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_file(folder: int, name: bytes) -> Iterator[Seen]:
    """A regular file of an open folder. Raises OSError, NotWritten `not_a_file`."""
    descriptor = os.open(name, _READ, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotWritten("not_a_file", f"{os.fsdecode(name)} is no regular file.")
        yield Seen(descriptor, status)
    finally:
        os.close(descriptor)


def status_of(folder: int, name: bytes) -> os.stat_result | None:
    """What lies under a name, links not followed; None for nothing. Raises OSError."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def read(descriptor: int, size: int) -> bytes:
    """The first bytes of an open file. Raises OSError."""
    pieces, at = [], 0
    while at < size and (piece := os.pread(descriptor, min(_PIECE_BYTES, size - at), at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def sha256_of(descriptor: int) -> str:
    """The SHA-256 of an open file, in hexadecimal. Raises OSError."""
    digest, at = hashlib.sha256(), 0
    while piece := os.pread(descriptor, _PIECE_BYTES, at):
        digest.update(piece)
        at += len(piece)
    return digest.hexdigest()


def sha256_at(folder: int, name: bytes) -> str | None:
    """The SHA-256 of a file of an open folder; None where there is no regular file. Raises OSError."""
    try:
        with opened_file(folder, name) as seen:
            return sha256_of(seen.descriptor)
    except (FileNotFoundError, NotWritten):
        return None


def new_temporary() -> bytes:
    """A hidden name that no file has, for new bytes."""
    return f".media-ingest-{secrets.token_hex(8)}.tmp".encode()


@contextmanager
def temporary_file(folder: int, name: bytes) -> Iterator[int]:
    """A new file of an open folder, which is gone after the block unless it got another name. Raises OSError."""
    descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)


def write_all(descriptor: int, content: bytes) -> None:
    """Writes every byte: a disk that becomes full takes a part before it refuses. Raises OSError."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def copy_into(descriptor: int, source: int) -> None:
    """Writes what an open file holds into another one. Raises OSError."""
    at = 0
    while piece := os.pread(source, _PIECE_BYTES, at):
        write_all(descriptor, piece)
        at += len(piece)


def take_after(descriptor: int, model: Seen, *, sidecar: bool = False) -> None:
    """Gives an open file the permissions, owner and extended attributes of another, as far as the system lets us.

    A new `sidecar` takes of its picture who may read and write it, and nothing else.
    """
    mode = stat.S_IMODE(model.status.st_mode)
    with suppress(OSError):
        os.fchown(descriptor, model.status.st_uid, model.status.st_gid)
    with suppress(OSError):
        os.fchmod(descriptor, mode & 0o666 if sidecar else mode)
    if sidecar:
        return
    with suppress(OSError):
        for attribute in os.listxattr(model.descriptor):
            with suppress(OSError):  # some are the system's own
                os.setxattr(descriptor, attribute, os.getxattr(model.descriptor, attribute))


def put(folder: int, temporary: bytes, name: bytes, expected: tuple[int, ...] | None, descriptor: int) -> None:
    """Puts a temporary file in the place of the one that was seen, or where there was `expected` none, to last.

    Raises OSError, and NotWritten `file_changed` where something else is there by now.
    """
    os.fsync(descriptor)
    there = status_of(folder, name)
    if (there and identity_of(there)) != expected:
        raise NotWritten("file_changed", f"{os.fsdecode(name)} was changed meanwhile.")
    crash_point("write_ready")
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    crash_point("write_replaced")
    with suppress(OSError):  # it has its place, whatever the folder says: it must not count as not written
        os.fsync(folder)


def remove(folder: int, name: bytes) -> None:
    """Takes a file away, to last; one that is not there is no fault. Raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
        os.fsync(folder)
