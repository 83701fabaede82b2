"""Takes out of an image what it says about itself: EXIF, XMP, IPTC and texts, each read once and each on its own.

It never decodes pixels and never decides what a value means. A damaged part is noted and does not spoil the others.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar

import exifread
from PIL import Image, TiffImagePlugin

from app.analysis import iptc, png
from app.analysis.image import Opened
from app.analysis.xmp import NOTHING, Xmp
from app.analysis.xmp import parse as parse_xmp
from app.errors import CannotRead

EXIF_BYTES = 4 * 1024 * 1024
_EXIF_IFD, _GPS_IFD, _USER_COMMENT = 0x8769, 0x8825, 0x9286
_IPTC_RESOURCE = 0x0404  # in the Photoshop resources of a JPEG
_IPTC_TAG = 33723
# What a TIFF's own directory says of its pixels is not EXIF and can be megabytes: strips, tiles, tables, other blocks
_NOT_EXIF = frozenset((273, 279, 324, 325, 330, 347, 700, 33723, 34377, 34675))
_PROFILE = "Raw profile type "  # how ImageMagick keeps blocks in PNG texts

logging.getLogger("exifread").setLevel(logging.CRITICAL)  # what it warns about is either read anyway or noted here
T = TypeVar("T")


@dataclass(slots=True)
class Embedded:
    """What was found, by part; `problems` maps a part (`exif`, `xmp`, `iptc`, `text`) to what was wrong with it.

    `exif` holds ExifRead's tags (`Image Make`) as objects with `values` and `printable`.
    """

    exif: Mapping[str, Any] = field(default_factory=dict)
    xmp: Xmp = field(default_factory=dict)
    iptc: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    problems: dict[str, CannotRead] = field(default_factory=dict)

    def problem(self, *parts: str) -> CannotRead | None:
        """The first problem with one of these parts."""
        return next((self.problems[part] for part in parts if part in self.problems), None)


def read(opened: Opened) -> Embedded:
    """Everything that the image says about itself. Never raises for damaged parts."""
    found, image = Embedded(), opened.image
    chunks = png.read_texts(opened.stream) if opened.format == "png" else png.Texts()
    texts = chunks.by_key
    if chunks.problem:
        found.problems["text"] = chunks.problem
    if isinstance(comment := image.info.get("comment"), bytes):  # of a JPEG or GIF
        texts["comment"] = comment

    def part(name: str, read_part: Callable[[], T], otherwise: T) -> T:
        try:
            return read_part()
        except CannotRead as problem:
            found.problems[name] = problem
        except Exception:  # noqa: BLE001 - some 15 classes of exception come out of hostile blocks
            found.problems[name] = CannotRead(f"The {name.upper()} block is damaged.", cause="damaged_metadata")
        return otherwise

    exif = part("exif", lambda: _exif_block(image, texts, chunks.exif), b"")
    found.exif = part("exif", lambda: _exif_tags(exif), {})
    found.xmp = part("xmp", lambda: _xmp(image, texts), NOTHING)
    found.iptc = part("iptc", lambda: iptc.parse(_iptc_block(image, texts)), {})
    found.texts = {key: _decoded(text) for key, text in texts.items() if not key.startswith(_PROFILE)}
    if user_comment := part("exif", lambda: _user_comment(exif), ""):
        found.texts["UserComment"] = user_comment
    return found


def _exif_block(image: Image.Image, texts: Mapping[str, bytes], chunk: bytes) -> bytes:
    """The EXIF block (of a PNG its `chunk`): a small TIFF, without the word that stands before it in a JPEG."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        tags = image.getexif()
        for directory in (_EXIF_IFD, _GPS_IFD):
            tags.get_ifd(directory)  # read now: a BigTIFF is written as a plain TIFF, which ExifRead knows
        tags.bigtiff = False
        for tag in _NOT_EXIF & set(tags):
            del tags[tag]
        block = tags.tobytes()
    else:
        block = chunk or image.info.get("exif") or _raw_profile(texts, "exif") or _raw_profile(texts, "APP1")
    if len(block) > EXIF_BYTES:
        raise CannotRead(
            f"The EXIF block has {len(block)} bytes, more than the {EXIF_BYTES} that are read.", cause="text_too_large"
        )
    return block.removeprefix(b"Exif\0\0")


def _exif_tags(block: bytes) -> Mapping[str, Any]:
    # Without details=False ExifRead follows maker notes, and 122 bytes are enough to keep it there for ever
    return exifread.process_file(BytesIO(block), details=False, extract_thumbnail=False) if block else {}


def _user_comment(block: bytes) -> str:
    """EXIF UserComment as text (EXIF 2.32, 4.6.5); ExifRead drops comments of 1,000 bytes and all that is not Latin."""
    if not block:
        return ""
    exif = Image.Exif()
    exif.load(block)
    comment = exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT, b"")
    if not isinstance(comment, bytes):
        return str(comment)
    code, content = comment[:8], comment[8:]
    if code.startswith(b"UNICODE"):
        # The byte order should be that of the block, but AI tools write big-endian into little-endian blocks
        latin_high_bytes_first = content[0::2].count(0) >= content[1::2].count(0)
        return content.decode("utf-16-be" if latin_high_bytes_first else "utf-16-le", "replace").strip("\0 \ufeff")
    return _decoded(content if code.rstrip(b"\0") in (b"ASCII", b"JIS", b"") else comment).strip("\0 ")


def _xmp(image: Image.Image, texts: dict[str, bytes]) -> Xmp:
    packet = texts.pop("XML:com.adobe.xmp", None) or _raw_profile(texts, "xmp") or image.info.get("xmp") or b""
    return parse_xmp(packet if isinstance(packet, bytes) else str(packet).encode()) if packet else NOTHING


def _iptc_block(image: Image.Image, texts: Mapping[str, bytes]) -> bytes:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return bytes(image.tag_v2._tagdata.get(_IPTC_TAG, b""))  # noqa: SLF001 - as 4-byte integers it may be swapped
    block = image.info.get("photoshop", {}).get(_IPTC_RESOURCE) or _raw_profile(texts, "iptc")
    return bytes(block[max(0, block.find(iptc.FIRST)) :])


def _raw_profile(texts: Mapping[str, bytes], name: str) -> bytes:
    """A block in hexadecimal, after a line with its name and one with its length (ImageMagick, coders/png.c)."""
    lines = texts.get(_PROFILE + name, b"").split(b"\n")
    return bytes.fromhex(b"".join(lines[3:]).decode("ascii"))


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
