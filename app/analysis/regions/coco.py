"""Understands COCO's JSON (cocodataset.org, data format): images, categories, and boxes in px from the upper left.

Whether the px are those of the stored or of the upright picture is told by the width and height that it says of each
image; where these are the same it is the upright one, as browsers, OpenCV and so the tools that write COCO have it.

Label Studio says the sides of the stored picture, and measures in the upright one: boxes in its px, outlines in parts
of its sides, as px of those that it says (label-studio-sdk, `Converter.convert_to_coco`, 2.1.2).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.analysis.regions.addresses import Named, named_at
from app.analysis.regions.measured import Measured
from app.regions import (
    SIDEWAYS,
    Box,
    Region,
    RegionKind,
    Regions,
    RegionSource,
    Size,
    around,
    from_corner,
    region_in,
    told_by,
)

_LABEL_STUDIO = "Label Studio"


@dataclass(frozen=True, slots=True)
class Marked:
    """One annotation: its label, the box in parts of the size that is said, how sure, and whether it has an outline.

    The box is None where it says of no place in the picture.
    """

    label: str
    box: Box | None
    confidence: float | None
    outlined: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What COCO says of one image: its size in px, None where it says none, and what is marked in it.

    `as_seen`: the boxes are those of the upright picture, whatever size is said.
    """

    source = RegionSource.COCO
    size: Size | None
    marked: tuple[Marked, ...]
    as_seen: bool = False

    def regions(self, picture: Measured) -> Regions:
        """As boxes of the upright picture."""
        return told_by(RegionSource.COCO, (self._region(picture, one) for one in self.marked))

    def _region(self, picture: Measured, one: Marked) -> Region | None:
        upright = self._upright(picture, one)
        if upright is None:
            return None
        return region_in(upright, one.label, RegionKind.OBJECT, RegionSource.COCO, confidence=one.confidence)

    def _upright(self, picture: Measured, one: Marked) -> Box | None:
        if one.box is None or not self.as_seen:
            return picture.upright(one.box, self.size) if one.box else None
        turn = picture.turn(self.size)
        if turn is None or self.size is None or (turn != 1 and not picture.is_seen_alike):
            return None
        if one.outlined or turn not in SIDEWAYS:
            return one.box
        shape = self.size[0] / self.size[1]
        return Box(one.box.x * shape, one.box.y / shape, one.box.w * shape, one.box.h / shape)


def is_coco(told: Any) -> bool:
    """Whether this is COCO's JSON of images, with or without boxes."""
    return isinstance(told, dict) and isinstance(told.get("images"), list) and "annotations" in told


def read_coco(told: Mapping[str, Any]) -> Iterator[tuple[Named, Told]]:
    """Yield each image by its file name, with its folders if it has any, and what is said of it.

    What is odd is left out.
    """
    info = told.get("info")
    as_seen = isinstance(info, dict) and info.get("contributor") == _LABEL_STUDIO
    categories = {one["id"]: one["name"] for one in _listed(told, "categories") if _has(one, "id", "name")}
    marked: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for one in _listed(told, "annotations"):
        if _has(one, "image_id"):
            marked[one["image_id"]].append(one)
    for image in _listed(told, "images"):
        name = image.get("file_name")
        if isinstance(name, str) and name and _has(image, "id"):
            size = _size(image)
            found = (_marked(one, categories, size) for one in marked.get(image["id"], ()))
            yield named_at(name) if as_seen else Named(name), Told(size, tuple(found), as_seen)


def _marked(one: Mapping[str, Any], categories: Mapping[Any, str], size: Size | None) -> Marked:
    box = _in_px(one)
    number, score = one.get("category_id"), one.get("score")
    label = categories.get(number) if isinstance(number, int | str) else None
    part = Box(box.x / size[0], box.y / size[1], box.w / size[0], box.h / size[1]) if box and size else None
    sure = score if _is_number(score) else None
    return Marked(str(label if label is not None else number), part, sure, bool(one.get("segmentation")))


def _in_px(one: Mapping[str, Any]) -> Box | None:
    """The box, or else that around the outline, in px."""
    match one.get("bbox"):
        case [x, y, w, h] if all(map(_is_number, (x, y, w, h))):
            return from_corner(float(x), float(y), float(w), float(h))
    outlines = one.get("segmentation")
    if not isinstance(outlines, list):
        return None
    numbers = [
        [float(value) for value in outline if _is_number(value)] for outline in outlines if isinstance(outline, list)
    ]
    points = [point for outline in numbers for point in zip(outline[::2], outline[1::2], strict=False)]
    return around(points) if points else None


def _size(image: Mapping[str, Any]) -> Size | None:
    width, height = image.get("width") or 0, image.get("height") or 0
    if _is_number(width) and _is_number(height) and width > 0 and height > 0:
        return float(width), float(height)
    return None


def _listed(told: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    listed = told.get(name)
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _has(one: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(one.get(name), int | str) for name in names)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
