"""Mends what Pillow makes of a TIFF of 16 bits or floating numbers, where it is wrong.

It reads planes of 16 bits that are not packed as if they had 8 (libtiff, which it asks for packed ones, does not), and
takes no notice of WhiteIsZero above 8 bits (TIFF 6.0, PhotometricInterpretation).
"""

from PIL import Image, ImageChops
from PIL.ImageFile import _Tile
from PIL.TiffImagePlugin import TiffImageFile

from app.analysis.pictures.picture import make_resizable

_WIDTH, _LENGTH, _BITS, _PHOTOMETRIC, _PLANES = 256, 257, 258, 262, 284
_DEEP, _SEPARATE, _WHITE_IS_ZERO = 16, 2, 0
_NOT_TURNED = frozenset(("I;16", "F"))  # modes of one channel in which Pillow leaves white black
_RAW_MODES = {"RGB": "RGB;16N", "RGBA": "RGBA;16N"}  # of libtiff, which hands on the order of this machine


def tell_planes(image: TiffImageFile) -> None:
    """Let libtiff decode planes of 16 bits that are not packed."""
    tags = image.tag_v2
    deep = max(tags.get(_BITS, (1,))) == _DEEP
    if deep and tags.get(_PLANES) == _SEPARATE and image.mode in _RAW_MODES and image.tile[0].codec_name == "raw":
        image.use_load_libtiff = True
        arguments = (_RAW_MODES[image.mode], False, tags.offset)
        image.tile = [_Tile("libtiff", (0, 0, tags[_WIDTH], tags[_LENGTH]), 0, arguments)]


def turn_white(image: Image.Image, header: Image.Image) -> Image.Image:
    """Make white what is white in a decoded picture; `header` is what it was decoded from, and tells its mode."""
    if not isinstance(header, TiffImageFile) or header.tag_v2.get(_PHOTOMETRIC) != _WHITE_IS_ZERO:
        return image
    if header.mode not in _NOT_TURNED:
        return image
    turned = ImageChops.invert(make_resizable(image))
    turned.info = image.info
    return turned
