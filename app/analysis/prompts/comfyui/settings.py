"""Finds how a ComfyUI sampler was set: seed, steps and the like, its model with LoRAs, the size of its picture."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from app.analysis.prompts.comfyui.loras import collect_loras
from app.analysis.prompts.comfyui.nodes import (
    Graph,
    Node,
    find_plain_value,
    follow_link,
    is_switch,
    list_live,
    split_name,
    split_names,
)
from app.analysis.prompts.generation import build_size, is_number

_WRITTEN = {
    "steps": ("steps", "steps_total"),
    "sampler": ("sampler_name", "sampler"),
    "scheduler": ("scheduler",),
    "cfg": ("cfg", "cfg_conds"),
    "denoise": ("denoise",),
}
_TEXTS = ("sampler", "scheduler")
_SEEDS = ("seed", "noise_seed")
_MODELS = ("ckpt_name", "unet_name", "gguf_name", "model_name", "base_ckpt_name", "model")
# Which inputs lead to what, by the first word of their names
_SETTING = split_names("sigmas noise sampler guider settings pipe basic detailer ctx context base")
_MODEL = split_names("model unet guider pipe basic detailer sdxl ctx context base lora loras opt optional diffusion")
_LATENT = split_names("latent samples pixels image images pipe basic sdxl ctx context optional")
_WORDS = split_names("positive conditioning cond guider pipe basic clip")
_SIDES = (("width", "height"), ("empty_latent_width", "empty_latent_height"))
_NODES = 1_000


def collect_settings(graph: Graph, samplers: list[Node], before: list[Node]) -> dict[str, Any]:
    """Collect the settings of the nearest sampler, and the models and LoRAs of all.

    `before` are all nodes before the output, nearest first.
    """
    if not samplers:
        return {}
    sampler, found = samplers[0], dict[str, Any]()
    told = list(_along(graph, [sampler], _SETTING))
    for key, written in _WRITTEN.items():
        found[key] = _first(graph, told, written, _is_name) if key in _TEXTS else _number(graph, told, written)
    noisy = [node for node in samplers if node.inputs.get("add_noise") not in ("disable", False)]
    for node in noisy or samplers:  # one that adds no noise has a seed without a use
        found["seed"] = _number(graph, _along(graph, [node], _SETTING), _SEEDS)
        if found["seed"] is not None:
            break
    modelled = [list(walk_models(graph, [node])) for node in samplers]  # each stage has its own
    models = [_first(graph, nodes, _MODELS, _is_name) for nodes in modelled]
    found["model"] = models[0]
    several = list(dict.fromkeys(filter(None, models)))
    found["models"] = several if len(several) > 1 else None
    found["loras"] = collect_loras(graph, {id(node): node for nodes in modelled for node in nodes}.values()) or None
    found["vae"] = _vae(graph, before)
    found["size"] = next(_sizes(graph, _along(graph, [sampler], _LATENT)), None)
    worded = list(_along(graph, [sampler], _WORDS))
    found["guidance"] = _first(graph, worded, ("guidance",), is_number)
    layer = _first(graph, worded, ("stop_at_clip_layer",), is_number)
    found["clip_skip"] = abs(layer) if layer is not None else None
    return {key: value for key, value in found.items() if value is not None}


def walk_models(graph: Graph, samplers: Iterable[Node]) -> Iterator[Node]:
    """Yield the samplers and the nodes on the way to their models, nearest first, each once."""
    return _along(graph, samplers, _MODEL)


def _along(graph: Graph, starts: Iterable[Node], first_words: frozenset[str]) -> Iterator[Node]:
    """The nodes, and those before them along inputs whose names begin with one of these words, nearest first, once."""
    waiting, seen = list(starts), set[str]()
    for node in waiting:
        yield node
        chosen = list_live(graph, node) if is_switch(node) else []
        for key, value in node.inputs.items():
            target = follow_link(graph, value)
            words = split_name(key)
            leads = key in chosen if len(chosen) == 1 else not words or words[0] in first_words
            if target and target[0] not in seen and leads and len(seen) < _NODES:
                seen.add(target[0])
                waiting.append(graph[target[0]])


def _first(graph: Graph, nodes: Iterable[Node], wanted: tuple[str, ...], fits: Callable[[Any], bool]) -> Any:
    """The first value under one of these names, also where it comes through a link."""
    for node in nodes:
        told = _by_plain_name(node)
        for name in wanted:
            if name in told and fits(value := find_plain_value(graph, told[name], wanted, fits)):
                return value
    return None


def _number(graph: Graph, nodes: Iterable[Node], wanted: tuple[str, ...]) -> Any:
    """The number of the first node that is told one under these names; None where that was made while running."""
    for node in nodes:
        told = _by_plain_name(node)
        if found := [find_plain_value(graph, told[name], wanted, is_number) for name in wanted if name in told]:
            return next(filter(is_number, found), None)
    return None


def _by_plain_name(node: Node) -> Mapping[str, Any]:
    """The inputs of a node by name; those of a choice, `model.seed`, also by the last part."""
    chosen = {key.rpartition(".")[2]: value for key, value in node.inputs.items() if "." in key}
    return {**chosen, **node.inputs} if chosen else node.inputs


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 500 and value != "None"


def _vae(graph: Graph, before: list[Node]) -> str | None:
    for node in before:
        if follow_link(graph, node.inputs.get("vae")):
            loader = Node("", {"vae": node.inputs["vae"]})
            value = _first(graph, _along(graph, [loader], frozenset(("vae",))), ("vae_name",), _is_name)
            return value if isinstance(value, str) else None
    return None


def _sizes(graph: Graph, nodes: Iterable[Node]) -> Iterator[dict[str, int]]:
    for node in nodes:
        for sides in _SIDES:
            pixels = (find_plain_value(graph, node.inputs.get(name), (name,), is_number) for name in sides)
            if measured := build_size(*pixels):
                yield measured
