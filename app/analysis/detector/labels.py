"""The labels of a detector: a text beside the model, or what the model itself says."""

import re
from collections.abc import Mapping
from pathlib import Path

from app.analysis.formats.tiff import decode_text
from app.analysis.regions.yolo import parse_classes

MOST = 1_000
"""Labels of one model, which travel with each job."""
CHARACTERS = 200
_NUMBERS = 10_000
FILE_BYTES = 1024 * 1024
_SAID = re.compile(r"^ *(task|end2end|nms): *(\w+) *\r?$", re.MULTILINE)


def files_beside(model: Path) -> tuple[Path, ...]:
    """The files that may hold the labels of a model, in the order in which they are believed.

    A text has a label in each line, the first for class 0; `metadata.yaml` is what Ultralytics writes beside a model.
    """
    return model.with_suffix(".txt"), model.with_name("labels.txt"), model.with_name("metadata.yaml")


def read_beside(model: Path) -> tuple[str, ...]:
    """The labels that lie beside a model; none where no file does. Raises OSError."""
    for file in files_beside(model):
        if file.is_file():
            with file.open("rb") as stream:
                return _in_order(file.name.encode(), decode_text(stream.read(FILE_BYTES)))
    return ()


def said_beside(model: Path) -> Mapping[str, str]:
    """What `metadata.yaml` says of a model beside its names: `task`, `end2end` and `nms`; nothing if unreadable."""
    try:
        with model.with_name("metadata.yaml").open("rb") as stream:
            return dict(_SAID.findall(decode_text(stream.read(FILE_BYTES))))
    except OSError:
        return {}


def labels_of(names: str) -> tuple[str, ...]:
    """The labels in `names` as Ultralytics writes them into a model: `{0: 'person', 1: 'bicycle'}`, or a list."""
    return _in_order(b"names.yaml", f"names: {names}")


def _in_order(name: bytes, text: str) -> tuple[str, ...]:
    named = {number: label for number, label in parse_classes(name, text).names.items() if number < _NUMBERS}
    return tuple(named.get(number, "") for number in range(max(named, default=-1) + 1))
