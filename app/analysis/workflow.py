"""Turns a ComfyUI workflow, the graph as it was drawn, into what would have been run.

The drawing differs in this: links have numbers, values are lists without names, some nodes are switched off or
bypassed, some only carry a wire, and some stand for a whole graph: subgraphs, and the older group nodes (workflow
schema 0.4 and 1, ComfyUI_frontend, src/platform/workflow/validation/schemas/workflowSchema.ts).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.analysis.comfyui_nodes import Graph, Node
from app.analysis.made import mapping, words
from app.analysis.workflow_widgets import values_of

_MUTED, _BYPASSED = 2, 4
_NOT_RUN = frozenset(("Note", "MarkdownNote", "Reroute", "PrimitiveNode", "GetNode", "SetNode"))
_INPUT_NODE, _OUTPUT_NODE = -10, -20  # of a subgraph, in its links
_NODES, _LEVELS, _HOPS, _STEPS = 10_000, 300, 300, 100_000
_VALUE_TYPES = ("STRING", "INT", "FLOAT", "BOOLEAN", "COMBO")
_OWN = "-1"  # the host itself, among the nodes whose values are promoted
_GROUPS = ("workflow/", "workflow>")

Raw = Mapping[str, Any]
Link = tuple[Any, int]
"""The id of a node on one level, and its output."""
_NOWHERE: Link = (None, 0)


@dataclass(slots=True)
class _Level:
    """One sheet of the drawing: the workflow itself, or what a single node stands for."""

    path: str
    nodes: dict[str, Raw]
    links: dict[Any, Link]
    parent: "_Level | None" = None
    host: Raw = field(default_factory=dict)
    inputs: list[str | None] = field(
        default_factory=list
    )  # of a sheet: the host's inputs, None where they are in order
    outputs: list[Link] = field(default_factory=list)
    promoted: dict[tuple[str, str], Any] = field(default_factory=dict)  # (node, input) -> value set at the host
    children: dict[str, "_Level"] = field(default_factory=dict)
    _setters: dict[Any, Raw] | None = None

    def setters(self) -> dict[Any, Raw]:
        """The SetNodes (KJNodes) by the name under which a GetNode repeats them."""
        if self._setters is None:
            self._setters = {_first(raw): raw for raw in self.nodes.values() if raw.get("type") == "SetNode"}
        return self._setters


def graph_of(workflow: Mapping[str, Any]) -> Graph:
    """The nodes that would run, with links straight to each other; those of subgraphs are named `host:node`."""
    return dict(_Drawing(workflow).nodes())


class _Drawing:
    def __init__(self, workflow: Mapping[str, Any]) -> None:
        listed = mapping(workflow.get("definitions")).get("subgraphs")
        self._subgraphs = {words(one.get("id")): one for one in _mappings(listed)}
        self._groups = mapping(mapping(workflow.get("extra")).get("groupNodes"))
        self._top = _Level("", _by_id(workflow.get("nodes")), _links(workflow.get("links")))
        self._levels = [self._top]
        self._left = _STEPS
        self._open()

    def nodes(self) -> Iterator[tuple[str, Node]]:
        """Every node that runs, with its name."""
        left = _NODES
        for level in self._levels:
            for name, raw in level.nodes.items():
                if not _runs(raw) or words(raw.get("type")) in _NOT_RUN or name in level.children:
                    continue
                left -= 1
                if left < 0:
                    return
                outputs = tuple(words(one.get("name")) for one in _mappings(raw.get("outputs")))
                title = words(raw.get("title"))
                yield level.path + name, Node(words(raw.get("type")), self._inputs(level, name, raw), title, outputs)

    def _open(self) -> None:
        """Lay out the sheets of all nodes that stand for one."""
        waiting = deque([self._top])
        while waiting:
            level = waiting.popleft()
            for name, raw in level.nodes.items():
                if len(self._levels) >= _LEVELS:
                    return
                if _runs(raw) and (sheet := self._sheet(level, name, raw)):
                    level.children[name] = sheet
                    self._levels.append(sheet)
                    waiting.append(sheet)

    def _sheet(self, parent: _Level, name: str, host: Raw) -> _Level | None:
        kind, path = words(host.get("type")), f"{parent.path}{name}:"
        if inner := self._subgraphs.get(kind):
            links = _links(inner.get("links"))
            sheet = _Level(path, _by_id(inner.get("nodes")), links, parent, host)
            sheet.inputs = [words(one.get("name")) for one in _mappings(inner.get("inputs"))]
            outputs = {link[3]: origin for link, origin in _ends(inner.get("links")) if link[2] == _OUTPUT_NODE}
            sheet.outputs = [outputs.get(place, _NOWHERE) for place in range(len(_mappings(inner.get("outputs"))))]
            sheet.promoted = _promoted(host, _mappings(inner.get("inputs")))
            return sheet
        group = mapping(self._groups.get(kind.split(">", 1)[-1].split("/", 1)[-1])) if kind.startswith(_GROUPS) else {}
        return _group(group, path, parent, host) if group else None

    def _inputs(self, level: _Level, name: str, raw: Raw) -> dict[str, Any]:
        inputs = values_of(raw)
        inputs |= {key: value for (node, key), value in level.promoted.items() if node == name}
        for one in _mappings(raw.get("inputs")):
            if (link := one.get("link")) is None:
                continue
            value = self._source(level, link)
            if value is not None:
                inputs[words(one.get("name"))] = value
            elif "widget" in one and level.links.get(_key(link), _NOWHERE)[0] != _INPUT_NODE:
                inputs.pop(words(one.get("name")), None)
        return inputs

    def _source(self, level: _Level, link: Any) -> Any:
        """What a link brings: `[node, output]` of one that runs, or the value of one that holds only that."""
        origin, slot = level.links.get(_key(link), _NOWHERE)
        for _ in range(_HOPS):
            self._left -= 1
            if self._left < 0:
                return None
            if origin == _INPUT_NODE and level.parent:
                value, link = _from_host(level, slot)
                if link is None:
                    return value
                level = level.parent
                origin, slot = level.links.get(_key(link), _NOWHERE)
                continue
            if child := level.children.get(str(origin)):
                level = child
                origin, slot = child.outputs[slot] if 0 <= slot < len(child.outputs) else _NOWHERE
                continue
            raw = level.nodes.get(str(origin))
            if raw is None or raw.get("mode") == _MUTED:
                return None
            kind = words(raw.get("type"))
            if kind == "PrimitiveNode":
                return _first(raw)
            if kind == "GetNode":
                raw, slot = level.setters().get(_first(raw), {}), 0
            elif kind != "Reroute" and raw.get("mode") != _BYPASSED:
                return [f"{level.path}{origin}", slot]
            origin, slot = level.links.get(_key(_through(raw, slot)), _NOWHERE)
        return None


def _runs(raw: Raw) -> bool:
    return raw.get("mode") not in (_MUTED, _BYPASSED)


def _through(raw: Raw, slot: int) -> Any:
    """The link of the input that a bypassed node hands on at an output: that of the same type, the same place first."""
    inputs, outputs = _mappings(raw.get("inputs")), _mappings(raw.get("outputs"))
    wanted = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
    if len(inputs) == 1 or wanted is None:
        return inputs[0].get("link") if inputs else None
    fitting = [one for one in (*inputs[slot : slot + 1], *inputs) if one.get("type") == wanted]
    return next((one["link"] for one in fitting if one.get("link") is not None), None)


def _from_host(level: _Level, slot: int) -> tuple[Any, Any]:
    """The value, or else the link, that the host of a sheet is given at one of the sheet's inputs."""
    if not 0 <= slot < len(level.inputs):
        return None, None
    name = level.inputs[slot]
    inputs = _mappings(level.host.get("inputs"))
    if name is None:
        one = inputs[slot] if slot < len(inputs) else {}
    else:
        one = next((one for one in inputs if one.get("name") == name), {})
    if (link := one.get("link")) is not None:
        return None, link
    own = level.promoted.get((_OWN, words(name)))
    return own if own is not None else values_of(level.host).get(words(name)), None


def _promoted(host: Raw, inputs: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """The values that are set at the host, for inner nodes or for its sheet's inputs.

    `proxyWidgets` names them in order; newer files have none, and the values follow the inputs that can hold one.
    """
    values = _list(host.get("widgets_values"))
    names = _list(mapping(host.get("properties")).get("proxyWidgets"))
    if not names:
        names = [[_OWN, one.get("name")] for one in inputs if one.get("type") in _VALUE_TYPES]
        values = values if len(names) == len(values) else []
    return {
        (str(one[0]), one[1]): value
        for one, value in zip(names, values, strict=False)
        if isinstance(one, list) and len(one) >= 2 and isinstance(one[1], str) and value is not None
    }


def _group(group: Raw, path: str, parent: _Level, host: Raw) -> _Level:
    """A group node's sheet. Its links name nodes by place; its host lists what is not connected inside, in order."""
    inner = _mappings(group.get("nodes"))
    links = [link[:4] for link in _list(group.get("links")) if isinstance(link, list)]
    inside = {(link[2], link[3]): (link[0], link[1]) for link in links if _are_places(link)}
    used = set(inside.values())
    values, sheet = deque(_list(host.get("widgets_values"))), _Level(path, {}, {}, parent, host)
    together = sum(len(_list(node.get("widgets_values"))) for node in inner) == len(values)
    for place, node in enumerate(inner[:_NODES]):
        own = dict(node)
        if together:
            own["widgets_values"] = [values.popleft() for _ in _list(node.get("widgets_values"))]
        own["inputs"] = []
        for slot, one in enumerate(_mappings(node.get("inputs"))):
            number = place * 1_000 + slot
            if (place, slot) in inside:
                sheet.links[number] = inside[place, slot]
            else:
                sheet.links[number] = (_INPUT_NODE, len(sheet.inputs))
                sheet.inputs.append(None)
            own["inputs"].append({**one, "link": number})
        free = range(len(_mappings(node.get("outputs"))))
        sheet.outputs += [(place, slot) for slot in free if (place, slot) not in used]
        sheet.nodes[str(place)] = own
    return sheet


def _by_id(nodes: Any) -> dict[str, Raw]:
    return {str(raw.get("id")): raw for raw in _mappings(nodes) if isinstance(raw.get("id"), str | int)}


def _links(links: Any) -> dict[Any, Link]:
    """Link number -> where it comes from."""
    return {_key(link[0]): origin for link, origin in _ends(links)}


def _ends(links: Any) -> Iterator[tuple[tuple[Any, ...], Link]]:
    """Every link as (number, origin, target, target's input), with where it comes from."""
    for link in _list(links):
        if isinstance(link, dict):
            number, origin, slot = link.get("id"), link.get("origin_id"), link.get("origin_slot")
            target, place = link.get("target_id"), link.get("target_slot")
        elif isinstance(link, list) and len(link) >= 5:
            number, origin, slot, target, place = link[:5]
        else:
            continue
        if isinstance(slot, int) and isinstance(place, int):
            yield (_key(number), origin, target, place), (origin, slot)


def _key(value: Any) -> Any:
    return value if isinstance(value, str | int) else None


def _are_places(link: list[Any]) -> bool:
    return len(link) == 4 and all(isinstance(place, int) for place in link)


def _first(raw: Raw) -> Any:
    """The first value of a node, where it is a plain one."""
    value = next(iter(_list(raw.get("widgets_values"))), None)
    return value if isinstance(value, str | int | float) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
