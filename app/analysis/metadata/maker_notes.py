"""Reads from maker notes what nothing else says: the lens, and beside it serial number, shutter count and distance.

Canon's and Nikon's lenses by ExifRead, which gets the whole EXIF block, since offsets in them count from its start;
those of Leica, Minolta, Olympus, Panasonic, Pentax, Samsung and Sony by a directory reader and tables of ours, since it
knows no lens of theirs. Whether a note names a lens at all is seen first, in microseconds: most are of cameras that
have but one. A camera's own rating is looked for in any case, in one directory of Fujifilm's and Sony's.
"""

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

from app.analysis.formats.blocks import read_at
from app.analysis.formats.makers.a_mount import A_MOUNT
from app.analysis.formats.makers.lenses import LEICA, OLYMPUS, PENTAX, SAMSUNG
from app.analysis.formats.makers.note import NOTHING, Entry, Note, read_order
from app.analysis.formats.makers.sony_lens import name_sony_lens
from app.analysis.formats.tiff import TiffContent
from app.analysis.formats.xmp import Xmp
from app.texts import clean_text

SECONDS = 1.0  # that ExifRead may take; its slowest honest note takes some 0.05
BLOCK_BYTES = 1024 * 1024  # of a block that it is given
_LENSES = ("EXIF LensModel", "Image LensModel"), ("exifEX:LensModel", "aux:Lens")
_MAX_TAGS, _MAX_CHARACTERS = 300, 200
_POINTERS = (4, 13)
_CANON_SETTINGS, _CANON_SHOT, _CANON_SERIAL, _CANON_FILE, _CANON_LENS = 0x0001, 0x0004, 0x000C, 0x0093, 0x0095
_LENS_TYPE, _SHOT_DISTANCE, _FILE_DISTANCE = 22, 19, 20  # by their places in these tables
_NIKON_SERIALS, _NIKON_LENS, _NIKON_COUNT = (0x001D, 0x00A0), 0x0084, 0x00A7
_OLYMPUS_EQUIPMENT, _EQUIPMENT_SERIAL, _EQUIPMENT_TYPE, _EQUIPMENT_LENS = 0x2010, 0x0101, 0x0201, 0x0203
_PANASONIC_LENS = 0x0051
_PENTAX_DATE, _PENTAX_TIME, _PENTAX_LENS, _PENTAX_COUNT, _PENTAX_SERIAL = 0x0006, 0x0007, 0x003F, 0x005D, 0x0229
_LEICA_NAME, _LEICA_M8, _LEICA_M9, _M9_LENS = 0x0303, 0x0310, 0x3400, 0x3405
_MINOLTA_LENS, _SONY_LENS, _SONY_SPECIFICATION = 0x010C, 0xB027, 0xB02A
_SAMSUNG_LENS = 0xA003
_SONY_RATING, _FUJIFILM_RATING, _STARS = 0x2002, 0x1431, range(1, 6)
_NO_LENS = ("", "N/A", "NO-LENS", "None", "n/a", "Unknown", "----")
_FAR = 65_535  # how Canon writes infinity

T = TypeVar("T")


@dataclass(slots=True)
class MakerNotes:
    """What was read of a maker note: the lens, and by name what else; `unread` says why something was not.

    `rating` is the camera's or its maker's program's, 1 to 5 stars.
    """

    lens: str | None = None
    found: dict[str, Any] = field(default_factory=dict)
    unread: str | None = None
    rating: int | None = None

    def list_raw(self) -> dict[str, Any]:
        """What was read, as it is kept."""
        told = {"rating": self.rating, "maker_notes_unread": self.unread}
        return self.found | {name: value for name, value in told.items() if value}


def read_maker_notes(exif: TiffContent, xmp: Xmp) -> MakerNotes:
    """Read the maker note of a block, where there is one: its rating, and the rest where nothing else names the lens.

    Never raises.
    """
    place, make = exif.places.get("EXIF MakerNote"), exif.tags.get("Image Make")
    if not place or not isinstance(make, str) or exif.stream is None:
        return MakerNotes()
    tags, names = _LENSES
    known = any(exif.tags.get(tag) for tag in tags) or any(xmp.get(name) for name in names)
    reader = None if known else _of_maker(_READERS, make)
    rated = _of_maker(_RATINGS, make)
    if reader is None and rated is None:
        return MakerNotes()
    try:
        note = Note(exif.stream, place[0])
        notes = reader(note) if reader else MakerNotes()
        stars = rated(note) if rated else None
        notes.rating = stars if stars in _STARS else None
    except _Overrun:
        return MakerNotes(unread=f"Reading the maker note took more than {SECONDS:.0f} s.")
    except Exception as error:  # noqa: BLE001 - some 15 classes of exception come out of hostile notes
        return MakerNotes(unread=f"The maker note is damaged ({type(error).__name__}).")
    return notes


def reads_notes_of(make: str) -> bool:
    """Whether the maker notes of cameras that write themselves so may name a lens that can be read."""
    return _of_maker(_READERS, make) is not None


def reads_stars_of(make: str) -> bool:
    """Whether the maker notes of cameras that write themselves so may hold stars that can be read."""
    return _of_maker(_RATINGS, make) is not None


def _of_maker(readers: Mapping[str, T], make: str) -> T | None:
    return next((reader for word, reader in readers.items() if make.upper().startswith(word)), None)


def _read_canon(note: Note) -> MakerNotes:
    entries = note.read_directory(note.at, 0)
    lens, tags = None, {}
    numbered = entries.get(_CANON_SETTINGS, NOTHING).number(_LENS_TYPE) not in (0, _FAR)
    if numbered or entries.get(_CANON_LENS, NOTHING).content.strip(b"\0 "):
        tags = _by_exifread(note)
        lens = _known(tags.get("LensModel")) or _known(tags.get("LensType"))
    distance = entries.get(_CANON_SHOT, NOTHING).number(_SHOT_DISTANCE)
    distance = distance or entries.get(_CANON_FILE, NOTHING).number(_FILE_DISTANCE)
    return _told(
        lens, tags, serial=entries.get(_CANON_SERIAL, NOTHING).number(),
        metres=distance / 100 if 0 < distance < _FAR else None,
    )  # fmt: skip


def _read_nikon(note: Note) -> MakerNotes:
    base, order, start = 0, note.order, note.at
    if note.head.startswith(b"Nikon\0\2"):
        base = note.at + 10
        order = read_order(note.head[10:12]) or note.order
        start = base + struct.unpack(order + "I", read_at(note.stream, base + 4, 4))[0]
    entries = note.read_directory(start, base, order)
    lens, tags = None, {}
    if len(content := entries.get(_NIKON_LENS, NOTHING).content) == 32:
        numbers = struct.unpack(order + "8I", content)
        lens = _name_nikon([above / (below or 1) for above, below in zip(numbers[::2], numbers[1::2], strict=True)])
        tags = _by_exifread(note) if order == note.order else {}  # ExifRead reads it in the order of the block
    serials = (entries.get(tag, NOTHING).text.upper().removeprefix("NO=").strip() for tag in _NIKON_SERIALS)
    return _told(lens, tags, serial=next(filter(None, serials), ""), count=entries.get(_NIKON_COUNT, NOTHING).number())


def _name_nikon(parts: list[float]) -> str | None:
    """`18-70mm f/3.5-4.5` of the shortest and longest focal length and the largest aperture at each."""
    if not all(parts):
        return None
    short, long, wide, narrow = (f"{part:.4g}" for part in parts)
    focal = short if short == long else f"{short}-{long}"
    return f"{focal}mm f/{wide if wide == narrow else f'{wide}-{narrow}'}"


def _read_olympus(note: Note) -> MakerNotes:
    if note.head.startswith(b"OLYMPUS\0"):
        base, order, start = note.at, read_order(note.head[8:10]), note.at + 12
    elif note.head.startswith(b"OM SYSTEM\0"):
        base, order, start = note.at, read_order(note.head[12:14]), note.at + 16
    else:
        base, order, start = 0, note.order, note.at + 8
    order = order or note.order
    equipment = note.read_directory(start, base, order).get(_OLYMPUS_EQUIPMENT)
    if equipment is None:
        return MakerNotes()
    pointer = equipment.kind in _POINTERS
    at = base + struct.unpack(order + "I", equipment.content[:4])[0] if pointer else equipment.at
    entries = note.read_directory(at, base, order)
    kind = entries.get(_EQUIPMENT_TYPE, NOTHING).content
    number = f"{kind[0]:x} {kind[2]:02x} {kind[3]:02x}" if len(kind) == 6 else ""
    model = entries.get(_EQUIPMENT_LENS, NOTHING).text
    tags = {"LensType": number, "LensModel": model}
    return _told(
        OLYMPUS.get(number) or _known(model), {name: text for name, text in tags.items() if text},
        serial=entries.get(_EQUIPMENT_SERIAL, NOTHING).text,
    )  # fmt: skip


def _read_panasonic(note: Note) -> MakerNotes:
    start = note.at + (12 if note.head.startswith(b"Panasonic") else 8)
    lens = note.read_directory(start, 0).get(_PANASONIC_LENS, NOTHING).text
    return _told(_known(lens), {"LensType": lens} if lens else {})


def _read_leica(note: Note) -> MakerNotes:
    """Those of Leica's own: lenses for M have a number, others a name; the rest are Panasonic's."""
    base = note.at if note.head[6:7] in b"\1\4\5\6\7\x10\x1a" or note.head.startswith(b"LEICA0") else 0
    entries = note.read_directory(note.at + 8, base) if note.head.startswith(b"LEICA") else {}
    number = entries.get(_LEICA_M8)
    if inner := entries.get(_LEICA_M9):
        number = note.read_directory(inner.at, base).get(_M9_LENS)
    if number:
        lens, place = divmod(number.number(), 4)
        return _told(LEICA.get(f"{lens} {place}") or LEICA.get(f"{lens}"), {"LensType": f"{lens} {place}"})
    name = entries.get(_LEICA_NAME, NOTHING)
    if name.kind == 2 and name.text:
        return _told(_known(name.text), {"LensType": name.text})
    return _read_panasonic(note)


def _read_pentax(note: Note) -> MakerNotes:
    if note.head.startswith(b"PENTAX \0"):
        base, order, start = note.at, read_order(note.head[8:10]), note.at + 10
    elif note.head.startswith(b"AOC\0"):
        base, order, start = 0, read_order(note.head[4:6]), note.at + 6
    else:
        return MakerNotes()
    entries = note.read_directory(start, base, order)
    kind = entries.get(_PENTAX_LENS, NOTHING).content
    number = f"{kind[0]} {kind[1]}" if len(kind) >= 2 else ""
    return _told(
        PENTAX.get(number), {"LensType": number} if number else {},
        serial=entries.get(_PENTAX_SERIAL, NOTHING).text, count=_count_pentax(entries),
    )  # fmt: skip


def _count_pentax(entries: Mapping[int, Entry]) -> int:
    """The shutter count, which is hidden by the date and the time (exiftool, Pentax.pm); 0 where it is not told."""
    count, date, time = (entries.get(tag, NOTHING).content for tag in (_PENTAX_COUNT, _PENTAX_DATE, _PENTAX_TIME))
    if len(count) != 4 or len(date) != 4 or len(time) < 3:
        return 0
    hidden, day, hour = (int.from_bytes(part, "big") for part in (count, date, time[:3] + b"\0"))
    return hidden ^ day ^ (0xFFFFFFFF - hour)


def _read_minolta(note: Note) -> MakerNotes:
    number = note.find_number(note.at, note.order, _MINOLTA_LENS)
    return _told(A_MOUNT.get(number or 0), {"LensType": number} if number else {})


def _read_sony(note: Note) -> MakerNotes:
    entries = note.read_directory(_start_of_sony(note), 0)
    number = entries.get(_SONY_LENS, NOTHING).number()
    written = name_sony_lens(entries.get(_SONY_SPECIFICATION, NOTHING).content)
    tags = {"LensType": number, "LensSpec": written}
    return _told(A_MOUNT.get(number) or written, {name: value for name, value in tags.items() if value})


def _start_of_sony(note: Note) -> int:
    return note.at + (12 if note.head.startswith(b"SONY ") else 0)


def _read_samsung(note: Note) -> MakerNotes:
    """Some models count offsets from the note and others from the block; the number of the lens stands in its entry."""
    if note.head.startswith(b"STMN"):
        return MakerNotes()
    entries = note.read_directory(note.at, note.at)
    number = entries.get(_SAMSUNG_LENS, NOTHING).number()
    return _told(SAMSUNG.get(number), {"LensType": number} if number else {})


_READERS: Mapping[str, Callable[[Note], MakerNotes]] = {
    "CANON": _read_canon,
    "NIKON": _read_nikon,
    "OLYMPUS": _read_olympus,
    "OM DIGITAL": _read_olympus,
    "PANASONIC": _read_panasonic,
    "LEICA": _read_leica,
    "PENTAX": _read_pentax,
    "ASAHI": _read_pentax,
    "RICOH": _read_pentax,
    "MINOLTA": _read_minolta,
    "KONICA MINOLTA": _read_minolta,
    "SONY": _read_sony,
    "SAMSUNG": _read_samsung,
}
"""What reads the notes of a maker, by how it writes itself."""


def _rating_of_sony(note: Note) -> int | None:
    return note.find_number(_start_of_sony(note), note.order, _SONY_RATING)


def _rating_of_fujifilm(note: Note) -> int | None:
    start = int.from_bytes(note.head[8:12], "little")
    return note.find_number(note.at + start, "<", _FUJIFILM_RATING) if note.head.startswith(b"FUJIFILM") else None


_RATINGS: Mapping[str, Callable[[Note], int | None]] = {"SONY": _rating_of_sony, "FUJIFILM": _rating_of_fujifilm}
"""What finds the stars in the notes of a maker."""


def _told(
    lens: str | None, tags: Mapping[str, Any], *, serial: Any = None, count: int = 0, metres: float | None = None
) -> MakerNotes:
    """What was found, by our names and by those of the tags."""
    mapped = {
        "lens": lens,
        "serial_number": str(serial) if serial else None,
        "shutter_count": count or None,
        "focus_distance_m": metres,
    }
    return MakerNotes(lens, {name: value for name, value in mapped.items() if value is not None} | dict(tags))


def _known(lens: Any) -> str | None:
    text = clean_text(lens).strip() if isinstance(lens, str) else ""
    return None if text in _NO_LENS or not any(letter.isalnum() for letter in text) else text


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


def _by_exifread(note: Note) -> dict[str, Any]:
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
