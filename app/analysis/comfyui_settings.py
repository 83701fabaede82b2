"""Finds how a ComfyUI sampler was set: seed, steps and the like, its model with LoRAs, the size of its picture."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.analysis.comfyui_nodes import Graph, Node, linked, names, plain, tokens
from app.analysis.made import is_number, lora, size

_WRITTEN = {
    "steps": ("steps",),
    "sampler": ("sampler_name", "sampler"),
    "scheduler": ("scheduler",),
    "cfg": ("cfg", "cfg_conds"),
    "denoise": ("denoise",),
}
_TEXTS = ("sampler", "scheduler")
_SEEDS = ("seed", "noise_seed")
_MODELS = ("ckpt_name", "unet_name", "gguf_name", "model_name", "base_ckpt_name", "model")
# Which inputs lead to what, by the first word of their names
_SETTING = names("sigmas noise sampler guider settings pipe basic detailer ctx context base")
_MODEL = names("model unet guider pipe basic detailer sdxl ctx context base lora loras optional diffusion")
_LATENT = names("latent samples pixels image images pipe basic sdxl ctx context optional")
_WORDS = names("positive conditioning cond guider pipe basic clip")
_NUMBERED = re.compile(r"lora(?:_name)?_?(\d{1,3})")
_SIDES = (("width", "height"), ("empty_latent_width", "empty_latent_height"))
_STRENGTHS = ("strength_model", "lora_model_strength", "model_strength", "strength", "weight", "lora_strength")
_STRENGTHS_OF_MANY = ("model_weight_", "model_str_", "strength_", "lora_wt_", "lora_strength_", "weight_")
_NODES, _LORAS = 1_000, 100


def generation(graph: Graph, samplers: list[Node], before: list[Node]) -> dict[str, Any]:
    """The settings of the nearest sampler; `before` are all nodes before the output, nearest first."""
    if not samplers:
        return {}
    sampler, found = samplers[0], dict[str, Any]()
    told = list(_along(graph, sampler, _SETTING))
    for key, written in _WRITTEN.items():
        found[key] = _first(graph, told, written, _is_name if key in _TEXTS else is_number)
    noisy = [node for node in samplers if node.inputs.get("add_noise") not in ("disable", False)]
    for node in noisy or samplers:  # one that adds no noise has a seed without a use
        found["seed"] = _first(graph, _along(graph, node, _SETTING), _SEEDS, is_number)
        if found["seed"] is not None:
            break
    modelled = list(_along(graph, sampler, _MODEL))
    found["model"] = _first(graph, modelled, _MODELS, _is_name)
    found["loras"] = list(_loras(modelled)) or None
    found["vae"] = _vae(graph, before)
    found["size"] = next(_sizes(graph, _along(graph, sampler, _LATENT)), None)
    worded = list(_along(graph, sampler, _WORDS))
    found["guidance"] = _first(graph, worded, ("guidance",), is_number)
    layer = _first(graph, worded, ("stop_at_clip_layer",), is_number)
    found["clip_skip"] = abs(layer) if layer is not None else None
    return {key: value for key, value in found.items() if value is not None}


def _along(graph: Graph, start: Node, first_words: frozenset[str]) -> Iterator[Node]:
    """The node and those before it along inputs whose names begin with one of these words, nearest first, each once."""
    waiting, seen = [start], set[str]()
    for node in waiting:
        yield node
        for key, value in node.inputs.items():
            target = linked(graph, value)
            words = tokens(key)
            if target and target[0] not in seen and (not words or words[0] in first_words) and len(seen) < _NODES:
                seen.add(target[0])
                waiting.append(graph[target[0]])


def _first(graph: Graph, nodes: Iterable[Node], wanted: tuple[str, ...], fits: Callable[[Any], bool]) -> Any:
    """The first value under one of these names, also where it comes through a link."""
    for node in nodes:
        for name in wanted:
            if name in node.inputs and fits(value := plain(graph, node.inputs[name], wanted, fits)):
                return value
    return None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 500 and value != "None"


def _loras(nodes: list[Node]) -> Iterator[dict[str, Any]]:
    """The LoRAs of loaders and stacks before the model, as far as they are switched on."""
    found: dict[str, dict[str, Any]] = {}
    for node in nodes:
        for one in _loras_of(node):
            if one and len(found) < _LORAS:
                found.setdefault(one["name"], one)
    yield from found.values()


def _loras_of(node: Node) -> Iterator[dict[str, Any] | None]:
    inputs = node.inputs
    strength = next((inputs[name] for name in _STRENGTHS if name in inputs), None)
    yield lora(inputs.get("lora_name"), strength)
    count = inputs.get("lora_count", _LORAS)
    for key, value in inputs.items():
        if not (match := _NUMBERED.fullmatch(key.lower())):
            continue
        place = match[1]
        if isinstance(value, dict):  # rgthree's Power Lora Loader
            yield lora(value.get("lora"), value.get("strength")) if value.get("on") else None
        elif inputs.get(f"switch_{place}") != "Off" and (not is_number(count) or int(place) <= count):
            weights = (inputs[name + place] for name in _STRENGTHS_OF_MANY if name + place in inputs)
            yield lora(value, next(weights, None))


def _vae(graph: Graph, before: list[Node]) -> str | None:
    for node in before:
        if linked(graph, node.inputs.get("vae")):
            loader = Node("", {"vae": node.inputs["vae"]})
            value = _first(graph, _along(graph, loader, frozenset(("vae",))), ("vae_name",), _is_name)
            return value if isinstance(value, str) else None
    return None


def _sizes(graph: Graph, nodes: Iterable[Node]) -> Iterator[dict[str, int]]:
    for node in nodes:
        for sides in _SIDES:
            pixels = (plain(graph, node.inputs.get(name), (name,), is_number) for name in sides)
            if measured := size(*pixels):
                yield measured
