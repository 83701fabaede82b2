"""Tells files that are sound, but of a variant of their format which Pillow does not decode, from damaged ones.

Such a file is taken in with all but its picture; its size is that of its own header (`formats/sizes.py`).
"""

from typing import BinaryIO

from app.analysis.formats.directories import find_pages
from app.analysis.formats.jpeg import find_frame
from app.analysis.formats.tiff import Tags, read_tiff
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


def _tags(stream: BinaryIO) -> Tags:
    return read_tiff(stream, pages=1, picture=find_pages(stream).picture).tags


def _number(tags: Tags, name: str) -> int | None:
    value = tags.get(f"Image {name}", ())
    return int(value[0]) if isinstance(value, tuple) and value else None
