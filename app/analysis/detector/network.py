"""Finds regions in a picture by a detector. The model is loaded once in a process, when its first picture comes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.analysis.detector.choosing import choose
from app.analysis.detector.layouts import Reading, read_outputs
from app.analysis.detector.letterbox import show
from app.analysis.detector.parts import read_stamp
from app.analysis.nsfw.network import OPTIONS, block_telemetry
from app.errors import CannotRead
from app.models import DetectorModel
from app.regions import RegionKind, Regions, RegionSource, region_in, told_by

if TYPE_CHECKING:
    from PIL import Image

_OF_MEMORY = re.compile(r"bad_alloc|bad allocation|\ballocate\b|not enough memory", re.IGNORECASE)


def detect(picture: "Image.Image", turn: int, model: DetectorModel) -> Regions:
    """Detect what the model finds in a decoded picture that still needs the EXIF value `turn`, the surest first.

    It has looked, but where there was more than is kept: then nobody knows how much of a label there is.
    Raises CannotRead `model_unusable`, MemoryError.
    """
    given, place = show(picture, turn, model.shown)
    size = (model.shown.width, model.shown.height)
    reading = Reading(model.layout, model.outputs)
    if isinstance(request := _loaded(model), CannotRead):
        raise request
    try:
        found = read_outputs(reading, run(request, given), size)
    except MemoryError:
        raise
    except Exception as error:
        raise _unusable(model, "run", error) from error
    chosen = choose(found, model.threshold, overlaps=reading.layout.overlaps)
    regions = (
        region_in(
            place.box(corners),
            model.label_of(int(number)),
            RegionKind.OBJECT,
            RegionSource.DETECTOR,
            confidence=min(1.0, float(score)),
            model=model.name,
        )
        for corners, score, number in zip(chosen.boxes, chosen.scores, chosen.classes, strict=True)
    )
    kept = dict.fromkeys(region for region in regions if region is not None)
    return told_by(RegionSource.DETECTOR, kept if chosen.whole else (*kept, None))


def load(path: str, shape: list[int]) -> Any:
    """A model ready to be asked, one picture at a time. Raises MemoryError, and whatever OpenVINO raises."""
    block_telemetry()
    import openvino

    with _memory_told():
        core = openvino.Core()
        network = core.read_model(path)
        if list(network.input(0).get_partial_shape()) != shape:
            network.reshape({network.input(0): shape})
        return core.compile_model(network, "CPU", OPTIONS).create_infer_request()


def run(request: Any, given: Any) -> list[Any]:
    """The outputs of a model, in their order. Raises MemoryError, and whatever OpenVINO raises."""
    with _memory_told():
        found = request.infer([given])
        return [np.array(found[at]) for at in range(len(found))]


def lacks_memory(error: Exception) -> bool:
    """Whether an error is one of memory: OpenVINO says so in words."""
    return isinstance(error, MemoryError) or _OF_MEMORY.search(str(error)) is not None


@contextmanager
def _memory_told() -> Iterator[None]:
    """Lets an error of memory be a MemoryError, whatever it was."""
    try:
        yield
    except RuntimeError as error:
        if lacks_memory(error):
            raise MemoryError from error
        raise


@lru_cache(maxsize=1)
def _loaded(model: DetectorModel) -> "Any | CannotRead":
    """The model ready to be asked, or why it cannot be loaded, which stays so for this worker. Raises MemoryError."""
    try:
        if read_stamp(Path(model.path)) != model.stamp:
            return CannotRead(f"The file of the detector {model.name} has changed.", cause="model_unusable")
        return load(model.path, model.shown.shape)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever OpenVINO raises
        return _unusable(model, "loaded", error)


def _unusable(model: DetectorModel, what: str, error: Exception) -> CannotRead:
    detail = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return CannotRead(f"The detector {model.name} could not be {what}: {detail}", cause="model_unusable")
