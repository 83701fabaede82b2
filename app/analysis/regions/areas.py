"""Understands the areas that an XMP packet marks in a picture: faces, pets, barcodes, points of focus.

Those of the Metadata Working Group (Guidelines for Handling Image Metadata 2.0, 5.9) count, and where there are none
those of Microsoft (People Tagging). Both are places in the picture as its file stores it, before it is turned.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from app.analysis.formats.xmp import Xmp
from app.regions import Box, Region, RegionKind, RegionSource, Size, from_corner, region_in, turn_box, turn_needed

_BEYOND = 1.5  # of a part: what is larger was measured in something else, and is no place
AREAS = 1_000
"""Areas of one picture that are read."""
_REGIONS = "mwg-rs:Regions/mwg-rs:RegionList"
_DIMENSIONS = "mwg-rs:Regions/mwg-rs:AppliedToDimensions/stDim"
_PEOPLE = "MP:RegionInfo/MPRI:Regions"
_KINDS = {
    "face": RegionKind.FACE,
    "pet": RegionKind.PET,
    "barcode": RegionKind.BARCODE,
    "focus": RegionKind.FOCUS,
}
_NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def read_areas(properties: Xmp, source: RegionSource, stored: Size | None, orientation: int) -> tuple[Region, ...]:
    """Read the areas of a packet, in boxes of the upright picture.

    `stored` is the size in pixels of the picture in its file, None where it is not known; `orientation` is EXIF's.
    Areas of a picture that was cut since, as `AppliedToDimensions` tells, are left out: where they are nobody can say.
    """
    if _of_the_group(properties):
        found = _of_group(properties, source, stored, orientation)
    else:
        found = _of_people(properties, source, orientation)
    return tuple(region for region in found if region)[:AREAS]


def marks_areas(properties: Xmp) -> bool:
    """Whether a packet marks areas, in either form, wherever they lie."""
    return _of_the_group(properties) or any(name.startswith(_PEOPLE) for name in properties)


def _of_the_group(properties: Xmp) -> bool:
    return any(name.startswith(_REGIONS) for name in properties)


def _of_group(properties: Xmp, source: RegionSource, stored: Size | None, orientation: int) -> Iterator[Region | None]:
    said = _size(properties)
    turn = turn_needed(said, stored, orientation, if_both=orientation)
    if turn is None:
        return
    sides = said or stored
    for name, kind, value, x, y, w, h, d, unit in _rows(
        properties,
        *(f"{_REGIONS}/mwg-rs:{field}" for field in ("Name", "Type", "BarCodeValue")),
        *(f"{_REGIONS}/mwg-rs:Area/stArea:{field}" for field in ("x", "y", "w", "h", "d", "unit")),
    ):
        box = _area((x, y, w, h, d), unit, sides)
        if box is not None:
            meant = _KINDS.get(kind.strip().casefold(), RegionKind.OBJECT)
            label = value or name if meant is RegionKind.BARCODE else name
            yield region_in(turn_box(box, turn), label, meant, source)


def _of_people(properties: Xmp, source: RegionSource, orientation: int) -> Iterator[Region | None]:
    for name, rectangle in _rows(properties, f"{_PEOPLE}/MPReg:PersonDisplayName", f"{_PEOPLE}/MPReg:Rectangle"):
        sides = [_number(side) for side in rectangle.split(",")]
        match sides:
            case [float(left), float(top), float(width), float(height)]:
                box = turn_box(from_corner(left, top, width, height), orientation)
                yield region_in(box, name, RegionKind.FACE, source)


def _rows(properties: Xmp, *names: str) -> Iterator[Sequence[str]]:
    """The nth of each property side by side; those that are fewer than the others are empty throughout."""
    columns = [properties.get(name, ()) for name in names]
    most = max(map(len, columns))
    yield from zip_longest(*(column if len(column) == most else () for column in columns), fillvalue="")


def _size(properties: Xmp) -> Size | None:
    """The size of the picture in which the areas were marked."""
    sides = [_number(next(iter(properties.get(f"{_DIMENSIONS}:{side}", ())), "")) for side in ("w", "h")]
    match sides:
        case [float(width), float(height)] if width > 0 and height > 0:
            return width, height
    return None


def _area(numbers: Sequence[str], unit: str, sides: Size | None) -> Box | None:
    """The box of an area by its x, y, w, h and d: a rectangle, a circle by its diameter, or a point without either."""
    centre_x, centre_y, width, height, across = map(_number, numbers)
    if centre_x is None or centre_y is None:
        return None
    in_pixels = unit.strip().casefold() == "pixel"
    if width is None and height is None and across is not None:
        width = height = across
        if sides and not in_pixels:  # a part of the shorter side
            shorter = min(sides)
            width, height = across * shorter / sides[0], across * shorter / sides[1]
    box = Box(centre_x, centre_y, width or 0.0, height or 0.0)
    if not in_pixels:
        return box if max(box.x, box.y, box.w, box.h) <= _BEYOND else None
    return Box(box.x / sides[0], box.y / sides[1], box.w / sides[0], box.h / sides[1]) if sides else None


def _number(text: str) -> float | None:
    """A decimal number; None for anything else."""
    said = text.strip()
    return float(said) if _NUMBER.fullmatch(said) else None
