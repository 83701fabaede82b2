"""Reads the headers of a Matroska or WebM file: how its pictures stand, and what is left where libav refuses it.

EBML is RFC 8794, the elements are those of RFC 9559. Nothing is read behind the first cluster, or what is too large.
"""

import math
import os
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import BinaryIO

from app.analysis.formats.blocks import read_at
from app.analysis.formats.films.movie import MAX_TRACKS, Movie, Track, check_frame_rate, orient_turn, square_width

_SEGMENT, _INFO, _TRACKS, _TRACK_ENTRY, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675
_TIMESTAMP_SCALE, _DURATION, _DATE_UTC = 0x2AD7B1, 0x4489, 0x4461
_NUMBER, _TYPE, _DEFAULT_DURATION, _VIDEO = 0xD7, 0x83, 0x23E383, 0xE0
_PIXEL_WIDTH, _PIXEL_HEIGHT, _DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT = 0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2
_PROJECTION, _PROJECTION_TYPE, _YAW, _PITCH, _ROLL = 0x7670, 0x7671, 0x7673, 0x7674, 0x7675

_MOVING = 1  # the type of a track
_UNIT_UNKNOWN = 4
_MANY = 1000  # elements in one element, where a few are expected
_VALUE_BYTES = 8
_MAX_SIDE = 1 << 24  # px: no picture has more, and no column of the library holds much more
_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)

Elements = Mapping[int, tuple[int, int]]
"""Where the content of an element starts and ends, by its ID."""


def read_matroska(stream: BinaryIO) -> Movie:
    """Read the headers of a Matroska or WebM file, as far as they are found."""
    end = stream.seek(0, os.SEEK_END)
    segment = _first_of_each(stream, 0, end).get(_SEGMENT, (end, end))
    parts = _first_of_each(stream, *segment)
    info = _first_of_each(stream, *parts.get(_INFO, (end, end)))
    scale = _whole(stream, info, _TIMESTAMP_SCALE) or _MILLISECOND_NS
    seconds = _real(stream, info, _DURATION) * scale / _SECOND_NS
    entries = (place for kind, *place in _elements(stream, *parts.get(_TRACKS, (end, end))) if kind == _TRACK_ENTRY)
    tracks = (_track(stream, _first_of_each(stream, *place)) for place in islice(entries, MAX_TRACKS))
    return Movie(
        seconds if seconds > 0 and math.isfinite(seconds) else None,
        _moment(_value(stream, info, _DATE_UTC)),
        tuple(track for track in tracks if track),
    )


def _track(stream: BinaryIO, entry: Elements) -> Track | None:
    """The track if it is a moving picture."""
    if _whole(stream, entry, _TYPE) != _MOVING:
        return None
    picture = _first_of_each(stream, *entry[_VIDEO]) if _VIDEO in entry else {}
    nanoseconds = _whole(stream, entry, _DEFAULT_DURATION)
    return Track(
        _whole(stream, entry, _NUMBER),
        _size(stream, picture),
        _orientation(stream, picture),
        check_frame_rate(_SECOND_NS / nanoseconds) if nanoseconds else None,
    )


def _size(stream: BinaryIO, picture: Elements) -> tuple[int, int] | None:
    width, height = _whole(stream, picture, _PIXEL_WIDTH), _whole(stream, picture, _PIXEL_HEIGHT)
    wide, high = _whole(stream, picture, _DISPLAY_WIDTH), _whole(stream, picture, _DISPLAY_HEIGHT)
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        return None
    shown = wide and high and _whole(stream, picture, _DISPLAY_UNIT) < _UNIT_UNKNOWN
    return square_width(width, Fraction(height * wide, width * high) if shown else None), height


def _orientation(stream: BinaryIO, picture: Elements) -> int | None:
    """How the pose of the picture stands, where it lies in its plane: rolled counterclockwise, seen from behind."""
    if _PROJECTION not in picture:
        return None
    pose = _first_of_each(stream, *picture[_PROJECTION])
    yaw, pitch, roll = (_real(stream, pose, kind) for kind in (_YAW, _PITCH, _ROLL))
    if _whole(stream, pose, _PROJECTION_TYPE) or pitch or abs(yaw) not in (0, 180) or not math.isfinite(roll):
        return None
    side = -1 if yaw else 1
    c, s = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    return orient_turn((side * c, -side * s, s, c))


def _first_of_each(stream: BinaryIO, at: int, end: int) -> Elements:
    """Where the first element of each kind has its content."""
    found: dict[int, tuple[int, int]] = {}
    for kind, start, stop in _elements(stream, at, end):
        found.setdefault(kind, (start, stop))
        if kind == _CLUSTER:
            break
    return found


def _elements(stream: BinaryIO, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """ID, start and end of the content of the elements from one byte to another."""
    for _ in range(_MANY):
        header = read_at(stream, at, min(12, end - at))
        width, kind = _variable(header, 4)
        wide, length = _variable(header[width:], 8)
        if not width or not wide:
            return
        mask = (1 << 7 * wide) - 1
        start = at + width + wide
        at = end if length & mask == mask else min(end, start + (length & mask))  # all ones: nobody knew
        yield kind, start, at


def _variable(header: bytes, most: int) -> tuple[int, int]:
    """Width in bytes and number, its marker included, of an integer of variable width; 0 bytes where there is none."""
    width = 9 - header[0].bit_length() if header else 9
    return (width, int.from_bytes(header[:width], "big")) if width <= min(most, len(header)) else (0, 0)


def _value(stream: BinaryIO, inside: Elements, kind: int) -> bytes:
    start, end = inside.get(kind, (0, 0))
    return read_at(stream, start, end - start) if end - start <= _VALUE_BYTES else b""


def _whole(stream: BinaryIO, inside: Elements, kind: int) -> int:
    return int.from_bytes(_value(stream, inside, kind), "big")


def _real(stream: BinaryIO, inside: Elements, kind: int) -> float:
    """A number with a point; 0 where there is none."""
    content = _value(stream, inside, kind)
    form = {4: ">f", 8: ">d"}.get(len(content))
    return struct.unpack(form, content)[0] if form else 0.0


def _moment(content: bytes) -> str | None:
    if len(content) != _VALUE_BYTES:
        return None
    return (_EPOCH + timedelta(microseconds=int.from_bytes(content, "big", signed=True) // 1000)).isoformat()
