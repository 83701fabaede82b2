"""What is where in a picture: a region, and the geometry that turns it upright. Pure; it opens and imports nothing.

A region is a box by its centre and size, as parts of the width and height of the picture as people see it: upright, 0
to 1 from left to right and from top to bottom.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

PLACES = 6
"""Digits behind the point that are kept: a hundredth of a pixel of the largest pictures."""
LABEL_CHARACTERS = 200
ALIKE = 0.02
"""How far two proportions of width to height may differ and still be those of one picture, which was made smaller."""
SIDEWAYS = frozenset((5, 6, 7, 8))


class RegionKind(StrEnum):
    """What kind of thing a region shows."""

    FACE = "face"
    PET = "pet"
    BARCODE = "barcode"
    FOCUS = "focus"  # where a camera focused
    OBJECT = "object"  # anything else


class RegionSource(StrEnum):
    """Where a region was read, or who found it."""

    XMP = "xmp"  # in the file itself
    SIDECAR = "sidecar"  # an XMP file beside it
    YOLO = "yolo"  # labels in a text beside it
    COCO = "coco"
    LABEL_STUDIO = "label_studio"
    BARCODE = "barcode"  # the stage that reads barcodes
    DETECTOR = "detector"  # a model that a person names

    @property
    def lists_all(self) -> bool:
        """Whether it says all that it sees, so that what it does not name is not there."""
        return self in (RegionSource.YOLO, RegionSource.COCO, RegionSource.LABEL_STUDIO, RegionSource.DETECTOR)


READ = frozenset(set(RegionSource) - {RegionSource.BARCODE, RegionSource.DETECTOR})
"""The sources that stage `metadata` reads: the file and what lies beside it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its centre and size, as parts of a picture's width and height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """One thing in a picture, in a box of the upright picture.

    `label` is the name of what it shows, or its kind where it has no name. `confidence` is 0 to 1, None where a person
    or nobody says. `model` is what found it, where that is known.
    """

    label: str
    kind: RegionKind
    x: float
    y: float
    w: float
    h: float
    source: RegionSource
    confidence: float | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Regions:
    """What was found, and which sources looked at the picture, whether or not they found anything."""

    found: tuple[Region, ...] = ()
    looked: frozenset[RegionSource] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.found or self.looked)

    @property
    def looked_whole(self) -> bool:
        """Whether a source that lists all it sees has looked, and not only for the labels that a model knows."""
        return any(source.lists_all and source is not RegionSource.DETECTOR for source in self.looked)

    @property
    def detected(self) -> bool:
        """Whether a detector has looked, for the labels that its model knows."""
        return RegionSource.DETECTOR in self.looked

    @property
    def in_part(self) -> bool:
        """Whether there are regions of a source that lists all it sees, but could not place all of it."""
        return any(one.source.lists_all and one.source not in self.looked for one in self.found)


NO_REGIONS = Regions()


def told_by(source: RegionSource, named: Iterable[Region | None]) -> Regions:
    """What a source tells of a picture, of all that it names; None is what could not be placed.

    Only where everything has a place it has looked: else nobody knows how much of a label there is.
    """
    listed = tuple(named)
    placed = tuple(region for region in listed if region)
    return Regions(placed, frozenset({source} if len(placed) == len(listed) else ()))


Size: TypeAlias = tuple[float, float]

_UPRIGHT: Mapping[int, Callable[[float, float], tuple[float, float]]] = MappingProxyType(
    {  # TIFF 6.0, tag Orientation: where row 0 and column 0 of what is stored are seen
        1: lambda x, y: (x, y),
        2: lambda x, y: (1 - x, y),
        3: lambda x, y: (1 - x, 1 - y),
        4: lambda x, y: (x, 1 - y),
        5: lambda x, y: (y, x),
        6: lambda x, y: (1 - y, x),
        7: lambda x, y: (1 - y, 1 - x),
        8: lambda x, y: (y, 1 - x),
    }
)


def turn_box(box: Box, orientation: int) -> Box:
    """Turn a box of the picture as it is stored upright; `orientation` is EXIF's, 1 for any other number."""
    x, y = _UPRIGHT.get(orientation, _UPRIGHT[1])(box.x, box.y)
    return Box(x, y, box.h, box.w) if orientation in SIDEWAYS else Box(x, y, box.w, box.h)


def clip_box(box: Box) -> Box | None:
    """The part of a box that lies in the picture; None where none does, or where it is no box at all."""
    sides = (box.x - box.w / 2, box.y - box.h / 2, box.x + box.w / 2, box.y + box.h / 2)
    if not all(abs(side) < 1e6 for side in sides) or box.w < 0 or box.h < 0:  # NaN is not
        return None
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in sides)
    point = box.w == 0 and box.h == 0
    if (not point and (left >= right or top >= bottom)) or sides[2] < 0 or sides[0] > 1 or sides[3] < 0 or sides[1] > 1:
        return None
    middle_x, middle_y, width, height = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    return Box(*(round(value, PLACES) for value in (middle_x, middle_y, width, height)))


def from_corner(left: float, top: float, width: float, height: float) -> Box:
    """A box by its upper left corner and size."""
    return Box(left + width / 2, top + height / 2, width, height)


def around(points: Iterable[tuple[float, float]]) -> Box:
    """The smallest upright box around some points, of which there is one at least."""
    across, down = zip(*points, strict=True)
    return from_corner(min(across), min(down), max(across) - min(across), max(down) - min(down))


def same_shape(one: Size, other: Size) -> bool:
    """Whether two sizes are those of one picture, larger or smaller."""
    if min(*one, *other) <= 0:
        return False
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= ALIKE


def turn_needed(said: Size | None, stored: Size | None, orientation: int, *, if_both: int | None) -> int | None:
    """The orientation that a box still needs which was measured in a picture of the size `said`.

    `stored` is the size of the picture in its file, whose `orientation` is EXIF's. None where the picture has another
    shape by now: it was cut, and where the box would be nobody can tell. `if_both` where the shape does not tell
    whether the stored or the upright picture was measured, because it is the same.
    """
    if said is None or stored is None or min(*stored) <= 0:
        return if_both
    upright = (stored[1], stored[0]) if orientation in SIDEWAYS else stored
    if said in (stored, upright) and stored != upright:  # a picture that is nearly a square has both shapes
        return orientation if said == stored else 1
    as_stored, as_seen = same_shape(said, stored), same_shape(said, upright)
    if as_stored and as_seen:
        return if_both
    if as_stored:
        return orientation
    return 1 if as_seen else None


def region_in(box: Box, label: str, kind: RegionKind, source: RegionSource, **others: object) -> Region | None:
    """A region of a box of the upright picture; None where the box lies outside it.

    `others` are `confidence`, which counts from 0 to 1 alone, and `model`.
    """
    clipped = clip_box(box)
    if clipped is None:
        return None
    text = " ".join(label.split())[:LABEL_CHARACTERS] or kind.value
    confidence, model = others.get("confidence"), others.get("model")
    sure = isinstance(confidence, int | float) and not isinstance(confidence, bool) and 0 <= confidence <= 1
    return Region(
        text,
        kind,
        clipped.x,
        clipped.y,
        clipped.w,
        clipped.h,
        source,
        round(float(confidence), PLACES) if sure else None,  # type: ignore[arg-type]
        model if isinstance(model, str) and model else None,
    )
