"""Reads from maker notes what nothing else says: the lens, and beside it serial number, shutter count and distance.

Canon's and Nikon's by ExifRead, which gets the whole EXIF block, since offsets in them count from its start; those of
Olympus, Panasonic and Pentax by a directory reader and a table of ours, since it knows no lens of theirs. Whether a
note names a lens at all is seen first, in microseconds: most are of cameras that have but one.
"""

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, BinaryIO, NamedTuple

from app.analysis.formats.blocks import read_at
from app.analysis.formats.makers.lenses import OLYMPUS, PENTAX
from app.analysis.formats.tiff import TiffContent, decode_text
from app.analysis.formats.xmp import Xmp
from app.texts import clean_text

SECONDS = 1.0  # that ExifRead may take; its slowest honest note takes some 0.05
BLOCK_BYTES = 1024 * 1024  # of a block that it is given
_LENSES = ("EXIF LensModel", "Image LensModel"), ("exifEX:LensModel", "aux:Lens")
_MAX_ENTRIES, _MAX_BYTES = 500, 4096
_MAX_TAGS, _MAX_CHARACTERS = 300, 200
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_POINTERS = (4, 13)
_CANON_SETTINGS, _CANON_LENS, _LENS_TYPE = 0x0001, 0x0095, 22
_NIKON_LENS = 0x0084
_OLYMPUS_EQUIPMENT, _EQUIPMENT_SERIAL, _EQUIPMENT_TYPE, _EQUIPMENT_LENS = 0x2010, 0x0101, 0x0201, 0x0203
_PANASONIC_LENS, _PENTAX_LENS = 0x0051, 0x003F
_NO_LENS = ("", "N/A", "NO-LENS", "None", "n/a", "Unknown", "----")
_FAR = 65_535  # how Canon writes infinity


@dataclass(slots=True)
class MakerNotes:
    """What was read of a maker note: the lens, and by name what else; `unread` says why something was not."""

    lens: str | None = None
    found: dict[str, Any] = field(default_factory=dict)
    unread: str | None = None

    def list_raw(self) -> dict[str, Any]:
        """What was read, as it is kept."""
        return self.found | ({"maker_notes_unread": self.unread} if self.unread else {})


def read_maker_notes(exif: TiffContent, xmp: Xmp) -> MakerNotes:
    """Read the maker note of a block, where there is one and nothing else names the lens. Never raises."""
    place, make = exif.places.get("EXIF MakerNote"), exif.tags.get("Image Make")
    tags, names = _LENSES
    if not place or not isinstance(make, str) or exif.stream is None:
        return MakerNotes()
    if any(exif.tags.get(tag) for tag in tags) or any(xmp.get(name) for name in names):
        return MakerNotes()
    reader = _find_reader(make)
    if reader is None:
        return MakerNotes()
    try:
        return reader(_Note(exif.stream, *place))
    except _Overrun:
        return MakerNotes(unread=f"Reading the maker note took more than {SECONDS:.0f} s.")
    except Exception as error:  # noqa: BLE001 - some 15 classes of exception come out of hostile notes
        return MakerNotes(unread=f"The maker note is damaged ({type(error).__name__}).")


def reads_notes_of(make: str) -> bool:
    """Whether the maker notes of cameras that write themselves so can be read."""
    return _find_reader(make) is not None


def _find_reader(make: str) -> "Callable[[_Note], MakerNotes] | None":
    return next((reader for word, reader in _READERS.items() if make.upper().startswith(word)), None)


class _Entry(NamedTuple):
    kind: int
    at: int  # of its content, in the block
    content: bytes


class _Note:
    """A maker note in its block."""

    def __init__(self, stream: BinaryIO, at: int, length: int) -> None:
        self.stream, self.at, self.length = stream, at, length
        self.head = read_at(stream, at, 16)
        self.order = _order(read_at(stream, 0, 2)) or "<"

    def read_directory(self, at: int, base: int, order: str) -> dict[int, _Entry]:
        """The entries of the directory at this place of the block, whose offsets count from `base`, by their tag."""
        head = read_at(self.stream, at, 2)
        count = min(struct.unpack(order + "H", head)[0], _MAX_ENTRIES)
        found: dict[int, _Entry] = {}
        table = read_at(self.stream, at + 2, 12 * count)
        for start in range(0, len(table) - 11, 12):
            tag, kind, number, offset = struct.unpack_from(order + "HHII", table, start)
            size = number * _SIZES.get(kind, 0)
            place = at + 2 + start + 8 if size <= 4 else base + offset
            content = read_at(self.stream, place, min(size, _MAX_BYTES))
            found.setdefault(tag, _Entry(kind, place, content))
        return found


def _order(mark: bytes) -> str | None:
    return {b"II": "<", b"MM": ">"}.get(mark)


def _read_canon(note: _Note) -> MakerNotes:
    entries = note.read_directory(note.at, 0, note.order)
    named = entries.get(_CANON_LENS)
    settings = entries.get(_CANON_SETTINGS)
    numbers = settings.content[2 * _LENS_TYPE : 2 * _LENS_TYPE + 2] if settings else b""
    numbered = len(numbers) == 2 and struct.unpack(note.order + "H", numbers)[0] not in (0, _FAR)
    if not numbered and not (named and named.content.strip(b"\0 ")):
        return MakerNotes()
    tags = _by_exifread(note)
    lens = _known(tags.get("LensModel")) or _known(tags.get("LensType"))
    distance = _number(tags.get("SubjectDistance"))
    return _told(
        lens, tags, serial=tags.get("SerialNumber"),
        metres=distance / 100 if distance and distance < _FAR else None,
    )  # fmt: skip


def _read_nikon(note: _Note) -> MakerNotes:
    if note.head.startswith(b"Nikon\0\2"):
        base = note.at + 10
        order = _order(note.head[10:12]) or note.order
        start = base + struct.unpack(order + "I", read_at(note.stream, base + 4, 4))[0]
    else:
        base, order, start = 0, note.order, note.at
    entry = note.read_directory(start, base, order).get(_NIKON_LENS)
    if entry is None or len(entry.content) != 32:
        return MakerNotes()
    numbers = struct.unpack(order + "8I", entry.content)
    lens = _name_nikon([above / (below or 1) for above, below in zip(numbers[::2], numbers[1::2], strict=True)])
    tags = _by_exifread(note) if order == note.order else {}  # ExifRead reads it in the order of the block
    serial = tags.get("SerialNumber")
    serial = serial.removeprefix("NO=").strip() if isinstance(serial, str) else serial
    return _told(lens, tags, serial=serial, count=tags.get("TotalShutterReleases"))


def _name_nikon(parts: list[float]) -> str | None:
    """`18-70mm f/3.5-4.5` of the shortest and longest focal length and the largest aperture at each."""
    if not all(parts):
        return None
    short, long, wide, narrow = (f"{part:.4g}" for part in parts)
    focal = short if short == long else f"{short}-{long}"
    return f"{focal}mm f/{wide if wide == narrow else f'{wide}-{narrow}'}"


def _read_olympus(note: _Note) -> MakerNotes:
    if note.head.startswith(b"OLYMPUS\0"):
        base, order, start = note.at, _order(note.head[8:10]), note.at + 12
    elif note.head.startswith(b"OM SYSTEM\0"):
        base, order, start = note.at, _order(note.head[12:14]), note.at + 16
    else:
        base, order, start = 0, note.order, note.at + 8
    order = order or note.order
    equipment = note.read_directory(start, base, order).get(_OLYMPUS_EQUIPMENT)
    if equipment is None:
        return MakerNotes()
    pointer = equipment.kind in _POINTERS
    at = base + struct.unpack(order + "I", equipment.content[:4])[0] if pointer else equipment.at
    entries = note.read_directory(at, base, order)
    kind = entries[_EQUIPMENT_TYPE].content if _EQUIPMENT_TYPE in entries else b""
    number = f"{kind[0]:x} {kind[2]:02x} {kind[3]:02x}" if len(kind) == 6 else ""
    lens = OLYMPUS.get(number) or _known(_text(entries, _EQUIPMENT_LENS))
    tags = {"LensType": number, "LensModel": _text(entries, _EQUIPMENT_LENS)}
    return _told(lens, {name: text for name, text in tags.items() if text}, serial=_text(entries, _EQUIPMENT_SERIAL))


def _read_panasonic(note: _Note) -> MakerNotes:
    start = note.at + (12 if note.head.startswith(b"Panasonic") else 8)
    entries = note.read_directory(start, 0, note.order)
    lens = _text(entries, _PANASONIC_LENS)
    return _told(_known(lens), {"LensType": lens} if lens else {})


def _read_pentax(note: _Note) -> MakerNotes:
    if note.head.startswith(b"PENTAX \0"):
        base, order, start = note.at, _order(note.head[8:10]), note.at + 10
    elif note.head.startswith(b"AOC\0"):
        base, order, start = 0, _order(note.head[4:6]), note.at + 6
    else:
        return MakerNotes()
    entry = note.read_directory(start, base, order or note.order).get(_PENTAX_LENS)
    if entry is None or len(entry.content) < 2:
        return MakerNotes()
    number = f"{entry.content[0]} {entry.content[1]}"
    return _told(PENTAX.get(number), {"LensType": number})


_READERS: Mapping[str, Callable[[_Note], MakerNotes]] = {
    "CANON": _read_canon,
    "NIKON": _read_nikon,
    "OLYMPUS": _read_olympus,
    "OM DIGITAL": _read_olympus,
    "PANASONIC": _read_panasonic,
    "LEICA": _read_panasonic,
    "PENTAX": _read_pentax,
    "ASAHI": _read_pentax,
    "RICOH": _read_pentax,
}
"""What reads the notes of a maker, by how it writes itself."""


def _told(
    lens: str | None, tags: Mapping[str, Any], *, serial: Any = None, count: Any = None, metres: float | None = None
) -> MakerNotes:
    """What was found, by our names and by those of the tags."""
    mapped = {
        "lens": lens,
        "serial_number": str(serial) if serial else None,
        "shutter_count": int(count) if _number(count) else None,
        "focus_distance_m": metres,
    }
    return MakerNotes(lens, {name: value for name, value in mapped.items() if value is not None} | dict(tags))


def _known(lens: Any) -> str | None:
    text = clean_text(lens).strip() if isinstance(lens, str) else ""
    return None if text in _NO_LENS or not any(letter.isalnum() for letter in text) else text


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(entries: Mapping[int, _Entry], tag: int) -> str:
    return decode_text(entries[tag].content.partition(b"\0")[0]).strip() if tag in entries else ""


# ------------------------------------------------------------------------------------------------------- by ExifRead


class _Overrun(Exception):
    """The time is up."""


class _Watched(io.BytesIO):
    """A block that can be read for a time. ExifRead reads at every step, and a small file can make it step for ever."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._end = monotonic() + SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads on. Raises _Overrun."""
        if monotonic() > self._end:
            raise _Overrun
        return super().read(size)


def _by_exifread(note: _Note) -> dict[str, Any]:
    """The tags of a note by their names, as Python's own values. Raises whatever ExifRead does, and _Overrun."""
    import exifread

    block = read_at(note.stream, 0, BLOCK_BYTES)
    found = exifread.process_file(_Watched(block), extract_thumbnail=False, truncate_tags=False, builtin_types=True)
    return dict(list(_kept(found))[:_MAX_TAGS])


def _kept(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if name.startswith("MakerNote ") and not name.startswith("MakerNote Tag "):
            if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _MAX_CHARACTERS):
                yield name.removeprefix("MakerNote ").strip(), value
            elif isinstance(value, list) and len(value) <= 8:
                yield (
                    name.removeprefix("MakerNote ").strip(),
                    [float(part) if not isinstance(part, str) else part for part in value],
                )
