"""Tells which directory of a TIFF is that of its picture: the first may be a reduced copy, or a mask.

The kinds are those of TIFF 6.0 (NewSubfileType, SubfileType) and of Adobe's technical note 1 (SubIFDs). It reads no
pixels, and a bounded number of directories and entries.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.analysis.formats.blocks import read_at

_MAX_DIRECTORIES, _MAX_ENTRIES, _MAX_BELOW = 1_000, 1_000, 16
_KIND, _OLD_KIND, _WIDTH, _BELOW = 254, 255, 256, 330
_REDUCED, _MASK = 1, 4  # bits of the kind
_OLD_REDUCED = 2
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory at this byte of a TIFF; `own` says that it is of a picture, no reduced copy of one and no mask."""

    at: int
    own: bool
    below: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """The directory of the picture, None where it is the first, and how many such pictures follow one another."""

    picture: int | None
    count: int


def find_pages(stream: BinaryIO) -> Pages:
    """Find the picture of a TIFF: the first page that is no reduced copy, else one below the first directory.

    Raises OSError where the disk fails.
    """
    reader = _Reader(stream)
    following = [*reader.walk()]
    own = [directory for directory in following if directory.own]
    if not following or following[0].own:
        return Pages(None, max(1, len(own)))
    below = [found for at in following[0].below[:_MAX_BELOW] if (found := reader.read(at)) and found[0].own]
    picture = own[0] if own else below[0][0] if below else None
    return Pages(picture.at if picture else None, max(1, len(own)))


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        head = read_at(stream, 0, 16)
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        self._big = head[2:4] in (b"+\0", b"\0+")
        self._first = 0
        if self._order and len(head) == 16:
            (self._first,) = struct.unpack_from(self._order + ("Q" if self._big else "I"), head, 8 if self._big else 4)

    def walk(self) -> Iterator[Directory]:
        """The directories that follow one another."""
        at, seen = self._first, set[int]()
        while at and at not in seen and len(seen) < _MAX_DIRECTORIES and (found := self.read(at)):
            seen.add(at)
            directory, at = found
            yield directory

    def read(self, at: int) -> tuple[Directory, int] | None:
        """A directory, and where the next one starts; None where there is none."""
        count_size, entry_size, link = (8, 20, "Q") if self._big else (2, 12, "I")
        head = read_at(self._stream, at, count_size)
        count = int.from_bytes(head, "little" if self._order == "<" else "big")
        if len(head) < count_size or not 0 < count <= _MAX_ENTRIES:
            return None
        table = read_at(self._stream, at + count_size, count * entry_size + struct.calcsize("=" + link))
        found: dict[int, tuple[int, ...]] = {}
        for start in range(0, min(count, len(table) // entry_size) * entry_size, entry_size):
            (tag,) = struct.unpack_from(self._order + "H", table, start)
            if tag in (_KIND, _OLD_KIND, _WIDTH, _BELOW):
                found[tag] = self._numbers(table[start : start + entry_size])
        rest = table[count * entry_size :]
        following = struct.unpack(self._order + link, rest)[0] if len(rest) == struct.calcsize("=" + link) else 0
        (kind,), (old,) = found.get(_KIND, ())[:1] or (0,), found.get(_OLD_KIND, ())[:1] or (1,)
        own = _WIDTH in found and not kind & (_REDUCED | _MASK) and (_KIND in found or old != _OLD_REDUCED)
        return Directory(at, own, found.get(_BELOW, ())), following

    def _numbers(self, entry: bytes) -> tuple[int, ...]:
        """The whole numbers of an entry, those that stand elsewhere, too."""
        wide = "Q" if self._big else "I"
        kind, count = struct.unpack_from(self._order + "H" + wide, entry, 2)
        letter = "H" if kind == _SHORT else "Q" if kind in (16, 18) else "I"
        size = min(count, _MAX_BELOW) * struct.calcsize("=" + letter)
        inline = entry[4 + struct.calcsize("=" + wide) :]
        content = (
            inline[:size] if count * struct.calcsize("=" + letter) <= len(inline) else self._elsewhere(inline, size)
        )
        whole = len(content) // struct.calcsize("=" + letter)
        return struct.unpack(f"{self._order}{whole}{letter}", content[: whole * struct.calcsize("=" + letter)])

    def _elsewhere(self, inline: bytes, size: int) -> bytes:
        return read_at(self._stream, int.from_bytes(inline, "little" if self._order == "<" else "big"), size)
