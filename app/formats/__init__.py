"""The formats that are taken in: a table of them, what a row of it says, and here what is asked of the table."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from app.formats.row import Ending, Format, Kind, Magic
from app.formats.table import FORMATS

__all__ = ["FORMATS", "FORMAT_OF_NAME", "FORMAT_OF_SUFFIX", "Ending", "Format", "Kind", "Magic"]

FORMAT_OF_NAME: Mapping[str, Format] = MappingProxyType({format_.name: format_ for format_ in FORMATS})
FORMAT_OF_SUFFIX: Mapping[bytes, Format] = MappingProxyType(
    {suffix.encode(): format_ for format_ in FORMATS for suffix in format_.suffixes}
)
NOT_TAKEN_IN: tuple[tuple[bytes, str], ...] = (
    (b"\0\0\x02\0", "a cursor (CUR)"),
    (b"8BPS", "a large Photoshop document (PSB)"),
    (b"DDS ", "a DirectDraw surface (DDS)"),
    (b"%!PS", "PostScript"),
    (b"%PDF", "a PDF document"),
    (b"#?RADIANCE", "a Radiance picture (HDR)"),
    (b"v/1\x01", "OpenEXR"),
    (b"farbfeld", "farbfeld"),
    (b"PF\n", "a PFM in colours"),
)
"""How pictures start that are known by name, and refused by it."""
NO_MEDIA_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"jxl ", b"jp2 ", b"jpx ")
"""Main brands of ISO base media files that are none of ours: sound, and pictures that are not read in this form."""

SentFormat: TypeAlias = Literal["jpeg", "webp"]
"""Formats in which a provider of descriptions is shown a picture."""
BESIDE_RAW = ("jpeg", "heic")
"""Formats in which cameras write the picture that they also give as raw; the first that is there stands for both."""
_PIXEL_FILM = re.compile(rb"(?:.+\.M[PV](?:\.COVER)?|MVIMG_\d{8}_\d{6,9})(?:~\d{1,3})?(?:\(\d{1,6}\))?\Z", re.DOTALL)


def is_pixel_film(name: bytes) -> bool:
    """Whether a name is that of the film of a Pixel's motion photo, as archives of Google Photos have it by itself.

    It is an MP4 with the name of its picture but for the suffix: `PXL_x.MP` of `PXL_x.MP.jpg`, `PXL_x.MP~2`,
    `PXL_x.MV`, `PXL_x.RAW-01.MP.COVER` or `MVIMG_x`. The capitals tell them from what other programs call `.mp`.
    """
    return _PIXEL_FILM.match(name) is not None


def suffix_of(name: bytes) -> bytes:
    """The suffix of a file name in lower case with its dot, `b""` where it has none: `b"A.JPG"` -> `b".jpg"`.

    That of a Pixel's film is the one of what it is, `b".mp4"`.
    """
    if is_pixel_film(name):
        return b".mp4"
    stem, dot, suffix = name.rpartition(b".")
    return b"." + suffix.lower() if dot and stem else b""


def begins_as(format_: Format, head: bytes) -> bool:
    """Whether the first bytes of a file, 512 are enough, are those of a format that is told by them."""
    return any(
        all(head.startswith(content, place or 0) for place, content in magic.items()) for magic in format_.magics
    )


def promised(name: bytes) -> Format | None:
    """The format that the suffix of a file name promises, None if it is of no format; the content may be another."""
    return FORMAT_OF_SUFFIX.get(suffix_of(name))
