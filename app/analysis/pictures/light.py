"""Turns the numbers of pictures that are not in sRGB into those that are: transfer, gamut, tone curve.

It knows arrays alone. All that is brighter than the white of a page is rolled off, since sRGB has no place for it.
"""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from app.analysis.formats.colour_tags import GAMMA_22, GAMMA_28, HLG, LINEAR, PQ, SRGB_CORNERS, Signal, corners_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_WHITE_NITS = 203  # of a white page in HDR: Report ITU-R BT.2408, 2.2
_HLG_NITS, _HLG_GAMMA = 1000, 1.2  # of the reference display: Recommendation ITU-R BT.2100, table 5
_HLG_LUMA = (0.2627, 0.6780, 0.0593)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_KNEE = 0.3  # of white, up to where the tone curve changes nothing
_PEAK_PERCENT = 99.5  # of the pixels are no brighter than what is mapped to white
_STEPS = 1 << 14  # of light, of which each has its number in sRGB


def draw_in_srgb(numbers: "NDArray[np.uint8] | NDArray[np.uint16]", signal: Signal) -> "NDArray[np.uint8]":
    """Draw red, green and blue (height x width x 3, 8 or 16 bits each) in sRGB, 8 bits each.

    What is outside sRGB's gamut is cut off there, as relative colorimetric rendering does.
    """
    light = _light_of(signal.transfer, signal.gamma, int(np.iinfo(numbers.dtype).max))[numbers]
    if signal.transfer == HLG:
        luma = light @ np.array(_HLG_LUMA, np.float32)
        light *= (_HLG_NITS / _WHITE_NITS) * luma[..., None] ** np.float32(_HLG_GAMMA - 1)
    light = light @ _find_gamut_matrix(corners_of(signal)).T
    if signal.is_hdr:
        light = _roll_off(light)
    steps = (np.clip(light, 0, 1) * np.float32(_STEPS - 1) + np.float32(0.5)).astype(np.uint16)
    return _numbers_of_light()[steps]


def _roll_off(light: "Floats") -> "Floats":
    """Light up to white: what is below the knee stays, the rest follows a hyperbola that joins it smoothly.

    The curve `mobius` of FFmpeg's filter `tonemap` and of libplacebo (pl_tone_map_mobius), on the largest of the three
    colours, so that hues stay. Its peak is that of this picture: one without highlights stays as it is.
    """
    brightest = light.max(axis=-1)
    peak = float(np.percentile(brightest, _PEAK_PERCENT))
    if peak <= 1:
        return light
    a = -_KNEE * _KNEE * (peak - 1) / (_KNEE * _KNEE - 2 * _KNEE + peak)
    b = (_KNEE * _KNEE - 2 * _KNEE * peak + peak) / (peak - 1)
    scale = (b * b + 2 * b * _KNEE + _KNEE * _KNEE) / (b - a)
    above = np.maximum(brightest, np.float32(_KNEE))
    rolled = np.float32(scale) * (above + np.float32(a)) / (above + np.float32(b))
    return light * np.where(brightest > _KNEE, rolled / above, np.float32(1))[..., None]


@cache
def _light_of(transfer: int, gamma: float | None, top: int) -> "Floats":
    """The light of each number up to `top`, 1 being white; of HLG what the camera saw, 1 being its brightest."""
    value = np.linspace(0, 1, top + 1)
    if gamma is not None:
        light = value**gamma
    elif transfer == PQ:  # Recommendation ITU-R BT.2100, table 4
        root = value ** (4096 / (2523 * 128))
        light = np.maximum(root - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * root)
        light = light ** (16384 / 2610) * (10_000 / _WHITE_NITS)
    elif transfer == HLG:  # the same, table 5
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12)
    elif transfer in (LINEAR, GAMMA_22, GAMMA_28):
        light = value ** {LINEAR: 1, GAMMA_22: 2.2, GAMMA_28: 2.8}[transfer]
    else:  # IEC 61966-2-1; that of BT.709 is drawn so, too
        light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


@cache
def _numbers_of_light() -> "NDArray[np.uint8]":
    """The number in sRGB of each step of light (IEC 61966-2-1)."""
    light = np.linspace(0, 1, _STEPS)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    numbers: NDArray[np.uint8] = np.rint(value * 255).astype(np.uint8)
    return numbers


@cache
def _find_gamut_matrix(corners: tuple[float, ...]) -> "Floats":
    """What turns light of these corners into that of sRGB (SMPTE RP 177, white adapted after Bradford)."""
    own, srgb = _to_xyz(corners), _to_xyz(SRGB_CORNERS)
    found, wanted = _BRADFORD @ own.sum(axis=1), _BRADFORD @ srgb.sum(axis=1)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(wanted / found) @ _BRADFORD
    matrix: Floats = (np.linalg.inv(srgb) @ adapted @ own).astype(np.float32)
    return matrix


def _to_xyz(corners: tuple[float, ...]) -> "NDArray[np.float64]":
    """The matrix from light of these corners to XYZ. Raises LinAlgError where they span no triangle."""
    x, y = np.array(corners[::2]), np.array(corners[1::2])
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    return xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
