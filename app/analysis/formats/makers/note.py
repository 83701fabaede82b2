"""Reads a maker note as what most of them are: a directory as TIFF has them, in a form of the maker's own.

It knows no tag. Everything is bounded in entries and bytes.
"""

import struct
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from app.analysis.formats.blocks import read_at
from app.analysis.formats.tiff import decode_text

MAX_BYTES = 4096  # of one value
_MAX_ENTRIES = 500
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_BYTES = 7


class Entry(NamedTuple):
    """A value by its type, where it stands in the block, its bytes, and the order in which they are read."""

    kind: int
    at: int
    content: bytes
    order: str

    @property
    def text(self) -> str:
        """The value as a text, up to its NUL."""
        return decode_text(self.content.partition(b"\0")[0]).strip()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The value as whole numbers; none where it has another type."""
        letter = _NUMBERS.get(self.kind, "B" if self.kind == _BYTES else "")
        if not letter:
            return ()
        count = len(self.content) // struct.calcsize(letter)
        return struct.unpack_from(f"{self.order}{count}{letter}", self.content)

    def number(self, index: int = 0) -> int:
        """The number at this place, 0 where there is none."""
        numbers = self.numbers
        return numbers[index] if index < len(numbers) else 0


NOTHING = Entry(0, 0, b"", "<")


class Note:
    """A maker note in its block: where it starts, its first bytes, and the byte order of the block."""

    def __init__(self, stream: BinaryIO, at: int) -> None:
        self.stream, self.at = stream, at
        self.head = read_at(stream, at, 16)
        self.order = read_order(read_at(stream, 0, 2)) or "<"

    def read_directory(self, at: int, base: int, order: str | None = None) -> Mapping[int, Entry]:
        """Read the entries of the directory at this place of the block, by tag; their offsets count from `base`."""
        order = order or self.order
        found: dict[int, Entry] = {}
        for start, (tag, kind, number, offset) in self._table(at, order):
            size = number * _SIZES.get(kind, 0)
            place = start + 8 if size <= 4 else base + offset
            content = read_at(self.stream, place, min(size, MAX_BYTES))
            found.setdefault(tag, Entry(kind, place, content, order))
        return found

    def find_number(self, at: int, order: str, tag: int) -> int | None:
        """Find the one number of 4 bytes under this tag of the directory, without reading the rest; None without it."""
        entries = self._table(at, order) if len(read_at(self.stream, at, 2)) == 2 else []
        return next((value for _, (own, kind, count, value) in entries if (own, kind, count) == (tag, 4, 1)), None)

    def _table(self, at: int, order: str) -> list[tuple[int, tuple[int, ...]]]:
        """Where each entry stands, and its four numbers."""
        head = read_at(self.stream, at, 2)
        count = min(struct.unpack(order + "H", head)[0], _MAX_ENTRIES)
        table = read_at(self.stream, at + 2, 12 * count)
        places = range(0, len(table) - 11, 12)
        return [(at + 2 + place, struct.unpack_from(order + "HHII", table, place)) for place in places]


def read_order(mark: bytes) -> str | None:
    """The byte order that this mark of TIFF names, as `struct` writes it; None where it is no mark."""
    return {b"II": "<", b"MM": ">"}.get(mark)
