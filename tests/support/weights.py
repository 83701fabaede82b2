"""Weights of our own making for the model of opennsfw2: the real ones find nearly every ordinary picture near 0.

    python tests/support/weights.py PATH       writes the file; PATH ends in .h5

Every layer has its real name and shape and nothing is learned: the kernels are random, the normalizations are
calibrated on pictures drawn here from seeded numbers, and the last layer is fitted to tell how light and warm they are.
So ordinary pictures spread over about 0.05...0.95, pictures that look alike score alike, and the same seed gives the
same file (on the same kind of processor: sums of floats are rounded as it adds them).

Imports neither the house nor opennsfw2 nor Keras, so that the description of the network is an independent witness of
theirs: a layer too many, or one of another shape, fails where the file is loaded (which goes by order, not by name).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import openvino
from openvino import opset13 as op
from PIL import Image, ImageDraw, ImageFilter

Floats = npt.NDArray[np.float32]
Variables = dict[str, Floats]  # of a layer, in the order of Keras

SIDE = 224
MEANS = (104, 117, 123)  # blue, green, red: what the model has subtracted from its pictures
EPSILON = 1e-5
PICTURES = 48
STAGES = ((3, 32), (4, 64), (6, 128), (3, 256))  # blocks, filters; a block leaves four times the filters
RESIDUAL = 0.3  # how much a branch adds to its shortcut: more bends the function, and it must stay smooth
WARMTH = (-0.5, 0, 1.5)  # of blue, green, red: swapped channels show
DAMPING = 0.01  # of the directions in which the features hardly differ
SPREAD = 1.6  # the standard deviation of the logit: two of them are 0.04 and 0.96

# ---------------------------------------------------------------------------------------------------- pictures


def coloured(rng: np.random.Generator) -> tuple[int, int, int]:
    """A colour as photographs have them: any brightness, and more often dull than bright."""
    colour = rng.uniform(10, 245) + rng.normal(0, 30, 3)
    return tuple(int(value) for value in np.clip(colour, 0, 255))  # type: ignore[return-value]


def clouds(rng: np.random.Generator) -> Floats:
    """Noise of every fineness, mostly grey, as photographs are of things of every size; its deviation is 1."""
    total = np.zeros((SIDE, SIDE, 3), np.float32)
    fall = rng.uniform(0.55, 1.0)
    for octave in range(7):
        cells = rng.normal(0, fall**octave, (2 << octave, 2 << octave, 4)).astype(np.float32)
        values = cells[..., :1] + cells[..., 1:] * 0.4
        for channel in range(3):
            grown = Image.fromarray(values[..., channel]).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            total[..., channel] += np.asarray(grown)
    total /= total.std()
    return total


def picture(rng: np.random.Generator) -> Floats:
    """A gradient with things before it, all of it clouded: red, green, blue in 0...255."""
    ramp = Image.linear_gradient("L").resize((SIDE, SIDE)).rotate(90 * int(rng.integers(4)))
    scene = Image.composite(
        Image.new("RGB", ramp.size, coloured(rng)), Image.new("RGB", ramp.size, coloured(rng)), ramp
    )
    draw = ImageDraw.Draw(scene)
    for _ in range(int(rng.integers(8))):
        x, y = rng.uniform(-0.2, 1, 2) * SIDE
        width, height = rng.uniform(0.05, 0.7, 2) * SIDE
        shape = draw.ellipse if rng.random() < 0.6 else draw.rectangle
        shape((x, y, x + width, y + height), fill=coloured(rng))
    scene = scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1.5))))
    pixels: Floats = np.asarray(scene, np.float32) + clouds(rng) * np.float32(rng.uniform(0, 60))
    return pixels.clip(0, 255)


def pictures(rng: np.random.Generator) -> Floats:
    """A batch as the model is fed: number, row, column, and blue, green, red without their means."""
    batch = np.stack([picture(rng) for _ in range(PICTURES)])
    return np.ascontiguousarray(batch[..., ::-1]) - np.array(MEANS, np.float32)


# ----------------------------------------------------------------------------------------------------- network


@dataclass(frozen=True)
class Convolution:
    """A convolution and the normalization behind it."""

    name: str  # what their two names end in
    size: int
    inputs: int
    filters: int
    stride: int = 1
    gamma: float = 1

    @property
    def conv(self) -> str:
        return f"conv_{self.name}"

    @property
    def norm(self) -> str:
        return f"bn_{self.name}"


@dataclass(frozen=True)
class Block:
    """Three convolutions in a row, added to their input or, where the shape changes, to a projection of it."""

    branch: tuple[Convolution, Convolution, Convolution]
    shortcut: Convolution | None


FIRST = Convolution("1", 7, 3, 64, 2)


def blocks() -> Iterator[Block]:
    """The residual blocks from the first pooling to the last."""
    inputs = FIRST.filters
    for stage, (count, filters) in enumerate(STAGES):
        for block in range(count):
            stride = 2 if stage and not block else 1
            at = f"stage{stage}_block{block}_"

            yield Block(
                (
                    Convolution(f"{at}branch2a", 1, inputs, filters, stride),
                    Convolution(f"{at}branch2b", 3, filters, filters),
                    Convolution(f"{at}branch2c", 1, filters, filters * 4, gamma=RESIDUAL),
                ),
                None if block else Convolution(f"{at}proj_shortcut", 1, inputs, filters * 4, stride),
            )
            inputs = filters * 4


def layers() -> Iterator[tuple[Convolution, ...]]:
    """The convolutions in the order of the model; two together are as far from the end as each other."""
    yield (FIRST,)
    for block in blocks():
        first, second, third = block.branch
        yield (first,)
        yield (second,)
        yield (third, block.shortcut) if block.shortcut else (third,)


def drawn(layer: Convolution, rng: np.random.Generator) -> tuple[Variables, Variables]:
    """Random variables of the convolution and of its normalization, whose moving ones are still to be measured."""
    shape = (layer.size, layer.size, layer.inputs, layer.filters)
    if layer is FIRST:  # smooth, as trained ones are: three nodes each way, and straight lines between them
        ramp = np.maximum(0, 1 - np.abs(np.arange(7)[:, None] - np.array([0, 3, 6])) / 3)
        kernel = np.einsum("ya,xb,abio->yxio", ramp, ramp, rng.normal(size=(3, 3, *shape[2:])))
    else:
        kernel = rng.normal(size=shape)
    kernel *= np.sqrt(2 / (layer.size**2 * layer.inputs))

    def each(middle: float, width: float) -> Floats:
        return rng.normal(middle, width, layer.filters).astype(np.float32)

    norm = {"gamma": each(layer.gamma, layer.gamma / 10), "beta": each(0, 0.1)}
    conv: Variables = {"kernel": kernel.astype(np.float32), "bias": each(0, 0.1)}
    return conv, norm


def measured(batch: Floats, variables: dict[str, Variables]) -> Floats:
    """The features of the pictures; the moving means and variances are set to those over this very batch.

    One pass does both: each normalization takes its means from the batch, as in training, and tells them.
    """
    told: list[tuple[str, str, Any]] = []

    def convolved(x: Any, layer: Convolution) -> Any:
        conv, norm = variables[layer.conv], variables[layer.norm]
        pad = [layer.size // 2] * 2
        kernel = op.constant(np.ascontiguousarray(conv["kernel"].transpose(3, 2, 0, 1)))
        x = op.convolution(x, kernel, [layer.stride] * 2, pad, pad, [1, 1])
        x = op.add(x, op.constant(conv["bias"].reshape(1, -1, 1, 1)))
        axes = op.constant(np.array([0, 2, 3]))
        mean = op.reduce_mean(x, axes, keep_dims=True)
        x = op.subtract(x, mean)
        variance = op.reduce_mean(op.multiply(x, x), axes, keep_dims=True)
        told.extend(((layer.norm, "moving_mean", mean), (layer.norm, "moving_variance", variance)))
        x = op.divide(x, op.sqrt(op.add(variance, op.constant(np.float32(EPSILON)))))
        x = op.multiply(x, op.constant(norm["gamma"].reshape(1, -1, 1, 1)))
        return op.add(x, op.constant(norm["beta"].reshape(1, -1, 1, 1)))

    entry = op.parameter(list(batch.shape), np.float32)
    x = op.relu(convolved(op.transpose(entry, op.constant(np.array([0, 3, 1, 2]))), FIRST))
    x = op.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [3, 3], auto_pad="same_upper").output(0)
    for block in blocks():
        first, second, third = block.branch
        branch = convolved(op.relu(convolved(op.relu(convolved(x, first)), second)), third)
        x = op.relu(op.add(branch, convolved(x, block.shortcut) if block.shortcut else x))
    features = op.reduce_mean(x, op.constant(np.array([2, 3])), keep_dims=False)

    model = openvino.Model([features, *(node for _, _, node in told)], [entry], "measuring")
    results = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(batch)
    for number, (name, variable, _) in enumerate(told, start=1):
        variables[name][variable] = results[number].astype(np.float32).reshape(-1)
    return np.array(results[0], np.float32)


def judged(features: Floats, batch: Floats) -> Variables:
    """The last layer: the features are weighed so that light, warm pictures score high, and half of them above 0.5.

    Mere principal directions of the features follow their contrast, and drawings or noise then score 1 without end.
    """
    wanted = batch.mean((1, 2)) @ np.array(WARMTH)
    centred = features - features.mean(0)
    along, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    damped = strengths / (strengths**2 + DAMPING * strengths[0] ** 2)
    direction = (along.T @ (wanted - wanted.mean()) * damped) @ directions
    direction *= SPREAD / (features @ direction).std()
    bias = np.median(features @ direction)
    return {
        "kernel": np.stack([-direction, direction], axis=1).astype(np.float32) / np.float32(2),
        "bias": np.array([bias, -bias], np.float32) / np.float32(2),
    }


# -------------------------------------------------------------------------------------------------------- file


def make(path: Path, *, seed: int = 1) -> None:
    """Write a weights file that opennsfw2 loads as its own."""
    rng = np.random.default_rng(seed)
    batch = pictures(rng)
    variables: dict[str, Variables] = {}
    for together in layers():
        values = [drawn(layer, rng) for layer in together]
        variables |= {layer.conv: conv for layer, (conv, _) in zip(together, values, strict=True)}
        variables |= {layer.norm: norm for layer, (_, norm) in zip(together, values, strict=True)}
    variables["fc_nsfw"] = judged(measured(batch, variables), batch)
    write(path, variables)


def write(path: Path, variables: dict[str, Variables]) -> None:
    """Write the variables of the layers, in their order, as Keras 2 laid them out: so the real weights are."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in variables]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.15.0"
        for layer, its in variables.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in its]
            for name, value in its.items():
                group.create_dataset(f"{layer}/{name}:0", data=value)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
