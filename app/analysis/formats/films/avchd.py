"""Finds when an AVCHD camcorder filmed, and its maker: notes between the pictures of a transport stream.

The notes stand in "user data" (ITU-T H.264, D.1.7) behind an identifier and `MDPM`: their number, then for
each a byte that names it and four bytes of value. Names as exiftool's H264 module has them. Packets are those of
ISO/IEC 13818-1, 2.4.3.2, of 188 bytes, in AVCHD with a clock of 4 bytes in front.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import BinaryIO

from app.analysis.formats.blocks import read_at

_BYTES = 256 * 1024  # in which the first picture stands
_NOTES = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
_DATE, _TIME, _MAKE = 0x18, 0x19, 0xE0
_MAKERS = {0x0103: "Panasonic", 0x0108: "Sony", 0x1011: "Canon", 0x1104: "JVC"}


@dataclass(frozen=True, slots=True)
class AvchdNotes:
    """Local date and time as `2024:05:01 10:11:12`, and the maker's name; empty where they are not told."""

    taken_at: str = ""
    make: str = ""


def read_avchd(stream: BinaryIO) -> AvchdNotes:
    """Read the notes of the first picture that has some. Raises OSError as the stream does."""
    notes = _notes(read_at(stream, 0, _BYTES))
    date, time = notes.get(_DATE, b"").hex(), notes.get(_TIME, b"").hex()
    taken_at = ""
    if (date + time).isdigit() and date and time:  # a byte of the zone; year, month, day, hour ... in decimal digits
        taken_at = f"{date[2:6]}:{date[6:8]}:{time[:2]} {time[2:4]}:{time[4:6]}:{time[6:8]}"
    make = _MAKERS.get(int.from_bytes(notes.get(_MAKE, b"")[:2], "big"), "")
    return AvchdNotes(taken_at, make)


def _notes(content: bytes) -> dict[int, bytes]:
    """The notes by their names."""
    for payload in _payloads(content):
        place = payload.find(_NOTES)
        if place >= 0:
            written = payload[place + len(_NOTES) :][:2_048].replace(b"\0\0\3", b"\0\0")  # H.264, 7.3.1
            count = written[0] if written else 0
            pieces = [written[at : at + 5] for at in range(1, 1 + 5 * count, 5)]
            return {piece[0]: piece[1:] for piece in pieces if len(piece) == 5}
    return {}


def _payloads(content: bytes) -> list[bytes]:
    """What each stream carries, put together from its packets."""
    size, start = (192, 4) if content[4:5] == b"G" else (188, 0)
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for place in range(start, len(content) - 187, size):
        packet = content[place : place + 188]
        if packet[0] != 0x47:
            break
        if packet[3] & 0x10:
            skip = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
            found[int.from_bytes(packet[1:3], "big") & 0x1FFF].append(packet[skip:])
    return [b"".join(pieces) for pieces in found.values()]
