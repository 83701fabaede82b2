"""Reads how an AI image was made: A1111 and Forge parameters, and the prompt of a ComfyUI graph.

It works on texts that `embedded.py` took out, and never guesses: a text that fits neither is left to `raw`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GENERATIONS = ("parameters", "UserComment")  # where A1111 writes: PNG text, else EXIF of JPEG and WebP
# A1111's own pattern (infotext_utils.py, re_param), its names bounded: without a bound it takes minutes for 2 MB of x
_PARAMETER = re.compile(r'\s*(\w[\w \-/]{1,60}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_LINE_CHARACTERS = 64 * 1024  # of the last line
_ENOUGH = 3  # as in A1111: fewer pairs are words of a prompt
_NEGATIVE = "Negative prompt:"
_SHORT = {"cfg_scale": "cfg"}
_TEXT_INPUTS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "string", "value")
_NOT_TEXT = frozenset(
    ("model", "clip", "vae", "control_net", "image", "latent_image", "clip_vision", "clip_vision_output")
)
_SAMPLING = {
    "seed": ("seed", "noise_seed"),
    "steps": ("steps",),
    "cfg": ("cfg",),
    "sampler": ("sampler_name",),
    "scheduler": ("scheduler",),
    "denoise": ("denoise",),
    "model": ("ckpt_name", "unet_name", "model_name"),
}


@dataclass(frozen=True, slots=True)
class Made:
    """How an AI image was made; `generation` holds steps, sampler, cfg, seed, size, model and what else was written."""

    generator: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    generation: Mapping[str, Any] | None = None


def read(texts: Mapping[str, str]) -> Made:
    """How the image with these texts was made; nothing where none of them says so."""
    for key in GENERATIONS:
        if key in texts and (made := from_parameters(texts[key])):
            return made
    if "prompt" in texts and (made := from_graph(texts["prompt"])):
        return made
    return Made()


def from_parameters(text: str) -> Made | None:
    """A1111's infotext: the prompt, `Negative prompt: ...`, and a last line `Steps: 20, Sampler: Euler a, ...`."""
    *lines, last = text.strip().split("\n")
    pairs = _PARAMETER.findall(last) if len(last) <= _LINE_CHARACTERS else []
    if len(pairs) < _ENOUGH or "Steps" not in dict(pairs):
        return None
    prompt, _, negative = "\n".join(lines).partition(_NEGATIVE)
    generation = {}
    for name, value in pairs:
        key = name.strip().lower().replace(" ", "_")
        generation[_SHORT.get(key, key)] = _number(value.strip().strip('"'))
    generator = "Forge" if str(generation.get("version", "")).startswith("f") else "AUTOMATIC1111"
    return Made(generator, prompt.strip() or None, negative.strip() or None, generation)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text) if text.isascii() and text[-1:].isdigit() else text
        except ValueError:
            continue
    return text


Graph = Mapping[str, Mapping[str, Any]]
"""ComfyUI's API format: node id -> its `inputs` by name, a value or a link `[node id, output]`."""


def from_graph(text: str) -> Made | None:
    """The prompt that a ComfyUI graph's sampler was given, found by walking its inputs backwards."""
    try:
        nodes = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(nodes, dict):
        return None
    graph = {
        str(name): node["inputs"]
        for name, node in nodes.items()
        if isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)
    }
    if not graph:
        return None
    for name, inputs in graph.items():
        if "guider" in inputs or ("positive" in inputs and {"seed", "noise_seed"} & set(inputs)):
            positive = _words(graph, inputs.get("positive", inputs.get("guider")), "positive")
            negative = _words(graph, inputs.get("negative", inputs.get("guider")), "negative")
            return Made("ComfyUI", positive, negative if negative != positive else None, _generation(graph, name))
    return Made("ComfyUI")


def _words(graph: Graph, link: Any, role: str) -> str | None:
    """The texts that reach a sampler's `positive` or `negative` input through this link."""
    texts: dict[str, None] = {}  # in order, each once
    for inputs in _upstream(graph, link, role):
        for name in _TEXT_INPUTS:
            if isinstance(text := inputs.get(name), str) and text.strip():
                texts[text.strip()] = None
    return "\n".join(texts) or None


def _upstream(graph: Graph, link: Any, role: str = "") -> Iterator[Mapping[str, Any]]:
    """The inputs of the nodes before this link, nearest first, each once.

    With a role (`positive`), only along what can carry text, and through a node with both roles only along this one.
    """
    waiting, seen = [link], set()
    for place in waiting:
        name = str(place[0]) if isinstance(place, list) and place else None
        if name is None or name in seen or name not in graph:
            continue
        seen.add(name)
        inputs = graph[name]
        yield inputs
        if role and role in inputs:
            waiting.append(inputs[role])
        else:
            waiting += [value for key, value in inputs.items() if not (role and key in _NOT_TEXT)]


def _generation(graph: Graph, sampler: str) -> dict[str, Any]:
    """What the sampler and the nodes before it were set to."""
    before = list(_upstream(graph, [sampler, 0]))
    found: dict[str, Any] = {}
    for key, names in _SAMPLING.items():
        values = (inputs.get(name) for inputs in before for name in names)
        value = next((value for value in values if isinstance(value, str | int | float)), None)
        if value is not None:
            found[key] = value
    for inputs in before:
        width, height = inputs.get("width"), inputs.get("height")
        if isinstance(width, int) and isinstance(height, int):
            found["size"] = f"{width}x{height}"
            break
    return found
