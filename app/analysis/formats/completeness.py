"""Says how many bytes an image file lacks, by what its own structure promises. It never decodes anything.

Decoders say "damaged" for most files that were cut off, and libheif even shows grey where the rest should be; a person
who reads that the copy is incomplete knows what to do.
"""

import os
from typing import BinaryIO, Literal

from app.errors import CannotRead

_TAIL_BYTES = 64 * 1024  # of foreign data that may stand behind the end of a picture
_END_MARKS = {"jpeg": b"\xff\xd9", "jpeg2000": b"\xff\xd9"}
_BOX_HEADER, _LARGE_BOX = 8, 1
_TIFF = frozenset(("tiff", "cr2", "nef", "arw", "dng", "pef", "orf", "rw2"))


def cut_off(missing: int) -> CannotRead:
    """The cause and the sentence for a picture that is short of so many bytes."""
    return CannotRead(
        f"The image ends before its data does: at least {missing} bytes are missing; the copy is probably incomplete.",
        cause="truncated_image",
    )


def missing_bytes(stream: BinaryIO, format_: str) -> int:
    """At least how many bytes the file is short of; 0 where it has all that it promises, or promises nothing."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(16)
    if format_ in ("heic", "avif", "cr3") or head[4:8] == b"jP  ":
        return max(0, _end_of_boxes(stream, size) - size)
    if format_ == "webp":  # RIFF: the size stands behind the first four bytes and does not count the first eight
        return max(0, int.from_bytes(head[4:8], "little") + 8 - size)
    if format_ == "png":
        return max(0, _end_of_chunks(stream, size) - size)
    if format_ in _TIFF and head[2:4] not in (b"+\0", b"\0+"):
        return max(0, _end_of_directory(stream, "little" if head[:2] == b"II" else "big") - size)
    if mark := _END_MARKS.get(format_):
        stream.seek(max(0, size - _TAIL_BYTES))
        return 0 if mark in stream.read() else len(mark)
    return 0


def _end_of_boxes(stream: BinaryIO, size: int) -> int:
    """Where the last top-level box ends (ISO 14496-12, 4.2; JPEG 2000 has the same)."""
    at = 0
    while at < size:
        stream.seek(at)
        header = stream.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == _LARGE_BOX:
            length = int.from_bytes(header[8:], "big")
        if length < _BOX_HEADER:  # 0 means "to the end of the file"; less is none
            return size
        at += length
    return at


def _end_of_directory(stream: BinaryIO, order: Literal["little", "big"]) -> int:
    """Where the entries of the first directory of a TIFF end (TIFF 6.0, section 2)."""
    stream.seek(4)
    at = int.from_bytes(stream.read(4), order)
    stream.seek(at)
    return at + 2 + 12 * int.from_bytes(stream.read(2), order)


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
        if not kind.isalpha():  # lost: the file is damaged rather than short
            return size
    return max(at, size + 12)
