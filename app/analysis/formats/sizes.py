"""Reads the size of a picture from its header, for files that no decoder opens: what can be identified has a size.

In pixels, as stored. It decodes nothing.
"""

import struct
from collections.abc import Callable, Mapping
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.colour_tags import find_properties
from app.analysis.formats.directories import find_pages
from app.analysis.formats.jpeg import Size, build_size, read_jpeg_size
from app.analysis.formats.numbers import read_numbers
from app.analysis.formats.tiff import read_tiff
from app.analysis.formats.webp import read_webp_size

_FILE_HEADER_BYTES, _CORE_HEADER_BYTES = 14, 12  # of a BMP, of its oldest header


def read_size(stream: BinaryIO, format_: str) -> Size | None:
    """Read width and height; None where the header does not say, or the format is none of those that are known here."""
    reader = READERS.get(format_)
    return build_size(*(reader(stream) or (None, None))) if reader else None


def _at(place: int, form: str) -> Callable[[BinaryIO], Size | None]:
    """What reads width and height that always stand at the same place."""

    def read(stream: BinaryIO) -> Size | None:
        content = read_at(stream, place, struct.calcsize(form))
        return struct.unpack(form, content) if len(content) == struct.calcsize(form) else None

    return read


_png, _gif, _qoi = _at(16, ">II"), _at(6, "<HH"), _at(4, ">II")


def _psd(stream: BinaryIO) -> Size | None:
    height_first = _at(14, ">II")(stream)
    return (height_first[1], height_first[0]) if height_first else None


def _bmp(stream: BinaryIO) -> Size | None:
    """A height below 0 says that the rows begin at the top."""
    at = _FILE_HEADER_BYTES if read_at(stream, 0, 2) == b"BM" else 0
    old = int.from_bytes(read_at(stream, at, 4), "little") == _CORE_HEADER_BYTES
    size = _at(at + 4, "<HH" if old else "<ii")(stream)
    return (size[0], abs(size[1])) if size else None


def _tiff(stream: BinaryIO) -> Size | None:
    tags = read_tiff(stream, picture=find_pages(stream).picture).tags
    sides = [next(iter(read_numbers(tags, f"Image Image{name}")), None) for name in ("Width", "Length")]
    return build_size(*sides)


def _heif(stream: BinaryIO) -> Size | None:
    """The property `ispe` of the primary picture (ISO 23008-12, 6.5.3)."""
    own, properties = find_properties(stream)
    place = next(
        (place for number, (name, place) in enumerate(properties, 1) if number in own and name == b"ispe"), None
    )
    return _at(place + 4, ">II")(stream) if place is not None else None


def _jpeg2000(stream: BinaryIO) -> Size | None:
    """That of the box `ihdr` (ISO 15444-1, I.5.3.1), or of the marker SIZ of a bare codestream (A.5.1)."""
    if read_at(stream, 0, 2) == b"\xff\x4f":
        sides = struct.unpack(">4I", read_at(stream, 8, 16).ljust(16, b"\0"))
        return sides[0] - sides[2], sides[1] - sides[3]
    for kind, at, length in walk_boxes(stream, 0, stream.seek(0, 2)):
        if kind == b"jp2h":
            header = next((place for name, place, _ in walk_boxes(stream, at, at + length) if name == b"ihdr"), None)
            size = _at(header, ">II")(stream) if header else None
            return (size[1], size[0]) if size else None
    return None


READERS: Mapping[str, Callable[[BinaryIO], Size | None]] = {
    "jpeg": read_jpeg_size,
    "png": _png,
    "gif": _gif,
    "webp": read_webp_size,
    "tiff": _tiff,
    "bmp": _bmp,
    "avif": _heif,
    "heic": _heif,
    "jpeg2000": _jpeg2000,
    "psd": _psd,
    "qoi": _qoi,
}
"""What reads the size out of the header of each format; others are known by their decoder alone."""
