"""Shows a picture to a model in a size that is the model's, and says where in the picture a box of it is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from app.analysis.pictures.colour import put_over_white, to_srgb
from app.analysis.pictures.picture import make_resizable, turn_upright
from app.models import Shown
from app.regions import SIDEWAYS, Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[Any]"
_GREY = (114, 114, 114)  # around a picture that is narrower, as Ultralytics has it


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies in what the model is shown: its corner and size there, in px."""

    left: int
    top: int
    width: int
    height: int

    def box(self, corners: Numbers) -> Box:
        """A box of the picture, of corners in what the model was shown."""
        left, top, right, bottom = (float(side) for side in corners)
        middle = ((left + right) / 2 - self.left) / self.width, ((top + bottom) / 2 - self.top) / self.height
        return Box(*middle, (right - left) / self.width, (bottom - top) / self.height)


def fit(width: int, height: int, shown: Shown) -> Fit:
    """Fit a picture of this size into what a model is shown, as large as it can be, in the middle."""
    scale = min(shown.width / width, shown.height / height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    return Fit((shown.width - wide) // 2, (shown.height - high) // 2, wide, high)


def show(picture: Image.Image, turn: int, shown: Shown) -> tuple[Numbers, Fit]:
    """What a model is shown of a decoded picture that still needs the EXIF value `turn`, and where it lies there.

    It is upright, in sRGB, over white.
    """
    width, height = picture.size[::-1] if turn in SIDEWAYS else picture.size
    place = fit(width, height, shown)
    stored = (place.height, place.width) if turn in SIDEWAYS else (place.width, place.height)
    small = make_resizable(picture).resize(stored, Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = Image.new("RGB", (shown.width, shown.height), _GREY)
    canvas.paste(turn_upright(put_over_white(to_srgb(small)), turn).convert("RGB"), (place.left, place.top))
    return as_input(canvas, shown), place


def as_input(canvas: Image.Image, shown: Shown) -> Numbers:
    """The numbers that a model is given for a picture of its size, in RGB."""
    pixels = np.asarray(canvas)
    pixels = pixels[:, :, ::-1] if shown.blue_first else pixels
    pixels = pixels.transpose(2, 0, 1) if shown.planar else pixels
    numbers = pixels if shown.whole else pixels.astype(np.float32) / np.float32(1 if shown.up_to_255 else 255)
    return np.ascontiguousarray(numbers[None] if shown.batched else numbers)
