"""The originals of files that were written into, kept in the state folder for an undo, within a limit.

One is a second name of the very file where it lies on the same disk, which costs nothing; else it is a copy.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from app.errors import NeedsAttention
from app.writing.causes import NotWritten
from app.writing.disk import Seen, copy_into, sha256_of


class Originals:
    """The folder of originals: a file for each row of `written_files` that says so. `most` is in bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most

    def keep(self, written_id: int, seen: Seen, above: int, name: bytes, *, beside: int) -> bool:
        """Keeps an open file, which is `name` of the folder `above`; False where none is to be kept.

        `beside` are the bytes that its write keeps already: older ones give way to it, these do not. Raises NotWritten
        `no_room_for_original`, OSError.
        """
        if not self._most:
            return False
        if beside + seen.status.st_size > self._most:
            sentence = f"{os.fsdecode(name)} does not fit in what may be kept, beside the others of its write."
            raise NotWritten("no_room_for_original", sentence)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(written_id)
        path.unlink(missing_ok=True)
        with suppress(OSError):
            os.link(name, path, src_dir_fd=above, follow_symlinks=False)
            if os.path.samestat(path.stat(), seen.status):
                return True
            path.unlink()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            copy_into(descriptor, seen.descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def open(self, written_id: int, sha256: str) -> int:
        """A descriptor of an original with these bytes. Raises NotWritten `original_let_go`."""
        try:
            descriptor = os.open(self._path(written_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise NotWritten("original_let_go", "The original is kept no more.") from error
        if sha256_of(descriptor) != sha256:
            os.close(descriptor)
            raise NotWritten("original_let_go", "The original that was kept was changed meanwhile.")
        return descriptor

    def make_room(self, kept: Iterable[int], let_go: Callable[[list[int]], None]) -> None:
        """Lets the oldest go until the others are within the limit; `kept` are all that are noted, the newest first.

        What is not noted lies about from a crash, or its write is forgotten. Raises NeedsAttention.
        """
        room, gone, standing = self._most, list[int](), set[str]()
        for written_id in kept:
            with suppress(OSError):
                size = self._path(written_id).stat().st_size
                if size <= room:
                    room -= size
                    standing.add(str(written_id))
                    continue
            gone.append(written_id)
        let_go(gone)
        try:
            for name in set(os.listdir(self._folder)) - standing:
                os.unlink(self._folder / name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise NeedsAttention(f"{self._folder}: {error.strerror}.", cause="state_unwritable") from error

    def stand_beside(self, folder: Path) -> bool:
        """Whether a folder is one of the state folder, as the originals are: on a disk that is there."""
        return folder.absolute().parent == self._folder.absolute().parent and not folder.is_symlink()

    def _path(self, written_id: int) -> Path:
        return self._folder / str(written_id)
