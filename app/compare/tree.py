"""Everything that lies below a folder, folder by folder: media, hidden or not, links, what cannot be read.

Nothing is left out, and nothing is opened but what its suffix alone does not tell from media. A sidecar comes behind
the files of the folder whose picture it speaks for.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from app.errors import NoSuchDirectory, NotADirectory, OutsideRoots
from app.ingest.disk.folders import Folders
from app.ingest.disk.reaching import reachable
from app.ingest.disk.sidecars import SCORES_FOLDER, Sidecars
from app.ingest.disk.sight import is_media
from app.texts import path_from_shown, shown_name

_SCORE = b".json"
_NO_NAMES: frozenset[bytes] = frozenset()


class Thing(Enum):
    """What is found at a path."""

    MEDIA = "media"  # at first sight
    FILE = "file"  # any other
    SIDECAR = "sidecar"
    NO_FILE = "no_file"  # a link or a special file
    REFUSED = "refused"  # the system does not say, or does not list the folder


@dataclass(frozen=True, slots=True)
class Found:
    """One thing; `path` is below the folder, `size` in bytes, `inode` the device and the number.

    `times` are those, in ns, at which its bytes and anything of it last changed.
    `sidecars` counts those of a media file; `pictures` are the paths of the media files that a sidecar speaks for.
    """

    path: bytes
    thing: Thing
    size: int = 0
    inode: tuple[int, int] = (0, 0)
    times: tuple[int, int] = (0, 0)
    reason: str | None = None
    sidecars: int = 0
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder by its absolute path without links, and how people see that path."""

    base: bytes
    shown: str

    def absolute(self, path: bytes) -> bytes:
        """Where something below the folder is in the file system."""
        return self.base.rstrip(b"/") + b"/" + path if path else self.base

    def as_shown(self, path: bytes) -> str:
        """How people see the path of something below the folder."""
        return f"{self.shown.rstrip('/')}/{shown_name(path)}" if path else self.shown

    def fingerprint(self, note: Callable[[Found], None] = lambda _: None) -> int:
        """A number that is another one when anything below the folder has changed; `note` is told of each thing."""
        total = 0
        for found in self:
            note(found)
            total += hash((found.path, found.thing, found.size, found.times))
        return total

    def __iter__(self) -> Iterator[Found]:
        """Each thing once, a folder at a time; a folder only where it cannot be listed."""
        stack: list[tuple[bytes, frozenset[bytes]]] = [(b"", _NO_NAMES)]
        while stack:
            folder, told = stack.pop()
            try:
                listing = _Listing(self.absolute(folder), told)
            except OSError as error:
                yield Found(folder, Thing.REFUSED, reason=f"The folder cannot be read: {error.strerror}.")
                continue
            yield from listing.found(folder)
            stack += (
                (_below(folder, name), listing.scores if name == SCORES_FOLDER else _NO_NAMES)
                for name in sorted(listing.folders, reverse=True)
            )


def tree_at(folders: Folders, text: str) -> Tree:
    """The tree of a folder that `ROOT/relative` or an absolute path names, inside a media root or outside of all.

    Raises InvalidRequest, NoSuchDirectory or NotADirectory.
    """
    try:
        return tree_inside(folders, text)
    except OutsideRoots:
        if not text.startswith("/"):
            raise
    path = os.path.realpath(path_from_shown(text))
    if not os.path.isdir(path):
        if os.path.lexists(path):
            raise NotADirectory(f"{text} is a file, not a directory: choose the folder it lies in.", field="directory")
        raise NoSuchDirectory(f"There is no directory {text}.", field="directory")
    return Tree(path, shown_name(path))


def tree_inside(folders: Folders, text: str) -> Tree:
    """The tree of a folder of a media root. Raises OutsideRoots, NoSuchDirectory, NotADirectory or InvalidRequest."""
    place = folders.resolve(text)
    return Tree(folders.absolute(place), place.shown)


class _Listing:
    """What one folder holds, by name; `told` are the names in it of which the folder above has told."""

    def __init__(self, absolute: bytes, told: frozenset[bytes]) -> None:
        """Reads it. Raises OSError."""
        self.folders: list[bytes] = []
        self._others: dict[bytes, tuple[Thing, str]] = {}
        self._files: dict[bytes, os.stat_result] = {}
        entries: dict[bytes, os.DirEntry[bytes]] = {}
        with reachable(absolute) as reached:
            for name, entry, status in _entries(reached):
                if name in told:
                    continue
                if isinstance(status, str):
                    self._others[name] = Thing.REFUSED, status
                elif stat.S_ISDIR(status.st_mode):
                    self.folders.append(name)
                elif stat.S_ISREG(status.st_mode):
                    self._files[name], entries[name] = status, entry
                else:
                    self._others[name] = Thing.NO_FILE, _no_file(status)
            self._media = frozenset(name for name, entry in entries.items() if is_media(entry))
            self._scores = self._scores_in(reached) if SCORES_FOLDER in self.folders else {}
        self.scores = frozenset(self._scores)
        self._sidecars = Sidecars(entries, {})

    def _scores_in(self, reached: bytes) -> dict[bytes, os.stat_result]:
        """The scores of the media files here; none where their folder cannot be read, which it will say itself."""
        try:
            return {
                name: status
                for name, _, status in _entries(reached + b"/" + SCORES_FOLDER)
                if not isinstance(status, str)
                and stat.S_ISREG(status.st_mode)
                and name.endswith(_SCORE)
                and name.removesuffix(_SCORE) in self._media
            }
        except OSError:
            return {}

    def found(self, folder: bytes) -> Iterator[Found]:
        """What is here, in the order of the names, then the sidecars in the order of theirs."""
        pictures: dict[bytes, list[bytes]] = {}
        counts = Counter(name.removesuffix(_SCORE) for name in self._scores)
        for name in self._media:
            own = self._sidecars.names_of(name)
            counts[name] += len(own)
            for sidecar in own:
                pictures.setdefault(sidecar, []).append(name)
        for name in sorted(self._files.keys() | self._others.keys()):
            if name in self._others:
                thing, reason = self._others[name]
                yield Found(_below(folder, name), thing, reason=reason)
            elif name not in pictures:
                thing = Thing.MEDIA if name in self._media else Thing.FILE
                yield _file(_below(folder, name), thing, self._files[name], sidecars=counts[name])
        for name, of in sorted(pictures.items()):
            paths = tuple(_below(folder, picture) for picture in sorted(of))
            yield _file(_below(folder, name), Thing.SIDECAR, self._files[name], pictures=paths)
        for name, status in sorted(self._scores.items()):
            picture = _below(folder, name.removesuffix(_SCORE))
            yield _file(_below(folder, SCORES_FOLDER + b"/" + name), Thing.SIDECAR, status, pictures=(picture,))


def _entries(folder: bytes) -> Iterator[tuple[bytes, os.DirEntry[bytes], os.stat_result | str]]:
    """The entries of a folder with what they are, or a sentence that says why that is not known. Raises OSError."""
    with os.scandir(folder) as scan:
        for entry in scan:
            try:
                yield entry.name, entry, entry.stat(follow_symlinks=False)
            except OSError as error:
                yield entry.name, entry, f"It cannot be looked at: {error.strerror}."


def _file(
    path: bytes, thing: Thing, status: os.stat_result, *, sidecars: int = 0, pictures: tuple[bytes, ...] = ()
) -> Found:
    inode = (status.st_dev, status.st_ino)
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return Found(path, thing, status.st_size, inode, times, sidecars=sidecars, pictures=pictures)


def _below(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name


def _no_file(status: os.stat_result) -> str:
    return (
        f"It is a {'symbolic link' if stat.S_ISLNK(status.st_mode) else 'special file'}, and is not followed or read."
    )
