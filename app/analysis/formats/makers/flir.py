"""Reads which lens a thermal camera of FLIR's had, and the camera's number: of the records in APP1 segments of a JPEG.

The records are those of FLIR's own format FFF, as exiftool's FLIR module has them (12.57): a header, a list of records,
and one of them about the camera, with texts at places of their own.
"""

import struct
from dataclasses import dataclass

from app.analysis.formats.blocks import Segments
from app.analysis.formats.tiff import decode_text

_SEGMENT, _SEGMENT_HEADER = b"FLIR\0", 8  # then a version, the number of the piece, and how many there are
_FORMAT, _VERSIONS, _LIST = b"FFF\0", range(100, 200), 0x18
_RECORD_BYTES, _MAX_RECORDS, _MAX_PIECES = 0x20, 100, 256
_CAMERA, _SERIAL, _LENS = 0x20, (0x104, 16), (0x170, 32)


@dataclass(frozen=True, slots=True)
class Flir:
    """The lens and the number of the camera; empty where they are not told."""

    lens: str = ""
    serial_number: str = ""


def read_flir(segments: Segments) -> Flir | None:
    """Read the records of a picture by a thermal camera; None of another, or where they are damaged."""
    pieces = [content for name, content in segments if name == "APP1" and content.startswith(_SEGMENT)][:_MAX_PIECES]
    whole = b"".join(piece[_SEGMENT_HEADER:] for piece in sorted(pieces, key=lambda piece: piece[6:7]))
    if not whole.startswith(_FORMAT) or len(whole) < 0x40:
        return None
    order = next((order for order in (">", "<") if struct.unpack_from(order + "I", whole, 0x14)[0] in _VERSIONS), "")
    if not order:
        return None
    start, count = struct.unpack_from(order + "II", whole, _LIST)
    end = min(start + min(count, _MAX_RECORDS) * _RECORD_BYTES, len(whole) - _RECORD_BYTES + 1)
    for at in range(start, end, _RECORD_BYTES):
        kind, place, length = struct.unpack_from(order + "H10xII", whole, at)
        if kind == _CAMERA:
            record = whole[place : place + length]
            return Flir(_text(record, *_LENS), _text(record, *_SERIAL))
    return None


def _text(record: bytes, at: int, size: int) -> str:
    return decode_text(record[at : at + size].partition(b"\0")[0]).strip()
