"""Decodes at its own depth what is not in sRGB, where Pillow hands over 8 bits: of PQ, 148 levels reach up to white.

By imagecodecs, an extra; without it, and whatever goes wrong, Pillow's 8 bits are what there is.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PIL import Image

from app.analysis.formats.blocks import read_at
from app.analysis.formats.colour_tags import Signal, read_depth_of_avif
from app.analysis.pictures.colour import SIGNAL, draw_deep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from numpy.typing import NDArray

_TOP = 65_535
_SHALLOW = 8
_DEPTH_IN_PNG = 24


def draw_at_own_depth(image: Image.Image, stream: "BinaryIO", format_: str, short_side: int) -> Image.Image | None:
    """Draw a picture of more than 8 bits in sRGB, its shorter side at least `short_side` px.

    None if it says by no code points that it is in another space, or that fails.
    """
    signal = image.info.get(SIGNAL)
    if not isinstance(signal, Signal) or signal.is_srgb or format_ not in _DEPTHS or find_spec("imagecodecs") is None:
        return None
    try:
        if _DEPTHS[format_](stream) <= _SHALLOW:
            return None
        numbers = _decode(stream, format_)
    except Exception:  # noqa: BLE001 - a lack of memory, too: Pillow, which is asked then, needs less or says what is wrong
        return None
    if numbers is None or numbers.shape[1::-1] != image.size:
        return None
    alpha = numbers[..., 3] if numbers.shape[2] == 4 else None
    drawn = draw_deep(numbers[..., :3], signal, short_side)
    if alpha is not None:
        drawn.putalpha(Image.fromarray((alpha >> 8).astype("uint8")).resize(drawn.size))
    return drawn


def _decode(stream: "BinaryIO", format_: str) -> "NDArray[Any] | None":
    """Red, green, blue and perhaps alpha in 16 bits; None where the file has 8."""
    import imagecodecs
    import numpy as np

    stream.seek(0)
    content = stream.read()
    decode = imagecodecs.avif_decode if format_ == "avif" else imagecodecs.png_decode
    numbers = decode(content)
    if numbers.dtype != np.uint16 or numbers.ndim != 3 or numbers.shape[2] not in (3, 4):
        return None
    top = (1 << _DEPTHS[format_](stream)) - 1
    scaled: NDArray[Any] = (np.minimum(numbers, top).astype(np.uint32) * _TOP // top).astype(np.uint16)
    return scaled


def _read_depth_of_png(stream: "BinaryIO") -> int:
    """Read how many bits a channel of a PNG has (PNG specification, 11.2.1)."""
    return read_at(stream, _DEPTH_IN_PNG, 1)[0]


_DEPTHS: "Mapping[str, Callable[[BinaryIO], int]]" = {"avif": read_depth_of_avif, "png": _read_depth_of_png}
