"""Reads the headers of an MP4 or QuickTime file: what libav does not tell, and what is left where libav refuses it.

It also decides what a display matrix means (ISO 14496-12, 8.2.2 and 8.3.2), and how wide pixels count as square ones.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import BinaryIO, Literal

from app.analysis.formats.blocks import read_at, walk_boxes

MAX_TRACKS = 100

_MAX_FRAME_RATE = 1000  # beyond it, it is the clock of a track without frames

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
_AS_IT_IS = (1.0, 0.0, 0.0, 1.0)
_BYTES = 36
_HEADER_BYTES = 112
_MANY = 200  # boxes in one box, where a few are expected
_PLACES = {0: (12, 40), 1: (20, 52)}  # of a track's number and its matrix, by the version of the header
_TIMES = {0: (4, ">I4xII", 36), 1: (4, ">Q8xIQ", 48)}  # of when it was made, clock and length; of the movie's matrix
_UNKNOWN = (2**32 - 1, 2**64 - 1)
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_SINCE_1970 = 2_082_844_800  # s that the clock showed then: less is a clock that nobody set, or another one

Turn = tuple[float, float, float, float]
Boxes = Mapping[bytes, tuple[int, int]]
"""Where the content of a box starts and ends, by its kind."""


@dataclass(frozen=True, slots=True)
class Track:
    """A moving picture by its header: its size in square pixels as stored, and the EXIF value 1..8 that it needs."""

    number: int
    size: tuple[int, int] | None = None
    orientation: int | None = None
    frame_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Movie:
    """What the headers say: the length, when it was made as ISO 8601, and its moving pictures.

    `local` where the clock of the header is known to be the camera's own, though the format has it in UTC.
    """

    seconds: float | None = None
    made_at: str | None = None
    tracks: tuple[Track, ...] = ()
    local: bool = False

    def find_track(self, number: int | None = None) -> Track | None:
        """Find the moving picture of this number, else the first; None without any."""
        own = [track for track in self.tracks if track.number == number]
        return next(iter((*own, *self.tracks)), None)


def check_frame_rate(rate: float) -> float | None:
    """Round a frame rate in frames a second; None for one that cannot be true."""
    return round(rate, 6) if 1e-6 <= rate <= _MAX_FRAME_RATE else None


def square_width(width: int, pixel: Fraction | None) -> int:
    """Convert a width to square pixels, where each pixel is `pixel` times as wide as high."""
    return round(width * (pixel if pixel and Fraction(1, 4) <= pixel <= 4 else 1))


def decode_display_matrix(matrix: bytes, order: Literal["big", "little"]) -> int:
    """Convert a display matrix of nine 32-bit numbers to the EXIF value 1..8; 1 unless it turns or mirrors squarely."""
    return orient_turn(_turn(matrix, order))


def orient_turn(turn: Turn) -> int:
    """Convert the four turning numbers of a display matrix, a, b, c, d, to the EXIF value 1..8."""
    largest = max(map(abs, turn)) or 1
    a, b, c, d = (round(number / largest) for number in turn)
    return _TURNS.get((a, b, c, d), 1)


def _turn(matrix: bytes, order: Literal["big", "little"]) -> Turn:
    a, b, _, c, d, *_ = struct.unpack(f"{'>' if order == 'big' else '<'}9i", matrix[:_BYTES])
    return a, b, c, d


def read_movie(stream: BinaryIO) -> Movie:
    """Read the headers of an ISO base media file, as far as they are found."""
    place = find_moov(stream)
    return _movie(stream, *place) if place else Movie()


def find_moov(stream: BinaryIO) -> tuple[int, int] | None:
    """Find where the content of `moov` starts and ends, in bytes; None without one."""
    end = stream.seek(0, os.SEEK_END)
    found = ((at, at + length) for kind, at, length in walk_boxes(stream, 0, end) if kind == b"moov")
    return next(found, None)


def _movie(stream: BinaryIO, at: int, end: int) -> Movie:
    inside = find_boxes(stream, at, end)
    header = _content(stream, inside, b"mvhd")
    made, scale, length, whole = _times(header)
    turned = _turn(header[whole:], "big") if len(header) >= whole + _BYTES else _AS_IT_IS
    tracks = (place for kind, *place in walk_boxes(stream, at, end) if kind == b"trak")
    moving = (_track(stream, start, start + size, turned) for start, size in islice(tracks, MAX_TRACKS))
    return Movie(
        length / scale if scale and length and length not in _UNKNOWN else None,
        _moment(made),
        tuple(track for track in moving if track),
    )


def find_boxes(stream: BinaryIO, at: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Find where the content of the first box of each kind starts and ends, in bytes."""
    found: dict[bytes, tuple[int, int]] = {}
    for kind, start, length in islice(walk_boxes(stream, at, end), _MANY):
        found.setdefault(kind, (start, start + length))
    return found


def find_boxes_in_meta(stream: BinaryIO, at: int, end: int) -> Boxes:
    """Find the first box of each kind in a `meta`: outside QuickTime, four bytes stand before its boxes."""
    return find_boxes(stream, at + (0 if read_at(stream, at, 8)[4:] == b"hdlr" else 4), end)


def _content(stream: BinaryIO, inside: Boxes, kind: bytes) -> bytes:
    """What a header holds, empty where there is none."""
    start, end = inside.get(kind, (0, 0))
    return read_at(stream, start, min(_HEADER_BYTES, end - start))


def _times(header: bytes) -> tuple[int, int, int, int]:
    """When it was made, the clock in ticks a second, the length in ticks, and where a matrix would follow."""
    at, numbers, matrix = _TIMES.get(header[0] if header else -1, (0, "", 0))
    if not numbers or len(header) < at + struct.calcsize(numbers):
        return 0, 0, 0, _HEADER_BYTES
    return (*struct.unpack_from(numbers, header, at), matrix)


def _moment(seconds: int) -> str | None:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat() if seconds > _SINCE_1970 else None
    except OverflowError:
        return None


def _track(stream: BinaryIO, at: int, end: int, turned: Turn) -> Track | None:
    """The track if it is a moving picture; `turned` is how the whole movie is, after each track."""
    inside = find_boxes(stream, at, end)
    media = find_boxes(stream, *inside[b"mdia"]) if b"mdia" in inside else {}
    if _content(stream, media, b"hdlr")[8:12] != b"vide":
        return None
    header = _content(stream, inside, b"tkhd")
    number, matrix = _PLACES.get(header[0] if header else -1, (0, _HEADER_BYTES))
    if len(header) < matrix + _BYTES + 8:
        return None
    width, height = (round(side / 65536) for side in struct.unpack_from(">II", header, matrix + _BYTES))
    return Track(
        int.from_bytes(header[number : number + 4], "big"),
        (width, height) if width and height else None,
        orient_turn(_both(_turn(header[matrix:], "big"), turned)),
        _frame_rate(stream, media),
    )


def _both(first: Turn, then: Turn) -> Turn:
    """One turn after the other."""
    (a, b, c, d), (e, f, g, h) = first, then
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _frame_rate(stream: BinaryIO, media: Boxes) -> float | None:
    """How many pictures the track has in its length."""
    _, scale, length, _ = _times(_content(stream, media, b"mdhd"))
    for kind in (b"minf", b"stbl"):
        media = find_boxes(stream, *media[kind]) if kind in media else {}
    sizes = _content(stream, media, b"stsz") or _content(stream, media, b"stz2")
    count = int.from_bytes(sizes[8:12], "big")
    return check_frame_rate(count * scale / length) if length and length not in _UNKNOWN else None
