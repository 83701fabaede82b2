"""Where the files of other rows are: what a write has to know of the disk, looked up before it and never inside.

A write that comes upon rows whose files nobody has looked for gives up, with nothing changed, and says which they are.
They are looked for while no lock is held, and the write is tried again: it goes through once it finds no other rows
than those that were looked for, as they were then.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection

from app.library.engine import Engines
from app.media import Place

T = TypeVar("T")


class Whereabouts(StrEnum):
    """Where the file of a row is, as far as the disk says."""

    IN_PLACE = "in_place"  # there, as its row knows it
    CHANGED = "changed"  # there, with another size or time
    GONE = "gone"  # not there
    UNSURE = "unsure"  # not there, but that may be the whole disk
    UNKNOWN = "unknown"  # nobody can tell


class RowFile(NamedTuple):
    """A row and its file as the library knows them: size in bytes, time of change in ns."""

    id: int
    root: str
    path: bytes
    size: int
    mtime_ns: int

    @property
    def place(self) -> Place:
        """Where it was when the row was written."""
        return Place(self.root, self.path)


Look: TypeAlias = Callable[[RowFile], Whereabouts]
Locations: TypeAlias = Mapping[RowFile, Whereabouts]


def nobody_looks(_row: RowFile) -> Whereabouts:
    """The answer where there is no disk to ask."""
    return Whereabouts.UNKNOWN


class NotLookedFor(Exception):
    """A write needs to know where the files of these rows are; with none, the rows changed while it was at work."""

    def __init__(self, rows: Iterable[RowFile] = ()) -> None:
        super().__init__("the files of some rows have to be looked for")
        self.rows = tuple(rows)


def write_knowing(engines: Engines, work: Callable[[Locations, Connection], T], look: Look) -> T:
    """Runs `work` in one transaction and commits; it is told where files are and raises NotLookedFor for any more.

    It is tried again for each set of rows that it comes upon; that ends, as only another program makes new ones. Raises
    what `Engines.write` raises.
    """
    looked: dict[RowFile, Whereabouts] = {}
    while True:
        try:
            return engines.write(partial(work, looked))
        except NotLookedFor as missing:
            looked |= {row: look(row) for row in missing.rows}
