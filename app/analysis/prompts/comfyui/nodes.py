"""The nodes of a ComfyUI graph and the links between them, whatever format they were written in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_NAME_CHARACTERS = 80
_HOPS = 10
_NAMED = ("value", "int", "float", "number")
_SWITCHES = ("select", "input", "index", "switch", "boolean", "condition", "cond")  # names of what a switch is set by
_SIDES = {True: ("true", "tt_value", "text_a"), False: ("false", "ff_value", "text_b")}
_IS_SWITCH = re.compile(r"switch|if_?else|conditionalbranch", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its class, its inputs (values, and links `[node id, output]`), its title and its outputs' names.

    Only a drawing tells the rest: the `types` of its inputs and those of what it `gives`, output by output, and which
    names of inputs were `guessed` from what their values look like.
    """

    kind: str
    inputs: Mapping[str, Any]
    title: str = ""
    outputs: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    guessed: frozenset[str] = frozenset()


Graph = Mapping[str, Node]
"""Node id -> node."""


def split_names(listed: str) -> frozenset[str]:
    """Split names that stand between spaces into a set."""
    return frozenset(listed.split())


def follow_link(graph: Graph, value: Any) -> tuple[str, int] | None:
    """Follow an input's link to its node and output; None for a plain value or a dead link."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    name, slot = value
    if isinstance(name, int):
        name = str(name)
    if isinstance(name, str) and isinstance(slot, int) and name in graph:
        return name, slot
    return None


def unwrap_choice(value: Any) -> Any:
    """Unwrap a choice that is shown with a picture, `{"content": name}`; any other value stays."""
    return value["content"] if isinstance(value, dict) and isinstance(value.get("content"), str) else value


def follow_links(graph: Graph, node: Node) -> Iterator[tuple[str, int]]:
    """Yield the node and output that each linked input leads to."""
    return (target for value in node.inputs.values() if (target := follow_link(graph, value)))


def split_name(name: str) -> tuple[str, ...]:
    """Split an input's name into words and numbers: `text_g2` -> `text`, `g`, `2`."""
    return _tokens(name[:_NAME_CHARACTERS])


@lru_cache(maxsize=1024)
def _tokens(name: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(name.lower()))


def find_plain_value(
    graph: Graph, value: Any, wanted: tuple[str, ...], fits: Callable[[Any], bool], hops: int = _HOPS
) -> Any:
    """Find the value of an input, also through a link: that of one of these names, or the only one that fits."""
    for left in range(hops, 0, -1):
        if (target := follow_link(graph, value)) is None:
            return value
        node = graph[target[0]]
        inputs = node.inputs
        if is_switch(node) and len(live := list_live(graph, node, left - 1)) == 1:
            value = inputs[live[0]]
        elif name := next((name for name in (*wanted, *_NAMED) if name in inputs), None):
            value = inputs[name]
        elif len(fitting := [one for one in inputs.values() if fits(one)]) == 1:
            value = fitting[0]
        elif len(inputs) == 1:
            value = next(iter(inputs.values()))
        else:
            return None
    return None


def is_switch(node: Node) -> bool:
    """Whether a node hands on one of its inputs."""
    return bool(_IS_SWITCH.search(node.kind))


def list_live(graph: Graph, node: Node, hops: int = _HOPS) -> list[str]:
    """List the inputs that a node makes use of: of a switch, only the one it is set to, where that is plain."""
    keys = list(node.inputs)
    kind = node.kind.lower()
    if kind == "dualcfgguider":
        return [key for key in keys if key != "cond2"]
    if not is_switch(node):
        return keys
    if "any switch" in kind:
        return keys[:1]
    for key, setting in node.inputs.items():
        if key.lower() in _SWITCHES:
            value = find_plain_value(graph, setting, ("value",), lambda one: isinstance(one, int), hops)
            wanted = _SIDES[value] if isinstance(value, bool) else (str(value),)
            chosen = [name for name in keys if name != key and name.lower().endswith(wanted)]
            if len(chosen) == 1:
                return chosen
    return keys
