"""What is said of a format: a row of the table in `table.py`. It opens nothing and imports nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """What a file is at the coarsest: it decides which stages apply."""

    IMAGE = "image"
    VIDEO = "video"


class Ending(StrEnum):
    """What in a file tells where it ends, and so whether bytes are missing; `completeness.py` has a rule for each."""

    UNTOLD = "untold"  # nothing: only a decoder notices
    MARK = "mark"  # FF D9, as in a JPEG
    BLOCKS = "blocks"  # of a GIF, up to the trailer
    CHUNKS = "chunks"  # of a PNG, up to IEND
    RIFF = "riff"  # the length behind the first four bytes
    BOXES = "boxes"  # of ISO base media, one after the other
    BOXES_OR_MARK = "boxes_or_mark"  # JPEG 2000: in boxes or bare
    BOXES_OR_UNTOLD = "boxes_or_untold"  # JPEG XL: in boxes or bare
    DIRECTORY = "directory"  # the first of a TIFF


Magic: TypeAlias = Mapping[int | None, bytes]
"""The bytes at these places of a file; at None those that stand anywhere in its first 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file format.

    `name` is stored in the library, `title` is how people write it, `suffixes` are in lower case with their dot. A file
    is served as its `media_type`; what common browsers show or play, as far as they know its codecs, is `in_browser`.

    It is recognised by one of `magics`, by one of the `brands` of an ISO base media file, or by how the main one of
    them starts (`major`); the first row that fits counts. A camera raw file that starts as any TIFF is told from it by
    how its `makers` write themselves, or by its reader.

    It is opened in one of three ways: by these plugins of `pillow`, as camera `raw` by the JPEG inside, or by this
    `demuxer` of libav. `ending` is what tells whether bytes are missing. Several pictures in one file are frames of a
    `film`, or else pages. `turned` says that the decoder turns the picture upright, `seen_size` that the size which it
    tells is the one after turning. Rows may be stored in `any_order`, and there may be `words_behind` the picture,
    without which it is whole. Of `doubtful` suffixes only the content tells that a file is media. A decoder needs up to
    `pixel_bytes` of memory for each pixel. A `live_photo` may have it for a half, and a `motion_photo` for its picture.
    Into those that can be `written` metadata are written: exiftool does it, and our decoders show what it wrote.
    """

    name: str
    title: str
    kind: Kind
    suffixes: tuple[str, ...]
    media_type: str
    in_browser: bool = False
    magics: tuple[Magic, ...] = ()
    brands: tuple[bytes, ...] = ()
    major: tuple[bytes, ...] = ()
    makers: tuple[str, ...] = ()
    pillow: tuple[str, ...] = ()
    raw: bool = False
    demuxer: str | None = None
    ending: Ending = Ending.UNTOLD
    film: bool = False
    turned: bool = False
    seen_size: bool = False
    any_order: bool = False
    pixel_bytes: int = 4
    doubtful: bool = False
    words_behind: bool = False
    live_photo: bool = False
    motion_photo: bool = False
    written: bool = False
