"""The library's files as copies of a folder's: whether each would be left without the folder, and has these bytes."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from app.analysis.pictures.image_data import Span, find_image_data, have_same_image_data
from app.analysis.source import OpenFile, open_regular, open_source
from app.beside.sidecars import sidecar_names
from app.compare.extent import Extent
from app.compare.holding import Copy, Trust
from app.errors import CannotRead
from app.formats import suffix_of
from app.ingest.disk.folders import Folders
from app.ingest.disk.sidecars import SCORES_FOLDER
from app.library.stock import StoredFile
from app.media import Place
from app.verify import Sight, is_straight, look

_REMEMBERED = 10_000


class Copies:
    """Answers for one run; with `rehash` a copy's bytes are read, else its size and time are believed.

    `go_on` is called for each piece that is read, and may raise CannotRead.
    """

    def __init__(self, folders: Folders, extent: Extent, go_on: Callable[[], None], *, rehash: bool) -> None:
        self._folders = folders
        self._go_on = go_on
        self._extent = extent
        self._rehash = rehash
        self._read_again: dict[StoredFile, tuple[Copy, tuple[int, int]]] = {}  # with its inode: one may serve many
        self._folders_seen: dict[bytes, bool] = {}

    def of(self, rows: Iterable[StoredFile], size: int, inode: tuple[int, int], *, every: bool) -> list[Copy]:
        """The files of these rows, all of which have the same bytes, as copies of a file of so many bytes.

        `inode` is the file's own. A good copy ends the search, except where `every` one is asked for.
        """
        copies: list[Copy] = []
        for stored in rows:
            copy, other = self._read_again.get(stored, (None, inode))
            if copy is None or other == inode:
                copy = self._copy(stored, size, inode)
            copies.append(copy)
            if copy.trust is not Trust.NONE and not every:
                break
        return copies

    def _copy(self, stored: StoredFile, size: int, inode: tuple[int, int]) -> Copy:
        seen = look(self._folders, stored, self._straight)
        if seen.sight is not Sight.FILE or seen.inode is None:
            return Copy(stored, Trust.NONE, seen.reason)
        path = self._folders.absolute(stored.place)
        if why := self._extent.why(path, seen.inode):
            return Copy(stored, Trust.NONE, why, own=True)
        if seen.inode == inode:
            return Copy(stored, Trust.NONE, "It is the folder's own file by another name.", own=True)
        if seen.size != size:
            return Copy(stored, Trust.NONE, f"It has changed: {seen.size:,} bytes, {size:,} here.")
        if self._rehash:
            return self._read(stored, path, seen.inode)
        if seen.mtime_ns == stored.mtime_ns:
            return Copy(stored, Trust.LOOKS_RIGHT)
        return Copy(stored, Trust.NONE, "Its size is the same, the time of its last change is another.")

    def _read(self, stored: StoredFile, path: bytes, inode: tuple[int, int]) -> Copy:
        """The copy by its bytes; before, while and after they are read, it has to be the same file."""
        try:
            with open_regular(path) as source:
                if source.inode != inode:
                    return Copy(stored, Trust.NONE, "Another file took its place while it was looked at.")
                digest, _ = source.read(keep=False, go_on=self._go_on)
            after = os.lstat(path)
        except CannotRead as error:
            return Copy(stored, Trust.NONE, error.sentence)
        except OSError:
            return Copy(stored, Trust.NONE, "It was gone as soon as it was read.")
        if digest != stored.sha256:
            return Copy(stored, Trust.NONE, f"Its bytes are others now: SHA-256 {digest}.")
        if (after.st_dev, after.st_ino) != inode:
            return Copy(stored, Trust.NONE, "Another file took its place while it was read.")
        copy = Copy(stored, Trust.READ_AGAIN)
        if len(self._read_again) >= _REMEMBERED:
            self._read_again.clear()
        self._read_again[stored] = copy, inode
        return copy

    def _straight(self, folder: bytes) -> bool:
        known = self._folders_seen.get(folder)
        if known is None:
            known = self._folders_seen[folder] = is_straight(folder)
        return known

    def forget_folders(self) -> None:
        """Has folders looked at anew: for a moment it is remembered that no link stands in their paths."""
        self._folders_seen.clear()

    def beside(self, name: bytes, digest: str, copies: Iterable[StoredFile]) -> StoredFile | None:
        """The copy beside which a file with the bytes of a sidecar lies, that would be left; None without one.

        It is looked for under the sidecar's own name and those that a sidecar of the copy has; its bytes are read.
        """
        for stored in copies:
            for place in _sidecar_places(name, stored.place):
                if self._has_bytes(place, digest):
                    return stored
        return None

    def _has_bytes(self, place: Place, digest: str) -> bool:
        path = self._folders.absolute(place)
        if not os.path.lexists(path):
            return False
        try:
            with open_source(self._folders.roots[place.root], place.path) as source:
                own = self._extent.why(os.path.realpath(path), source.inode)
                return own is None and source.read(keep=False)[0] == digest
        except CannotRead:
            return False

    def with_same_picture(self, path: bytes, format_: str, rows: Iterable[StoredFile]) -> StoredFile | None:
        """The row whose file has the image data of the file at a path, and would be left; None without one."""
        try:
            with open_regular(path) as source:
                spans = _image_data(source, format_)
                if spans is None:
                    return None
                return next((stored for stored in rows if self._shows(stored, format_, source.handle, spans)), None)
        except (CannotRead, OSError):
            return None

    def _shows(self, stored: StoredFile, format_: str, handle: BinaryIO, spans: tuple[Span, ...]) -> bool:
        if self._folders.roots.get(stored.root) is None:
            return False
        try:
            with open_source(self._folders.roots[stored.root], stored.path) as source:
                if self._extent.why(self._folders.absolute(stored.place), source.inode):
                    return False
                others = _image_data(source, format_)
                return others is not None and have_same_image_data(handle, spans, source.handle, others)
        except (CannotRead, OSError):
            return False


def _image_data(source: OpenFile, format_: str) -> tuple[Span, ...] | None:
    return find_image_data(source.handle, format_, source.size)


def _sidecar_places(name: bytes, picture: Place) -> Iterator[Place]:
    """Where the sidecar of this name may lie beside a picture, which may have another name than here."""
    folder, own = picture.folder, picture.name
    if name.startswith(SCORES_FOLDER + b"/"):
        names = [name, SCORES_FOLDER + b"/" + own + b".json"]
    else:
        keys = [key for _, key in sidecar_names(own, (suffix_of(name),))]
        names = [name, *keys, *(key.removesuffix(b".xmp") + b".XMP" for key in keys if key.endswith(b".xmp"))]
    yield from (folder.below(one) for one in dict.fromkeys(names))
