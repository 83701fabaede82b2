"""What would be gone with a folder: every path and every inode that is inside it, whatever other name leads there.

A copy that is the folder's own file by a hard link or a bind mount is no copy. Inodes tell a hard link; mount points,
too, because some file systems (FAT, as cameras use it) give a file another number when they come back to it.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

_MOUNTS = "/proc/self/mountinfo"
_OCTAL = re.compile(rb"\\([0-7]{3})")


class Spot(NamedTuple):
    """Where a path is in its file system, whichever mount leads there; `device` as the kernel numbers it."""

    device: bytes
    path: bytes

    def holds(self, other: "Spot") -> bool:
        """Whether the other spot is this one or below it."""
        return self.device == other.device and _is_in(other.path, self.path)


@dataclass(frozen=True, slots=True)
class Mounts:
    """The mount points of this process, each with the spot that is seen there."""

    points: Mapping[bytes, Spot] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: bytes) -> "Mounts":
        """Those of a `mountinfo` (https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html), the last on top."""
        fields = (line.split(b" ", 5) for line in text.splitlines())
        return cls({_unescaped(line[4]): Spot(line[2], _unescaped(line[3])) for line in fields if len(line) == 6})

    @classmethod
    def now(cls) -> "Mounts":
        """Those of this moment; none where the system does not say."""
        with suppress(OSError), open(_MOUNTS, "rb") as file:
            return cls.parse(file.read())
        return cls()

    def spot(self, path: bytes) -> Spot | None:
        """Where an absolute path without links is; None where that is not known."""
        above = path
        while above not in self.points:
            if above in (b"/", b""):
                return None
            above = above.rpartition(b"/")[0] or b"/"
        device, seen = self.points[above]
        below = path[len(above) :].strip(b"/")
        return Spot(device, (seen.rstrip(b"/") + b"/" + below) if below else seen)

    def inside(self, folder: bytes) -> list[Spot]:
        """Where a folder is, and whatever is mounted below it."""
        spots = [self.spot(folder), *(spot for point, spot in self.points.items() if _is_in(point, folder))]
        return [spot for spot in spots if spot is not None]


def _unescaped(path: bytes) -> bytes:
    return _OCTAL.sub(lambda match: bytes([int(match[1], 8)]), path)


def _is_in(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


class Extent:
    """What is inside a folder, `base` being its absolute path without links; eight bytes are kept for each file."""

    def __init__(self, base: bytes, mounts: Mounts | None = None) -> None:
        self.base = base
        self._mounts = Mounts.now() if mounts is None else mounts
        self._spots = self._mounts.inside(base)
        self._numbers: dict[int, array[int]] = {}
        self.files = 0
        self.size = 0

    def add(self, inode: tuple[int, int], size: int) -> None:
        """Counts a file of so many bytes; `close` is to be called after the last."""
        self._numbers.setdefault(inode[0], array("Q")).append(inode[1])
        self.files += 1
        self.size += size

    def close(self) -> None:
        """Makes ready to be asked."""
        self._numbers = {device: array("Q", sorted(numbers)) for device, numbers in self._numbers.items()}

    def why(self, path: bytes, inode: tuple[int, int]) -> str | None:
        """Why a file at an absolute path without links would be gone with the folder; None if it would be left."""
        if _is_in(path, self.base):
            return "It lies inside the folder itself."
        spot = self._mounts.spot(path)
        if spot is not None and any(own.holds(spot) for own in self._spots):
            return "It is the folder's own file: another mount leads to it."
        numbers = self._numbers.get(inode[0], ())
        at = bisect_left(numbers, inode[1])
        if at < len(numbers) and numbers[at] == inode[1]:
            return "It is the folder's own file by another name: a hard link."
        return None
