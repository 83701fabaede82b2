"""Reads what people say of an MP4 or QuickTime file and libav does not tell: the box of Windows, the rating of iTunes.

Windows keeps ratings and tags in `moov/udta/Xtra`. The list of iTunes has a person's rating, `rate`, besides its advice
for parents, `rtng`, which is nobody's opinion.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from app.analysis import score
from app.analysis.blocks import read_at
from app.analysis.movie import Places, first_of_each, whole_movie

_BYTES = 64 * 1024
_ENTRIES, _VALUES = 100, 100
_RATING, _TAGS = "WM/SharedUserRating", "WM/Category"
_TEXT, _NUMBER = 8, 19  # types of a value: UTF-16, 64 bits


@dataclass(frozen=True, slots=True)
class Said:
    """A person's rating, 1 to 5, and keywords."""

    score: int | None = None
    keywords: tuple[str, ...] = ()


NOTHING = Said()


def read(stream: BinaryIO) -> Said:
    """What is said of the film, as far as it is found."""
    moov = whole_movie(stream)
    inside = first_of_each(stream, *moov) if moov else {}
    user = first_of_each(stream, *inside[b"udta"]) if b"udta" in inside else {}
    said = dict(_entries(_content(stream, user, b"Xtra")))
    windows = next((value for value in said.get(_RATING, ()) if isinstance(value, int)), None)
    words = tuple(value for value in said.get(_TAGS, ()) if isinstance(value, str))
    return Said(score.of_percent(windows) or score.of_hundred(_rate(stream, user)), words)


def _content(stream: BinaryIO, inside: Places, kind: bytes) -> bytes:
    start, end = inside.get(kind, (0, 0))
    return read_at(stream, start, end - start) if end - start <= _BYTES else b""


def _entries(block: bytes) -> Iterator[tuple[str, list[int | str]]]:
    """Name and values: length, length of the name, the name, how many values; of each its length, its type, itself."""
    for entry in islice(_pieces(block), _ENTRIES):
        length = int.from_bytes(entry[:4], "big")
        values = islice(_pieces(entry[8 + length :]), _VALUES)
        yield entry[4 : 4 + length].decode("utf-8", "replace"), [found for value in values if (found := _value(value))]


def _pieces(block: bytes) -> Iterator[bytes]:
    """What stands behind lengths of four bytes, which count themselves."""
    while len(block) > 4 and (length := int.from_bytes(block[:4], "big")) > 4:
        yield block[4:length]
        block = block[length:]


def _value(value: bytes) -> int | str | None:
    kind, content = int.from_bytes(value[:2], "big"), value[2:]
    if kind == _NUMBER:
        return int.from_bytes(content[:8], "little")
    return content.decode("utf-16-le", "replace").strip("\0") if kind == _TEXT else None


def _rate(stream: BinaryIO, user: Places) -> str:
    """The text of `meta/ilst/rate/data`; `meta` has four bytes of its own before its boxes, but not in QuickTime."""
    if b"meta" not in user:
        return ""
    start, end = user[b"meta"]
    start += 0 if read_at(stream, start, 8)[4:] == b"hdlr" else 4
    inside = first_of_each(stream, start, end)
    for kind in (b"ilst", b"rate"):
        inside = first_of_each(stream, *inside[kind]) if kind in inside else {}
    return _content(stream, inside, b"data")[8:].decode("utf-8", "replace")
