"""The media roots on disk: safe paths and what one folder holds, read without opening a file but those of `sight.py`.

Owns containment (nothing outside the roots is listed, read or served) and the first look at each directory entry:
media, unsupported or ignored. What the library knows of the files, `survey.py` adds.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from app.beside.sidecars import spellings
from app.errors import InvalidRequest, NoSuchDirectory, NotADirectory, OutsideRoots
from app.ingest.disk.ignoring import IGNORE_FILE, MAX_BYTES, Ignores, Rules
from app.ingest.disk.reaching import SHORT_BYTES, Descent, reachable
from app.ingest.disk.sidecars import SCORES_FOLDER, Shared, Sidecars, picture_of_score, stamps_in
from app.ingest.disk.sight import is_media
from app.media import MAX_PATH_BYTES, FoundFile, Place, storable_ns
from app.texts import path_from_shown


class EntryKind(Enum):
    """What a directory entry is at first sight."""

    MEDIA = "media"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file-like entry of a folder. Size, mtime and the stamp of its sidecars are filled for media only."""

    name: bytes
    kind: EntryKind
    size: int = 0
    mtime_ns: int = 0
    sidecar: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder holds: its files and the names of its folders, each in the order of their bytes.

    Folders that are left out are listed too: their files are counted, never read. `ignores` says what is left out here.
    `warning` is a sentence where the folder, or a part of it, could not be read.
    """

    folder: Place
    ignores: Ignores
    entries: tuple[Entry, ...] = ()
    folders: tuple[bytes, ...] = ()
    warning: str | None = None

    def below(self, name: bytes) -> tuple[Place, Ignores]:
        """The folder of this name inside this one, and what is left out there."""
        child = self.folder.below(name)
        return child, self.ignores.below(child.path)

    def open_folders(self) -> Iterator[tuple[Place, Ignores]]:
        """The folders inside that are not left out."""
        return (child for child in map(self.below, self.folders) if child[1].sentence is None)

    def files(self) -> Iterator[FoundFile]:
        """The media files of the folder, in the order of their names."""
        for entry in self.entries:
            if entry.kind is EntryKind.MEDIA:
                yield self.found(entry)

    def found(self, entry: Entry) -> FoundFile:
        """An entry of this listing as a file to analyse."""
        return FoundFile(*self.folder.below(entry.name), entry.size, entry.mtime_ns, entry.sidecar)


_NO_NAMES = frozenset({"", ".", ".."})
"""What no file is called."""


class Folders:
    """The media roots, by name."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self.use(roots)

    def use(self, roots: Mapping[str, Path]) -> None:
        """Takes these for the media roots from now on; who reads them meanwhile sees the old ones or the new."""
        self.roots = {name: os.fsencode(os.path.realpath(path)) for name, path in roots.items()}

    def absolute(self, place: Place) -> bytes:
        """Where a folder or file is in the file system."""
        return os.path.join(self.roots[place.root], place.path) if place.path else self.roots[place.root]

    def resolve(self, text: str) -> Place:
        """The folder that `ROOT/relative`, or an absolute path inside a root, names.

        Raises OutsideRoots, NoSuchDirectory or NotADirectory, each naming the field `directory`.
        """
        typed = text.strip()
        folder = self.locate(text if typed == text or self._is_there(text) else typed)
        try:
            status = self.status(folder)
        except OSError:
            if not folder.path:
                absolute = os.fsdecode(self.roots[folder.root])
                raise NoSuchDirectory(
                    f"The media root '{folder.root}' is not there: {absolute} does not exist.",
                    field="directory",
                    cause="root_missing",
                ) from None
            raise NoSuchDirectory(f"There is no directory {folder.shown}.", field="directory") from None
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectory(
                f"{folder.shown} is a file, not a directory: choose the folder it lies in.", field="directory"
            )
        return folder

    def locate(self, text: str) -> Place:
        """The place that a text names, there or not. Raises OutsideRoots or InvalidRequest."""
        if not text.strip():
            raise InvalidRequest("Choose a directory first.", field="directory", cause="no_directory")
        path = _path_of(text)
        if path.startswith(b"/"):
            return self._inside_some_root(os.path.realpath(path), text)
        name, _, relative = path.rstrip(b"/").partition(b"/")
        root = name.decode("utf-8", "replace")
        if root not in self.roots:
            raise self._outside(text)
        base = self.roots[root]
        real = os.path.realpath(os.path.join(base, relative)) if relative else base
        if os.path.commonpath([base, real]) != base:
            raise self._outside(text)
        return Place(root, b"" if real == base else os.path.relpath(real, base))

    def _is_there(self, text: str) -> bool:
        """Whether a text, with the spaces around it, names something that exists: a listed name may have them."""
        try:
            self.status(self.locate(text))
        except (InvalidRequest, OSError):
            return False
        return True

    def _inside_some_root(self, real: bytes, text: str) -> Place:
        for root, base in self.roots.items():
            if os.path.commonpath([base, real]) == base:
                return Place(root, b"" if real == base else os.path.relpath(real, base))
        raise self._outside(text)

    def _outside(self, text: str) -> OutsideRoots:
        names = ", ".join(sorted(self.roots))
        return OutsideRoots(f"{text} is not inside a media root; the roots are: {names}.", field="directory")

    def resolve_all(self, texts: tuple[str, ...], *, recursive: bool) -> tuple[Place, ...]:
        """Folders in path order, each file in one of them only: those inside another one are dropped if `recursive`."""
        return _apart((self.resolve(text) for text in texts), recursive=recursive)

    def locate_all(self, texts: tuple[str, ...], *, recursive: bool) -> tuple[Place, ...]:
        """Like `resolve_all`, for folders that need not exist."""
        return _apart((self.locate(text) for text in texts), recursive=recursive)

    def file(self, text: str) -> Place:
        """The place of a file as shown. Raises OutsideRoots. Its folder's links are not followed out."""
        _path_of(text)
        parent, slash, name = text.rpartition("/")
        if not slash or name in _NO_NAMES:
            raise OutsideRoots(f"'{text}' names no file: write it as ROOT/relative/path.", field="directory")
        return self.locate(parent).below(_path_of(name))

    def files(self, texts: Iterable[str]) -> list[Place]:
        """The places of files as shown; each folder among them is looked at once. Raises OutsideRoots."""
        folders: dict[str, Place] = {}
        places = []
        for text in texts:
            parent, _, name = text.rpartition("/")
            if parent in folders and name not in _NO_NAMES:
                places.append(folders[parent].below(_path_of(name)))
            else:
                places.append(self.file(text))
                folders[parent] = places[-1].folder
        return places

    def _shared(self, folder: Place) -> Shared:
        """The stamps of the files elsewhere that speak for the pictures of a folder."""
        return Shared.of(self.roots[folder.root], folder.path)

    def status(self, place: Place) -> os.stat_result:
        """What lies at a place, links not followed, except for the root itself. Raises OSError."""
        absolute = self.absolute(place)
        if not place.path:
            return os.stat(absolute)
        if len(absolute) <= SHORT_BYTES:
            return os.lstat(absolute)
        folder, _, name = absolute.rpartition(b"/")
        with reachable(folder) as reached:
            return os.lstat(reached + b"/" + name)

    def found(self, place: Place) -> FoundFile | None:
        """One file as it is on disk now, without its sidecars; None if it is gone or no regular file."""
        try:
            status = self.status(place)
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return FoundFile(*place, status.st_size, storable_ns(status.st_mtime_ns))

    def ignores_of(self, folder: Place) -> Ignores:
        """What holds in a folder by the rules of the folders above it."""
        ignores, above = Ignores(folder.root), Place(folder.root)
        with suppress(OSError), closing(Descent(self.roots[folder.root])) as descent:
            for name in folder.path.split(b"/") if folder.path else ():
                ignores, _ = _with_rules(above, descent.reached, ignores)
                above = above.below(name)
                ignores = ignores.below(above.path)
                descent.go(name)
        return ignores

    def read(self, folder: Place, ignores: Ignores | None = None) -> Listing:
        """What the folder holds now, under the rules of the folders above it, which are looked up if not given.

        A folder that cannot be read is empty with a warning; nothing is raised.
        """
        if ignores is None:
            ignores = self.ignores_of(folder)
        try:
            with reachable(self.absolute(folder)) as reached:
                return _listed(folder, reached, ignores, self._shared(folder))
        except OSError as error:
            return Listing(folder, ignores, warning=f"{folder.shown} cannot be read: {error.strerror}.")


def _listed(folder: Place, reached: bytes, ignores: Ignores, shared: Shared) -> Listing:
    """What a folder holds that can be reached by a name. Raises OSError."""
    entries: dict[bytes, os.DirEntry[bytes]] = {}
    folders: list[bytes] = []
    with os.scandir(reached) as scan:
        for entry in scan:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                entries[entry.name] = entry
    folders.sort(key=lambda name: name + b"/")
    if ignores.sentence is not None:
        names = sorted(name for name in entries if not _is_score_of_a_file(folder, reached, name))
        return Listing(folder, ignores, tuple(Entry(name, EntryKind.IGNORED) for name in names), tuple(folders))
    warning = None
    if IGNORE_FILE in entries:
        ignores, warning = _with_rules(folder, reached, ignores)
    scores = stamps_in(reached + b"/" + SCORES_FOLDER) if SCORES_FOLDER in folders else {}
    sidecars = Sidecars(entries, scores, shared)
    room = MAX_PATH_BYTES - len(folder.below(b"").in_event)
    seen = (
        Entry(name, EntryKind.IGNORED)
        if ignores.why(folder.below(name).path)
        else _first_look(name, entries.pop(name), sidecars, room)  # a large folder is not kept twice
        for name in sorted(entries)
    )
    return Listing(folder, ignores, tuple(entry for entry in seen if entry is not None), tuple(folders), warning)


def _with_rules(folder: Place, reached: bytes, ignores: Ignores) -> tuple[Ignores, str | None]:
    """With what the folder's own `.ingestignore` says, and a warning where it cannot be read."""
    try:
        descriptor = os.open(reached + b"/" + IGNORE_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ignores, None
            return ignores.adding(Rules.parse(folder.path, file.read(MAX_BYTES))), None
    except FileNotFoundError:
        return ignores, None
    except (OSError, ValueError) as error:
        return ignores, f"{folder.below(IGNORE_FILE).shown} cannot be read, so nothing is left out by it: {error}."


def _path_of(text: str) -> bytes:
    """The bytes behind a path as shown. Raises OutsideRoots where no path can have them."""
    try:
        path = path_from_shown(text)
    except UnicodeEncodeError:
        path = b"\0"
    if b"\0" in path:
        raise OutsideRoots("The path holds characters that no file name can have.", field="directory")
    return path


def _apart(folders: Iterable[Place], *, recursive: bool) -> tuple[Place, ...]:
    kept: list[Place] = []
    for folder in sorted(set(folders), key=_before_what_it_holds):
        if not (recursive and any(outer.holds(folder) for outer in kept)):
            kept.append(folder)
    return tuple(kept)


def _before_what_it_holds(folder: Place) -> bytes:
    """Sorts folders as the paths of their files sort: `a-b/` before `a/`."""
    return folder.in_event + b"/" if folder.path else folder.in_event


def _first_look(name: bytes, entry: os.DirEntry[bytes], sidecars: Sidecars, room: int) -> Entry | None:
    """What an entry is; None for a sidecar, which counts with its picture, and for a file that is gone already.

    `room` is what the longest path leaves for the name, in bytes.
    """
    if not is_media(entry) or len(name) > room:
        return None if sidecars.speaks_for_a_file(name) else Entry(name, EntryKind.UNSUPPORTED)
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return Entry(name, EntryKind.MEDIA, status.st_size, storable_ns(status.st_mtime_ns), sidecars.stamps_of(name))


def _is_score_of_a_file(folder: Place, reached: bytes, name: bytes) -> bool:
    """Whether `.scores/a.jpg.json` belongs to a media file beside the folder, and so counts with it."""
    picture = picture_of_score(folder.below(name).path)
    names = spellings(picture.rpartition(b"/")[2]) if picture is not None else ()
    return any(os.path.lexists(reached + b"/../" + name) for name in names)
