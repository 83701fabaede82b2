"""Opens a media file to hand out its bytes as they are: inside its root, read-only, and without following a link.

It reads nothing itself, and says nothing of what a file holds.
"""

import errno
import os
import stat
from contextlib import suppress

from app.errors import Unavailable, UnknownFile
from app.ingest.disk.folders import Folders
from app.media import Place, storable_ns

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG)


class Original:
    """An open regular file; `size` in bytes and `mtime_ns` are those at the moment it was opened."""

    def __init__(self, descriptor: int, status: os.stat_result) -> None:
        self._descriptor = descriptor
        self._stamp = _stamp(status)
        self.size = status.st_size
        self.mtime_ns = storable_ns(status.st_mtime_ns)

    def read(self, start: int, length: int) -> bytes:
        """At most so many bytes from `start` on; none where the file changed after it was opened. Raises OSError."""
        piece = os.pread(self._descriptor, length, start)
        return piece if _stamp(os.fstat(self._descriptor)) == self._stamp else b""

    def close(self) -> None:
        """Gives the file back; a second time does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


def open_original(folders: Folders, place: Place) -> Original:
    """Opens the file at a place; every folder below its root is opened by its own name, so that none can be a link.

    Raises UnknownFile `file_gone`, where a link or a special file has taken its place, too; Unavailable
    `file_unreadable`.
    """
    *above, name = place.path.split(b"/")
    try:
        descriptor = os.open(folders.roots[place.root], _FOLDER)
        for folder in above:
            descriptor = _below(descriptor, folder, _FOLDER)
        descriptor = _below(descriptor, name, _FILE)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return Original(descriptor, status)
        os.close(descriptor)
    except OSError as error:
        if error.errno not in _GONE:
            sentence = f"{place.shown} cannot be read: {error.strerror}."
            raise Unavailable(sentence, cause="file_unreadable") from error
    raise UnknownFile(f"{place.shown} is not there any more.", cause="file_gone")


def _below(folder: int, name: bytes, flags: int) -> int:
    """Opens what lies in an open folder, which is closed. Raises OSError."""
    try:
        return os.open(name, flags, dir_fd=folder)
    finally:
        with suppress(OSError):
            os.close(folder)


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
