"""Tells files that are sound, but of a variant of their format which Pillow does not decode, from damaged ones.

Their size is read from their own headers (TIFF 6.0; T.81, B.2.2; T.87, C.2.2; RFC 9649), so that such a file, and a
damaged one that no decoder opens, is taken in with all but its picture.
"""

from typing import BinaryIO

from app.analysis.formats.blocks import XMP_IN_JPEG
from app.analysis.formats.directories import find_pages
from app.analysis.formats.jpeg import Size, build_size, find_frame, read_jpeg_headers
from app.analysis.formats.tiff import Tags, read_tiff
from app.analysis.formats.webp import read_webp_size
from app.errors import CannotRead

_PACKINGS = {  # what libtiff, as it comes with Pillow, does not unpack
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34712: "JPEG 2000",
    34887: "LERC",
    34892: "the lossy JPEG of a DNG",
    34933: "PNG",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_JPEG_LS = 0xF7
_IN_STAGES = frozenset((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF))  # hierarchical
_BITS = 8
_EXIF = b"Exif\0\0"


def name_variant(stream: BinaryIO, format_: str) -> str | None:
    """Name the variant of a file that is not decodable for it; None where that is not why."""
    if format_ == "tiff":
        packing = _number(_tags(stream), "Compression")
        return f"packed as {_PACKINGS[packing]}" if packing in _PACKINGS else None
    if format_ == "jpeg" and (frame := find_frame(stream)):
        if frame.marker == _JPEG_LS:
            return "JPEG-LS"
        if frame.marker in _IN_STAGES:
            return "hierarchical"
        return f"{frame.bits} bits" if frame.bits != _BITS else None
    return None


def explain_variant(variant: str) -> CannotRead:
    """Explain that a file is of a variant that is not decoded."""
    return CannotRead(
        f"The image is of a variant of its format that cannot be decoded: {variant}.", cause="unsupported_format"
    )


def read_size(stream: BinaryIO, format_: str) -> Size | None:
    """Read width and height in pixels, as stored, of a file that Pillow does not open; None where not known."""
    if format_ == "tiff":
        tags = _tags(stream)
        return build_size(_number(tags, "ImageWidth"), _number(tags, "ImageLength"))
    if format_ == "webp":
        return read_webp_size(stream)
    frame = find_frame(stream) if format_ == "jpeg" else None
    return frame.size if frame else None


def read_jpeg_blocks(stream: BinaryIO) -> dict[str, bytes]:
    """Read `exif` and `xmp` of a JPEG that Pillow does not open, as that tells them of others."""
    found: dict[str, bytes] = {}
    for _, block in reversed(read_jpeg_headers(stream, 0)[1]):  # the first of each counts
        if block.startswith(_EXIF):
            found["exif"] = block
        elif block.startswith(XMP_IN_JPEG):
            found["xmp"] = block.removeprefix(XMP_IN_JPEG)
    return found


def _tags(stream: BinaryIO) -> Tags:
    return read_tiff(stream, pages=1, picture=find_pages(stream).picture).tags


def _number(tags: Tags, name: str) -> int | None:
    value = tags.get(f"Image {name}", ())
    return int(value[0]) if isinstance(value, tuple) and value else None
