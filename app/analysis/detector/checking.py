"""Looks at a detector in a process of its own, which may die: whether it can be used, and how it is shown pictures.

`python -m app.analysis.detector.checking PARENT MODEL MEMORY SECONDS [LAYOUT]` prints one line of JSON: `sha256`,
`labels`, `layout`, `outputs` and `shown`; or `problem`, the middle of a sentence, with its stable `cause`. MEMORY is
the address space in MiB, SECONDS the time that a file may take, LAYOUT the one that a person names.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from app.analysis.detector.choosing import choose
from app.analysis.detector.labels import CHARACTERS, MOST, labels_of, read_beside, said_beside
from app.analysis.detector.layouts import NotUsable, Output, Reading, check_sense, read_outputs, recognise
from app.analysis.detector.letterbox import as_input
from app.analysis.detector.network import lacks_memory, load, run
from app.analysis.detector.parts import hash_parts
from app.analysis.nsfw.network import block_telemetry
from app.models import Layout, Shown
from app.own_process import die_with_parent

_SIDE = 640  # px, of a model that takes any size and does not say which it was made for
_SIDES = (32, 4_096)
_COLOURS = 3
_MEMORY_SHARE = 1 / 3  # of what a worker may have: a worker keeps the model, and still has to decode large pictures
_TIME_SHARE = 1 / 2  # of what a file may take: the rest is for its decoding, and for the machine to be slower one day


def check(file: Path, memory_mb: int, file_seconds: float, named: Layout | None) -> Mapping[str, Any]:
    """What has to be known to use a model in a worker of so much memory, on files of so many s.

    `named` is the layout that a person names. Raises NotUsable.
    """
    try:
        sha256 = hash_parts(file)
    except OSError as error:
        raise NotUsable(f"it cannot be read: {error.strerror}", cause="detector_unreadable") from error
    network = _read(file)
    metadata = _metadata(network)
    labels = _labels(file, metadata)
    said = {**said_beside(file), **metadata}
    shown = _shown(network, metadata)
    _settle(network, shown)
    outputs = [
        Output(frozenset(one.get_names()), _sides(one.get_partial_shape()), one.get_element_type().is_integral())
        for one in network.outputs
    ]
    reading = recognise(outputs, len(labels), (shown.width, shown.height), said, named)
    if reading.layout is Layout.SSD:  # OpenVINO's own convention, which its converter keeps
        shown = Shown(**asdict(shown) | {"up_to_255": not shown.whole, "blue_first": True})
    check_time(_try(file, shown, reading), file_seconds)
    check_memory(_peak_mb(), memory_mb)
    return {
        "sha256": sha256,
        "labels": labels,
        "layout": reading.layout,
        "outputs": reading.outputs,
        "shown": asdict(shown),
    }


def _read(file: Path) -> Any:
    """The network in a file. Raises NotUsable, MemoryError."""
    if file.suffix.lower() != ".onnx":
        return _read_there(file)
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder, file.name)
        alone.symlink_to(file)  # parts of an ONNX model are looked for beside the name that it is read by
        try:
            return _read_there(alone)
        except NotUsable:
            _read_there(file)
            why = "some of its weights lie in other files, which could change unseen: save it as one file"
            raise NotUsable(why, cause="detector_unreadable") from None


def _read_there(file: Path) -> Any:
    block_telemetry()
    import openvino

    try:
        return openvino.Core().read_model(str(file))
    except Exception as error:
        if lacks_memory(error):
            raise MemoryError from error
        raise NotUsable(f"the file {file} is no model that OpenVINO can read", cause="detector_unreadable") from error


def _metadata(network: Any) -> Mapping[str, str]:
    """What a model says of itself: `names`, `imgsz` and more as Ultralytics writes it into ONNX; `labels` of an IR.

    OpenVINO keeps the metadata of an ONNX file under `framework`, also in an IR that is made of it.
    """
    places = {name: ["framework", name] for name in ("names", "imgsz", "task", "end2end", "args")}
    places["labels"] = ["model_info", "labels"]
    told = {name: place for name, place in places.items() if network.has_rt_info(place)}
    return {name: str(network.get_rt_info(place).astype(str)) for name, place in told.items()}


def _labels(file: Path, metadata: Mapping[str, str]) -> tuple[str, ...]:
    try:
        labels = read_beside(file)
    except OSError as error:
        raise NotUsable(f"its labels cannot be read: {error.strerror}", cause="detector_labels_missing") from error
    labels = labels or labels_of(metadata.get("names", ""))
    labels = labels or tuple(name.replace("_", " ") for name in metadata.get("labels", "").split())
    if not labels:
        where = f"{file.with_suffix('.txt').name} or labels.txt beside it"
        why = f"the model {file} names no labels: write them, one a line, into {where}"
        raise NotUsable(why, cause="detector_labels_missing")
    if len(labels) > MOST:
        raise NotUsable(f"it has {len(labels):,} labels, and {MOST:,} are the most", cause="detector_labels_missing")
    return tuple(label[:CHARACTERS] for label in labels)


def _sides(shape: Any) -> tuple[int | None, ...]:
    if shape.rank.is_dynamic:
        return (None,) * 5  # fits nothing
    return tuple(None if side.is_dynamic else side.get_length() for side in shape)


def _shown(network: Any, metadata: Mapping[str, str]) -> Shown:
    """How pictures are given to a model, by its input. Raises NotUsable."""
    if len(network.inputs) != 1:
        raise NotUsable(f"it has {len(network.inputs)} inputs, and a picture is one", cause="detector_input_unknown")
    whole = network.input(0).get_element_type().is_integral()
    shape = _sides(network.input(0).get_partial_shape())
    sides = shape[1:] if len(shape) == 4 else shape
    if len(sides) == _COLOURS and shape[:-3] in ((), (1,), (None,)):
        for planar, colours, (height, width) in ((True, sides[0], sides[1:]), (False, sides[2], sides[:2])):
            if colours == _COLOURS:
                high, wide = (
                    _said_side(metadata, at) if side is None else side for at, side in enumerate((height, width))
                )
                if all(_SIDES[0] <= side <= _SIDES[1] for side in (high, wide)):
                    return Shown(wide, high, planar, batched=len(shape) == 4, whole=whole)
    text = ", ".join("?" if side is None else str(side) for side in shape)
    raise NotUsable(f"its input of the shape [{text}] is no picture", cause="detector_input_unknown")


def _settle(network: Any, shown: Shown) -> None:
    """Gives a model that takes any size or number of pictures one of this size: then its outputs have shapes, too."""
    if list(network.input(0).get_partial_shape()) != shown.shape:
        try:
            network.reshape({network.input(0): shown.shape})
        except Exception as error:
            if lacks_memory(error):
                raise MemoryError from error
            why = f"it cannot be given one picture of {shown.width} x {shown.height} px"
            raise NotUsable(why, cause="detector_input_unknown") from error


def _said_side(metadata: Mapping[str, str], at: int) -> int:
    """The height (0) or width (1) that a model was made for, which Ultralytics notes as `[640, 640]`."""
    numbers = [int(text) for text in metadata.get("imgsz", "").strip("[]").split(",") if text.strip().isdecimal()]
    return numbers[min(at, len(numbers) - 1)] if numbers else _SIDE


def check_time(seconds: float, file_seconds: float) -> None:
    """Check that a model takes its share at most of the time of a file. Raises NotUsable `detector_too_slow`."""
    if seconds > file_seconds * _TIME_SHARE:
        takes = f"to be loaded and to look at one picture takes it {seconds:.1f} s"
        why = f"{takes}, and half of the {file_seconds:g} s of INGEST_FILE_TIMEOUT_SECONDS is the most"
        raise NotUsable(why, cause="detector_too_slow")


def check_memory(peak_mb: float, memory_mb: int) -> None:
    """Check that a model leaves a worker room for pictures. Raises NotUsable `detector_memory`."""
    if peak_mb > memory_mb * _MEMORY_SHARE:
        most = f"a third of the {memory_mb} of INGEST_WORKER_MEMORY_MB is the most"
        why = f"it takes {peak_mb:.0f} MB of memory, and {most}"
        raise NotUsable(why, cause="detector_memory")


def _peak_mb() -> float:
    """The most memory that this process has had; what `getrusage` tells begins with that of its parent."""
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _try(file: Path, shown: Shown, reading: Reading) -> float:
    """Lets it look at a plain picture twice, as a worker would. Raises NotUsable, MemoryError.

    Gives the seconds of processor time, which others at work do not change, for loading it and the second look.
    """
    size = (shown.width, shown.height)
    try:
        given, begun = as_input(Image.new("RGB", size, "gray"), shown), time.process_time()
        request, loaded = load(str(file), shown.shape), time.process_time()
        outputs, warm = run(request, given), time.process_time()
        run(request, given)
        seconds = time.process_time() - warm + loaded - begun
        found = read_outputs(reading, outputs, size)
        choose(found, 0.0, overlaps=reading.layout.overlaps)
    except MemoryError:
        raise
    except Exception as error:
        detail = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise NotUsable(f"it cannot be run: {detail}", cause="detector_unreadable") from error
    check_sense(reading.layout, found, size)
    return seconds


def main(arguments: list[str]) -> None:
    """Prints what was found out."""
    parent, model, memory_mb, seconds, *layout = arguments
    die_with_parent(int(parent))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_mb) * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = check(Path(model), int(memory_mb), float(seconds), Layout(layout[0]) if layout else None)
    except NotUsable as problem:
        answer = {"problem": problem.sentence, "cause": problem.cause}
    except MemoryError:
        answer = {"problem": "it needs more memory than a worker may have", "cause": "detector_memory"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
