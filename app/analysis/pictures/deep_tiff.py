"""Mends what Pillow makes of a TIFF of 16 bits or floating numbers, where it is wrong.

It reads planes of 16 bits that are not packed as if they had 8 (libtiff, which it asks for packed ones, does not), and
takes no notice of WhiteIsZero above 8 bits (TIFF 6.0, PhotometricInterpretation).
"""

from PIL import Image, ImageChops
from PIL.TiffImagePlugin import TiffImageFile

from app.analysis.pictures.picture import make_resizable

_BITS, _PHOTOMETRIC, _PLANES = 258, 262, 284
_DEEP, _SEPARATE, _WHITE_IS_ZERO = 16, 2, 0
_NOT_TURNED = frozenset(("I;16", "F"))  # modes of one channel in which Pillow leaves white black
_IN_PLANES = frozenset(("RGB", "RGBA"))  # modes of which Pillow can unpack a channel of 16 bits


def tell_planes(image: TiffImageFile) -> None:
    """Tell the decoder that planes which are not packed have 16 bits, where they do."""
    tags = image.tag_v2
    deep = max(tags.get(_BITS, (1,))) == _DEEP
    if deep and tags.get(_PLANES) == _SEPARATE and image.mode in _IN_PLANES and image.tile[0].codec_name == "raw":
        order = "L" if tags.prefix == b"II" else "B"
        image.tile = [
            tile._replace(args=(f"{plane.upper()};16{order}", *rest))
            for tile in image.tile
            if isinstance(tile.args, tuple)
            for plane, *rest in [tile.args]
        ]


def turn_white(image: Image.Image, header: Image.Image) -> Image.Image:
    """Make white what is white in a decoded picture; `header` is what it was decoded from, and tells its mode."""
    if not isinstance(header, TiffImageFile) or header.tag_v2.get(_PHOTOMETRIC) != _WHITE_IS_ZERO:
        return image
    if header.mode not in _NOT_TURNED:
        return image
    turned = ImageChops.invert(make_resizable(image))
    turned.info = image.info
    return turned
