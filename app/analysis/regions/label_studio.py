"""Understands Label Studio's JSON, whole or minimal: tasks with boxes in per cent from the upper left corner.

A box may be turned by degrees around that corner, clockwise; then the smallest upright box around it counts. The
whole picture may have been turned in the editor (`image_rotation`): the numbers are those of the picture before.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.analysis.regions.addresses import Named, named_at
from app.analysis.regions.measured import Measured
from app.formats import FORMAT_OF_SUFFIX, suffix_of
from app.regions import Box, Region, RegionKind, Regions, RegionSource, Size, around, region_in, told_by

_LABELS = (
    "rectanglelabels", "ellipselabels", "polygonlabels", "vectorlabels", "brushlabels", "bitmasklabels",
    "keypointlabels", "labels",
)  # fmt: skip
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
    """Whether this is an export of Label Studio: a list of tasks, of which any has a picture."""
    return isinstance(told, list) and all(isinstance(one, dict) for one in told) and any(map(_image, told))


def read_label_studio(told: list[Mapping[str, Any]]) -> Iterator[tuple[Named, Task]]:
    """Yield the picture of each task that somebody or a model has answered, and what was drawn."""
    for task in _newest(told):
        image, answer = _image(task), _answer(task)
        if image and answer is not None:
            yield named_at(image), Task(tuple(_drawn(*answer)))


def _image(task: Mapping[str, Any]) -> str:
    """Where the picture of a task is; empty where it has none. What it is called there, a project decides."""
    data = task.get("data")
    held = data if isinstance(data, dict) else task
    said = {name: value for name, value in held.items() if isinstance(value, str)}
    known = (said[name] for name in _FIELDS if said.get(name))
    return next(known, next(filter(_is_picture, said.values()), ""))


def _is_picture(address: str) -> bool:
    return suffix_of(named_at(address).path.encode("utf-8", "surrogatepass")) in FORMAT_OF_SUFFIX


def _newest(told: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each task once: the minimal form has it as often as it was answered."""
    tasks: dict[tuple[str, str], Mapping[str, Any]] = {}
    for place, task in enumerate(told):
        number = task.get("id")
        key = (_image(task), f"{number}" if isinstance(number, int) else f"at {place}")
        tasks[key] = max(task, tasks.get(key, task), key=_changed_at)
    return list(tasks.values())


def _changed_at(said: Mapping[str, Any]) -> str:
    at = said.get("updated_at")
    return at if isinstance(at, str) else ""


def _answer(task: Mapping[str, Any]) -> tuple[list[Any], str | None] | None:
    """What a person drew, or else a model, and its name; None without an answer, or where it was taken back.

    Of several people the one counts whose answer is marked as the truth, else the one that was changed last.
    """
    people = [one for one in _given(task.get("annotations", task.get("completions"))) if not one.get("was_cancelled")]
    if people:
        best = max(reversed(people), key=lambda one: (one.get("ground_truth") is True, _changed_at(one)))
        return best["result"], None
    for one in _given(task.get("predictions")):
        model = one.get("model_version")
        return one["result"], model if isinstance(model, str) else None
    if "data" in task:
        return None
    drawn = [one for value in task.values() if isinstance(value, list) for one in value if _is_drawn(one)]
    return ([{**one, "value": one} for one in drawn], None) if drawn or "annotation_id" in task else None


def _given(answers: Any) -> list[Mapping[str, Any]]:
    return [one for one in _listed(answers) if isinstance(one, dict) and isinstance(one.get("result"), list)]


def _is_drawn(one: Any) -> bool:
    return isinstance(one, dict) and "original_width" in one


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
            sure = score if isinstance(score, float) else None
            yield Drawn(label, box, size, sure, model) if box is not None else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _box(value: Mapping[str, Any], size: Size) -> Box | None:
    """The box of a rectangle, an ellipse by its middle, or an outline, in parts of the picture."""
    width, height = size
    if (outline := _outline(value)) is not None:
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


def _outline(value: Mapping[str, Any]) -> list[tuple[float, float]] | None:
    """The corners of an outline in per cent; none of one with curves, which go beyond them. None for other shapes."""
    if isinstance(points := value.get("points"), list):
        pairs = [point for point in points if isinstance(point, list) and len(point) == 2]
    elif isinstance(vertices := value.get("vertices"), list):
        corners = [one for one in vertices if isinstance(one, dict)]
        pairs = [] if any(one.get("isBezier") for one in corners) else [[one.get("x"), one.get("y")] for one in corners]
    else:
        return None
    return [(_number(x), _number(y)) for x, y in pairs]


def _size(one: Mapping[str, Any]) -> Size | None:
    width, height = _number(one.get("original_width")), _number(one.get("original_height"))
    return (width, height) if width > 0 and height > 0 else None  # NaN is neither


def _number(value: Any) -> float:
    """A number; NaN for anything else."""
    ok = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return float(value) if ok else math.nan
