"""Says how many bytes an image file lacks, by what its own structure promises. It never decodes anything.

Decoders say "damaged" for most files that were cut off, and libheif even shows grey where the rest should be; a person
who reads that the copy is incomplete knows what to do.
"""

import os
import struct
from collections import deque
from collections.abc import Callable, Mapping
from itertools import chain
from typing import BinaryIO, Literal

from app.analysis.formats.animation import walk_gif_blocks
from app.analysis.formats.blocks import read_at
from app.analysis.formats.jpeg import find_scan
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME, Ending

_TAIL_BYTES = 64 * 1024  # of foreign data that may stand behind the end of a picture
_PIECE_BYTES = 1024 * 1024
_END_MARK = b"\xff\xd9"
_TRAILER = b";"
_LAST_CHUNK_BYTES = 12  # IEND of a PNG
_ZEROS = 512
_OWN_ZEROS = 10  # what part of a file they have to be at least to be none of a lossy WebP
_LOSSLESS = b"VP8L"
_PICTURE_BOXES = frozenset((b"mdat", b"jp2c"))
_BOX_HEADER, _LARGE_BOX, _MAX_BOXES = 8, 1, 100_000
_END_MARK_BYTES = {
    Ending.MARK: 2, Ending.BOXES_OR_MARK: 2, Ending.CHUNKS: 12, Ending.BLOCKS: 1, Ending.RIFF: 1, Ending.DIRECTORY: 4,
}  # fmt: skip
_BIG_TIFF = (b"+\0", b"\0+")
_ENTRY, _MOST_ENTRIES = struct.Struct("HHII"), 1_000
_OF_PIXELS = frozenset((258, 273, 279, 320, 324, 325, 347))  # depth, strips, colours, tiles, tables of JPEG
_VALUE_BYTES = {3: 2, 4: 4, 7: 1}  # of the types SHORT, LONG and UNDEFINED
_START_OF_TILE, _TILE_HEADER, _MOST_TILES = b"\xff\x90", 12, 100_000


def explain_missing_bytes(missing: int, what: str | None = None) -> CannotRead:
    """Build the error for a picture that lacks `missing` bytes: `truncated_image`; `what` says it of what is seen."""
    what = what or f"at least {missing:,} bytes are missing"
    return CannotRead(
        f"The image ends before its data does: {what}; the copy is probably incomplete.", cause="truncated_image"
    )


def explain_damage(what: str) -> CannotRead:
    """Build the error for a picture of which something cannot be decoded: `damaged_image`; `what` says how much."""
    return CannotRead(f"The image data is damaged: {what}.", cause="damaged_image")


def note_missing_bytes(missing: int) -> tuple[str, ...]:
    """Say of a file that it lacks bytes, in a sentence; nothing of a whole one."""
    return (f"The file ends before its data does: at least {missing:,} bytes are missing.",) if missing else ()


def lacks_only_its_end(missing: int, format_: str) -> bool:
    """Whether a file that lacks so many bytes may lack nothing but what marks its end."""
    return missing <= _END_MARK_BYTES.get(FORMAT_OF_NAME[format_].ending, 0)


def count_missing_bytes(stream: BinaryIO, format_: str) -> int:
    """Count how many bytes the file lacks at least; 0 if it is whole, or its format does not say.

    Raises OSError where the disk fails.
    """
    size = stream.seek(0, os.SEEK_END)
    return max(0, ENDS[FORMAT_OF_NAME[format_].ending](stream, size) - size)


def _end_untold(stream: BinaryIO, size: int) -> int:  # noqa: ARG001 - as its kind is called
    return size


def _end_by_mark(stream: BinaryIO, size: int) -> int:
    """The end of the file, or where the mark could stand that is missing (ITU-T T.81, B.1.1.3).

    That of a thumbnail in the headers is another's, and a video may stand behind the picture.
    """
    scan = find_scan(stream)
    tail = max(scan, size - _TAIL_BYTES)
    if _END_MARK in read_at(stream, tail, size - tail):
        return size
    while scan < tail:
        if _END_MARK in read_at(stream, scan, _PIECE_BYTES + 1):
            return size
        scan += _PIECE_BYTES
    return size + len(_END_MARK)


def _end_of_blocks(stream: BinaryIO, size: int) -> int:
    """Where the trailer of a GIF stands (GIF89a, 27), or should stand: behind the block that is cut off."""
    if read_at(stream, size - 1, 1) == _TRAILER:
        return size
    kind, end = deque(chain([(b"", size)], walk_gif_blocks(stream)), maxlen=1)[0]
    lost = len(kind) == 1  # no block begins so
    return size if kind == _TRAILER else max(end, size) + lost + len(_TRAILER)


def _end_of_boxes_or_mark(stream: BinaryIO, size: int) -> int:
    """JPEG 2000: boxes (ISO 15444-1, I.4), or the bare codestream."""
    return (_end_of_boxes if read_at(stream, 4, 4) == b"jP  " else _end_of_tiles)(stream, size)


def _end_of_tiles(stream: BinaryIO, size: int) -> int:
    """Where the last tile of a bare codestream ends, and the mark behind it (ISO 15444-1, A.4.2 and A.4.4)."""
    at = 2
    for _ in range(_MOST_TILES):
        head = read_at(stream, at, _TILE_HEADER)
        tile = head[:2] == _START_OF_TILE and len(head) == _TILE_HEADER
        length = int.from_bytes(head[6:10], "big") if tile else 2 + int.from_bytes(head[2:4], "big")
        if len(head) < 4 or head[0] != _END_MARK[0] or head[:2] == _END_MARK or length < 4:  # 0: up to the end
            break
        at += length
    return at + len(_END_MARK) if at > size - len(_END_MARK) else _end_by_mark(stream, size)


def _end_of_boxes_or_untold(stream: BinaryIO, size: int) -> int:
    """JPEG XL: boxes (ISO/IEC 18181-2), or the bare codestream, which does not say."""
    return (_end_of_boxes if read_at(stream, 4, 4) == b"JXL " else _end_untold)(stream, size)


def _end_of_riff(stream: BinaryIO, size: int) -> int:
    """Where a RIFF file ends: its length stands behind the first four bytes and does not count the first eight.

    The encoder of WebP ends plain pictures in zeros of its own, up to some 5 % of the file.
    """
    end = int.from_bytes(read_at(stream, 4, 4), "little") + 8
    unwritten = count_unwritten_bytes(stream, size) if end <= size else 0
    own = read_at(stream, 12, 4) != _LOSSLESS and unwritten < size / _OWN_ZEROS
    return end + (0 if own else unwritten)


def _end_of_boxes(stream: BinaryIO, size: int) -> int:
    """Where the last top-level box ends (ISO 14496-12, 4.2; JPEG 2000 has the same)."""
    at, kind = 0, b""
    for _ in range(_MAX_BOXES):
        if at >= size:
            break
        header = read_at(stream, at, 16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == _LARGE_BOX:
            length = int.from_bytes(header[8:], "big")
        if length < _BOX_HEADER:  # 0 means "to the end of the file"; less is none
            break
        at += length
    return max(at, size) + (count_unwritten_bytes(stream, size) if kind in _PICTURE_BOXES else 0)


def count_unwritten_bytes(stream: BinaryIO, size: int) -> int:
    """Count the zeros at the end, of which no packed picture has so many: a disk where nothing was written."""
    count = 0
    while count < size and not any(piece := read_at(stream, max(0, size - count - _ZEROS), min(_ZEROS, size - count))):
        count += len(piece)
    return count


def _end_of_directory(stream: BinaryIO, size: int) -> int:
    """Where the first directory of a TIFF ends, and what it needs for its pixels (TIFF 6.0, section 2 and 8).

    A BigTIFF is not asked.
    """
    head = read_at(stream, 0, 8)
    if head[2:4] in _BIG_TIFF:
        return size
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    at = int.from_bytes(head[4:], order) + 2
    count = int.from_bytes(read_at(stream, at - 2, 2), order)
    end: int = at + count * _ENTRY.size + 4
    if not count:
        return max(end, size + count_unwritten_bytes(stream, size))
    if end > size or count > _MOST_ENTRIES:
        return end
    entries = struct.Struct(("<" if order == "little" else ">") + _ENTRY.format).iter_unpack(
        read_at(stream, at, count * _ENTRY.size)
    )
    needed = ((place, count * _VALUE_BYTES.get(kind, 0)) for tag, kind, count, place in entries if tag in _OF_PIXELS)
    ends: list[int] = [place + length for place, length in needed if length > 4]
    return max(end, *ends, 0)


def _end_of_chunks(stream: BinaryIO, size: int) -> int:
    """Where IEND ends, or the chunk that should have come before it."""
    at = 8
    while at < size:
        stream.seek(at)
        header = stream.read(8)
        kind = header[4:]
        at += 12 + int.from_bytes(header[:4], "big")
        if kind == b"IEND":
            return at
        if any(header) and not kind.isalpha():  # lost: the file is damaged rather than short
            return size
        if not any(header):  # a disk where nothing was written
            break
    return max(at, size) + _LAST_CHUNK_BYTES


ENDS: Mapping[Ending, Callable[[BinaryIO, int], int]] = {
    Ending.UNTOLD: _end_untold,
    Ending.MARK: _end_by_mark,
    Ending.CHUNKS: _end_of_chunks,
    Ending.RIFF: _end_of_riff,
    Ending.BOXES: _end_of_boxes,
    Ending.BLOCKS: _end_of_blocks,
    Ending.BOXES_OR_MARK: _end_of_boxes_or_mark,
    Ending.BOXES_OR_UNTOLD: _end_of_boxes_or_untold,
    Ending.DIRECTORY: _end_of_directory,
}
"""Where a file of so many bytes should end, by what tells it."""
