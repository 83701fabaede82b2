"""Camera raw files: which one a TIFF is, what their tags say, how large their picture is, where their previews stand.

Owns what the makers put into the directories of TIFF 6.0 (CR2, NEF, ARW, DNG, PEF, ORF, RW2), and Fujifilm's header
(RAF): the tags are those of exiftool.org/TagNames and of the DNG specification. Raw data is never decoded, and no value
of a maker note is read: only, in an ORF, the pointers to the preview. Everything is bounded in directories and bytes.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from app.analysis.formats import tiff
from app.analysis.formats.blocks import find_jpeg2000_blocks, find_photoshop_in_jpeg, read_at
from app.analysis.formats.completeness import count_missing_bytes, explain_missing_bytes, note_missing_bytes
from app.analysis.formats.jpeg import Preview, Size, Span, build_size, find_preview, read_jpeg_headers, sort_jpeg_blocks
from app.analysis.formats.makers.cr3 import read_cr3
from app.analysis.formats.numbers import read_numbers
from app.analysis.formats.tiff import Tags, TiffContent, find_orientation, read_tiff
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME, FORMATS, Format
from app.regions import SIDEWAYS

_PAGES = 4  # directories that follow one another: a CR2 has four
_MAX_PREVIEWS = 32  # places where one might be

_MAKERS = tuple((maker, format_) for format_ in FORMATS for maker in format_.makers)
_COLOUR_FILTERS, _LINEAR_RAW = 32803, 34892  # photometric interpretations of what a sensor saw (TIFF/EP, DNG)
_PACKED_BY_MAKERS = frozenset((32767, 34713, 65535))  # compressions of Sony, Nikon and Pentax
_OLD_JPEG, _JPEG = 6, 7

_MAKER_NOTE = "EXIF MakerNote"
_RAF_CROPPED_SIZE = 0x111
_PANASONIC_JPEGS = ("Image 0x002e", "Image 0x0127")  # the second of newer cameras, in full size
_PANASONIC_BORDERS = ("Image 0x0004", "Image 0x0005", "Image 0x0006", "Image 0x0007")  # top, left, bottom, right
# How Olympus' maker notes start, where their directory does, and whether places count from the note or from the file
_OLYMPUS = ((b"OLYMPUS\0", 12, True), (b"OM SYSTEM\0", 16, True), (b"OLYMP\0", 8, False))
_CAMERA_SETTINGS, _PREVIEW_START, _PREVIEW_LENGTH = 0x2020, 0x101, 0x102


@dataclass(frozen=True, slots=True)
class CameraRaw:
    """What a camera raw file says: tags, XMP and IPTC (bare or Photoshop's), the raw picture's size as it is stored.

    `previews` are the largest first; `missing` is at least how many bytes the file lacks of its pictures.
    """

    exif: TiffContent
    xmp: bytes
    iptc: bytes
    size: Size | None
    previews: tuple[Preview, ...]
    missing: int

    def find_turn(self, shown: Size) -> int:
        """Find the EXIF value 1..8 that turns a preview of this size upright: that of the raw picture, not its own.

        One that stands upright where the raw picture lies has been turned already.
        """
        value = find_orientation(self.exif.tags) or 1
        lies = self.size and self.size[0] > self.size[1]
        return 1 if value in SIDEWAYS and lies and shown[0] < shown[1] else value

    def list_notes(self) -> tuple[str, ...]:
        """List what is odd about the file, a sentence each."""
        return note_missing_bytes(self.missing)

    def explain_no_preview(self) -> CannotRead:
        """Say why nothing of the file can be shown, as an error to raise."""
        if self.missing:
            return explain_missing_bytes(self.missing)
        return CannotRead("The camera raw file holds no JPEG preview that can be shown.", cause="no_preview")


@dataclass(slots=True)
class _Parts:
    """What one structure gave."""

    exif: TiffContent
    size: Size | None
    places: list[Span]
    """Where JPEGs might stand."""
    raw: tuple[Span, ...] = ()
    """Where else the file must have bytes."""
    xmp: bytes = b""
    iptc: bytes = b""


def recognise_camera_raw(stream: BinaryIO, promised: Format | None) -> Format | None:
    """Tell which camera raw format a TIFF is, None for a plain one; `promised` is the format that its suffix names.

    A DNG says so. The others are TIFF files of their makers, who write finished pictures as TIFF, too: the suffix
    decides, or that they hold what a sensor saw.
    """
    tags = read_tiff(stream, pages=_PAGES).tags
    if "Image DNGVersion" in tags:
        return FORMAT_OF_NAME["dng"]
    make = str(tags.get("Image Make", "")).upper()
    own = next((format_ for maker, format_ in _MAKERS if make.startswith(maker)), None)
    return own if own is promised or _holds_sensor_data(tags) else None


def _holds_sensor_data(tags: Tags) -> bool:
    groups = {name.split(" ")[0] for name in tags}
    return any(
        _first(tags, group, "PhotometricInterpretation") == _COLOUR_FILTERS
        or _first(tags, group, "Compression") in _PACKED_BY_MAKERS
        for group in groups
    )


def read_camera_raw(stream: BinaryIO, format_: str) -> CameraRaw:
    """Read tags, sizes and previews of a camera raw file. Raises CannotRead: `truncated_image`, `damaged_image`."""
    readers = {"cr2": _cr2, "cr3": _cr3, "orf": _orf, "raf": _raf, "rw2": _rw2}
    parts = readers.get(format_, _of_directories)(stream)
    end = stream.seek(0, os.SEEK_END)
    places = sorted(set(parts.places))[:_MAX_PREVIEWS]
    missing = max(count_missing_bytes(stream, format_), *(at + length - end for at, length in (*places, *parts.raw)), 0)
    previews = [found for place in places if (found := find_preview(stream, place, end))]
    if not previews and parts.size is None:
        damaged = CannotRead("The image data is damaged and cannot be decoded.", cause="damaged_image")
        raise explain_missing_bytes(missing) if missing else damaged
    previews.sort(key=lambda found: found.size[0] * found.size[1], reverse=True)
    return CameraRaw(parts.exif, parts.xmp, parts.iptc, parts.size, tuple(previews), missing)


def _first(tags: Tags, group: str, name: str) -> float | None:
    return next(iter(read_numbers(tags, f"{group} {name}")), None)


def _size(tags: Tags, group: str, wide: str = "ImageWidth", high: str = "ImageLength") -> Size | None:
    return build_size(_first(tags, group, wide), _first(tags, group, high))


# -- directories of TIFF -----------------------------------------------------------------------------------------------


def _of_directories(stream: BinaryIO) -> _Parts:
    found = read_tiff(stream, pages=_PAGES)
    groups = dict.fromkeys(name.split(" ")[0] for name in (*found.tags, *found.places))
    places = [place for group in groups for place in _jpegs_of(found, group)]
    records = found.blocks.get(tiff.IPTC) or found.blocks.get(tiff.PHOTOSHOP, b"")
    raw = tuple(strip for group in groups if (strip := _strip(found, group)))
    return _Parts(found, _full_size(found.tags, groups), places, raw, found.blocks.get(tiff.XMP, b""), records)


def _jpegs_of(found: TiffContent, group: str) -> Iterator[Span]:
    """Where a directory says that a JPEG stands: as a thumbnail (EXIF 2.32, 4.5.5), or as its one strip."""
    at, length = _first(found.tags, group, "JpegIFOffset"), _first(found.tags, group, "JpegIFByteCount")
    if at and length:
        yield int(at), int(length)
    seen_by_sensor = _first(found.tags, group, "PhotometricInterpretation") in (_COLOUR_FILTERS, _LINEAR_RAW)
    packed_as_jpeg = _first(found.tags, group, "Compression") in (_OLD_JPEG, _JPEG)
    if packed_as_jpeg and not seen_by_sensor and (strip := _strip(found, group)):
        yield strip


def _strip(found: TiffContent, group: str) -> Span | None:
    """Where the pixels of a directory stand, if in one piece."""
    at, length = found.places.get(f"{group} StripOffsets"), found.places.get(f"{group} StripByteCounts")
    return (at[0], length[0]) if at and length else None


def _full_size(tags: Tags, groups: dict[str, None]) -> Size | None:
    """The size in the directory that says that it is of full resolution, else in the first one that says not."""
    sizes = [
        (_first(tags, group, "NewSubfileType"), size)
        for group in groups
        if group.startswith("Image") and (size := _size(tags, group))
    ]
    full = [size for kind, size in sizes if kind == 0]
    unsaid = [size for kind, size in sizes if kind is None]
    return max(full or unsaid, key=lambda size: size[0] * size[1], default=None)


def _cr2(stream: BinaryIO) -> _Parts:
    """Canon's first directory is that of the preview: the size stands in its EXIF."""
    parts = _of_directories(stream)
    parts.size = _size(parts.exif.tags, "EXIF", "ExifImageWidth", "ExifImageHeight") or parts.size
    return parts


def _orf(stream: BinaryIO) -> _Parts:
    """Olympus' preview is found by the maker note; what the cameras say of the raw data's length is not relied upon."""
    parts = _of_directories(stream)
    at, length = parts.exif.places.get(_MAKER_NOTE, (0, 0))
    parts.raw = ((at, length),)
    parts.places += _of_olympus(stream, at)
    return parts


def _of_olympus(stream: BinaryIO, at: int) -> list[Span]:
    """Where the maker note says that the preview stands (exiftool, Olympus CameraSettings)."""
    note = read_at(stream, at, 16)
    for start, directory, from_note in _OLYMPUS:
        if note.startswith(start):
            base = at if from_note else 0
            mark = note[directory - 4 : directory - 2] if from_note else read_at(stream, 0, 2)
            order = ">" if mark == b"MM" else "<"
            settings = _pointers(stream, at + directory, order).get(_CAMERA_SETTINGS)
            pointers = _pointers(stream, base + settings, order) if settings else {}
            if pointers.get(_PREVIEW_START) and pointers.get(_PREVIEW_LENGTH):
                return [(base + pointers[_PREVIEW_START], pointers[_PREVIEW_LENGTH])]
    return []


def _pointers(stream: BinaryIO, at: int, order: str) -> dict[int, int]:
    """What stands in the last four bytes of each entry of a directory, by tag."""
    head = read_at(stream, at, 2)
    count = struct.unpack(order + "H", head)[0] if len(head) == 2 else 0
    table = read_at(stream, at + 2, 12 * min(count, tiff.MAX_TAGS))
    entries = (struct.unpack_from(order + "HHII", table, start) for start in range(0, len(table) - 11, 12))
    return {tag: value for tag, _, _, value in entries}


def _rw2(stream: BinaryIO) -> _Parts:
    """Panasonic's size lies between the borders of the sensor, and the preview carries what the own tags leave out."""
    parts = _of_directories(stream)
    parts.raw = ()  # its place or its length is often not said
    top, left, bottom, right = (next(iter(read_numbers(parts.exif.tags, name)), None) for name in _PANASONIC_BORDERS)
    if top is not None and left is not None and bottom is not None and right is not None:
        parts.size = build_size(right - left, bottom - top) or parts.size
    for place in [(place[0], place[1]) for name in _PANASONIC_JPEGS if (place := parts.exif.places.get(name))]:
        parts.places.append(place)
        _add_what_a_jpeg_says(stream, place[0], parts)
    return parts


def _cr3(stream: BinaryIO) -> _Parts:
    found, places = read_cr3(stream)
    return _Parts(found, _size(found.tags, "Image"), places, xmp=find_jpeg2000_blocks(stream).get("xmp", b""))


# -- Fujifilm's header -------------------------------------------------------------------------------------------------


def _raf(stream: BinaryIO) -> _Parts:
    head = read_at(stream, 0, 0x6C).ljust(0x6C, b"\0")
    at, length, directory, _, raw_at, raw_length = struct.unpack_from(">6I", head, 0x54)
    parts = _Parts(TiffContent(), _raf_size(stream, directory), [(at, length)], ((raw_at, raw_length),))
    _add_what_a_jpeg_says(stream, at, parts)
    return parts


def _raf_size(stream: BinaryIO, at: int) -> Size | None:
    """Height and width without the borders, from Fujifilm's own list of tags, lengths and values."""
    (count,) = struct.unpack(">I", read_at(stream, at, 4).rjust(4, b"\0"))
    at += 4
    for _ in range(min(count, 256)):
        entry = read_at(stream, at, 8)
        if len(entry) < 8:
            break
        tag, length, height, width = struct.unpack(">4H", entry)
        if tag == _RAF_CROPPED_SIZE and length == 4:
            return build_size(width, height)
        at += 4 + length
    return None


def _add_what_a_jpeg_says(stream: BinaryIO, at: int, parts: _Parts) -> None:
    """The EXIF, XMP and IPTC of a preview, for files that keep it there; the file's own tags count first."""
    _, segments = read_jpeg_headers(stream, at)
    found = sort_jpeg_blocks(segments)
    if "exif" in found:
        block = read_tiff(BytesIO(found["exif"][6:]))
        parts.exif.tags = block.tags | parts.exif.tags
        parts.exif.problem = parts.exif.problem or block.problem
        if note := block.places.get(_MAKER_NOTE):
            parts.exif.places[_MAKER_NOTE], parts.exif.stream = note, block.stream
    parts.xmp = parts.xmp or found.get("xmp", b"")
    parts.iptc = parts.iptc or find_photoshop_in_jpeg(segments)
