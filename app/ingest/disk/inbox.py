"""The inbox: a folder inside a media root that takes files dropped on the page. The one place where media is written.

A file is written under a name that no walk sees, and gets its own when it is whole. Nothing is ever overwritten: a name
that is taken gets a number.
"""

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator

from app.errors import Conflict, InvalidRequest, NeedsAttention
from app.formats import FORMAT_OF_SUFFIX, suffix_of
from app.ingest.disk.folders import Folders
from app.media import Place
from app.texts import path_from_shown, shown_name

RESERVE_BYTES = 256 * 2**20  # what stays free on the disk of the inbox
MAX_NAME_BYTES = 240  # 255 is the most that file systems take; a number may follow
_PART, _LEFT_SECONDS = b".dropped-", 86_400


class Inbox:
    """The folder that dropped files go to, as its setting names it; `place` says which that is now."""

    def __init__(self, folders: Folders, setting: str | None) -> None:
        self._folders = folders
        self._setting = setting

    @property
    def place(self) -> Place | None:
        """Where the inbox is; None where no setting names one, or its media root is no more."""
        try:
            return self._folders.locate(self._setting) if self._setting else None
        except InvalidRequest:
            return None

    def receive(self, name: str, size: int | None) -> "Dropped":
        """A file that is about to come, of so many bytes if that is known.

        Raises Conflict where there is no inbox, InvalidRequest for a name that media cannot have, and NeedsAttention
        where the disk has no room for it.
        """
        place = self.place
        if place is None:
            sentence = "There is no inbox for dropped files: INGEST_INBOX names its folder, inside a media root."
            raise Conflict(sentence, cause="no_inbox")
        checked = _checked_name(name)
        folder = self._folders.absolute(place)
        with _named(folder):
            os.makedirs(folder, exist_ok=True)
            _sweep(folder)
            return Dropped(place, folder, checked, size)


class Dropped:
    """One file on its way into the inbox: its bytes are written, then it is kept, or it is given up."""

    def __init__(self, place: Place, folder: bytes, name: bytes, size: int | None) -> None:
        self._place, self._folder, self._name = place, folder, name
        self._part = os.path.join(folder, _PART + secrets.token_hex(8).encode())
        self._need_room(size or 0)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle: int | None = os.open(self._part, flags, 0o644)

    def write(self, piece: bytes) -> None:
        """Writes the next bytes. Raises NeedsAttention where the disk has no room left."""
        with _named(self._folder):
            self._need_room(len(piece))
            rest = memoryview(piece)
            while rest and self._handle is not None:
                rest = rest[os.write(self._handle, rest) :]

    def keep(self) -> Place:
        """Gives the whole file its name, or the next that is free, once it is safe on disk. Raises NeedsAttention."""
        with _named(self._folder):
            if self._handle is not None:
                os.fsync(self._handle)
            self._close()
            name = next(
                name for name in _names(self._name) if _named_anew(self._part, os.path.join(self._folder, name))
            )
            handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return self._place.below(name)

    def give_up(self) -> None:
        """Removes what came of a file that is not kept; does nothing once it is."""
        self._close()
        with contextlib.suppress(OSError):
            os.unlink(self._part)

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _need_room(self, size: int) -> None:
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < size + RESERVE_BYTES:
            raise NeedsAttention("The disk of the inbox is full: free some space.", cause="disk_full")


def numbered(name: bytes, number: int) -> bytes:
    """The name with a number, `a (2).jpg`; 1 is the name itself."""
    stem, dot, suffix = name.rpartition(b".")
    return name if number == 1 else b"%b (%d)%b%b" % (stem, number, dot, suffix)


def _names(name: bytes) -> Iterator[bytes]:
    number = 1
    while True:
        yield numbered(name, number)
        number += 1


def _named_anew(part: bytes, path: bytes) -> bool:
    """Whether a file has a name now that no other had: by a hard link, or by taking the name first, which both say."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644))
        except FileExistsError:
            return False
        try:
            os.replace(part, path)
        except OSError:
            os.unlink(path)  # the name that was taken for it, empty
            raise
        return True
    os.unlink(part)
    return True


def _checked_name(name: str) -> bytes:
    """The name as bytes. Raises InvalidRequest for one that no media file in the inbox can have."""
    try:
        checked = path_from_shown(name)
    except UnicodeEncodeError:
        checked = b""
    if not checked or b"/" in checked or b"\0" in checked or checked.startswith(b".") or checked != checked.strip():
        raise InvalidRequest("This cannot be the name of a file in the inbox.", field="name")
    if len(checked) > MAX_NAME_BYTES:
        raise InvalidRequest(f"The name is longer than {MAX_NAME_BYTES} bytes.", field="name")
    if suffix_of(checked) not in FORMAT_OF_SUFFIX:
        raise InvalidRequest(f"{shown_name(checked)} is no image or video by its suffix.", field="name")
    return checked


def _sweep(folder: bytes) -> None:
    """Removes what is left of files that came no further, as when the server was killed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if (
                    entry.name.startswith(_PART)
                    and time.time() - entry.stat(follow_symlinks=False).st_mtime > _LEFT_SECONDS
                ):
                    os.unlink(entry.path)


@contextlib.contextmanager
def _named(folder: bytes) -> Iterator[None]:
    """A block that writes into the inbox. Raises NeedsAttention with what the disk reports."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NeedsAttention("The disk of the inbox is full: free some space.", cause="disk_full") from error
        sentence = f"The inbox {shown_name(folder)} cannot be written: {error.strerror}."
        raise NeedsAttention(sentence, cause="inbox_unwritable") from error
