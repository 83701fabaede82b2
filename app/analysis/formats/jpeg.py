"""Looks at a JPEG that stands inside another file: its size, the blocks in front of its picture, whether it is whole.

It decodes nothing, and takes no lossless JPEG, which is how cameras pack raw data.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from app.analysis.formats.blocks import read_at

Span = tuple[int, int]
"""Offset and length in bytes, inside a file."""
Size = tuple[int, int]
"""Width and height in pixels."""

_MAX_SEGMENTS = 100  # in front of the picture
_MAX_SIDE = 1_000_000  # px
_TAIL_BYTES = 64 * 1024  # of padding that may stand behind the end
_START, _END = b"\xff\xd8", b"\xff\xd9"
_BASELINE_TO_PROGRESSIVE = range(0xC0, 0xC3)
_OTHER_FRAMES = frozenset((0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_FRAMES = _OTHER_FRAMES | {*_BASELINE_TO_PROGRESSIVE, 0xF7}  # and that of JPEG-LS
_SCAN, _FILL = 0xDA, 0xFF
_BLOCKS = {0xE1: "APP1", 0xED: "APP13"}  # EXIF and XMP, Photoshop's resources


@dataclass(frozen=True, slots=True)
class Preview:
    """A JPEG that stands in the file from its first to its last byte and can be decoded."""

    at: int
    length: int
    size: Size


def find_preview(stream: BinaryIO, span: Span, end: int) -> Preview | None:
    """Find the JPEG at this span of a file of `end` bytes; None if there is none, or it is not whole."""
    at, length = span
    if length <= 0 or at + length > end:
        return None
    size, _ = read_jpeg_headers(stream, at)
    tail = min(length, _TAIL_BYTES)
    whole = size and _END in read_at(stream, at + length - tail, tail)
    return Preview(at, length, size) if size and whole else None


def read_jpeg_headers(stream: BinaryIO, at: int) -> tuple[Size | None, list[tuple[str, bytes]]]:
    """Read the size of an 8-bit JPEG, baseline to progressive, and its segments APP1 and APP13 (T.81, annex B)."""
    segments: list[tuple[str, bytes]] = []
    if read_at(stream, at, 2) != _START:
        return None, segments
    at += 2
    for _ in range(_MAX_SEGMENTS):
        head = read_at(stream, at, 9)
        if len(head) < 9 or head[0] != _FILL:
            break
        marker, length = head[1], int.from_bytes(head[2:4], "big")
        if marker in _BASELINE_TO_PROGRESSIVE:
            height, width = struct.unpack(">HH", head[5:])
            return (build_size(width, height) if head[4] == 8 else None), segments
        if marker == _SCAN or marker in _OTHER_FRAMES:
            break
        if marker in _BLOCKS:
            segments.append((_BLOCKS[marker], read_at(stream, at + 4, length - 2)))
        at += 1 if marker == _FILL else 2 + length
    return None, segments


@dataclass(frozen=True, slots=True)
class Frame:
    """How a JPEG is packed: the marker of its frame, its bits a sample and its size (T.81, B.2.2)."""

    marker: int
    bits: int
    size: Size | None


def find_frame(stream: BinaryIO) -> Frame | None:
    """Find the frame of a JPEG of any kind, also one that nothing here decodes; None without one."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        head = read_at(stream, at, 9)
        if len(head) < 9 or head[0] != _FILL or head[1] == _SCAN:
            return None
        if head[1] in _FRAMES:
            height, width = struct.unpack(">HH", head[5:])
            return Frame(head[1], head[4], build_size(width, height))
        at += 1 if head[1] == _FILL else 2 + int.from_bytes(head[2:4], "big")
    return None


def find_scan(stream: BinaryIO) -> int:
    """Find where the first scan of a JPEG starts, behind all that may hold another JPEG; 0 if none is found."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        head = read_at(stream, at, 4)
        if len(head) < 4 or head[0] != _FILL:
            return 0
        if head[1] == _SCAN:
            return at
        at += 1 if head[1] == _FILL else 2 + int.from_bytes(head[2:], "big")
    return 0


def build_size(width: float | None, height: float | None) -> Size | None:
    """Pair width and height in pixels; None if either is missing or implausible."""
    if width is None or height is None or not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
        return None
    return int(width), int(height)
