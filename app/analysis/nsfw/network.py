"""Gives the NSFW probability and the features of pictures: opennsfw2's preprocessing, then its network as IR.

The network is loaded once in a process, when its first picture comes. Nothing here converts or fetches a model,
imports Keras, uses the network, or decides from which probability on a picture counts as NSFW.
"""

import sys
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from statistics import fmean
from typing import TYPE_CHECKING

from PIL import Image

from app.analysis.nsfw.features import pack_features
from app.analysis.pictures.colour import find_conversion, put_over_white, to_srgb
from app.analysis.pictures.picture import make_resizable, turn_upright
from app.errors import CannotRead
from app.media import Nsfw
from app.models import NsfwModel

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

PIXELS = 224  # a side of what the network looks at
_RESIZED = 256  # px a side before the centre is cut out
_CONVERTED = 2 * _RESIZED  # px that the shorter side keeps where colours are converted: each is rounded once more
_MEAN_BGR = (104.0, 117.0, 123.0)  # of the pictures that it was trained on
OPTIONS = {
    "INFERENCE_PRECISION_HINT": "f32",  # bfloat16 is the default on some processors, and moves the probability
    "INFERENCE_NUM_THREADS": 1,  # there are as many workers as the person allows
    "NUM_STREAMS": 1,
    "ENABLE_CPU_PINNING": False,  # or every worker would sit on the first core
}
_WITHOUT_SCALE = (
    "I",
    "F",
    "I;16",
    "I;16L",
    "I;16B",
    "I;16N",
    "La",
)  # modes that Pillow would cut off at 255, or refuse


def detect_nsfw(pictures: Iterable[Image.Image], orientation: int, model: NsfwModel) -> Nsfw:
    """Check the pictures of a file, one of a still, several of a film, at least one: its probability and features.

    `orientation` is the EXIF value 1..8 that the pictures still need. Raises CannotRead: `model_unusable`,
    `damaged_image`, and what the pictures raise: of a film that cannot be looked at to its end, nothing is known.
    """
    network = _network(model.ir)
    looks = [network.look(prepare_picture(picture, orientation)) for picture in pictures]
    found = [probability for probability, _ in looks]
    likeliest = found.index(max(found))
    bits = pack_features(looks[likeliest][1], model.weights_sha256)
    return Nsfw(found[likeliest], fmean(found), len(found), model.name, bits)


def prepare_picture(picture: Image.Image, orientation: int = 1) -> "NDArray[float32]":
    """Prepare a picture for the network: 224 x 224 x 3, blue first, the training mean taken off, 32-bit floats.

    The recipe YAHOO of opennsfw2 0.19 (`_image.preprocess_image`), which is that of the original network
    (https://github.com/yahoo/open_nsfw): upright, 256 x 256 bilinear, once through JPEG, the centre. Unlike there the
    picture is judged as people see it: in sRGB, and over white. Turning it when it
    is small would be less work, but its width and height are resized one after the other, and rounded in between.
    Raises CannotRead `damaged_image`.
    """
    import numpy as np

    if picture.mode == "F" and not np.isfinite(np.asarray(picture)).all():
        raise CannotRead("Some pixels of the picture are not numbers.", cause="damaged_image")
    if find_conversion(picture):
        plain = put_over_white(to_srgb(make_resizable(picture).reduce(max(1, min(picture.size) // _CONVERTED))))
    else:
        resizable = picture.has_transparency_data or picture.mode in _WITHOUT_SCALE
        plain = put_over_white(to_srgb(make_resizable(picture) if resizable else picture))
    small = turn_upright(plain, orientation).resize((_RESIZED, _RESIZED), Image.Resampling.BILINEAR)
    small.info = {}  # a comment or a profile would be written into the JPEG, and can be too long for it
    buffer = BytesIO()
    small.save(buffer, "JPEG")
    with Image.open(buffer, formats=("JPEG",)) as again:
        pixels = np.asarray(again, dtype=np.float32)
    edge = (_RESIZED - PIXELS) // 2
    centre = pixels[edge : edge + PIXELS, edge : edge + PIXELS, ::-1]
    return np.ascontiguousarray(centre - np.asarray(_MEAN_BGR, dtype=np.float32))


class Network:
    """The network, ready to look at pictures. Raises CannotRead `model_unusable`."""

    def __init__(self, ir: str) -> None:
        try:
            block_telemetry()
            import openvino

            self._request = openvino.Core().compile_model(ir, "CPU", OPTIONS).create_infer_request()
        except Exception as error:
            raise _unusable("loaded", error) from error

    def look(self, pixels: "NDArray[float32]") -> "tuple[float, NDArray[float32]]":
        """The probability 0..1 that a picture from `prepare_picture` is NSFW, and its 1,024 features, all of them >= 0.

        Raises CannotRead `model_unusable`.
        """
        try:
            found = self._request.infer([pixels[None]])
            probability, seen = float(found[0][0][1]), found[1][0]
        except Exception as error:
            raise _unusable("run", error) from error
        if not 0 <= probability <= 1:
            raise CannotRead("The NSFW model gave no probability for this picture.", cause="model_unusable")
        return probability, seen

    def find_probability(self, pixels: "NDArray[float32]") -> float:
        """The probability alone. Raises CannotRead `model_unusable`."""
        return self.look(pixels)[0]


@lru_cache(maxsize=1)
def _network(ir: str) -> Network:
    return Network(ir)


def block_telemetry() -> None:
    """Keeps a package out of this process through which the very import of OpenVINO reports to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # None makes its import fail


def _unusable(what: str, error: Exception) -> CannotRead:
    detail = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return CannotRead(f"The NSFW model could not be {what}: {detail}", cause="model_unusable")
