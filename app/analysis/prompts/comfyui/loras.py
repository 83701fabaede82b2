"""Finds the LoRAs of a ComfyUI graph, as the nodes on the way to the model tell them.

They do it in three ways: by inputs (`lora_name` and `strength_model`, with a number each in a stack), by objects
(`{"on": true, "lora": ..., "strength": 0.8}`, alone or in a list), and in texts (`<lora:name:0.8>`).
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from app.analysis.prompts.comfyui.nodes import Graph, Node, find_plain_value, follow_link, split_name, split_names
from app.analysis.prompts.comfyui.texts import NEGATIVE, POSITIVE, find_role
from app.analysis.prompts.comfyui.words import Words
from app.analysis.prompts.generation import as_object, build_lora, is_number
from app.analysis.prompts.infotext import find_loras

_LORAS = 100  # that are listed
_CHARACTERS, _ALL_CHARACTERS = 64 * 1024, 4 * 1024 * 1024  # of a text, and of all, that are looked at
_NAME_CHARACTERS = 80
_STRENGTHS = split_names("strength str weight wt")
_SWITCHES = split_names("switch toggle enabled on")
_OFF = ("Off", "off", "disabled", "False", "false", False)
_COUNTS = ("lora_count", "num_loras")
_Told = tuple[Any, Any]
"""A name and a weight, as they are written: either may be missing, and the weight a link."""


def collect_loras(graph: Graph, nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """Collect the LoRAs that these nodes load, each once, without those switched off."""
    found: dict[str, dict[str, Any]] = {}
    reader, left = Words(graph), _ALL_CHARACTERS
    for node in nodes:
        objects = list(_by_objects(node))
        for name, weight in (*_by_inputs(node), *(one for one in objects if one[0] is not None)):
            if len(found) < _LORAS and (one := build_lora(name)) and one["name"] not in found:
                found[one["name"]] = build_lora(name, find_plain_value(graph, weight, (), is_number)) or one
        for text in () if objects else _texts(graph, node, reader):
            left -= len(text)
            for one in find_loras(text) if left > 0 else ():
                if len(found) < _LORAS:
                    found.setdefault(one["name"], one)
    return list(found.values())


def _by_inputs(node: Node) -> Iterator[_Told]:
    """Names and weights that have the same number, or none. In the mode `simple` that for model and text counts."""
    named, weights, off = dict[str, Any](), dict[tuple[str, bool], Any](), set[str]()
    for key, value in node.inputs.items():
        meaning, place, of_model = _meaning(key[:_NAME_CHARACTERS])
        if meaning == "name":
            named[place] = value
        elif meaning == "strength":
            weights.setdefault((place, of_model), value)
        elif meaning == "switch" and value in _OFF:
            off.add(place)
    count = next((node.inputs[key] for key in _COUNTS if is_number(node.inputs.get(key))), _LORAS)
    of_model = "simple" not in (node.inputs.get("mode"), node.inputs.get("input_mode"))
    for place, name in named.items():
        if not off & {"", place} and int(place or 0) <= count and node.inputs.get("bypass") is not True:
            yield name, weights.get((place, of_model), weights.get((place, not of_model)))


@lru_cache(maxsize=1024)
def _meaning(key: str) -> tuple[str, str, bool]:
    """What an input of this name tells of a LoRA, of which of several, and whether that is for the model alone."""
    said = split_name(key)
    place = next((word for word in said if word.isdigit()), "")
    kind = tuple(word for word in said if not word.isdigit())
    if kind in (("lora",), ("lora", "name")):
        return "name", place, False
    if _STRENGTHS.intersection(kind) and "clip" not in kind:
        return "strength", place, "model" in kind
    switches = len(kind) == 1 + (kind[:1] == ("lora",)) and kind[-1] in _SWITCHES
    return "switch" if switches else "", place, False


def _by_objects(node: Node) -> Iterator[_Told]:
    """What objects tell; of one that is switched off, nothing, which says more than a text that still names it."""
    for value in node.inputs.values():
        if not isinstance(value, dict | list):
            continue
        inside = as_object(value).get("__value__", value)
        for one in inside if isinstance(inside, list) else [inside]:
            told = as_object(one)
            on = told.get("on", told.get("active"))
            if on is not None and "strength" in told and ("lora" in told or "name" in told):
                yield (told.get("lora", told.get("name")), told["strength"]) if on else (None, None)


def _texts(graph: Graph, node: Node, reader: Words) -> Iterator[str]:
    """The texts of a node on the way to the model, and those behind it; of a wildcard, what it became.

    An encoder may stand there, too: it is given no model, and for it `<lora:...>` is a word like any other.
    """
    if "clip" in node.inputs and not any("model" in key for key in node.inputs):
        return
    keys = [key for key in node.inputs if find_role(key) != NEGATIVE]
    populated = [key for key in keys if "populated" in key and node.inputs[key]]
    for key in populated or keys:
        value = node.inputs[key]
        given: Iterable[Any] = (value,)
        if follow_link(graph, value):
            given = reader.find_texts(Node("", {"text": value}), POSITIVE) if "text" in key or "syntax" in key else ()
        for text in given:
            if isinstance(text, str) and "<" in text:
                yield text[:_CHARACTERS]
