"""The media roots on disk: safe paths and what one folder holds, read without opening a file.

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

from app.errors import InvalidRequest, NoSuchDirectory, NotADirectory, OutsideRoots
from app.formats import FORMAT_OF_SUFFIX, suffix_of
from app.ingest.disk.ignoring import IGNORE_FILE, MAX_BYTES, Ignores, Rules
from app.ingest.disk.reaching import SHORT_BYTES, Descent, reachable
from app.ingest.disk.sidecars import SCORES_FOLDER, Sidecars, picture_of_score, stamps_in
from app.media import MAX_PATH_BYTES, FoundFile, storable_ns
from app.texts import path_from_shown, shown_name, shown_path


@dataclass(frozen=True, slots=True, order=True)
class Folder:
    """A folder of a media root; `path` is relative to the root, `b""` for the root itself."""

    root: str
    path: bytes = b""

    @property
    def shown(self) -> str:
        """`ROOT/relative` as people see it."""
        return shown_path(self.root, self.path)

    @property
    def name(self) -> str:
        """The folder's own name; the root's for the root."""
        return shown_name(self.path.rpartition(b"/")[2]) if self.path else self.root

    def below(self, name: bytes) -> "Folder":
        """The folder of this name inside this one."""
        return Folder(self.root, join(self.path, name))

    def holds(self, other: "Folder") -> bool:
        """Whether `other` is this folder or lies below it."""
        return self.root == other.root and (
            not self.path or other.path == self.path or other.path.startswith(self.path + b"/")
        )


def join(folder: bytes, name: bytes) -> bytes:
    """The path of a name inside a folder, both relative to the root."""
    return folder + b"/" + name if folder else name


class Look(Enum):
    """What a directory entry is at first sight."""

    MEDIA = "media"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file-like entry of a folder. Size, mtime and the stamp of its sidecars are filled for media only."""

    name: bytes
    look: Look
    size: int = 0
    mtime_ns: int = 0
    sidecar: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder holds: its files and the names of its folders, each in the order of their bytes.

    Folders that are left out are listed too: their files are counted, never read. `ignores` says what is left out here.
    `warning` is a sentence where the folder, or a part of it, could not be read.
    """

    folder: Folder
    ignores: Ignores
    entries: tuple[Entry, ...] = ()
    folders: tuple[bytes, ...] = ()
    warning: str | None = None

    def below(self, name: bytes) -> tuple[Folder, Ignores]:
        """The folder of this name inside this one, and what is left out there."""
        child = self.folder.below(name)
        return child, self.ignores.below(child.path)

    def open_folders(self) -> Iterator[tuple[Folder, Ignores]]:
        """The folders inside that are not left out."""
        return (child for child in map(self.below, self.folders) if child[1].reason is None)

    def files(self) -> Iterator[FoundFile]:
        """The media files of the folder, in the order of their names."""
        for entry in self.entries:
            if entry.look is Look.MEDIA:
                yield self.found(entry)

    def found(self, entry: Entry) -> FoundFile:
        """An entry of this listing as a file to analyse."""
        path = join(self.folder.path, entry.name)
        return FoundFile(self.folder.root, path, entry.size, entry.mtime_ns, entry.sidecar)


class Folders:
    """The configured media roots, by name."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self.roots = {name: os.fsencode(os.path.realpath(path)) for name, path in roots.items()}

    def absolute(self, root: str, path: bytes) -> bytes:
        """Where a folder or file is in the file system."""
        return os.path.join(self.roots[root], path) if path else self.roots[root]

    def resolve(self, text: str) -> Folder:
        """The folder that `ROOT/relative`, or an absolute path inside a root, names.

        Raises OutsideRoots, NoSuchDirectory or NotADirectory, each naming the field `directory`.
        """
        typed = text.strip()
        folder = self.locate(text if typed == text or self._is_there(text) else typed)
        try:
            status = self.status(folder.root, folder.path)
        except OSError:
            if not folder.path:
                absolute = os.fsdecode(self.absolute(folder.root, b""))
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

    def locate(self, text: str) -> Folder:
        """The place inside a root that a text names, there or not. Raises OutsideRoots or InvalidRequest."""
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
        return Folder(root, b"" if real == base else os.path.relpath(real, base))

    def _is_there(self, text: str) -> bool:
        """Whether a text, with the spaces around it, names something that exists: a listed name may have them."""
        try:
            folder = self.locate(text)
            self.status(folder.root, folder.path)
        except (InvalidRequest, OSError):
            return False
        return True

    def _inside_some_root(self, real: bytes, text: str) -> Folder:
        for root, base in self.roots.items():
            if os.path.commonpath([base, real]) == base:
                return Folder(root, b"" if real == base else os.path.relpath(real, base))
        raise self._outside(text)

    def _outside(self, text: str) -> OutsideRoots:
        names = ", ".join(sorted(self.roots))
        return OutsideRoots(f"{text} is not inside a media root; the roots are: {names}.", field="directory")

    def resolve_all(self, texts: tuple[str, ...], *, recursive: bool) -> tuple[Folder, ...]:
        """Folders in path order, each file in one of them only: those inside another one are dropped if `recursive`."""
        return _apart((self.resolve(text) for text in texts), recursive=recursive)

    def locate_all(self, texts: tuple[str, ...], *, recursive: bool) -> tuple[Folder, ...]:
        """Like `resolve_all`, for folders that need not exist."""
        return _apart((self.locate(text) for text in texts), recursive=recursive)

    def file(self, text: str) -> tuple[str, bytes]:
        """Root and relative path of a file as shown. Raises OutsideRoots. Its folder's links are not followed out."""
        _path_of(text)
        parent, slash, name = text.rpartition("/")
        if not slash or not name or name in {".", ".."}:
            raise OutsideRoots(f"'{text}' names no file: write it as ROOT/relative/path.", field="directory")
        folder = self.locate(parent)
        return folder.root, join(folder.path, _path_of(name))

    def status(self, root: str, path: bytes) -> os.stat_result:
        """What lies at a path, links not followed, except for the root itself. Raises OSError."""
        if not path:
            return os.stat(self.roots[root])
        absolute = self.absolute(root, path)
        if len(absolute) <= SHORT_BYTES:
            return os.lstat(absolute)
        folder, _, name = absolute.rpartition(b"/")
        with reachable(folder) as reached:
            return os.lstat(reached + b"/" + name)

    def found(self, root: str, path: bytes) -> FoundFile | None:
        """One file as it is on disk now, without its sidecars; None if it is gone or no regular file."""
        try:
            status = self.status(root, path)
        except OSError:
            return None
        return (
            FoundFile(root, path, status.st_size, storable_ns(status.st_mtime_ns))
            if stat.S_ISREG(status.st_mode)
            else None
        )

    def ignores_of(self, folder: Folder) -> Ignores:
        """What holds in a folder by the rules of the folders above it."""
        ignores, above = Ignores(folder.root), Folder(folder.root)
        with suppress(OSError), closing(Descent(self.roots[folder.root])) as descent:
            for name in folder.path.split(b"/") if folder.path else ():
                ignores, _ = _with_rules(above, descent.reached, ignores)
                above = above.below(name)
                ignores = ignores.below(above.path)
                descent.go(name)
        return ignores

    def read(self, folder: Folder, ignores: Ignores | None = None) -> Listing:
        """What the folder holds now, under the rules of the folders above it, which are looked up if not given.

        A folder that cannot be read is empty with a warning; nothing is raised.
        """
        if ignores is None:
            ignores = self.ignores_of(folder)
        try:
            with reachable(self.absolute(folder.root, folder.path)) as reached:
                return _listed(folder, reached, ignores)
        except OSError as error:
            return Listing(folder, ignores, warning=f"{folder.shown} cannot be read: {error.strerror}.")


def _listed(folder: Folder, reached: bytes, ignores: Ignores) -> Listing:
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
    if ignores.reason is not None:
        names = sorted(name for name in entries if not _is_score_of_a_file(folder, reached, name))
        return Listing(folder, ignores, tuple(Entry(name, Look.IGNORED) for name in names), tuple(folders))
    warning = None
    if IGNORE_FILE in entries:
        ignores, warning = _with_rules(folder, reached, ignores)
    scores = stamps_in(reached + b"/" + SCORES_FOLDER) if SCORES_FOLDER in folders else {}
    sidecars = Sidecars(entries, scores)
    room = MAX_PATH_BYTES - len(folder.root.encode() + b"/" + join(folder.path, b""))
    seen = (
        Entry(name, Look.IGNORED)
        if ignores.why(join(folder.path, name))
        else _first_look(name, entries.pop(name), sidecars, room)  # a large folder is not kept twice
        for name in sorted(entries)
    )
    return Listing(folder, ignores, tuple(entry for entry in seen if entry is not None), tuple(folders), warning)


def _with_rules(folder: Folder, reached: bytes, ignores: Ignores) -> tuple[Ignores, str | None]:
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
        shown = shown_path(folder.root, join(folder.path, IGNORE_FILE))
        return ignores, f"{shown} cannot be read, so nothing is left out by it: {error}."


def _path_of(text: str) -> bytes:
    """The bytes behind a path as shown. Raises OutsideRoots where no path can have them."""
    try:
        path = path_from_shown(text)
    except UnicodeEncodeError:
        path = b"\0"
    if b"\0" in path:
        raise OutsideRoots("The path holds characters that no file name can have.", field="directory")
    return path


def _apart(folders: Iterable[Folder], *, recursive: bool) -> tuple[Folder, ...]:
    kept: list[Folder] = []
    for folder in sorted(set(folders), key=_before_what_it_holds):
        if not (recursive and any(outer.holds(folder) for outer in kept)):
            kept.append(folder)
    return tuple(kept)


def _before_what_it_holds(folder: Folder) -> bytes:
    """Sorts folders as the paths of their files sort: `a-b/` before `a/`."""
    return b"/".join((folder.root.encode(), folder.path, b"") if folder.path else (folder.root.encode(), b""))


def _first_look(name: bytes, entry: os.DirEntry[bytes], sidecars: Sidecars, room: int) -> Entry | None:
    """What an entry is; None for a sidecar, which counts with its picture, and for a file that is gone already.

    `room` is what the longest path leaves for the name, in bytes.
    """
    if suffix_of(name) not in FORMAT_OF_SUFFIX or len(name) > room:
        return None if sidecars.speaks_for_a_file(name) else Entry(name, Look.UNSUPPORTED)
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return Entry(name, Look.UNSUPPORTED)
    return Entry(name, Look.MEDIA, status.st_size, storable_ns(status.st_mtime_ns), sidecars.stamps_of(name))


def _is_score_of_a_file(folder: Folder, reached: bytes, name: bytes) -> bool:
    """Whether `.scores/a.jpg.json` belongs to a media file beside the folder, and so counts with it."""
    picture = picture_of_score(join(folder.path, name))
    return picture is not None and os.path.lexists(reached + b"/../" + picture.rpartition(b"/")[2])
