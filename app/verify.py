"""The library held against the disk: how each of its rows stands. Nothing is changed, neither there nor here.

`compare` decides for one row and is pure; `Verification` walks the rows, a page at a time, and counts.
Where a root is not there nothing in it is called missing: a disk that is unplugged has lost no file.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from app.analysis.source import open_source
from app.errors import CannotRead, NoSuchDirectory, NotADirectory
from app.ingest.disk.folders import Folders
from app.library.stock import Stock, StoredFile
from app.media import Place, storable_ns

COLUMNS = ("path", "class", "reason", "expected_size", "actual_size")


class Standing(StrEnum):
    """How a row stands to the disk: each row has exactly one."""

    OK = "ok"
    MISSING = "missing"
    CHANGED = "changed"
    ROTTEN = "rotten"  # size and time agree, the bytes do not
    UNREADABLE = "unreadable"
    ROOT_MISSING = "root_missing"
    MISSING_KNOWN = "missing_known"
    RETURNED = "returned"


FINE = frozenset({Standing.OK, Standing.MISSING_KNOWN})


class Sight(Enum):
    """What stands at a path."""

    FILE = "file"
    GONE = "gone"
    NO_FILE = "no_file"  # a folder, a link, a special file
    REFUSED = "refused"
    NO_ROOT = "no_root"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the disk says of one path; size in bytes, mtime in ns and inode (device, number) are of a regular file."""

    sight: Sight
    reason: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    inode: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One row, how it stands and why; `actual_size` in bytes, None where there is no file."""

    stored: StoredFile
    standing: Standing
    reason: str | None = None
    actual_size: int | None = None

    def as_line(self) -> dict[str, Any]:
        """The finding with the `COLUMNS`; sizes in bytes."""
        values = (self.stored.shown, self.standing.value, self.reason, self.stored.size, self.actual_size)
        return dict(zip(COLUMNS, values, strict=True))


def compare(stored: StoredFile, seen: Sighting) -> Finding:
    """How a row stands by what is seen of its file, without a look at the bytes."""
    match seen.sight:
        case Sight.NO_ROOT:
            return Finding(stored, Standing.ROOT_MISSING, seen.reason)
        case Sight.REFUSED:
            return Finding(stored, Standing.UNREADABLE, seen.reason, seen.size)
        case Sight.GONE | Sight.NO_FILE if stored.missing_at is not None:
            return Finding(
                stored, Standing.MISSING_KNOWN, f"The library knows it to be gone since {stored.missing_at}."
            )
        case Sight.GONE:
            return Finding(stored, Standing.MISSING, seen.reason)
        case Sight.NO_FILE:
            return Finding(stored, Standing.UNREADABLE, seen.reason)
    difference = _difference(stored, seen)
    if stored.missing_at is not None:
        reason = f"It is there again; the library knows it to be gone since {stored.missing_at}."
        return Finding(stored, Standing.RETURNED, " ".join(filter(None, (reason, difference))), seen.size)
    return Finding(stored, Standing.CHANGED if difference else Standing.OK, difference, seen.size)


def _difference(stored: StoredFile, seen: Sighting) -> str | None:
    if seen.size != stored.size:
        return f"It has {seen.size:,} bytes, {stored.size:,} in the library."
    return None if seen.mtime_ns == stored.mtime_ns else "Its size is the same, the time of its last change is another."


def is_straight(folder: bytes) -> bool:
    """Whether no link stands in the absolute path of a folder."""
    return os.path.realpath(folder) == folder


def look(folders: Folders, stored: StoredFile, straight: Callable[[bytes], bool] = is_straight) -> Sighting:
    """What stands at a row's path now. Nothing is opened, and no link is followed.

    Who looks at many files of a folder at once may remember of it whether it is `straight`.
    """
    base = folders.roots.get(stored.root)
    if base is None:
        return Sighting(Sight.NO_ROOT, f"No media root '{stored.root}' is configured.")
    path = folders.absolute(stored.place)
    try:
        status = os.lstat(path)
    except OSError as error:
        if not os.path.isdir(base):
            return Sighting(Sight.NO_ROOT, f"The media root '{stored.root}' is not there: {os.fsdecode(base)}.")
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return Sighting(Sight.GONE, "It is not there any more.")
        return Sighting(Sight.REFUSED, f"It cannot be looked at: {error.strerror}.")
    if not stat.S_ISREG(status.st_mode):
        return Sighting(Sight.NO_FILE, "It is a folder, a link or a special file now.")
    if not straight(os.path.dirname(path)):
        return Sighting(Sight.NO_FILE, "A link stands where a folder above it was, and links are not followed.")
    if not os.access(path, os.R_OK):
        return Sighting(Sight.REFUSED, "It cannot be read: permission is denied.", status.st_size)
    inode = (status.st_dev, status.st_ino)
    return Sighting(Sight.FILE, size=status.st_size, mtime_ns=storable_ns(status.st_mtime_ns), inode=inode)


def places(folders: Folders, stock: Stock, directories: Iterable[str]) -> tuple[Place, ...]:
    """The folders whose rows are meant, each row in one of them; without a directory, every root that has rows.

    A directory that is gone counts as long as the library has files of it. Raises OutsideRoots, NoSuchDirectory or
    NotADirectory.
    """
    kept: list[Place] = []
    for folder in sorted({_place(folders, stock, text) for text in directories}):
        if not any(outer.holds(folder) for outer in kept):
            kept.append(folder)
    return tuple(kept) or tuple(Place(root) for root in stock.roots())


def _place(folders: Folders, stock: Stock, text: str) -> Place:
    try:
        return folders.resolve(text)
    except (NoSuchDirectory, NotADirectory):
        folder = folders.locate(text)
        if next(stock.below(folder, page_rows=1), None) is None:
            raise
        return folder


@dataclass(slots=True)
class Verification:
    """One pass over the rows of these places; `sums` count what was found as it passes."""

    folders: Folders
    stock: Stock
    places: tuple[Place, ...]
    rehash: bool = False
    sums: dict[Standing, int] = field(default_factory=lambda: dict.fromkeys(Standing, 0))

    def __iter__(self) -> Iterator[Finding]:
        """A finding for each row, in path order within each place. Raises NeedsAttention without a database."""
        for place in self.places:
            for stored in self.stock.below(place):
                finding = self._finding(stored)
                self.sums[finding.standing] += 1
                yield finding

    def _finding(self, stored: StoredFile) -> Finding:
        first = compare(stored, look(self.folders, stored))
        return self._rehashed(stored) if self.rehash and first.standing is Standing.OK else first

    def _rehashed(self, stored: StoredFile) -> Finding:
        """What the bytes of a file that seems all right say; one that changes or vanishes meanwhile is not rotten."""
        refused: CannotRead | None = None
        digest = ""
        try:
            with open_source(self.folders.roots[stored.root], stored.path) as source:
                digest, _ = source.read(keep=False)
        except CannotRead as error:
            refused = error
        after = compare(stored, look(self.folders, stored))
        if after.standing is not Standing.OK:
            return after
        if refused is not None:
            standing = Standing.CHANGED if refused.cause == "still_changing" else Standing.UNREADABLE
            return Finding(stored, standing, refused.sentence, after.actual_size)
        if digest != stored.sha256:
            reason = f"Size and time agree, the bytes do not: SHA-256 {digest}, {stored.sha256} in the library."
            return Finding(stored, Standing.ROTTEN, reason, after.actual_size)
        return after

    @property
    def rows(self) -> int:
        """How many rows have passed."""
        return sum(self.sums.values())

    @property
    def differing(self) -> int:
        """How many of them are not as they should be."""
        return sum(count for standing, count in self.sums.items() if standing not in FINE)

    def as_json(self) -> dict[str, Any]:
        """The sums for programs."""
        sums = {standing.value: count for standing, count in self.sums.items()}
        return {"rows": self.rows, "differing": self.differing, "rehashed": self.rehash, "sums": sums}
