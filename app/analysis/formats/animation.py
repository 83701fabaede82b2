"""Says how long an animation lasts, from the delays that its frames carry. It never decodes one."""

import os
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes, walk_riff_chunks
from app.analysis.formats.png import walk_png_chunks
from app.formats import FORMAT_OF_NAME

_BYTES = 64 * 1024 * 1024  # of a GIF that are walked
_EXTENSION, _IMAGE = 0x21, 0x2C
_FOR_EVER = 2**32 - 1


def read_animation_seconds(stream: BinaryIO, format_: str, frames: int) -> float | None:
    """Add up how long the frames are shown, in seconds; None for a still picture or without delays."""
    total = WALKS[format_](stream) if FORMAT_OF_NAME[format_].film and frames > 1 else 0.0
    return round(total, 6) or None


def walk_gif_blocks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Walk the blocks of a GIF (GIF89a, appendix B): how each begins, in up to 9 bytes, and where it ends.

    The end lies behind that of the file where a block is cut off. The last one is the trailer, `;`.
    """
    stream.seek(0)
    content = stream.read(_BYTES)
    at = 13 + _colours(content, 10)
    while at < len(content):
        kind = content[at]
        if kind == _EXTENSION:
            end = _behind_blocks(content, at + 2)
        elif kind == _IMAGE:
            end = _behind_blocks(content, at + 11 + _colours(content, at + 9))
        else:
            yield content[at : at + 1], at + 1
            return
        yield content[at : at + 9], end
        at = end


def _gif(stream: BinaryIO) -> float:
    """The delays of the graphic control extensions, in hundredths (GIF89a, 23)."""
    controls = (start for start, _ in walk_gif_blocks(stream) if start[1:3] == b"\xf9\x04" and start[0] == _EXTENSION)
    return sum(int.from_bytes(start[4:6], "little") for start in controls) / 100


def _colours(content: bytes, at: int) -> int:
    """The bytes of the table of colours that the packed field at this place announces."""
    packed = content[at] if at < len(content) else 0
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _behind_blocks(content: bytes, at: int) -> int:
    while at < len(content) and content[at]:
        at += content[at] + 1
    return at + 1


def _webp(stream: BinaryIO) -> float:
    """The durations of the ANMF chunks, in thousandths (RFC 9649, 2.7.1.1)."""
    thousandths = 0
    for kind, at, _ in walk_riff_chunks(stream):
        if kind == b"ANMF":
            thousandths += int.from_bytes(read_at(stream, at + 12, 3), "little")
    return thousandths / 1000


def _apng(stream: BinaryIO) -> float:
    """The delays of the fcTL chunks, a ratio of which 0 below means hundredths (PNG specification, 11.3.6.2)."""
    ratios = (struct.unpack_from(">HH", body, 20) for _, body in walk_png_chunks(stream, (b"fcTL",)) if len(body) >= 24)
    return sum((above / (below or 100) for above, below in ratios), 0.0)


def _avif(stream: BinaryIO) -> float:
    """The longest of the film's tracks, by their headers (ISO 14496-12, 8.4.2); that of the film may say "for ever"."""
    size = stream.seek(0, os.SEEK_END)
    return max(_tracks(stream, 0, size, (b"moov", b"trak", b"mdia", b"mdhd")), default=0.0)


def _tracks(stream: BinaryIO, at: int, end: int, path: tuple[bytes, ...]) -> Iterator[float]:
    """The durations in the last boxes of this path of boxes inside boxes."""
    for kind, place, length in walk_boxes(stream, at, end):
        if kind != path[0]:
            continue
        if len(path) > 1:
            yield from _tracks(stream, place, place + length, path[1:])
            continue
        body = read_at(stream, place, 32)
        if len(body) == 32:
            long = body[0] == 1
            scale, duration = struct.unpack_from(">IQ" if long else ">II", body, 20 if long else 12)
            yield duration / scale if scale and duration < _FOR_EVER else 0.0


def _jxl(stream: BinaryIO) -> float:  # noqa: ARG001 - as its kind is called
    """Nothing: the delays are packed with the frames."""
    return 0.0


WALKS: Mapping[str, Callable[[BinaryIO], float]] = {
    "gif": _gif,
    "webp": _webp,
    "png": _apng,
    "avif": _avif,
    "jxl": _jxl,
}
"""What adds up the delays of each format whose pictures are a film, in seconds."""
