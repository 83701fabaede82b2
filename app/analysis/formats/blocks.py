"""Finds EXIF, XMP, IPTC and C2PA blocks where Pillow does not look: in JPEG, JPEG 2000, GIF, WebP and AVI.

It also walks boxes and chunks, and reads at a place, for whoever knows what stands there. It never interprets a block.
What is longer than its limit is not read.
"""

import errno
import hashlib
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from app.errors import CannotRead

EXTENDED_BYTES = 16 * 1024 * 1024  # of an extended XMP packet: depth maps of phones have some megabytes
XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENSION_HEADER = struct.Struct(">32sII")  # GUID, length of the whole packet, where this piece stands in it
_PHOTOSHOP = b"Photoshop 3.0\0"
_PSD_HEADER_BYTES = 26
_GIF_XMP, _GIF_TRAILER = b"\x21\xff\x0bXMP DataXMP", b"\x01\xff\xfe\xfd"
_GIF_BYTES = 64 * 1024 * 1024
_UUIDS = {
    b"JpgTiffExif->JP2": "exif",
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): "iptc",
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): "xmp",
}
_BOX_BYTES = 4 * 1024 * 1024
_MAX_BOXES = 10_000
_AVI_LISTS, _DATE_BYTES = (b"hdrl", b"INFO"), 100
_READ_BYTES = 16 * 1024 * 1024  # at once
_C2PA_HEADER = 8  # of a piece of JUMBF in a segment; the first box's own header is repeated behind it
_C2PA_BYTES = 16 * 1024 * 1024

Segments = Iterable[tuple[str, bytes]]
"""The segments of a JPEG as Pillow lists them: `APP1`, content."""


def join_extended_xmp(segments: Segments, guid: str) -> bytes:
    """Join the pieces of the extended XMP packet with this GUID (XMP Specification Part 3, 1.1.3.1).

    Empty without one. Raises CannotRead: `text_too_large`, and `damaged_metadata` where a piece is missing or the MD5,
    which the GUID is, does not agree.
    """
    pieces: dict[int, bytes] = {}
    whole = 0
    for name, content in segments:
        if name != "APP1" or not content.startswith(_EXTENSION):
            continue
        start = len(_EXTENSION) + _EXTENSION_HEADER.size
        if len(content) < start:
            continue
        own, whole_here, at = _EXTENSION_HEADER.unpack_from(content, len(_EXTENSION))
        if own == guid.encode("ascii", "replace"):
            whole = whole_here
            pieces[at] = content[start:]
    if whole > EXTENDED_BYTES:
        raise CannotRead(
            f"The extended XMP packet has {whole} bytes, more than the {EXTENDED_BYTES} that are read.",
            cause="text_too_large",
        )
    packet = b"".join(pieces[at] for at in sorted(pieces))
    if pieces and (len(packet) != whole or hashlib.md5(packet, usedforsecurity=False).hexdigest().upper() != guid):
        raise CannotRead("The extended XMP packet is not whole.", cause="damaged_metadata")
    return packet


def find_photoshop_in_jpeg(segments: Segments) -> bytes:
    """Find Photoshop's resources in a JPEG, where they may span several segments; empty without any."""
    found = (content for name, content in segments if name == "APP13" and content.startswith(_PHOTOSHOP))
    return b"".join(content[len(_PHOTOSHOP) :] for content in found)


def find_photoshop_in_psd(stream: BinaryIO) -> bytes:
    """Find the resources of a Photoshop document, behind its header and its palette (Adobe Photoshop File Formats)."""
    at = _PSD_HEADER_BYTES
    at += 4 + int.from_bytes(read_at(stream, at, 4), "big")
    return read_at(stream, at + 4, int.from_bytes(read_at(stream, at, 4), "big"))


def find_c2pa_in_jpeg(segments: Segments) -> bytes:
    """Join the boxes in the APP11 segments of a JPEG (ISO 19566-5, annex D), a C2PA manifest among them; empty without.

    The pieces of each box have its number. What is no manifest, such as the layers of a JPEG XT, has another.
    """
    pieces: dict[bytes, list[bytes]] = {}
    for name, content in segments:
        if name == "APP11" and content.startswith(b"JP"):
            pieces.setdefault(content[2:4], []).append(content)
    boxes = ((own[0][_C2PA_HEADER:], *(piece[2 * _C2PA_HEADER :] for piece in own[1:])) for own in pieces.values())
    return b"".join(piece for box in boxes for piece in box)


def find_c2pa_in_webp(stream: BinaryIO) -> bytes:
    """Find the C2PA manifest of a WebP file, a chunk of its own (C2PA specification 2.1, A.3.7); empty without one."""
    for kind, at, length in walk_riff_chunks(stream):
        if kind == b"C2PA":
            return read_at(stream, at, min(length, _C2PA_BYTES))
    return b""


def find_xmp_in_gif(stream: BinaryIO) -> bytes:
    """Find the XMP packet of a GIF, whole in an application extension (XMP Specification Part 3, 1.1.2)."""
    stream.seek(0)
    content = stream.read(_GIF_BYTES)
    start = content.find(_GIF_XMP)
    end = content.find(_GIF_TRAILER, start) if start >= 0 else -1
    return content[start + len(_GIF_XMP) : end] if end >= 0 else b""


def find_xmp_in_avi(stream: BinaryIO) -> bytes:
    """Find the XMP packet of an AVI file: a chunk `_PMX` beside its lists (XMP Specification Part 3)."""
    found = (read_at(stream, at, length) for kind, at, length in walk_riff_chunks(stream) if _is_packet(kind, length))
    return next(found, b"")


def find_date_in_avi(stream: BinaryIO) -> str:
    """Find the text of the chunk `IDIT` of an AVI file, in the list of its headers or beside it; empty without one."""
    for kind, at, length in walk_riff_chunks(stream):
        if kind == b"LIST" and read_at(stream, at, 4) in _AVI_LISTS:
            inside = _chunks(stream, at + 4, at + length)
        else:
            inside = iter([(kind, at, length)])
        for name, start, size in inside:
            if name == b"IDIT" and size <= _DATE_BYTES:
                return read_at(stream, start, size).decode("latin-1").strip("\0 \r\n\t")
    return ""


def _is_packet(kind: bytes, length: int) -> bool:
    return kind == b"_PMX" and length <= _BOX_BYTES


def find_jpeg2000_blocks(stream: BinaryIO) -> dict[str, bytes]:
    """Find the blocks `exif`, `xmp` and `iptc` in the UUID boxes of a JPEG 2000 file (ISO 15444-1, I.7.2)."""
    found: dict[str, bytes] = {}
    size = stream.seek(0, os.SEEK_END)
    for kind, at, length in walk_boxes(stream, 0, size):
        if kind == b"uuid" and length <= _BOX_BYTES:
            body = read_at(stream, at, length)
            if name := _UUIDS.get(body[:16]):
                found.setdefault(name, body[16:])
    return found


def walk_boxes(stream: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, offset and length in bytes of the content of each box from `at` to `end` (ISO 14496-12, 4.2).

    A length that goes beyond `end` is cut there.
    """
    for _ in range(_MAX_BOXES):
        header = read_at(stream, at, min(16, end - at))
        length, start = int.from_bytes(header[:4], "big"), 8
        if length == 1:
            length, start = int.from_bytes(header[8:], "big"), 16
        length = min(length or end - at, end - at)
        if len(header) < start or length < start:
            return
        yield header[4:8], at + start, length - start
        at += length


def walk_riff_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, offset and length in bytes of each chunk of a RIFF file (WebP, AVI), and of any RIFF behind it."""
    yield from _chunks(stream, 0, sys.maxsize)


def _chunks(stream: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MAX_BOXES):
        header = read_at(stream, at, min(8, end - at))
        if len(header) < 8:
            return
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"RIFF":
            at += 12
            continue
        yield header[:4], at + 8, length
        at += 8 + length + length % 2


def read_at(stream: BinaryIO, at: int, length: int) -> bytes:
    """Read `length` bytes at `at`, at most 16 MiB; fewer at the end of the file, none at an offset no file has.

    Raises OSError where the disk fails.
    """
    if not 0 <= at <= sys.maxsize or length <= 0:
        return b""
    try:
        stream.seek(at)
    except OSError as error:
        if error.errno != errno.EINVAL:  # farther than a file of this disk can reach
            raise
        return b""
    return stream.read(min(length, _READ_BYTES))
