"""What a picture looks like to the network, as 1,024 bits: they differ little where pictures are alike.

The features are what the last layer judges, averages of what is never negative, so that their sign says nothing: a bit
says whether a feature is above its median over real pictures. The medians were found once for opennsfw2's own weights
(`tests/support/medians.py`) and are shipped as `medians-SHA256.f32`, named by the first 16 digits of those weights'
SHA-256: 1,024 little-endian floats. Bits are comparable where the model is the same.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

NUMBER = 1024


def pack_features(features: "NDArray[float32]", weights_sha256: str) -> bytes | None:
    """Pack features into 128 bytes, the first in the highest bit.

    None for weights without known medians, and for numbers that are no features.
    """
    import numpy as np

    medians = _medians(weights_sha256)
    return None if medians is None or not are_features(features) else np.packbits(features > medians).tobytes()


def are_features(numbers: "NDArray[float32]") -> bool:
    """Whether these can be the features of one picture: 1,024 finite numbers >= 0."""
    import numpy as np

    return numbers.shape == (NUMBER,) and bool(np.isfinite(numbers).all() and (numbers >= 0).all())


def locate_medians(weights_sha256: str) -> Path:
    """Locate the medians of the model with these weights; the file may be missing."""
    return Path(__file__).with_name(f"medians-{weights_sha256[:16]}.f32")


@lru_cache(maxsize=1)
def _medians(weights_sha256: str) -> "NDArray[float32] | None":
    import numpy as np

    try:
        content = locate_medians(weights_sha256).read_bytes()
    except OSError:
        return None
    return np.frombuffer(content, "<f4") if len(content) == 4 * NUMBER else None
