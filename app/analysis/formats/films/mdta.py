"""Reads the tables of named texts in an MP4 or QuickTime file: `meta` boxes of the handler `mdta`, with keys.

libav names the values of each such table by the keys of the first. A file gets a second one where a program that writes
texts of its own beside pictures, as those for AI videos do, was followed by one that edits, as Apple's or exiftool.
"""

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.films.movie import Boxes, find_boxes, find_boxes_in_meta, find_moov
from app.analysis.formats.png import TEXT_BYTES

Table = Mapping[str, str]
"""The texts by their names in lower case; empty where the value is no text, or too long."""

_TABLES, _KEYS = 10, 1000  # of a file, of a table
_KEYS_BYTES = 64 * 1024
_HANDLER = slice(8, 12)
_COUNT = 8  # bytes before the keys: version and flags, how many
_BEFORE = 8  # bytes before a value: its type, its language
_TEXTS = (0, 1)  # types of a value: not told, UTF-8


def read_mdta(stream: BinaryIO) -> tuple[Table, ...]:
    """Read the first table in `moov`, in its `udta`, and in the file itself."""
    found: list[Table] = []
    room = TEXT_BYTES
    for place in islice(_metas(stream), _TABLES):
        table = _table(stream, find_boxes_in_meta(stream, *place), room)
        if table:
            found.append(table)
            room -= sum(map(len, table.values()))
    return tuple(found)


def merge_tables(tables: tuple[Table, ...]) -> dict[str, str]:
    """Merge the tables: of equal names, the first that has a text counts."""
    found: dict[str, str] = {}
    for table in tables:
        found |= {name: text for name, text in table.items() if not found.get(name)}
    return found


def _metas(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where the content of each `meta` starts and ends."""
    movie = find_moov(stream) or (0, 0)
    user = find_boxes(stream, *movie).get(b"udta", (0, 0))
    for place in (movie, user, (0, stream.seek(0, os.SEEK_END))):
        yield from ((at, at + length) for kind, at, length in walk_boxes(stream, *place) if kind == b"meta")


def _table(stream: BinaryIO, inside: Boxes, room: int) -> Table:
    """The texts of one table, at most `room` bytes."""
    if not {b"hdlr", b"keys", b"ilst"} <= inside.keys() or _content(stream, inside[b"hdlr"])[_HANDLER] != b"mdta":
        return {}
    names = _names(_content(stream, inside[b"keys"]))
    found = dict.fromkeys(names, "")
    for kind, at, length in islice(walk_boxes(stream, *inside[b"ilst"]), _KEYS):
        number = int.from_bytes(kind, "big")
        if 1 <= number <= len(names) and (content := _value(stream, at, at + length, room)):
            room -= len(content)
            found[names[number - 1]] = content.partition(b"\0")[0].decode("utf-8", "replace")
    found.pop("", None)
    return found


def _content(stream: BinaryIO, place: tuple[int, int]) -> bytes:
    start, end = place
    return read_at(stream, start, min(end - start, _KEYS_BYTES))


def _names(keys: bytes) -> list[str]:
    """The names of the keys in their order, empty for those of another space of names."""
    found: list[str] = []
    at = _COUNT
    while len(found) < _KEYS and 8 <= (length := int.from_bytes(keys[at : at + 4], "big")) <= len(keys) - at:
        own = keys[at + 4 : at + 8] == b"mdta"
        found.append(keys[at + 8 : at + length].decode("utf-8", "replace").lower() if own else "")
        at += length
    return found


def _value(stream: BinaryIO, at: int, end: int, room: int) -> bytes:
    """The text of one entry of the list, empty where it has none or one of more than `room` bytes."""
    kind, start, length = next(walk_boxes(stream, at, end), (b"", 0, 0))
    size = length - _BEFORE
    if kind != b"data" or not 0 < size <= room or int.from_bytes(read_at(stream, start, 4), "big") not in _TEXTS:
        return b""
    return read_at(stream, start + _BEFORE, size)
