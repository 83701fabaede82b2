"""Reads of a WebP file what its decoder tells only when it has room for all of the picture (RFC 9649).

It decodes nothing.
"""

from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_riff_chunks
from app.analysis.formats.jpeg import Size

_BLOCKS = {b"EXIF": "exif", b"XMP ": "xmp", b"ICCP": "icc_profile"}
_BLOCK_BYTES = 16 * 1024 * 1024


def read_webp_size(stream: BinaryIO) -> Size | None:
    """Read width and height in pixels; None where the first chunk does not say."""
    kind, at, _ = next(walk_riff_chunks(stream), (b"", 0, 0))
    head = read_at(stream, at, 10)
    if len(head) < 10:
        return None
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    return None


def read_webp_blocks(stream: BinaryIO) -> dict[str, bytes]:
    """Read the blocks that Pillow calls `exif`, `xmp` and `icc_profile`, those that are there."""
    return {
        _BLOCKS[kind]: read_at(stream, at, min(length, _BLOCK_BYTES))
        for kind, at, length in walk_riff_chunks(stream)
        if kind in _BLOCKS
    }
