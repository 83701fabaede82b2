"""Makes what people and searches look at: the upright thumbnail and the perceptual hash, from decoded pixels.

It never decodes, never looks at metadata and puts none into the thumbnail.
"""

from functools import cache
from io import BytesIO
from math import cos, pi
from operator import mul
from statistics import median
from typing import cast

from PIL import Image

from app.analysis.pictures.colour import SCALE, put_over_white, to_srgb
from app.descriptions import Describer
from app.media import Picture

SIDE = 320  # px, the longer side of a thumbnail
PREVIEW_SIDE = 2_048  # px, the longer side of what is shown in place of a file that browsers cannot show
_QUALITY = 80
_METHOD = 0  # 1.7 ms; method 4 (Pillow's default) makes a file of the same size in 8 ms
_GRID, _WAVES = 32, 8
_NOISE = 32  # an eighth of a grey level of a wave: JPEG noise in a smooth picture stays below
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def make_picture(image: Image.Image, orientation: int, side: int = SIDE) -> Picture:
    """Make picture and hash of a decoded image; `orientation` is the EXIF value 1..8 that it still needs."""
    small = turn_upright(to_srgb(_shrunk(image, side)), orientation)
    return Picture(webp=_webp(small), phash=compute_phash(small))


def encode_for_sending(image: Image.Image, orientation: int, describer: Describer) -> bytes:
    """The decoded image as a provider is shown it: upright, sRGB, reduced, over white, and nothing but pixels."""
    small = put_over_white(turn_upright(to_srgb(_shrunk(image, describer.side)), orientation)).convert("RGB")
    small.info.clear()  # a comment of the file would be written, too
    buffer = BytesIO()
    small.save(buffer, describer.format.upper(), quality=describer.quality)
    return buffer.getvalue()


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn the image by the EXIF value 1..8."""
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    """The image with its longer side at most `side` px. Whole-number reduction first: 2 ms instead of 8 for 1 MP."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return make_resizable(image).resize(size, Image.Resampling.HAMMING, reducing_gap=1.0)


def make_resizable(image: Image.Image) -> Image.Image:
    """The image in a mode whose pixels can be averaged, of the sense that people give them."""
    if image.mode == "La":
        return image.convert("LA")
    if image.mode in ("P", "PA", "1") or (image.mode in ("L", "RGB") and "transparency" in image.info):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I;16") or (image.mode == "I" and SCALE in image.info):
        black, white = image.info.get(SCALE, (0, 65_535))
        step = 256 / (white - black + (1 if white > black else -1))
        return image.convert("I").point(lambda value: value * step + -black * step).convert("L")
    if image.mode in ("I", "F"):  # no scale is laid down: stretched from its darkest to its brightest
        low, high = cast("tuple[float, float]", image.getextrema())
        factor = 255 / ((high - low) or 1)
        return image.point(lambda value: value * factor + -low * factor).convert("L")
    return image


def _webp(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=_METHOD, icc_profile=None)  # it is sRGB, whatever it was
    return buffer.getvalue()


def compute_phash(image: Image.Image) -> str:
    """Compute the 64-bit perceptual hash: 16 hexadecimal digits, the lowest waves first.

    Grey, 32 x 32, discrete cosine transform (type II), the 8 x 8 lowest waves, each one bit: above the median or not,
    as in ImageHash's `phash` after Neal Krawetz, "Looks Like It" (hackerfactor.com, 2011). One change: to be above, a
    wave must clear the median by `_NOISE`, or smooth and plain pictures would hash the noise of their encoder.
    Transparent pixels count as white. Equal pictures differ in few bits, unrelated ones in about 32.
    """
    grey = put_over_white(image).convert("L").resize((_GRID, _GRID), Image.Resampling.LANCZOS, reducing_gap=2.0)
    pixels = grey.tobytes()
    rows = [pixels[at : at + _GRID] for at in range(0, _GRID * _GRID, _GRID)]
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in _cosines()]
    waves = [sum(map(mul, wave, column)) for wave in _cosines() for column in across]
    threshold = median(waves) + _NOISE
    return f"{int(''.join('1' if wave > threshold else '0' for wave in waves), 2):016x}"


@cache
def _cosines() -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(cos(pi * (2 * x + 1) * u / (2 * _GRID)) for x in range(_GRID)) for u in range(_WAVES))
