"""How the outputs of detectors are laid out: told by names and shapes, read as boxes, scores and classes. Pure.

YOLO: https://docs.ultralytics.com/modes/export/ and the models themselves; torchvision.models.detection; the Object
Detection API of TensorFlow; DetectionOutput of OpenVINO, as models made with it have it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

import numpy as np

from app.errors import MediaIngestError
from app.models import Layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[Any]"
_SCALES = ((8, 16, 32), (8, 16, 32, 64), (16, 32))  # px of a place that a YOLO looks at, by how many it has
_ANCHORS = 3  # boxes of each place, of a YOLO that has a score for the box
_PX = 2.0  # no box that ends before it is told in px
_NEAR = 0.05  # what a score may be beside 0 to 1, of a model in whole numbers
_FEW = 1_000  # boxes that are left of a picture when a model has chosen among them itself
_COUNTS = ("num_dets", "num_detections")
_OF_TENSORFLOW = ("detection_boxes", "detection_classes", "detection_scores")
_OF_OTHER_MODELS = ("detection_masks", "detection_keypoints")
_COLUMNS = 6  # of an output that is end to end: corners, score, class
_TWO = 2
_ROW = 7  # of DetectionOutput: picture, class, score, and the corners


class NotUsable(MediaIngestError):
    """A model that cannot be used; the sentence is the middle of one, the cause a stable code."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a model: its names, its shape, None where that is open, and whether it holds whole numbers."""

    names: frozenset[str]
    shape: tuple[int | None, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A layout, and which outputs it is read from, in the order that `read_outputs` wants."""

    layout: Layout
    outputs: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Found:
    """Boxes as corners (left, top, right, bottom, in px of what the model is shown), scores 0 to 1, and classes.

    `whole` is whether these are all that there are.
    """

    boxes: Numbers
    scores: Numbers
    classes: Numbers
    whole: bool = True


def recognise(
    outputs: Sequence[Output],
    labels: int,
    size: tuple[int, int],
    said: Mapping[str, str] = MappingProxyType({}),
    named: Layout | None = None,
) -> Reading:
    """Recognise the layout of a model of so many labels that is shown `size` px, width and height.

    `said` is what it says of itself, as Ultralytics writes it: `task`, `end2end`, `nms`, `args` of the export; `named`
    is the layout that a person names, which counts if the outputs can be read so. Raises NotUsable
    `detector_layout_unknown` where they cannot, and where nobody names one and they are none of these, or could be two.
    """
    if (task := said.get("task", "detect")) != "detect":
        raise _unknown(f"it is made to {task}, not to detect")
    told = " and ".join(_shown(output.shape) for output in outputs)
    readings = (_read_as(layout, outputs, labels, size) for layout in Layout)
    could = {reading.layout: reading for reading in readings if reading is not None}
    if named is not None:
        if named in could:
            return could[named]
        why = f"which INGEST_DETECTOR_LAYOUT names, for {labels} labels"
        raise _unknown(f"its output of the shape {told} is not that of the layout {named}, {why}")
    ends_itself = _ends_itself(said)
    sure = [layout for layout in could if _is_sure(layout, outputs, labels, size, end_to_end=ends_itself)]
    if len(sure) == 1:
        return could[sure[0]]
    if could:
        ways = f"if it is {' or '.join(could)}, INGEST_DETECTOR_LAYOUT can say so"
        raise _unknown(f"its output of the shape {told} does not say surely how it is read: {ways}")
    raise _unknown(f"its output of the shape {told} is none that is known for {labels} labels")


def check_sense(layout: Layout, found: Found, size: tuple[int, int]) -> None:
    """Check that what a model of this layout says of a plain picture of `size` px makes sense, before any is chosen.

    Boxes that ought to be told in px are, and of `yolo_v5` lie all over it; scores are parts of 1, classes whole
    numbers. Raises NotUsable `detector_layout_unknown`.
    """
    if not len(found.boxes):
        return
    if layout.in_px and 0 < found.boxes.max() <= _PX:
        raise _unknown("its boxes are told as parts of the picture, and this layout has them in px")
    if layout is Layout.YOLO_V5 and 0 < found.boxes.max() < min(size) / 2:
        raise _unknown("its boxes do not reach over the picture: they are still to be worked out, as those of YOLOX")
    if found.scores.min() < -_NEAR or found.scores.max() > 1 + _NEAR:
        between = f"between {found.scores.min():.4g} and {found.scores.max():.4g}"
        raise _unknown(f"read as {layout}, its scores lie {between}, and not between 0 and 1")
    if (found.classes != np.floor(found.classes)).any():
        raise _unknown(f"read as {layout}, its classes are no whole numbers")


def _ends_itself(said: Mapping[str, str]) -> bool:
    """Whether a model says that it chooses among its boxes itself."""
    told = (said.get(name, "").casefold() for name in ("end2end", "nms"))
    return "true" in told or re.search(r"'nms': True\b", said.get("args", "")) is not None


def _unknown(why: str) -> NotUsable:
    return NotUsable(why, cause="detector_layout_unknown")


def _shown(shape: Sequence[int | None]) -> str:
    return f"[{', '.join('?' if side is None else str(side) for side in shape)}]"


def _read_as(layout: Layout, outputs: Sequence[Output], labels: int, size: tuple[int, int]) -> Reading | None:
    """Which outputs are read, if they are of this layout; None where their names and shapes do not allow it."""
    if layout is Layout.TENSORFLOW:
        return _by_name(outputs)
    if layout is Layout.TORCHVISION:
        return _by_kind(outputs)
    fitting = [at for at, output in enumerate(outputs) if layout in _possible(output.shape, labels, size)]
    return Reading(layout, (fitting[0],)) if len(fitting) == 1 else None


def _is_sure(
    layout: Layout, outputs: Sequence[Output], labels: int, size: tuple[int, int], *, end_to_end: bool
) -> bool:
    """Whether outputs that can be read so can be nothing else.

    There are no others, such as masks. YOLOX, whose boxes may not be worked out, is none. Six columns of one or two
    labels can be the corners, the score and the class as well as the four sides with a score for each label, or for
    the box and the label: only a model that says that it is `end_to_end` is read so.
    """
    if layout is Layout.TENSORFLOW:
        return all(one.names.isdisjoint(_OF_OTHER_MODELS) for one in outputs)
    if layout is Layout.TORCHVISION:
        return sum(one.names.isdisjoint(_COUNTS) for one in outputs) == len(_OF_TENSORFLOW)
    if len(outputs) > 1:
        return False
    if layout is Layout.SSD:
        return True
    _, rows, columns = outputs[0].shape
    if columns == _COLUMNS and end_to_end:
        return layout is Layout.END_TO_END
    cells, anchors = _cells(size)
    if layout is Layout.YOLO:
        return columns != _COLUMNS
    if layout is Layout.YOLO_V5:
        return columns != _COLUMNS if rows is None else rows in anchors or rows not in cells
    return labels > _TWO and (rows is None or (rows <= _FEW and rows not in cells | anchors))


def _possible(shape: tuple[int | None, ...], labels: int, size: tuple[int, int]) -> frozenset[Layout]:
    """Every layout that one output of this shape can have."""
    if len(shape) == 4 and shape[:2] == (1, 1) and shape[3] == _ROW:
        return frozenset({Layout.SSD})
    if len(shape) != 3 or shape[0] not in (1, None):
        return frozenset()
    _, rows, columns = shape
    cells, anchors = _cells(size)
    fits = {
        Layout.YOLO: rows == 4 + labels,
        Layout.YOLO_V5: columns == 5 + labels and (rows is None or rows > _FEW or rows in cells | anchors),
        Layout.END_TO_END: columns == _COLUMNS,
    }
    return frozenset(layout for layout, fit in fits.items() if fit)


def _cells(size: tuple[int, int]) -> tuple[set[int], set[int]]:
    """How many places a YOLO looks at, by which scales it has; and how many boxes that are where each has some."""
    cells = {sum((size[0] // stride) * (size[1] // stride) for stride in scales) for scales in _SCALES}
    return cells, {_ANCHORS * count for count in cells}


def _by_name(outputs: Sequence[Output]) -> Reading | None:
    places = [next((at for at, one in enumerate(outputs) if name in one.names), None) for name in _OF_TENSORFLOW]
    found = tuple(place for place in places if place is not None)
    return Reading(Layout.TENSORFLOW, found) if len(found) == len(places) else None


def _by_kind(outputs: Sequence[Output]) -> Reading | None:
    """Boxes, labels and scores by what they hold, where there is one of each."""
    told = [(at, one) for at, one in enumerate(outputs) if one.names.isdisjoint(_COUNTS)]
    boxes = [at for at, one in told if not one.whole and _is_boxes(one.shape)]
    lines = [(at, one) for at, one in told if _is_line(one.shape) and at not in boxes]
    labels = [at for at, one in lines if one.whole]
    scores = [at for at, one in lines if not one.whole]
    if len(boxes) == len(labels) == len(scores) == 1 and _by_name(outputs) is None:
        return Reading(Layout.TORCHVISION, (boxes[0], labels[0], scores[0]))
    return None


def _is_line(shape: Sequence[int | None]) -> bool:
    return len(shape) == 1 or (len(shape) == 2 and shape[0] == 1)


def _is_boxes(shape: Sequence[int | None]) -> bool:
    return (len(shape) == 2 or (len(shape) == 3 and shape[0] == 1)) and shape[-1] == 4


def read_outputs(reading: Reading, outputs: Sequence[Numbers], size: tuple[int, int]) -> Found:
    """Read what a model says of one picture, `size` px wide and high. What is not a number is left out.

    Raises ValueError, IndexError where the outputs have not the shapes by which the layout was recognised.
    """
    told = [np.asarray(outputs[place], np.float64) for place in reading.outputs]
    match reading.layout:
        case Layout.YOLO:
            found = _around_centres(told[0][0].T[:, :4], told[0][0].T[:, 4:])
        case Layout.YOLO_V5:
            found = _around_centres(told[0][0][:, :4], told[0][0][:, 5:] * told[0][0][:, 4:5])
        case Layout.END_TO_END:
            found = Found(told[0][0][:, :4], told[0][0][:, 4], told[0][0][:, 5])
        case Layout.TORCHVISION:
            found = Found(told[0].reshape(-1, 4), told[2].reshape(-1), told[1].reshape(-1))
        case Layout.TENSORFLOW:
            corners = told[0].reshape(-1, 4)[:, [1, 0, 3, 2]]  # from the top they come first
            found = Found(corners * (*size, *size), told[2].reshape(-1), told[1].reshape(-1))
        case Layout.SSD:
            rows = told[0].reshape(-1, _ROW)
            ends = np.flatnonzero(rows[:, 0] < 0)  # behind the last box stands a picture -1
            rows = rows[: ends[0]] if len(ends) else rows
            found = Found(rows[:, 3:] * (*size, *size), rows[:, 2], rows[:, 1])
        case never:
            assert_never(never)
    sound = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.scores) & np.isfinite(found.classes)
    return Found(found.boxes[sound], found.scores[sound], found.classes[sound])


def _around_centres(centres: Numbers, scores: Numbers) -> Found:
    halves = centres[:, 2:] / 2
    corners = np.concatenate([centres[:, :2] - halves, centres[:, :2] + halves], axis=1)
    return Found(corners, scores.max(axis=1), scores.argmax(axis=1))
