"""Computes the hash by which two files are the same picture, whatever else is written in them.

It decodes nothing that was not decoded before, and leaves out what it cannot tell exactly.
"""

import hashlib
from typing import TYPE_CHECKING, cast

from PIL import Image

from app.analysis.formats.blocks import read_at
from app.analysis.formats.colour_tags import read_depth_of_avif
from app.analysis.pictures.colour import SCALE
from app.analysis.pictures.image import OpenedImage
from app.analysis.pictures.image_data import digest_spans, find_image_data
from app.analysis.pictures.picture import turn_upright

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_SHALLOW = 8
_BITS_PER_SAMPLE = 258
_DEPTH_IN_PNG = 24
_ALL_BITS = ("I", "F")  # and I;16: modes in which Pillow keeps more than 8 bits
_OPAQUE = (255, 255)
_FROM_BLACK = (0, 65_535)  # what whole numbers of 16 bits mean; another scale is noted in front of them
_STRIP_BYTES = 64 * 1024 * 1024


def compute_picture_sha256(opened: OpenedImage, decoded: Image.Image, turn: int) -> str | None:
    """Compute the SHA-256 of a picture, 64 hex digits; `decoded` is all of it, `turn` the EXIF value it still needs.

    Of a still that was decoded whole and with all of its bits, it is that of its pixels, upright, row by row from the
    top: of colours a byte each of red, green and blue, as the binary PPM of the picture has them (Netpbm, `P6`), with
    its head. Grey and palettes are such colours. Other pixels stand behind `pixels MODE WIDTHxHEIGHT` and a line feed:
    where any of them is transparent, opacity follows red, green and blue (`RGBA`), and one of opacity 0 has no colour:
    0, 0, 0. CMYK, YCbCr and Lab stay what they are, as do deeper greys, which are whole numbers (`I`) or floating (`F`)
    of 32 bits, little-endian, after `clear NUMBER` and a line feed where one of them is transparent.
    Colour profiles do not count.

    Of anything else it is that of the image data as it stands in the file (`image_data.py`), after `FORMAT TURN` and a
    line feed: of a JPEG whose shorter side has 1,920 px or more, because it is decoded smaller, of animations, of 16
    bits in colour. None where that is not known: of camera raw files, of several pages, of animations but PNG and WebP,
    of deep TIFF, HEIC and AVIF.
    """
    if opened.raw or opened.pages > 1:
        return None
    if opened.frames == 1 and _is_whole(opened, decoded):
        return _digest_pixels(turn_upright(decoded, turn))
    spans = find_image_data(opened.stream, opened.format, opened.length)
    if spans is None:
        return None
    return digest_spans(opened.stream, spans, f"{opened.format} {turn}\n".encode()).hex()


def _is_whole(opened: OpenedImage, decoded: Image.Image) -> bool:
    """Whether no pixel and no bit was lost when it was decoded."""
    if decoded.width * decoded.height != opened.size[0] * opened.size[1]:
        return False
    mode = opened.mode or ""
    if mode in _ALL_BITS or mode.startswith("I;16"):
        return decoded.mode == mode
    return _depth(opened) <= _SHALLOW


def _depth(opened: OpenedImage) -> int:
    """Bits of a channel; 16 where it is not known."""
    read = _DEPTHS.get(opened.format)
    return read(opened) if read else 16


def _depth_of_tiff(opened: OpenedImage) -> int:
    tags = getattr(opened.picture, "tag_v2", {})
    return max(map(int, tags.get(_BITS_PER_SAMPLE, (1,))))


def _depth_of_png(opened: OpenedImage) -> int:
    return read_at(opened.stream, _DEPTH_IN_PNG, 1)[0]


def _depth_of_avif(opened: OpenedImage) -> int:
    return read_depth_of_avif(opened.stream)


def _depth_of_heic(opened: OpenedImage) -> int:
    return int(opened.info.get("bit_depth", 16))


def _eight(_opened: OpenedImage) -> int:
    return _SHALLOW


_DEPTHS: "dict[str, Callable[[OpenedImage], int]]" = {
    "jpeg": _eight,
    "webp": _eight,
    "gif": _eight,
    "bmp": _eight,
    "ico": _eight,
    "icns": _eight,
    "qoi": _eight,
    "pcx": _eight,
    "png": _depth_of_png,
    "avif": _depth_of_avif,
    "heic": _depth_of_heic,
    "tiff": _depth_of_tiff,
}


class _Digested:
    """A file that keeps the digest of what is written to it, and nothing else."""

    def __init__(self, digest: "hashlib._Hash") -> None:
        self._digest = digest

    def write(self, content: bytes) -> int:
        """Digests what is written."""
        self._digest.update(content)
        return len(content)


def _digest_pixels(image: Image.Image) -> str:
    plain = _plain(image)
    digest = hashlib.sha256()
    if plain.mode != "RGB":
        digest.update(f"pixels {plain.mode} {plain.width}x{plain.height}\n".encode())
    if (scale := image.info.get(SCALE, _FROM_BLACK)) != _FROM_BLACK:
        digest.update(f"{scale}\n".encode())
    if plain.mode in _ALL_BITS and (clear := image.info.get("transparency")) is not None:
        digest.update(f"clear {clear}\n".encode())
    if plain.mode == "RGB":  # in pieces of 64 KB: as one piece of memory it takes twice as long
        plain.save(cast("BinaryIO", _Digested(digest)), "PPM")
        return digest.hexdigest()
    rows = max(1, _STRIP_BYTES // (4 * plain.width))
    if rows >= plain.height:  # twice as fast as to cut a strip out, even if it is all of it
        digest.update(plain.tobytes())
        return digest.hexdigest()
    for top in range(0, plain.height, rows):  # all at once would be the picture a second time in memory
        digest.update(plain.crop((0, top, plain.width, min(top + rows, plain.height))).tobytes())
    return digest.hexdigest()


def _plain(image: Image.Image) -> Image.Image:
    """The picture in a mode that equal pictures share."""
    if image.mode in _ALL_BITS or image.mode.startswith("I;16"):  # as RGBA, all above 255 would be 255
        return image.convert("I") if image.mode not in _ALL_BITS else image
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        alpha = clear.getchannel("A")
        low, high = alpha.getextrema()
        if (low, high) == _OPAQUE:
            return clear.convert("RGB")
        if low == 0:
            blank = Image.new("RGBA", clear.size)
            blank.paste(clear, mask=alpha.point(lambda value: 255 if value else 0))
            return blank
        return clear
    if image.mode in ("1", "L", "P", "RGBX"):
        return image.convert("RGB")
    return image
