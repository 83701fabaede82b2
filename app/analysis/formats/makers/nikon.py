"""Reads what Nikon's cameras write into their films: boxes `moov/udta/NCDT/NCTG` of QuickTime (exiftool, Nikon.pm)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.films.movie import find_boxes, find_moov

_BYTES = 64 * 1024
_ENTRIES = 500
_MAKE, _MODEL, _ORIGINAL = 0x01, 0x02, 0x12
_ASCII = 2
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # bytes, by the types of TIFF


@dataclass(frozen=True, slots=True)
class NikonFilm:
    """What it says of itself; `original` is when it was taken, by the camera's own clock."""

    make: str = ""
    model: str = ""
    original: str = ""


def read_nikon_film(stream: BinaryIO) -> NikonFilm | None:
    """Read the tags of a film by Nikon; None of another."""
    place = next(_lists(stream), None)
    if place is None:
        return None
    texts = _texts(read_at(stream, place[0], min(place[1] - place[0], _BYTES)))
    return NikonFilm(*(texts.get(tag, "") for tag in (_MAKE, _MODEL, _ORIGINAL)))


def _lists(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where each list of tags starts and ends; programs add boxes `udta` beside the camera's."""
    for kind, at, length in walk_boxes(stream, *(find_moov(stream) or (0, 0))):
        own = find_boxes(stream, at, at + length).get(b"NCDT") if kind == b"udta" else None
        if own and (place := find_boxes(stream, *own).get(b"NCTG")):
            yield place


def _texts(block: bytes) -> dict[int, str]:
    """The texts by their tags: each entry is a tag, a type, a count, and its value, big-endian."""
    found: dict[int, str] = {}
    at = 0
    for _ in range(_ENTRIES):
        if at + 8 > len(block):
            break
        tag, kind, count = struct.unpack_from(">IHH", block, at)
        if kind not in _SIZES:
            break
        size = count * _SIZES[kind]
        if kind == _ASCII:
            found[tag] = block[at + 8 : at + 8 + size].partition(b"\0")[0].decode("utf-8", "replace").strip()
        at += 8 + size
    return found
