"""Reads what people say of an MP4 or QuickTime file and libav does not tell: ratings, and texts that it passes over.

Windows keeps ratings and tags in `moov/udta/Xtra`. The list of iTunes has a person's rating, `rate`, besides its advice
for parents, `rtng`, which is nobody's opinion. A text has one form in QuickTime, another in 3GPP, a third in that list.
"""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from app.analysis.formats.blocks import read_at
from app.analysis.formats.films.movie import Boxes, find_boxes, find_boxes_in_meta, find_moov

_BYTES = 64 * 1024
_ENTRIES, _VALUES = 100, 100
_RATING, _TAGS = "WM/SharedUserRating", "WM/Category"
_TEXT, _NUMBER = 8, 19  # types of a value: UTF-16, 64 bits
_DATE = b"date"
_TAGS_OF = {  # by the names that libav has for them elsewhere
    "description": (b"\xa9des", b"dscp"),
    "title": (b"titl",),
    "artist": (b"perf",),
    "author": (b"auth",),
    "copyright": (b"cprt",),
    "keywords": (b"\xa9key",),
    "datetimeoriginal": (_DATE,),
}
# Bytes before a text: length and language; version and language; type and language
_QUICKTIME, _MOBILE, _LISTED = 4, 6, 8


@dataclass(frozen=True, slots=True)
class XtraTags:
    """A person's rating as it stands there, and keywords; `tags` are texts by the names that libav would give them.

    `percent` is that of Windows, `rate` the text of iTunes: what they are worth in stars, `score.py` judges.
    """

    percent: int | None = None
    rate: str = ""
    keywords: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


NO_XTRA_TAGS = XtraTags()


def read_xtra(stream: BinaryIO) -> XtraTags:
    """Read rating, keywords and texts of a film; empty where none are found."""
    moov = find_moov(stream)
    inside = find_boxes(stream, *moov) if moov else {}
    user = find_boxes(stream, *inside[b"udta"]) if b"udta" in inside else {}
    said = dict(_entries(_content(stream, user, b"Xtra")))
    windows = next((value for value in said.get(_RATING, ()) if isinstance(value, int)), None)
    words = tuple(value for value in said.get(_TAGS, ()) if isinstance(value, str))
    listed = _list(stream, user)
    rate = _listed(stream, listed, b"rate")
    tags = {name: text for name, kinds in _TAGS_OF.items() if (text := _first(stream, user, listed, kinds))}
    return XtraTags(windows, rate, words, tags)


def _content(stream: BinaryIO, inside: Boxes, kind: bytes) -> bytes:
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


def _list(stream: BinaryIO, user: Boxes) -> Boxes:
    """What `meta/ilst` holds."""
    inside = find_boxes_in_meta(stream, *user[b"meta"]) if b"meta" in user else {}
    return find_boxes(stream, *inside[b"ilst"]) if b"ilst" in inside else {}


def _listed(stream: BinaryIO, listed: Boxes, kind: bytes) -> str:
    """The text of one entry of the list."""
    inside = find_boxes(stream, *listed[kind]) if kind in listed else {}
    return _decoded(_content(stream, inside, b"data")[_LISTED:])


def _first(stream: BinaryIO, user: Boxes, listed: Boxes, kinds: tuple[bytes, ...]) -> str:
    """The first text that one of these boxes has, in the list or beside it."""
    texts = (text for kind in kinds for text in (_listed(stream, listed, kind), _told(stream, user, kind)))
    return next((text for text in texts if text), "")


def _told(stream: BinaryIO, user: Boxes, kind: bytes) -> str:
    content = _content(stream, user, kind)
    if kind == _DATE:
        return _decoded(content)
    if kind.startswith(b"\xa9"):
        return _decoded(content[_QUICKTIME : _QUICKTIME + int.from_bytes(content[:2], "big")])
    return _decoded(content[_MOBILE:])


def _decoded(text: bytes) -> str:
    """A text that does not say how it is written: UTF-16 with a mark, UTF-8, else as old Macintoshs did."""
    if text.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        decoded = text.decode("utf-16", "replace")
    else:
        try:
            decoded = text.decode("utf-8")
        except UnicodeDecodeError:
            decoded = text.decode("mac-roman", "replace")
    return decoded.partition("\0")[0].strip()
