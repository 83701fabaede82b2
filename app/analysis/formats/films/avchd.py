"""Finds what an AVCHD camcorder notes between the pictures of a transport stream: when, where, with what it filmed.

The notes stand in "user data" (ITU-T H.264, D.1.7) behind an identifier and `MDPM`: their number, then for
each a byte that names it and four bytes of value. Names and numbers as exiftool's H264 module has them (12.57); packs
below 0x80 are those of IEC 61834-4. Packets are those of ISO/IEC 13818-1, 2.4.3.2, of 188 bytes, in AVCHD with a clock
of 4 bytes in front.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import BinaryIO

from app.analysis.formats.blocks import read_at

_BYTES = 256 * 1024  # in which the first picture stands
_NOTES = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
_DATE, _TIME, _CAMERA, _SHUTTER = 0x18, 0x19, 0x70, 0x7F
_EXPOSURE, _F_NUMBER, _FOCAL_35MM = 0xA0, 0xA1, 0xA9
_LATITUDE, _LONGITUDE, _HEIGHT, _STATUS = 0xB1, 0xB5, 0xB9, 0xBE  # each with its letter in front
_MAKE, _MODEL = 0xE0, 0xE4
_MAKERS = {0x0103: "Panasonic", 0x0108: "Sony", 0x1011: "Canon", 0x1104: "JVC"}
_SUMMER, _WEST, _HALF = 0x40, 0x20, 0x01
_FARTHEST = 14  # hours
_IRIS = range(0x3D)  # above it: open, closed, not told
_NO_SHUTTER, _SHUTTER_SECOND = 0x7FFF, 28_125

Notes = Mapping[int, bytes]


def read_avchd(stream: BinaryIO) -> dict[str, str]:
    """Read the notes of the first picture that has some, as tags; what is not told is left out.

    `datetimeoriginal` is local, `2024:05:01 10:11:12`, with a zone where one is told; `location` is ISO 6709;
    `exposuretime` is in seconds; `make`, `model`, `fnumber`, `focallengthin35mmformat`. Raises OSError as the stream
    does.
    """
    notes = _notes(read_at(stream, 0, _BYTES))
    make = _MAKERS.get(int.from_bytes(notes.get(_MAKE, b"")[:2], "big"), "")
    told = {
        "datetimeoriginal": _taken_at(notes.get(_DATE, b""), notes.get(_TIME, b"")),
        "make": make,
        "model": _letters(_joined(notes, _MODEL, 3)) if make == "Sony" else "",
        "exposuretime": _number(_ratio(notes.get(_EXPOSURE, b"")) or _shutter(notes.get(_SHUTTER, b""))),
        "fnumber": _number(_ratio(notes.get(_F_NUMBER, b"")) or _iris(notes.get(_CAMERA, b""))),
        "focallengthin35mmformat": _number(_ratio(notes.get(_FOCAL_35MM, b""))),
        "location": _place(notes),
    }
    return {name: text for name, text in told.items() if text}


def _taken_at(date: bytes, time: bytes) -> str:
    """A byte of the zone, then year, month, day, hour ... in decimal digits."""
    digits = (date[1:] + time).hex()
    if len(digits) != 14 or not digits.isdigit():
        return ""
    return f"{digits[:4]}:{digits[4:6]}:{digits[6:8]} {digits[8:10]}:{digits[10:12]}:{digits[12:]}{_zone(date[0])}"


def _zone(byte: int) -> str:
    """`+01:00`; none where it is 0, as nobody set it, or summer, as makers differ in whether the hour is in it."""
    hours = byte >> 1 & 0x0F
    if byte & _SUMMER or not byte & (0x1E | _HALF) or hours > _FARTHEST:
        return ""
    return f"{'-' if byte & _WEST else '+'}{hours:02}:{30 if byte & _HALF else 0:02}"


def _ratio(content: bytes) -> float:
    """Two numbers of two bytes; 0 where it is none."""
    above, below = int.from_bytes(content[:2], "big"), int.from_bytes(content[2:4], "big")
    return above / below if below else 0.0


def _shutter(content: bytes) -> float:
    """Seconds, 0 where they are not told."""
    count = int.from_bytes(content[2:4], "little") & 0x7FFF
    return 0.0 if count == _NO_SHUTTER else count / _SHUTTER_SECOND


def _iris(content: bytes) -> float:
    """The f-number in eighths of a doubling, 0 where it is not told."""
    steps = content[0] & 0x3F if content else 0x3F
    return round(2.0 ** (steps / 8), 1) if steps in _IRIS else 0.0


def _number(value: float) -> str:
    return f"{value:.6g}" if value else ""


def _place(notes: Notes) -> str:
    """Latitude, longitude and height in metres; empty where none is told, or the satellites were not heard."""
    if _letters(notes.get(_STATUS, b"A")) == "V":
        return ""
    north, east = (_degrees(notes, at, letters) for at, letters in ((_LATITUDE, "NS"), (_LONGITUDE, "EW")))
    if north is None or east is None:
        return ""
    height = _ratio(notes.get(_HEIGHT + 1, b"")) * (-1 if any(notes.get(_HEIGHT, b"")) else 1)
    return f"{north:+010.6f}{east:+011.6f}" + (f"{height:+.1f}" if _HEIGHT + 1 in notes else "") + "/"


def _degrees(notes: Notes, at: int, letters: str) -> float | None:
    letter = _letters(notes.get(at, b""))
    if letter not in tuple(letters) or not all(at + part in notes for part in (1, 2, 3)):
        return None
    degrees = sum(_ratio(notes[at + 1 + part]) / (1, 60, 3600)[part] for part in range(3))
    return -degrees if letter == letters[1] else degrees


def _joined(notes: Notes, first: int, count: int) -> bytes:
    return b"".join(notes.get(name, b"") for name in range(first, first + count))


def _letters(content: bytes) -> str:
    text = content.partition(b"\0")[0].decode("ascii", "replace").strip()
    return text if text.isascii() and text.isprintable() else ""


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
