"""Reads the header of a Windows Media file: its length and size, which libav does not tell of one that it refuses.

Objects of the Advanced Systems Format, revision 01.20.06: the header (2.1, 3.1), file properties (3.2), stream
properties (3.3) and the video's format data (9.2). Numbers are little-endian.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from app.analysis.formats.blocks import read_at
from app.analysis.formats.films.movie import MAX_TRACKS, Movie, Track

_FILE = UUID("8cabdca1-a947-11cf-8ee4-00c00c205365").bytes_le
_STREAM = UUID("b7dc0791-a9b7-11cf-8ee6-00c00c205365").bytes_le
_VIDEO = UUID("bc19efc0-5b4d-11cf-a8fd-00805f5c442b").bytes_le
_LONGEST_SECONDS = 1e6
_WIDEST = 2**16


def read_asf(stream: BinaryIO) -> Movie:
    """Read the header; an empty Movie where there is none. Raises OSError as the stream does."""
    seconds, tracks = None, []
    for kind, content in _objects(stream):
        if kind == _FILE and len(content) >= 64:
            (length,), (preroll,) = struct.unpack_from("<Q", content, 40), struct.unpack_from("<Q", content, 56)
            played = length / 1e7 - preroll / 1e3
            seconds = played if 0 < played < _LONGEST_SECONDS else None
        elif kind == _STREAM and content.startswith(_VIDEO) and len(content) >= 62:
            width, height = struct.unpack_from("<II", content, 54)
            if 0 < width < _WIDEST and 0 < height < _WIDEST:
                tracks.append(Track(content[48] & 0x7F, (width, height)))
    return Movie(seconds=seconds, tracks=tuple(tracks))


def _objects(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The objects in the header, each with its first bytes."""
    place = 30  # behind the header's own identifier, size, number of objects and two bytes
    for _ in range(MAX_TRACKS):
        head = read_at(stream, place, 24)
        if len(head) < 24:
            return
        size = int.from_bytes(head[16:], "little")
        if size < 24:
            return
        yield head[:16], read_at(stream, place + 24, min(size - 24, 128))
        place += size
