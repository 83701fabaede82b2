"""Detectors of a few operations that find what is red, exactly, with their outputs laid out as those of real ones."""

from pathlib import Path
from typing import Any

import numpy as np

from app.analysis.nsfw.network import block_telemetry

SIDE = 64
LAYOUTS = ("yolo", "yolo_v5", "end_to_end", "torchvision", "tensorflow", "ssd")
ROWS = 3 * (4 * 4 + 2 * 2)  # boxes that it gives, all around the one thing: as many as a YOLO of two scales
LABELS = ("cat", "red")
RED = 1  # the number of its class
SURE = 0.75


class Red:
    """The graph: a picture in, the corners of what is red in px and as much of it as there is, 0 or 1."""

    def __init__(self, *, planar: bool = True, whole: bool = False, up_to_255: bool = False, blue_first: bool = False):
        block_telemetry()
        from openvino import opset13 as op

        self.op = op
        shape = [1, 3, SIDE, SIDE] if planar else [1, SIDE, SIDE, 3]
        self.given = op.parameter(shape, np.uint8 if whole else np.float32, name="images")
        pixels = op.convert(self.given, np.float32)
        if not planar:
            pixels = op.transpose(pixels, np.array([0, 3, 1, 2]))
        most = 255.0 if whole or up_to_255 else 1.0
        red, green, blue = op.split(pixels, 1, 3).outputs()
        if blue_first:
            red, blue = blue, red
        others = op.add(green, blue)
        seen = op.convert(op.greater(op.subtract(red, others), self.number(0.5 * most)), np.float32)
        self.left, self.right = self._ends(op.reduce_max(seen, np.array([1, 2]), keep_dims=False))
        self.top, self.bottom = self._ends(op.reduce_max(seen, np.array([1, 3]), keep_dims=False))
        self.seen = op.reshape(op.reduce_max(seen, np.array([1, 2, 3]), keep_dims=False), np.array([1, 1]), False)
        self.score = op.multiply(self.seen, self.number(SURE))

    def number(self, value: float) -> Any:
        return self.op.constant(np.float32(value))

    def _ends(self, line: Any) -> tuple[Any, Any]:
        """The first and the last place that is seen in a line, [1, 1] each."""
        op = self.op
        places = op.constant(np.arange(SIDE, dtype=np.float32)[None])
        nowhere = op.multiply(op.subtract(self.number(1), line), self.number(SIDE))
        first = op.reduce_min(op.add(op.multiply(places, line), nowhere), np.array([1]), keep_dims=True)
        last = op.reduce_max(op.multiply(op.add(places, self.number(1)), line), np.array([1]), keep_dims=True)
        return first, last

    def outputs(self, layout: str) -> list[tuple[str, Any]]:
        """The outputs of a layout by name."""
        op, zero = self.op, self.op.multiply(self.seen, self.number(0))
        corners = [self.left, self.top, self.right, self.bottom]
        wide, high = op.subtract(self.right, self.left), op.subtract(self.bottom, self.top)
        half = self.number(0.5)
        centre = [op.multiply(op.add(self.left, self.right), half), op.multiply(op.add(self.top, self.bottom), half)]
        number = op.add(zero, self.number(RED))
        parts = [op.multiply(side, self.number(1 / SIDE)) for side in corners]
        match layout:
            case "yolo":
                return [("output0", self._rows([*centre, wide, high, zero, self.score], across=True))]
            case "yolo_v5":
                return [("output", self._rows([*centre, wide, high, self.seen, zero, self.score]))]
            case "end_to_end":
                return [("output0", self._rows([*corners, self.score, number]))]
            case "torchvision":
                whole = op.convert(op.reshape(number, np.array([1]), False), np.int64)
                score = op.reshape(self.score, np.array([1]), False)
                return [("boxes", op.concat(corners, 1)), ("labels", whole), ("scores", score)]
            case "tensorflow":
                places = op.reshape(op.concat([parts[1], parts[0], parts[3], parts[2]], 1), np.array([1, 1, 4]), False)
                return [("detection_boxes", places), ("detection_classes", number), ("detection_scores", self.score)]
            case "ssd":
                row = op.concat([zero, number, self.score, *parts], 1)
                end = op.constant(np.full((1, 7), -1, np.float32))
                rows = op.concat([row, end], 0)
                return [("detection_out", op.reshape(rows, np.array([1, 1, 2, 7]), False))]
        raise ValueError(layout)

    def _rows(self, values: list[Any], *, across: bool = False) -> Any:
        """One row, many times: [1, rows, values], or `across`, [1, values, rows]."""
        row = self.op.reshape(self.op.concat(values, 1), np.array([1, 1, len(values)]), False)
        rows = self.op.broadcast(row, np.array([1, ROWS, len(values)]))
        return self.op.transpose(rows, np.array([0, 2, 1])) if across else rows


def write_model(file: Path, layout: str = "yolo", *, labels: tuple[str, ...] | None = LABELS, **shown: bool) -> Path:
    """Write a detector as IR, with its labels beside it."""
    red = Red(**({"up_to_255": True, "blue_first": True} if layout == "ssd" else {}) | shown)
    return save(file, [red.given], red.outputs(layout), labels, end_to_end=layout == "end_to_end")


def save(
    file: Path,
    inputs: list[Any],
    outputs: list[tuple[str, Any]],
    labels: tuple[str, ...] | None,
    *,
    end_to_end: bool = False,
) -> Path:
    """Write a graph as IR, with labels beside it where there are some."""
    import openvino

    for name, node in outputs:
        (node.output(0) if hasattr(node, "output") else node).get_tensor().set_names({name})
    results = [node.output(0) if hasattr(node, "output") else node for _, node in outputs]
    model = openvino.Model(results, inputs, "seeing red")
    model.set_rt_info(str(end_to_end), ["framework", "end2end"])
    openvino.save_model(model, str(file), compress_to_fp16=False)
    if labels is not None:
        file.with_suffix(".txt").write_text("\n".join(labels) + "\n")
    return file
