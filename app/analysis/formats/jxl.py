"""Reads the header of a JPEG XL file (ISO/IEC 18181-1 and -2): size, turn, colours, and the blocks beside the picture.

It decodes no pixels. A bare codestream has nothing but its header.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.colour_tags import Signal, are_corners

CODESTREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
_HEAD_BYTES = 4096  # of the codestream, in which its header ends
_BLOCK_BYTES = 16 * 1024 * 1024
_MAX_PIECES = 100  # of a codestream, until its header is there
_RATIOS = ((0, 0), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_BLOCKS = {b"Exif": "exif", b"xml ": "xmp"}
_GREY, _RGB = 1, 0
_ALPHA, _SPOT, _CFA = 0, 2, 5
_CUSTOM, _DCI_WHITE = 2, 11


@dataclass(slots=True)
class JxlHeader:
    """What the header says; `size` is in pixels as stored, `orientation` the EXIF value that they need.

    `signal` is None where the colours are those of a profile (`has_profile`), which lies packed in the codestream.
    `blocks` are `exif` and `xmp`; those that are packed by Brotli have a `packed:` in front. `transcoded` says that
    the file is a JPEG which was packed without loss.
    """

    size: tuple[int, int]
    orientation: int = 1
    bits: int = 8
    grey: bool = False
    alpha: bool = False
    animated: bool = False
    has_profile: bool = False
    signal: Signal | None = None
    transcoded: bool = False
    blocks: dict[str, bytes] = field(default_factory=dict)


def read_jxl(stream: BinaryIO) -> JxlHeader:
    """Read the header of a JPEG XL file. Raises ValueError where it is none, or ends too soon."""
    if read_at(stream, 0, len(CODESTREAM)) == CODESTREAM:
        return _header(read_at(stream, 0, _HEAD_BYTES))
    blocks: dict[str, bytes] = {}
    head, transcoded = b"", False
    for kind, at, length in walk_boxes(stream, 0, stream.seek(0, os.SEEK_END)):
        if kind == b"jxlc":
            head = head or read_at(stream, at, min(length, _HEAD_BYTES))
        elif kind == b"jxlp" and len(head) < _HEAD_BYTES:
            head += read_at(stream, at + 4, min(length - 4, _HEAD_BYTES))  # its number stands in front
        elif kind == b"jbrd":
            transcoded = True
        elif kind in _BLOCKS and length <= _BLOCK_BYTES:
            blocks.setdefault(_BLOCKS[kind], read_at(stream, at, length))
        elif kind == b"brob" and length <= _BLOCK_BYTES and (packed := read_at(stream, at, length))[:4] in _BLOCKS:
            blocks.setdefault(f"packed:{_BLOCKS[packed[:4]]}", packed[4:])
    header = _header(head)
    header.blocks, header.transcoded = blocks, transcoded
    return header


class _Bits:
    """The bits of a codestream, the lowest of each byte first."""

    def __init__(self, content: bytes) -> None:
        self._value, self._left = int.from_bytes(content, "little"), 8 * len(content)

    def take(self, count: int) -> int:
        """The next so many bits as a number. Raises ValueError behind the last."""
        if count > self._left:
            raise ValueError("The header of the JPEG XL codestream ends too soon.")
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return value

    def choose(self, *ways: tuple[int, int]) -> int:
        """U32: two bits choose among four ways, each an offset and a number of bits."""
        offset, count = ways[self.take(2)]
        return offset + self.take(count)

    def enum(self) -> int:
        """A code point."""
        return self.choose((0, 0), (1, 0), (2, 4), (18, 6))


def _header(content: bytes) -> JxlHeader:
    if content[:2] != CODESTREAM:
        raise ValueError("There is no JPEG XL codestream.")
    bits = _Bits(content[2:])
    header = JxlHeader(_size(bits), signal=Signal())
    if bits.take(1):  # all as usual: 8 bits, sRGB
        return header
    extra = bits.take(1)
    if extra:
        header.orientation = 1 + bits.take(3)
        if bits.take(1):
            _size(bits)  # at which it wants to be shown
        if bits.take(1):
            _preview_size(bits)
        header.animated = bool(bits.take(1))
        if header.animated:
            bits.choose((100, 0), (1000, 0), (1, 10), (1, 30))
            bits.choose((1, 0), (1001, 0), (1, 8), (1, 10))
            bits.choose((0, 0), (0, 3), (0, 16), (0, 32))
            bits.take(1)
    header.bits = _depth(bits)
    bits.take(1)
    for _ in range(bits.choose((0, 0), (1, 0), (2, 4), (1, 12))):
        header.alpha = _is_alpha(bits) or header.alpha
    bits.take(1)  # whether it is packed as XYB, which says nothing of what comes out
    header.grey, header.has_profile, header.signal = _colours(bits)
    return header


def _size(bits: _Bits) -> tuple[int, int]:
    ways = ((1, 9), (1, 13), (1, 18), (1, 30))
    return _sides(bits, lambda: 8 * (1 + bits.take(5)), lambda: bits.choose(*ways))


def _preview_size(bits: _Bits) -> tuple[int, int]:
    small = ((16, 0), (32, 0), (1, 5), (33, 9))
    large = ((1, 6), (65, 8), (321, 10), (1345, 12))
    return _sides(bits, lambda: 8 * bits.choose(*small), lambda: bits.choose(*large))


def _sides(bits: _Bits, in_eights: Callable[[], int], exact: Callable[[], int]) -> tuple[int, int]:
    side = in_eights if bits.take(1) else exact
    height = side()
    above, below = _RATIOS[bits.take(3)]
    return (height * above // below if above else side()), height


def _depth(bits: _Bits) -> int:
    if not bits.take(1):
        return bits.choose((8, 0), (10, 0), (12, 0), (1, 6))
    found = bits.choose((32, 0), (16, 0), (24, 0), (1, 6))
    bits.take(4)
    return found


def _is_alpha(bits: _Bits) -> bool:
    """Whether an extra channel is transparency."""
    if bits.take(1):
        return True
    kind = bits.enum()
    _depth(bits)
    bits.choose((0, 0), (3, 0), (4, 0), (1, 3))
    bits.take(8 * bits.choose((0, 0), (0, 4), (16, 5), (48, 10)))
    if kind == _ALPHA:
        bits.take(1)
    elif kind == _SPOT:
        bits.take(4 * 16)
    elif kind == _CFA:
        bits.choose((1, 0), (0, 2), (3, 4), (19, 8))
    return kind == _ALPHA


def _colours(bits: _Bits) -> tuple[bool, bool, Signal | None]:
    """Whether it is grey, whether a profile says the colours, and what the codestream says of them."""
    if bits.take(1):
        return False, False, Signal()
    profiled, space = bool(bits.take(1)), bits.enum()
    grey = space == _GREY
    if profiled or space not in (_RGB, _GREY):
        return grey, profiled, None
    white = bits.enum()
    points = list(_points(bits, 1)) if white == _CUSTOM else []
    primaries = 1
    corners: tuple[float, ...] | None = None
    if not grey:
        primaries = bits.enum()
        if primaries == _CUSTOM:
            corners = (*_points(bits, 3), *(points or (0.3127, 0.3290)))
            corners = corners if are_corners(corners) else None
        elif primaries == 11 and white != _DCI_WHITE:
            primaries = 12
    gamma = 1e7 / max(bits.take(24), 1) if bits.take(1) else None
    transfer = bits.enum() if gamma is None else 13
    return grey, False, Signal(primaries, transfer, gamma, corners)


def _points(bits: _Bits, count: int) -> Iterator[float]:
    """The x and y of so many colours."""
    for _ in range(2 * count):
        packed = bits.choose((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
        yield (-(packed + 1) // 2 if packed & 1 else packed // 2) / 1_000_000


def exif_of_box(content: bytes) -> bytes:
    """The EXIF block in the content of a box `Exif`: a number in front says where it begins (ISO/IEC 18181-2, 9.5)."""
    if len(content) < 4:
        return b""
    (offset,) = struct.unpack_from(">I", content)
    return content[4 + offset :]
