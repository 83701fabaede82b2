"""Opens Photoshop documents of 16 and 32 bits a channel, which Pillow leaves aside although it can decode most of them.

The composite picture keeps its channels one after the other, raw or packed (Adobe Photoshop File Formats
Specification, image data section); of 16 bits Pillow's decoders keep the upper 8. What they cannot decode is opened all
the same, since the document says more of itself than its pixels.
"""

import struct
from typing import BinaryIO

from PIL.PsdImagePlugin import MODES, PsdImageFile

from app.analysis.formats.blocks import read_at
from app.analysis.pictures.variants import explain_variant
from app.errors import CannotRead

_MODE_NAMES = {1: "grey", 3: "RGB", 4: "CMYK", 7: "many channels", 8: "duotone", 9: "Lab"}
_DEEP, _IN_BANDS = 16, frozenset(("L", "RGB", "RGBA"))  # of the others Pillow has no decoder of 16 bits
_DEPTHS = (16, 32)
_DEPTH_AT = 22


def register_deep_psd() -> None:
    """Let Pillow open documents of more than 8 bits. Safe to call again."""
    for mode in _MODE_NAMES:
        for depth in _DEPTHS:
            MODES[mode, depth] = MODES[mode, 8]


def explain_depth(image: PsdImageFile, stream: BinaryIO) -> CannotRead | None:
    """Explain why an opened document cannot be decoded; None where it can be."""
    depth, mode = _read_depth_and_mode(stream)
    if depth not in _DEPTHS or _is_decoded(image, depth):
        return None
    return explain_variant(f"{depth} bits of {_MODE_NAMES[mode]}")


def tell_depth(image: PsdImageFile, stream: BinaryIO) -> None:
    """Tell the decoders of an opened document how deep it is."""
    if not _is_decoded(image, _read_depth_and_mode(stream)[0]):
        return
    channel_bytes = image.width * image.height  # by which Pillow goes on to the next channel that is not packed
    image.tile = [
        tile._replace(args=f"{tile.args};16B", offset=tile.offset + number * channel_bytes * (tile.codec_name == "raw"))
        for number, tile in enumerate(image.tile)
    ]


def _read_depth_and_mode(stream: BinaryIO) -> tuple[int, int]:
    depth, mode = struct.unpack(">HH", read_at(stream, _DEPTH_AT, 4))
    return depth, mode


def _is_decoded(image: PsdImageFile, depth: int) -> bool:
    return depth == _DEEP and image.mode in _IN_BANDS
