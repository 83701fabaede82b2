"""Reads the tags of a TIFF structure: of a TIFF file, and of the EXIF block that every other format carries.

It never decodes pixels, follows no maker note (Apple's is handed on for one value), and reads a bounded number of tags
and bytes. A value that lies outside of the file is left out; a directory that does is a problem, and what was read
until then is kept.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias

from PIL.ExifTags import GPSTAGS, TAGS

from app.analysis.formats.blocks import read_at
from app.analysis.formats.makers import apple
from app.errors import CannotRead

Value: TypeAlias = str | bytes | tuple[float, ...]
Tags: TypeAlias = Mapping[str, Value]
"""`Image Make` -> text, numbers (a ratio without denominator is nan) or bytes. The first word is the directory."""

XMP, IPTC, PHOTOSHOP, MAKER_NOTE, C2PA = 700, 33723, 34377, 37500, 0xCD41  # other blocks that a directory may carry
_EXIF, _GPS, _INTEROPERABILITY, _SUB = 0x8769, 0x8825, 0xA005, 330
_BELOW = {_EXIF: "EXIF", _GPS: "GPS", _INTEROPERABILITY: "Interoperability"}
_PACKING = (288, 289, 301, 320, 324, 325, 347)  # of the pixels
_PROFILES_AND_PADDING = (34675, 37724, 50341, 50740, 50831, 50838, 50839, 59932, 59933)
_CORRECTIONS = (50712, 51008, 51009, 51022, 52525, 52544)  # tables of a DNG
_LEFT_OUT = frozenset((*_PACKING, *_PROFILES_AND_PADDING, *_CORRECTIONS))
_STRIPS = frozenset((273, 279))  # where the pixels stand, and how many bytes they are
_NOT_READ = frozenset((46, 295, MAKER_NOTE))  # the previews of an RW2, and maker notes
_BYTES = frozenset((0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F))  # texts of Windows, in UTF-16
_COPYRIGHT = 0x8298
_INTEROPERABILITY_NAMES = {1: "InteropIndex", 2: "InteropVersion"}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_ASCII, _RATIONAL, _UNDEFINED, _SIGNED_RATIONAL, _UTF8 = 2, 5, 7, 10, 129
_SIZES = {code: struct.calcsize("=" + letter) for code, letter in _NUMBERS.items()} | {2: 1, 5: 8, 7: 1, 10: 8, 129: 1}
_WHOLE_NUMBERS = frozenset((3, 4, 13, 16, 18))
_FEW = 4  # BYTEs that are numbers; more are a text or a block

MAX_TAGS = 2_000  # in all directories together
MAX_BYTES = 4 * 1024 * 1024  # of all values together
MAX_NUMBERS = 256  # of one tag: longer ones are tables
MAX_SUB = 16  # directories below the first
_FIRST_TAG = 254  # of TIFF; an RW2 has its own below
_DAMAGED = "The EXIF block is damaged: its {} cannot be read."


_ORIENTATIONS = range(1, 9)


@dataclass(slots=True)
class TiffContent:
    """What a TIFF structure holds: tags by name, embedded blocks by tag number, and the first problem.

    `places` say where that stands which is not read, by the name of its tag: the first byte and the length of a maker
    note and of a preview of an RW2; of pixels in one strip each in its own, `StripOffsets` and `StripByteCounts`.
    `stream` is what was read.
    """

    tags: dict[str, Value] = field(default_factory=dict)
    blocks: dict[int, bytes] = field(default_factory=dict)
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    problem: CannotRead | None = None
    stream: BinaryIO | None = None


def read_tiff(stream: BinaryIO, *, group: str = "Image", pages: int = 2, picture: int | None = None) -> TiffContent:
    """Read the tags of the first picture, its EXIF and GPS, and of a thumbnail or second page. Raises OSError.

    `group` is what the first directory is called, `pages` how many of those that follow one another are read. Where
    that of the `picture` starts at another byte, its tags stand above those of the first.
    """
    return _Reader(stream).read(group, pages, picture)


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.found = TiffContent(stream=stream)
        self.seen: set[int] = set()
        self.room, self.tags_left, self.sub_left = MAX_BYTES, MAX_TAGS, MAX_SUB
        self.order, self.big, self.panasonic = "<", False, False

    def read(self, group: str, pages: int, picture: int | None) -> TiffContent:
        head = self._bytes(0, 16)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self.order or len(head) < 8:
            self._damaged("first bytes")
            return self.found
        self.big, self.panasonic = head[2:4] in (b"+\0", b"\0+"), head[2:4] == b"U\0"
        (start,) = struct.unpack_from(
            self.order + ("Q" if self.big else "I"), head.ljust(16, b"\0"), 8 if self.big else 4
        )
        if picture:
            self._directory(picture, group)
        at = self._directory(start, group)
        for name in ("Thumbnail", *(f"Page{number}" for number in range(2, pages)))[: pages - 1]:
            at = self._directory(at, name, needed=False) if at else 0
        return self.found

    def _bytes(self, at: int, length: int) -> bytes:
        return read_at(self.stream, at, length)

    def _damaged(self, what: str) -> None:
        self.found.problem = self.found.problem or CannotRead(_DAMAGED.format(what), cause="damaged_metadata")

    def _directory(self, at: int, group: str, *, needed: bool = True) -> int:
        """Reads the directory that starts at this byte; where the next one starts, 0 without one."""
        if at in self.seen:
            return 0
        self.seen.add(at)
        count_size, entry_size = (8, 20) if self.big else (2, 12)
        head = self._bytes(at, count_size)
        count = int.from_bytes(head, "little" if self.order == "<" else "big")
        if len(head) < count_size or count > self.tags_left:
            if needed:
                self._damaged(f"{group} directory")
            return 0
        self.tags_left -= count
        link_size = 8 if self.big else 4
        table = self._bytes(at + count_size, count * entry_size + link_size)
        if len(table) < count * entry_size and needed:
            self._damaged(f"{group} directory")
        for start in range(0, min(count, len(table) // entry_size) * entry_size, entry_size):
            self._entry(table[start : start + entry_size], group)
        return int.from_bytes(table[count * entry_size :], "little" if self.order == "<" else "big")

    def _entry(self, entry: bytes, group: str) -> None:
        tag, kind = struct.unpack_from(self.order + "HH", entry)
        inline = 8 if self.big else 4
        (count,) = struct.unpack_from(self.order + ("Q" if self.big else "I"), entry, 4)
        size = count * _SIZES.get(kind, 0)
        if not size or tag in _LEFT_OUT or (tag in _STRIPS and count > 1):
            return
        (at,) = struct.unpack_from(self.order + ("Q" if self.big else "I"), entry, 4 + inline)
        name = f"{group} {self._name(tag, group)}"
        if tag in _NOT_READ:
            self.found.places.setdefault(name, (at, size))
            small = tag == MAKER_NOTE and size <= apple.NOTE_BYTES
            if small and self._bytes(at, len(apple.HEADER)) == apple.HEADER:
                self.found.blocks.setdefault(tag, self._bytes(at, size))
            return
        content = entry[-inline:][:size] if size <= inline else self._outside(at, size)
        if len(content) < size:
            return
        if tag in _BELOW or tag == _SUB:
            self._below(tag, kind, count, content, group)
        elif tag in (XMP, IPTC, PHOTOSHOP, C2PA):
            self.found.blocks.setdefault(tag, content)
        elif tag in _STRIPS:
            if kind in _WHOLE_NUMBERS:
                self.found.places.setdefault(name, struct.unpack(self.order + _NUMBERS[kind], content))
        elif (value := self._value(tag, kind, count, content)) is not None:
            self.found.tags.setdefault(name, value)

    def _outside(self, at: int, size: int) -> bytes:
        """A value that stands elsewhere, empty where there is no room left for it."""
        if size > self.room:
            return b""
        self.room -= size
        return self._bytes(at, size)

    def _below(self, tag: int, kind: int, count: int, content: bytes, group: str) -> None:
        """Follows the pointers to the directories below this one."""
        value = self._value(tag, kind, count, content)
        for number, at in enumerate(value if isinstance(value, tuple) else ()):
            if self.sub_left and math.isfinite(at):
                self.sub_left -= 1
                name = _BELOW.get(tag) or f"{group}{number}"
                self._directory(int(at), name, needed=tag in (_EXIF, _GPS))

    def _value(self, tag: int, kind: int, count: int, content: bytes) -> Value | None:
        if kind in (_ASCII, _UTF8):
            return _text(content, whole=tag == _COPYRIGHT)
        if kind == _UNDEFINED or tag in _BYTES or (kind == 1 and count > _FEW):
            return content
        if count > MAX_NUMBERS:
            return None
        if kind in (_RATIONAL, _SIGNED_RATIONAL):
            letter = "I" if kind == _RATIONAL else "i"
            parts = struct.unpack(f"{self.order}{2 * count}{letter}", content)
            return tuple(_ratio(*parts[at : at + 2]) for at in range(0, 2 * count, 2))
        return struct.unpack(f"{self.order}{count}{_NUMBERS[kind]}", content)

    def _name(self, tag: int, group: str) -> str:
        names = {"GPS": GPSTAGS, "Interoperability": _INTEROPERABILITY_NAMES}.get(group, TAGS)
        known = None if self.panasonic and tag < _FIRST_TAG and group == "Image" else names.get(tag)
        return known or f"0x{tag:04x}"


def find_orientation(tags: Tags) -> int | None:
    """Find how the file turns its picture, as the EXIF value 1..8; neither XMP nor a sidecar has a say in it."""
    value = tags.get("Image Orientation")
    return int(value[0]) if isinstance(value, tuple) and value and value[0] in _ORIENTATIONS else None


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else math.nan


def _text(content: bytes, *, whole: bool) -> str:
    """Text up to its NUL; in UTF-8 or as `decode_text` has it. A copyright has two parts (EXIF 2.32, 4.6.4)."""
    parts = (
        [part for part in content.rstrip(b"\0").split(b"\0") if part.strip()] if whole else [content.split(b"\0")[0]]
    )
    return decode_text(b"\n".join(parts))


def decode_text(content: bytes) -> str:
    """Decode bytes that are UTF-8, or else what programs on Windows write and browsers take for Latin-1: cp1252."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")  # five bytes mean nothing in the other


def read_text(tags: Tags, name: str) -> str:
    """Read the text of a tag, also where its letters were written as plain bytes; empty without one."""
    value = tags.get(name, "")
    if isinstance(value, bytes):
        text = decode_text(value.partition(b"\0")[0])
        return text if text.isprintable() else ""
    return value if isinstance(value, str) else ""


def decode_windows_text(exif: Tags, name: str) -> str:
    """Decode a text that Windows wrote in UTF-16, such as `XPKeywords`; empty without one."""
    value = exif.get(f"Image {name}", b"")
    return value.decode("utf-16-le", "replace").partition("\0")[0] if isinstance(value, bytes) else ""
