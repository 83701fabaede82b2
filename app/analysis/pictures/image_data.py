"""Finds what makes up the picture or the film in a file, without what is said of it, and compares that of two files.

It decodes nothing: equal image data is the same picture, and a picture that was saved anew has other data. Of a JPEG
that is all but its APPn segments (APP14 tells the colours, and stays) and comments; of a PNG, a WebP or a film (MP4,
QuickTime) the chunks or boxes that hold the picture. Other formats are not compared.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import BinaryIO

from app.analysis.formats.blocks import read_at
from app.formats import FORMAT_OF_NAME

Span = tuple[int, int]
"""Offset and length in bytes, inside a file."""

_MAX_PARTS = 1_000_000  # a damaged file must not keep anybody waiting
_PIECE_BYTES = 1024 * 1024
_NONSENSE: Span = (0, -1)
_APP, _ADOBE, _COMMENT, _SCAN, _FILL = range(0xE0, 0xF0), 0xEE, 0xFE, 0xDA, 0xFF
_PNG_SIGNATURE_BYTES, _RIFF_HEADER_BYTES = 8, 12
_PNG_HEADERS, _PNG_PICTURES = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL"), (b"IDAT", b"fdAT")
_WEBP_PICTURES = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")


def find_image_data(stream: BinaryIO, format_: str, size: int) -> tuple[Span, ...] | None:
    """Find the spans of a file of `size` bytes that are its picture; None where that is not known, or it is damaged."""
    if format_ == "jpeg":
        spans = _in_jpeg(stream, size)
    elif format_ == "png":
        spans = _in_png(stream)
    elif format_ == "webp":
        spans = _in_webp(stream)
    elif FORMAT_OF_NAME[format_].demuxer == "mov":
        spans = _in_boxes(stream, size)
    else:
        return None
    found: list[Span] = []
    for span in spans:
        if len(found) == _MAX_PARTS or span[1] < 0 or sum(span) > size:
            return None
        found.append(span)
    return tuple(found) or None


def have_same_image_data(one: BinaryIO, its: tuple[Span, ...], other: BinaryIO, others: tuple[Span, ...]) -> bool:
    """Whether these spans of two files hold the same bytes, however they are cut into parts. Raises OSError."""
    if sum(length for _, length in its) != sum(length for _, length in others):
        return False
    return digest_spans(one, its) == digest_spans(other, others)


def digest_image_data(stream: BinaryIO, format_: str, size: int) -> str | None:
    """Digest the picture in a file of `size` bytes, as SHA-256 in hexadecimal; None where its data cannot be told."""
    spans = find_image_data(stream, format_, size)
    return None if spans is None else digest_spans(stream, spans).hex()


def digest_spans(stream: BinaryIO, spans: tuple[Span, ...], head: bytes = b"") -> bytes:
    """Compute the SHA-256, 32 bytes, of what is in these spans, one after the other, behind `head`. Raises OSError."""
    digest = hashlib.sha256(head)
    for at, length in spans:
        stream.seek(at)
        left = length
        while left > 0 and (piece := stream.read(min(left, _PIECE_BYTES))):
            digest.update(piece)
            left -= len(piece)
    return digest.digest()


def _in_jpeg(stream: BinaryIO, size: int) -> Iterator[Span]:
    """The segments in front of the picture, as far as they tell how it is coded, and all from the first scan on."""
    at = 2
    for _ in range(_MAX_PARTS):
        head = read_at(stream, at, 4)
        if len(head) < 4 or head[0] != _FILL:
            break
        marker, length = head[1], int.from_bytes(head[2:], "big")
        if marker == _SCAN:
            yield at, size - at
            return
        if marker == _FILL:
            at += 1
            continue
        if marker == _ADOBE or not (marker in _APP or marker == _COMMENT):
            yield at, 2 + length
        at += 2 + length
    yield _NONSENSE


def _in_png(stream: BinaryIO) -> Iterator[Span]:
    at = _PNG_SIGNATURE_BYTES
    for _ in range(_MAX_PARTS):
        head = read_at(stream, at, 8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        if kind in _PNG_HEADERS:
            yield at + 4, 4 + length
        elif kind in _PNG_PICTURES:
            yield at + 8, length
        at += 12 + length  # a checksum ends it


def _in_webp(stream: BinaryIO) -> Iterator[Span]:
    at = _RIFF_HEADER_BYTES
    for _ in range(_MAX_PARTS):
        head = read_at(stream, at, 8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        if kind in _WEBP_PICTURES:
            yield at, 8 + length
        at += 8 + length + length % 2


def _in_boxes(stream: BinaryIO, size: int) -> Iterator[Span]:
    """What the boxes `mdat` hold (ISO 14496-12, 4.2 and 8.1.1)."""
    at = 0
    for _ in range(_MAX_PARTS):
        head = read_at(stream, at, 16)
        length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, header = int.from_bytes(head[8:], "big"), 16
        elif length == 0:
            length = size - at
        if len(head) < 8 or length < header:
            return
        if kind == b"mdat":
            yield at + header, length - header
        at += length
