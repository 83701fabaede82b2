"""Reads the trailer that Samsung's phones write behind a picture: blocks with names, and a directory at the end."""

import os
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from app.analysis.formats.blocks import read_at

VIDEO, SAVED_AT = 0x0A30, 0x0A01
_END, _START = b"SEFT", b"SEFH"
_HEAD_BYTES, _ENTRY_BYTES = 12, 12
_TRAILER_BYTES = 64 * 1024
_DIGITS = 16  # of milliseconds since 1970
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def find_blocks(stream: BinaryIO, kind: int) -> Iterator[tuple[int, int]]:
    """Find the content of the blocks of this kind: the first byte, and the length, neither of them checked."""
    end = stream.seek(0, os.SEEK_END)
    length, mark = struct.unpack("<I4s", read_at(stream, end - 8, 8).rjust(8, b"\0"))
    at = end - 8 - length
    directory = read_at(stream, at, length) if mark == _END and length <= _TRAILER_BYTES else b""
    if not directory.startswith(_START):
        return
    for place in range(_HEAD_BYTES, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        own, back, size = struct.unpack_from("<2xHII", directory, place)
        if own == kind:
            (name_length,) = struct.unpack("<4xI", read_at(stream, at - back, 8).ljust(8, b"\0"))
            yield at - back + 8 + name_length, size - 8 - name_length


def find_saved_at(stream: BinaryIO) -> str | None:
    """Find when the picture was saved, in UTC as ISO 8601: the block `Image_UTC_Data`. None without one."""
    for at, length in find_blocks(stream, SAVED_AT):
        digits = read_at(stream, at, min(length, _DIGITS)).strip(b"\0 ")
        if digits.isdigit():
            try:
                return (_EPOCH + timedelta(milliseconds=int(digits))).isoformat()
            except OverflowError:
                return None
    return None
