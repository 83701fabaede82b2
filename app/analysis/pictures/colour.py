"""Brings reduced pictures to sRGB, and shows what is transparent over white, as people see it.

By the profile that they carry (ICC.1) or the signal that they name; what makes no sense is passed over, as browsers do.
It decodes nothing.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from PIL import Image, ImageCms

from app.analysis.formats.colour_tags import (
    SRGB_CORNERS,
    Signal,
    are_corners,
    find_cicp_in_profile,
    find_profile_in_bmp,
    find_profile_in_jpeg2000,
    read_cicp_of_avif,
    read_cicp_of_png,
)

if TYPE_CHECKING:
    from numpy import uint16
    from numpy.typing import NDArray

SIGNAL = "signal"
"""Where the info of an image says how its numbers were meant; Pillow hands it on to all that is made of it."""
SCALE = "scale"
"""Where the info of an image of one channel says which numbers are black and white; else as many as 16 bits hold."""
_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # of TIFF
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK", b"Lab ": "LAB"}  # by what a profile is for
_ALMOST = 3  # of 255: profiles that draw no colour farther than this from sRGB are sRGB
_SRGB_GAMMA = 1 / 2.2
_KEPT = 8  # profiles of which a worker keeps what it made

Conversion = Callable[[Image.Image], Image.Image]
"""Makes sRGB of a picture without transparency."""


def note_colours(image: Image.Image, stream: BinaryIO, format_: str) -> None:
    """Note in an opened image what its file says of its colours and Pillow does not tell."""
    info = image.info
    if format_ == "png":
        info[SIGNAL] = _signal_of_png(image, stream)
    elif format_ == "heic" and "nclx_profile" in info and not info.get("icc_profile"):
        nclx = info["nclx_profile"]
        info[SIGNAL] = Signal(nclx["color_primaries"], nclx["transfer_characteristics"])
    elif format_ == "avif" and not info.get("icc_profile") and (code_points := read_cicp_of_avif(stream)):
        info[SIGNAL] = Signal(*code_points)
    elif format_ == "bmp":
        info["icc_profile"] = find_profile_in_bmp(stream)
    elif format_ == "jpeg2000":
        info["icc_profile"] = find_profile_in_jpeg2000(stream)
    elif format_ == "tiff" and image.mode.startswith("I;16"):
        tags: Mapping[int, Any] = image.tag_v2  # type: ignore[attr-defined]
        white = (1 << tags.get(_BITS, (16,))[0]) - 1  # Pillow unpacks 12 bits as they are, and does not invert 16
        info[SCALE] = (white, 0) if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else (0, white)
    elif format_ == "ppm" and image.mode == "I":
        info[SCALE] = (0, 65_535)


def _signal_of_png(image: Image.Image, stream: BinaryIO) -> Signal | None:
    """What a PNG says (PNG specification 3rd edition, 11.3.2), the first of cICP, iCCP, sRGB, and gAMA with cHRM."""
    info = image.info
    if code_points := read_cicp_of_png(stream):
        return Signal(*code_points)
    gamma = info.get("gamma")
    if info.get("icc_profile") or "srgb" in info or not gamma or not 0.05 < gamma < 5:
        return None
    x_and_y = info.get("chromaticity", ())
    corners = (*x_and_y[2:], *x_and_y[:2])  # it has white in front
    near = not are_corners(corners) or all(abs(a - b) < 0.01 for a, b in zip(corners, SRGB_CORNERS, strict=True))
    if abs(gamma - _SRGB_GAMMA) < 0.02 and near:
        return None
    return Signal(gamma=1 / gamma, corners=None if near else corners)


def find_conversion(picture: Image.Image) -> Conversion | None:
    """Find what makes sRGB of the colours of a picture; None if they are sRGB, or say nothing that makes sense."""
    signal = picture.info.get(SIGNAL)
    if signal is not None:
        return None if signal.is_srgb else partial(_convert_by_signal, signal)
    profile = picture.info.get("icc_profile")
    mode = _colours_of(picture.mode)
    found = _convert_by_profile(profile, mode) if isinstance(profile, bytes) else None
    return found or (_convert_lab if mode == "LAB" else None)


def to_srgb(picture: Image.Image) -> Image.Image:
    """Make sRGB of a picture: RGBA where it can be transparent, else RGB."""
    conversion = find_conversion(picture)
    opaque = "RGBA" if picture.mode in ("LA", "La", "RGBA", "RGBa", "PA") else "RGB"
    if conversion is None:
        return picture if picture.mode == opaque else picture.convert(opaque)
    if opaque == "RGB":
        return conversion(picture)
    whole = picture.convert("LA" if picture.mode in ("LA", "La") else "RGBA")
    drawn = conversion(whole.convert("L" if whole.mode == "LA" else "RGB"))
    drawn.putalpha(whole.getchannel("A"))
    return drawn


def draw_deep(numbers: "NDArray[uint16]", signal: Signal, short_side: int) -> Image.Image:
    """Draw numbers of 16 bits in sRGB, reduced by a whole number, the shorter side kept >= `short_side` px."""
    from app.analysis.pictures.light import draw_in_srgb

    height, width = numbers.shape[:2]
    factor = max(1, min(width, height) // short_side) if short_side else 1
    if factor > 1:
        cut = numbers[: height // factor * factor, : width // factor * factor]
        means = cut.reshape(height // factor, factor, width // factor, factor, 3).mean(axis=(1, 3))
        numbers = means.astype(numbers.dtype)
    return Image.fromarray(draw_in_srgb(numbers, signal))


def put_over_white(picture: Image.Image) -> Image.Image:
    """Put a picture, RGBA or RGB, over white: RGB."""
    if picture.mode != "RGBA":
        return picture
    alpha = picture.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return picture.convert("RGB")
    shown = Image.new("RGB", picture.size, "white")
    shown.paste(picture, mask=alpha)
    return shown


def _colours_of(mode: str) -> str:
    """The mode of a picture's colours alone."""
    if mode in ("CMYK", "LAB"):
        return mode
    return "L" if mode in ("L", "LA", "La", "1") else "RGB"


def _convert_by_signal(signal: Signal, picture: Image.Image) -> Image.Image:
    import numpy as np

    from app.analysis.pictures.light import draw_in_srgb

    return Image.fromarray(draw_in_srgb(np.asarray(picture.convert("RGB")), signal))


def _convert_lab(picture: Image.Image) -> Image.Image:
    return cast("Image.Image", ImageCms.applyTransform(picture, _lab_to_srgb()))


@cache
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=_KEPT)
def _convert_by_profile(profile: bytes, mode: str) -> Conversion | None:
    """What a profile makes of pictures of this mode; None where it is sRGB, damaged, or for other pictures."""
    code_points = find_cicp_in_profile(profile)
    if code_points and (signal := Signal(*code_points)).is_hdr:
        return partial(_convert_by_signal, signal)
    own = _MODES.get(profile[16:20])
    if own != mode and not (own == "RGB" and mode == "L"):
        return None
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        transform = ImageCms.buildTransform(opened, _srgb(), own, "RGB", ImageCms.Intent.PERCEPTUAL)
        if _changes_nothing(transform, own):
            return None
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None

    def convert(picture: Image.Image) -> Image.Image:
        plain = picture if picture.mode == own else picture.convert(own)
        return cast("Image.Image", ImageCms.applyTransform(plain, transform))

    return convert


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether colours all over the cube stay where they are, or nearly."""
    if mode not in ("RGB", "L"):
        return False
    levels = range(0, 256, 15)
    if mode == "RGB":
        swatch = Image.frombytes(
            "RGB", (18 * 18, 18), bytes(c for b in levels for g in levels for r in levels for c in (r, g, b))
        )
    else:
        swatch = Image.frombytes("L", (18, 1), bytes(levels))
    drawn = cast("Image.Image", ImageCms.applyTransform(swatch, transform))
    pairs = zip(swatch.convert("RGB").tobytes(), drawn.tobytes(), strict=True)
    return all(abs(one - other) <= _ALMOST for one, other in pairs)
