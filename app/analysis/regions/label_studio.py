"""Understands Label Studio's JSON, whole or minimal: tasks with boxes in per cent from the upper left corner.

A box may be turned by degrees around that corner, clockwise; then the smallest upright box around it counts. Boxes that
were drawn while the whole picture was turned in the editor are left out: the export does not say where they are.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from app.analysis.regions.measured import Measured
from app.regions import Box, Region, RegionKind, Regions, RegionSource, Size, around, region_in, told_by

_LABELS = ("rectanglelabels", "ellipselabels", "polygonlabels", "brushlabels", "keypointlabels", "labels")
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)", re.DOTALL)  # what it puts before the name of a file that was uploaded
_FIELDS = ("image", "img", "photo", "picture", "ocr", "url")
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """One shape: its label, the box in parts of the picture, that picture's size in px, how sure, which model."""

    label: str
    box: Box
    size: Size | None
    confidence: float | None
    model: str | None

    def region(self, picture: Measured) -> Region | None:
        """As a box of the upright picture; None where it was drawn in another one, or outside."""
        upright = picture.upright(self.box, self.size)
        if upright is None:
            return None
        others = {"confidence": self.confidence, "model": self.model}
        return region_in(upright, self.label, RegionKind.OBJECT, RegionSource.LABEL_STUDIO, **others)


@dataclass(frozen=True, slots=True)
class Task:
    """What Label Studio says of one picture; None is a shape with a label of which nobody can tell where it is."""

    source = RegionSource.LABEL_STUDIO
    drawn: tuple[Drawn | None, ...]

    @property
    def size(self) -> Size | None:
        """The size in px of the picture as it was shown; None where nothing was drawn."""
        return next((one.size for one in self.drawn if one and one.size), None)

    def regions(self, picture: Measured) -> Regions:
        """As boxes of the upright picture."""
        return told_by(RegionSource.LABEL_STUDIO, (one.region(picture) if one else None for one in self.drawn))


def is_label_studio(told: Any) -> bool:
    """Whether this is an export of Label Studio: a list of tasks, each with its picture."""
    return isinstance(told, list) and bool(told) and all(isinstance(one, dict) and _image(one) for one in told)


def read_label_studio(told: list[Mapping[str, Any]]) -> Iterator[tuple[str, Task]]:
    """Yield the file name of each task that somebody or a model has answered, and what was drawn."""
    for task in told:
        results = list(_results(task))
        if results:
            drawn = (one for result, model in results for one in _drawn(result, model))
            yield _file_name(_image(task)), Task(tuple(drawn))


def _image(task: Mapping[str, Any]) -> str:
    """Where the picture of a task is; empty where it has none."""
    data = task.get("data")
    held = data if isinstance(data, dict) else task
    return next((held[name] for name in _FIELDS if isinstance(held.get(name), str) and held[name]), "")


def _file_name(where: str) -> str:
    """The name of the file, with its folders, out of an address; without what an upload puts before it."""
    path = where.partition("?d=")[2] or where.partition("?")[0]
    folder, slash, name = unquote(path).replace("\\", "/").rpartition("/")
    uploaded = _UPLOADED.fullmatch(name)
    if uploaded and ("upload" in folder or not folder):
        return uploaded[1]
    return f"{folder}{slash}{name}" if "://" not in folder else name


def _results(task: Mapping[str, Any]) -> Iterator[tuple[list[Any], str | None]]:
    """What was drawn by people, who count first, or else by a model; an answer that was taken back is none."""
    answered = False
    for one in _listed(task.get("annotations", task.get("completions"))):
        if isinstance(one, dict) and not one.get("was_cancelled") and isinstance(one.get("result"), list):
            answered = True
            yield one["result"], None
    if answered:
        return
    for one in _listed(task.get("predictions")):
        if isinstance(one, dict) and isinstance(one.get("result"), list):
            model = one.get("model_version")
            yield one["result"], model if isinstance(model, str) else None
            return
    if "data" not in task:  # the minimal form
        for value in task.values():
            if isinstance(value, list) and any(isinstance(one, dict) and "original_width" in one for one in value):
                yield [{**one, "value": one} for one in value if isinstance(one, dict)], None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _drawn(result: list[Any], model: str | None) -> Iterator[Drawn | None]:
    """What has a label; answers about the whole picture, and relations, have none."""
    for one in result:
        if not isinstance(one, dict) or not isinstance(value := one.get("value"), dict):
            continue
        labels: list[Any] = next((value[name] for name in _LABELS if isinstance(value.get(name), list)), [])
        size = _size(one)
        box = _box(value, size or (1.0, 1.0))
        score = one.get("score")
        for label in filter(_is_text, labels):
            if box is None or _number(one.get("image_rotation") or 0) % 360:
                yield None
            else:
                yield Drawn(label, box, size, score if isinstance(score, float) else None, model)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _box(value: Mapping[str, Any], size: Size) -> Box | None:
    """The box of a rectangle, an ellipse or an outline, in parts of the picture."""
    width, height = size
    if isinstance(points := value.get("points"), list):
        outline = [
            (_number(x), _number(y))
            for point in points
            if isinstance(point, list) and len(point) == 2
            for x, y in [point]
        ]
        corners = [(x / _PERCENT, y / _PERCENT) for x, y in outline if not math.isnan(x + y)]
        return around(corners) if corners else None
    x, y, angle = (_number(value.get(name)) for name in ("x", "y", "rotation"))
    angle = 0.0 if math.isnan(angle) else math.radians(angle)
    if "radiusX" in value:
        radii = [_number(value.get(name)) for name in ("radiusX", "radiusY")]
        across, down = radii[0] / _PERCENT * width, radii[1] / _PERCENT * height
        half_w = math.hypot(across * math.cos(angle), down * math.sin(angle)) / width
        half_h = math.hypot(across * math.sin(angle), down * math.cos(angle)) / height
        box = Box(x / _PERCENT, y / _PERCENT, 2 * half_w, 2 * half_h)
        return None if math.isnan(box.x + box.y + box.w + box.h) else box
    w, h = (_number(value.get(name)) / _PERCENT for name in ("width", "height"))
    if math.isnan(x + y + w + h):
        return None
    left, top, w, h = x / _PERCENT * width, y / _PERCENT * height, w * width, h * height
    cosine, sine = math.cos(angle), math.sin(angle)
    corners = [(left + a * cosine - b * sine, top + a * sine + b * cosine) for a in (0, w) for b in (0, h)]
    return around([(across / width, down / height) for across, down in corners])


def _size(one: Mapping[str, Any]) -> Size | None:
    width, height = _number(one.get("original_width")), _number(one.get("original_height"))
    return (width, height) if width > 0 and height > 0 else None  # NaN is neither


def _number(value: Any) -> float:
    """A number; NaN for anything else."""
    ok = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return float(value) if ok else math.nan
