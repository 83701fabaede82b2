"""An ONNX file of two operations, written byte by byte: it finds one box in whatever is white.

Source of the numbers: onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from app.regions import Box

SIDE = 64
SEEN = Box(0.5, 0.25, 0.25, 0.125)
_FLOAT, _INT, _INTS = 1, 2, 7


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def metadata(values: Mapping[str, str]) -> bytes:
    return b"".join(part(14, part(1, key) + part(2, value)) for key, value in values.items())


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    sides = b"".join(part(1, number(1, side) if isinstance(side, int) else part(2, side)) for side in shape)
    return part(1, name) + part(2, part(1, number(1, _FLOAT) + part(2, sides)))


def _node(kind: str, inputs: tuple[str, ...], output: str, attributes: bytes = b"") -> bytes:
    return b"".join(part(1, name) for name in inputs) + part(2, output) + part(4, kind) + attributes


def _boxes(beside: Path | None = None) -> bytes:
    box = np.array([SEEN.x * SIDE, SEEN.y * SIDE, SEEN.w * SIDE, SEEN.h * SIDE, 0.0, 0.75], np.float32)
    rows = np.repeat(box[None, :, None], 20, axis=2)
    dims = b"".join(number(1, side) for side in rows.shape)
    head = dims + number(2, _FLOAT) + part(8, "boxes")
    if beside is None:
        return head + part(9, rows.tobytes())
    beside.write_bytes(rows.tobytes())
    return head + part(13, part(1, "location") + part(2, beside.name)) + number(14, 1)


def write_onnx(
    file: Path, shape: tuple[int | str, ...] = (1, 3, SIDE, SIDE), beside: Path | None = None, **told: str
) -> Path:
    """Write it, with what it tells of itself; a side of its input that is a text is open. Weights may lie `beside`."""
    axes = part(5, part(1, "axes") + b"".join(number(8, axis) for axis in range(4)) + number(20, _INTS))
    keep = part(5, part(1, "keepdims") + number(3, 0) + number(20, _INT))
    graph = b"".join(
        (
            part(1, _node("ReduceMean", ("images",), "white", axes + keep)),
            part(1, _node("Mul", ("boxes", "white"), "output0")),
            part(2, "finds what is white"),
            part(5, _boxes(beside)),
            part(11, _value("images", shape)),
            part(12, _value("output0", (1, 6, 20))),
        )
    )
    file.write_bytes(number(1, 8) + part(8, number(2, 13)) + part(7, graph) + metadata(told))
    return file
