"""Reads what libav does not tell of an MP4 or QuickTime file: its own word for its length, how its pictures stand.

It reads headers only, and decides what a display matrix means (ISO 14496-12, 8.2.2 and 8.3.2).
"""

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Literal

from app.analysis.blocks import boxes

_TURNS = {  # a, b, c, d of x' = a x + c y, y' = b x + d y
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, 1, -1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, -1, 1, 0): 8,
}
_BYTES = 36
_HEADER_BYTES = 104
_MAX_TRACKS = 100
_PLACES = {0: (12, 40), 1: (20, 52)}  # of the track's number and its matrix, by the version of the header
_TIMES = {0: (12, ">II"), 1: (20, ">IQ")}  # of the clock and the length by it, by the version of the header
_UNKNOWN = (2**32 - 1, 2**64 - 1)


@dataclass(frozen=True, slots=True)
class Movie:
    """What the headers say: the length, and the EXIF value 1..8 of each track by its number."""

    seconds: float | None = None
    orientations: Mapping[int, int] = field(default_factory=dict)


def orientation(matrix: bytes, order: Literal["big", "little"]) -> int:
    """The EXIF value 1..8 of a display matrix of nine 32-bit numbers; 1 where it neither turns nor mirrors squarely."""
    a, b, _, c, d, *_ = struct.unpack(f"{'>' if order == 'big' else '<'}9i", matrix[:_BYTES])
    largest = max(abs(a), abs(b), abs(c), abs(d)) or 1
    turn = tuple(round(number / largest) for number in (a, b, c, d))
    return _TURNS.get(turn, 1)


def read(stream: BinaryIO) -> Movie:
    """The headers of an ISO base media file, as far as they are found; the stream is left where it was."""
    before = stream.tell()
    try:
        end = stream.seek(0, os.SEEK_END)
        seconds: float | None = None
        orientations: dict[int, int] = {}
        for at, until in islice(_inside(stream, 0, end, b"moov"), 1):
            for start, _ in islice(_inside(stream, at, until, b"mvhd"), 1):
                seconds = _seconds(_header(stream, start))
            for start, stop in islice(_inside(stream, at, until, b"trak"), _MAX_TRACKS):
                for place, _ in islice(_inside(stream, start, stop, b"tkhd"), 1):
                    orientations.update(_turned(_header(stream, place)))
        return Movie(seconds, orientations)
    finally:
        stream.seek(before)


def _inside(stream: BinaryIO, at: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of the content of the boxes of one kind."""
    return ((place, min(place + length, end)) for kind, place, length in boxes(stream, at, end) if kind == wanted)


def _header(stream: BinaryIO, at: int) -> bytes:
    stream.seek(at)
    return stream.read(_HEADER_BYTES)


def _seconds(header: bytes) -> float | None:
    at, numbers = _TIMES.get(header[0] if header else -1, (_HEADER_BYTES, ""))
    if len(header) < at + 12:
        return None
    scale, length = struct.unpack_from(numbers, header, at)
    return length / scale if scale and length and length not in _UNKNOWN else None


def _turned(header: bytes) -> Iterator[tuple[int, int]]:
    number, matrix = _PLACES.get(header[0] if header else -1, (0, _HEADER_BYTES))
    if len(header) >= matrix + _BYTES:
        yield int.from_bytes(header[number : number + 4], "big"), orientation(header[matrix:], "big")
