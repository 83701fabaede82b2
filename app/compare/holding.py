"""What the library holds of one file of a folder, decided from what was read; it opens nothing.

Safe is a file of which a copy lies outside the folder, on another inode, whose bytes were read again in this run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from app.library.stock import StoredFile
from app.texts import counted

COLUMNS = ("path", "class", "reason", "size", "sidecars", "copy")


class Holding(StrEnum):
    """What the library holds of a file: each file that is found has exactly one."""

    IN_LIBRARY = "in_library"  # and on disk now
    FILE_MISSING = "file_missing"  # the library has a row of these bytes, and no copy that would be left
    SAME_PICTURE = "same_picture"  # the image data is that of a file of the library, the bytes are others
    NOT_IN_LIBRARY = "not_in_library"
    NOT_MEDIA = "not_media"
    UNREADABLE = "unreadable"


class Trust(Enum):
    """How far a file of the library can be relied on as a copy."""

    READ_AGAIN = "read_again"  # its bytes, in this run
    LOOKS_RIGHT = "looks_right"  # size and time are those of its row
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Copy:
    """A file of the library that should have the bytes of one of the folder; a reason where it does not count.

    `own` says that the reason is that it would go with the folder.
    """

    stored: StoredFile
    trust: Trust
    reason: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One file, what the library holds of it, and why; `size` in bytes, None where nothing was opened.

    `path` is as shown. `sidecars` are those that count with it. `copy` is the file of the library that decided. A file
    is `only_here` if all files of the library with its bytes are there, and would go with the folder.
    """

    path: str
    holding: Holding
    reason: str | None = None
    size: int | None = None
    sidecars: int = 0
    copy: StoredFile | None = None
    read_again: bool = False
    only_here: bool = False

    @property
    def safe(self) -> bool:
        """Whether nothing of it is lost when the folder is wiped; its sidecars are found for themselves."""
        return self.holding is Holding.IN_LIBRARY and self.read_again

    def as_line(self) -> dict[str, Any]:
        """The finding with the `COLUMNS`; size in bytes."""
        copy = self.copy.shown if self.copy else None
        values = (self.path, self.holding.value, self.reason, self.size, self.sidecars, copy)
        return dict(zip(COLUMNS, values, strict=True))


def by_copies(path: str, size: int, sidecars: int, copies: Sequence[Copy]) -> Finding:
    """What is held of a file of whose bytes the library has rows; `copies` has one for each that was looked at."""
    best = next((copy for copy in copies if copy.trust is Trust.READ_AGAIN), None)
    best = best or next((copy for copy in copies if copy.trust is Trust.LOOKS_RIGHT), None)
    if best is not None:
        again = best.trust is Trust.READ_AGAIN
        reason = None if again else "Its copy was not re-read: size and time are as the library knows them."
        return Finding(path, Holding.IN_LIBRARY, reason, size, sidecars, best.stored, again)
    first, others = copies[0], len(copies) - 1
    reason = f"{first.stored.shown}: {first.reason}"
    if others:
        reason += f" The same goes for {counted(others, 'other file')} with these bytes."
    only_here = all(copy.own for copy in copies)
    return Finding(path, Holding.FILE_MISSING, reason, size, sidecars, first.stored, only_here=only_here)
