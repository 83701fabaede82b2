"""Reads the barcodes in a picture, by zxing-cpp: what each says, and where it is."""

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

from app.models import BarcodeReader
from app.regions import Region, RegionKind, RegionSource, around, region_in

if TYPE_CHECKING:
    from PIL import Image

SHORT_SIDE = 1_920  # px that are decoded where a picture has them: a code on a shelf takes a twentieth of it
UNAVAILABLE = (
    "Reading barcodes is unavailable: zxing-cpp cannot be imported; pip install 'media-ingest[barcodes]' brings it."
)
_MOST = 300  # of one picture
_PIXELS = 12_000_000  # that are looked at: of more, noise alone would take longer than a picture may


def find_reader() -> BarcodeReader | None:
    """Find what reads barcodes here; None where it is not installed. It is not imported."""
    if find_spec("zxingcpp") is None:
        return None
    try:
        return BarcodeReader(f"zxing-cpp {version('zxing-cpp')}")
    except PackageNotFoundError:  # a system's own package of it may come without the record of one
        return BarcodeReader("zxing-cpp")


def reduce_for_reading(picture: "Image.Image") -> "Image.Image":
    """Reduce a resizable picture to what is looked at; what is no larger is given back as it is."""
    pixels = picture.width * picture.height
    return picture.reduce(ceil(sqrt(pixels / _PIXELS))) if pixels > _PIXELS else picture


def read_barcodes(picture: "Image.Image", reader: BarcodeReader) -> tuple[Region, ...]:
    """Read the barcodes of an upright picture, in grey, in the order of their texts.

    Each is the upright box around its corners. What cannot be read whole, by its own check digits, is left out.
    """
    picture = reduce_for_reading(picture)
    found = (_region(code, picture.size, reader.name) for code in _zxing().read_barcodes(picture)[:_MOST] if code.valid)
    return tuple(sorted({region for region in found if region is not None}, key=lambda one: (one.label, one.x, one.y)))


def _region(code: Any, size: tuple[int, int], model: str) -> Region | None:
    width, height = size
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    box = around((corner.x / width, corner.y / height) for corner in corners)
    seen = type(box)(box.x, box.y, max(box.w, 1 / width), max(box.h, 1 / height))  # bars may be found along a line
    return region_in(seen, code.text, RegionKind.BARCODE, RegionSource.BARCODE, model=model)


@lru_cache(maxsize=1)
def _zxing() -> Any:
    import zxingcpp

    return zxingcpp
