"""Reads IPTC-IIM records, the captions of news agencies, and finds them in Photoshop's resources.

They may also stand behind the end of a picture, as archives of the nineties put them. It never interprets them.
"""

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from app.analysis.formats.blocks import read_at
from app.analysis.formats.tiff import decode_text
from app.errors import CannotRead

NAMES = {
    5: "ObjectName",
    10: "Urgency",
    15: "Category",
    20: "SupplementalCategories",
    25: "Keywords",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    62: "DigitalCreationDate",
    63: "DigitalCreationTime",
    80: "By-line",
    85: "By-lineTitle",
    90: "City",
    92: "Sub-location",
    95: "Province-State",
    100: "CountryCode",
    101: "Country",
    103: "TransmissionReference",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    118: "Contact",
    120: "Caption",
    122: "Writer",
}
Iptc = Mapping[str, tuple[str, ...]]
FIRST = b"\x1c"
RESOURCE = 0x0404  # of Photoshop, that holds the records
_SIGNATURES = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")  # all but the first are of other programs
_DIGEST = 0x0425  # of Photoshop, the MD5 of the records
_APPLICATION = 2  # the record that speaks about the picture
_HEADER_BYTES = 5
_EXTENDED = 0x8000  # the length is that of the length that follows
_MAX_DATASETS = 2_000
_CHARACTER_SET, _ENVELOPE_BYTES = b"\x1c\x01\x5a\0\3\x1b%G", 256
_AFCP, _AFCP_BYTES = {b"AXS!": ">", b"AXS*": "<"}, 12  # of its last line, of its first, and of each entry
_FOTOSTATION, _FOTOSTATION_BYTES = 0xA1B2C3D4, 10  # of the last line of each of its records
_IPTC_RECORD, _MAX_RECORDS, _MAX_BYTES = 1, 10, 1024 * 1024


def parse_iptc(block: bytes) -> tuple[Iptc, CannotRead | None]:
    """Parse the known datasets of the application record (IPTC-IIM 4.2, chapter 5): values by name, and what was wrong.

    Each dataset is 0x1C, record, number, length in two bytes big-endian, content. Content is UTF-8 where it is valid
    UTF-8, whatever record 1:90 claims, else cp1252.
    """
    found: dict[str, list[str]] = {}
    problem, at = None, 0
    for _ in range(_MAX_DATASETS):
        if not block.startswith(FIRST, at) or at + _HEADER_BYTES > len(block):
            break
        record, number = block[at + 1], block[at + 2]
        length = int.from_bytes(block[at + 3 : at + _HEADER_BYTES], "big")
        at += _HEADER_BYTES
        if length & _EXTENDED:
            digits = length & ~_EXTENDED
            length = int.from_bytes(block[at : at + digits], "big")
            at += digits
        if at + length > len(block):
            problem = CannotRead("The IPTC block ends in the middle of a record.", cause="damaged_metadata")
            break
        content = block[at : at + length]
        at += length
        if record == _APPLICATION and number in NAMES and (text := decode_text(content).strip(" \0")):
            found.setdefault(NAMES[number], []).append(text)
    return {name: tuple(texts) for name, texts in found.items()}, problem


def says_utf_8(block: bytes) -> bool:
    """Whether IPTC records begin with an envelope that says that they are in UTF-8 (IPTC-IIM 4.2, 1:90: ESC % G)."""
    at = block.find(_CHARACTER_SET)
    return 0 <= at <= _ENVELOPE_BYTES


def find_iptc_in_photoshop(resources: bytes) -> bytes:
    """Find the IPTC records in Photoshop's image resources (Adobe Photoshop File Formats, "Image Resource Blocks")."""
    return b"".join(content for number, content in read_resources(resources) if number == RESOURCE)


def is_changed_since_xmp(block: bytes, beside: bytes = b"") -> bool:
    """Whether IPTC records were changed by a program that does not know XMP; `block` as `find_iptc_records` takes it.

    That is so where their digest is not the one that was written with the XMP (Metadata Working Group guidelines 2.0,
    3.3); without a digest nobody can tell. Of bare records, as in a TIFF, it stands among the resources `beside` them.
    """
    bare = not block.startswith(_SIGNATURES)
    found = dict(read_resources(beside if bare else block))
    digest, records = found.get(_DIGEST), block if bare else found.get(RESOURCE)
    if not digest or not records:
        return False
    padded = (records, records.rstrip(b"\0"))  # in a TIFF, to whole numbers of four bytes
    return digest not in (hashlib.md5(one, usedforsecurity=False).digest() for one in padded)


def read_resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Read Photoshop's image resources one after the other, each as its number and what it holds."""
    at = 0
    while block.startswith(_SIGNATURES, at) and at + 12 <= len(block):
        (number,) = struct.unpack_from(">H", block, at + 4)
        at += 6 + (block[at + 6] + 2) // 2 * 2  # a name with its length, padded to an even number of bytes
        if at + 4 > len(block):
            return
        (size,) = struct.unpack_from(">I", block, at)
        yield number, block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def find_iptc_records(block: bytes) -> bytes:
    """Find IPTC records that stand bare or among Photoshop's resources; empty without any."""
    return find_iptc_in_photoshop(block) if block.startswith(_SIGNATURES) else block[max(0, block.find(FIRST)) :]


def find_iptc_behind_picture(stream: BinaryIO) -> bytes:
    """Find IPTC records behind the end of a picture; empty without any. Raises OSError as the stream does.

    They are those of AFCP (AXS File Concatenation Protocol, which says where it begins) or of FotoStation (records one
    before the other, from the end on; exiftool, FotoStation.pm).
    """
    end = stream.seek(0, os.SEEK_END)
    last = read_at(stream, end - _AFCP_BYTES, _AFCP_BYTES)
    if order := _AFCP.get(last[:4]):
        return _of_afcp(stream, last[:4], order, struct.unpack_from(order + "I", last, 4)[0])
    for _ in range(_MAX_RECORDS):
        foot = read_at(stream, end - _FOTOSTATION_BYTES, _FOTOSTATION_BYTES)
        if len(foot) < _FOTOSTATION_BYTES:
            break
        kind, size, mark = struct.unpack(">HII", foot)
        if mark != _FOTOSTATION or not _FOTOSTATION_BYTES <= size <= end:
            break
        end -= size
        if kind == _IPTC_RECORD:
            return read_at(stream, end, min(size - _FOTOSTATION_BYTES, _MAX_BYTES))
    return b""


def _of_afcp(stream: BinaryIO, mark: bytes, order: str, start: int) -> bytes:
    head = read_at(stream, start, _AFCP_BYTES)
    if len(head) < _AFCP_BYTES or not head.startswith(mark):
        return b""
    (count,) = struct.unpack_from(order + "H", head, 6)
    table = read_at(stream, start + _AFCP_BYTES, _AFCP_BYTES * min(count, _MAX_RECORDS))
    for at in range(0, len(table) - _AFCP_BYTES + 1, _AFCP_BYTES):
        kind, size, place = struct.unpack_from(order + "4sII", table, at)
        if kind == b"IPTC":
            return read_at(stream, place, min(size, _MAX_BYTES))
    return b""
