"""Draws a decoded frame of a film as a picture in sRGB: its matrix, its range, its transfer, over white.

It owns what a film means that does not say it. It decodes nothing.
"""

from typing import TYPE_CHECKING, cast

from PIL import Image

from app.analysis.formats.colour_tags import Signal
from app.analysis.pictures.colour import put_over_white

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy import uint16
    from numpy.typing import NDArray

_MATRICES = (1, 4, 5, 6, 7, 9, 10)  # of ITU-T H.273, by which colours are made of luma and two differences
_BT709, _BT601, _BT2020, _BT2020_CONSTANT = 1, 5, 9, 10
_HIGH_DEFINITION_LINES = 720  # from which on players take an untagged film for BT.709


def draw_frame(frame: "VideoFrame", width: int, height: int) -> Image.Image:
    """Draw a frame at this size in px, in sRGB."""
    signal = Signal(frame.color_primaries, frame.color_trc)
    transparent = any(component.is_alpha for component in frame.format.components)
    drawn = frame.reformat(
        width=width,
        height=height,
        format="rgb48le" if not signal.is_srgb else "rgba" if transparent else "rgb24",
        src_colorspace=find_matrix(frame),
        interpolation="AREA",
    )
    if not signal.is_srgb:
        from app.analysis.pictures.light import draw_in_srgb

        return Image.fromarray(draw_in_srgb(cast("NDArray[uint16]", drawn.to_ndarray()), signal))
    if transparent:  # which PyAV would drop, and show the colours under it
        return put_over_white(Image.fromarray(drawn.to_ndarray()))
    picture: Image.Image = drawn.to_image()
    return picture


def find_matrix(frame: "VideoFrame") -> int:
    """Find the code point of the matrix that a frame's colours were made with, by its size where it says none.

    As players do (Chromium, media/base/video_color_space.cc; mpv's mp_csp_params guess likewise): BT.709 from 720
    lines on, BT.601 below; BT.2020 where primaries or transfer belong to it.
    """
    matrix = int(frame.colorspace)
    if matrix == _BT2020_CONSTANT or (
        matrix not in _MATRICES and Signal(frame.color_primaries, frame.color_trc).is_hdr
    ):
        return _BT2020
    if matrix in _MATRICES:
        return matrix
    return _BT709 if frame.height >= _HIGH_DEFINITION_LINES else _BT601
