"""The labels of a detector: a text beside the model, or what the model itself says."""

from collections.abc import Iterator
from pathlib import Path

from app.analysis.formats.tiff import decode_text
from app.analysis.regions.yolo import parse_classes

MOST = 10_000
FILE_BYTES = 1024 * 1024
_METADATA = 14  # of an ONNX ModelProto: StringStringEntryProto, in which 1 is the key and 2 the value
_KEY, _VALUE = 1, 2
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # the wire types of protocol buffers


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


def labels_of(names: str) -> tuple[str, ...]:
    """The labels in `names` as Ultralytics writes them into a model: `{0: 'person', 1: 'bicycle'}`, or a list."""
    return _in_order(b"names.yaml", f"names: {names}")


def _in_order(name: bytes, text: str) -> tuple[str, ...]:
    named = {number: label for number, label in parse_classes(name, text).names.items() if number < MOST}
    return tuple(named.get(number, "") for number in range(max(named, default=-1) + 1))


def metadata_of_onnx(content: memoryview) -> dict[str, str]:
    """What an ONNX file says of itself by key, its `metadata_props`. Raises ValueError where it is no ONNX."""
    found: dict[str, str] = {}
    for number, value in _fields(content):
        if number == _METADATA and value is not None:
            entry = {key: bytes(text).decode("utf-8", "replace") for key, text in _fields(value) if text is not None}
            found[entry.get(_KEY, "")] = entry.get(_VALUE, "")
    return found


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """The fields of a message by number, with the bytes of those that have a length.

    Source: https://protobuf.dev/programming-guides/encoding/.
    """
    at = 0
    while at < len(content):
        tag, at = _number(content, at)
        kind, value = tag & 7, None
        if kind == _VARINT:
            _, at = _number(content, at)
        elif kind == _LENGTH:
            length, at = _number(content, at)
            value, at = content[at : at + length], at + length
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError("no such wire type")
        if at > len(content):
            raise ValueError("it ends too soon")
        yield tag >> 3, value


def _number(content: memoryview, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            break
        byte, at = content[at], at + 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("a number has no end")
