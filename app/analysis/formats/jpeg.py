"""Looks at a JPEG, be it a file or a part of one: its size, the blocks in front of its picture, whether it is whole.

It decodes nothing. As a preview it takes no lossless JPEG, which is how cameras pack raw data.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.analysis.formats.blocks import XMP_IN_JPEG, Segments, read_at

Span = tuple[int, int]
"""Offset and length in bytes, inside a file."""
Size = tuple[int, int]
"""Width and height in pixels."""

_MAX_SEGMENTS = 1_000  # in front of the picture: a profile of 16 MB has 255, the depth map of a phone some hundred
_MAX_SIDE = 1_000_000  # px
_TAIL_BYTES = 64 * 1024  # of padding that may stand behind the end
_START, _END = b"\xff\xd8", b"\xff\xd9"
_BASELINE_TO_PROGRESSIVE = range(0xC0, 0xC3)
_FRAMES = (frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}  # T.81, table B.1, and that of JPEG-LS
_FRAME_BYTES = 9  # marker, length, depth, height, width
_SCAN, _FILL = 0xDA, 0xFF
_EXIF = b"Exif\0\0"
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
    for marker, place, head in _walk_segments(stream, at + 2):
        if marker in _BASELINE_TO_PROGRESSIVE and len(head) == _FRAME_BYTES:
            return (_size_of(head) if head[4] == 8 else None), segments
        if marker == _SCAN or marker in _FRAMES:
            break
        if marker in _BLOCKS:
            segments.append((_BLOCKS[marker], read_at(stream, place + 4, int.from_bytes(head[2:4], "big") - 2)))
    return None, segments


def sort_jpeg_blocks(segments: Segments) -> dict[str, bytes]:
    """Sort out the blocks that Pillow calls `exif` and `xmp`, the first of each."""
    found: dict[str, bytes] = {}
    for name, content in segments:
        if name == "APP1" and content.startswith(_EXIF):
            found.setdefault("exif", content)
        elif name == "APP1" and content.startswith(XMP_IN_JPEG):
            found.setdefault("xmp", content.removeprefix(XMP_IN_JPEG))
    return found


@dataclass(frozen=True, slots=True)
class Frame:
    """How a JPEG is packed: the marker of its frame, its bits a sample and its size (T.81, B.2.2)."""

    marker: int
    bits: int
    size: Size | None


def find_frame(stream: BinaryIO) -> Frame | None:
    """Find the frame of a JPEG of any kind, also one that nothing here decodes; None without one."""
    heads = (head for marker, _, head in _walk_segments(stream, 2) if marker in _FRAMES and len(head) == _FRAME_BYTES)
    head = next(heads, None)
    return Frame(head[1], head[4], _size_of(head)) if head else None


def read_jpeg_size(stream: BinaryIO) -> Size | None:
    """Read the size of a JPEG file of any kind and depth; None where no frame is found."""
    frame = find_frame(stream)
    return frame.size if frame else None


def find_scan(stream: BinaryIO) -> int:
    """Find where the first scan of a JPEG starts, behind all that may hold another JPEG; 0 if none is found."""
    return next((at for marker, at, _ in _walk_segments(stream, 2) if marker == _SCAN), 0)


def _walk_segments(stream: BinaryIO, at: int) -> Iterator[tuple[int, int, bytes]]:
    """The marker of each segment up to the first scan, where it stands, and its first bytes, enough of a frame's."""
    for _ in range(_MAX_SEGMENTS):
        head = read_at(stream, at, _FRAME_BYTES)
        if len(head) < 4 or head[0] != _FILL:
            return
        if head[1] == _FILL:
            at += 1
            continue
        yield head[1], at, head
        if head[1] == _SCAN:
            return
        at += 2 + int.from_bytes(head[2:4], "big")


def _size_of(frame: bytes) -> Size | None:
    height, width = struct.unpack(">HH", frame[5:])
    return build_size(width, height)


def build_size(width: float | None, height: float | None) -> Size | None:
    """Pair width and height in pixels; None if either is missing or implausible."""
    if width is None or height is None or not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
        return None
    return int(width), int(height)
