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
from app.analysis.workflow_links import (
    BROADCASTERS,
    BYPASSED,
    MUTED,
    NOWHERE,
    Link,
    Raw,
    broadcast,
    by_id,
    ends,
    key,
    listed,
    mappings,
    origins,
    runs,
)
from app.analysis.workflow_widgets import values_of

_GETTERS, _SETTERS = ("GetNode", "easy getNode"), ("SetNode", "easy setNode")
_NOT_RUN = frozenset(("Note", "MarkdownNote", "Reroute", "PrimitiveNode", *_GETTERS, *_SETTERS, *BROADCASTERS))
_INPUT_NODE, _OUTPUT_NODE = -10, -20  # of a subgraph, in its links
_NODES, _LEVELS, _HOPS, _STEPS = 10_000, 300, 300, 100_000
_PORTS = 300  # of a subgraph, on either side
_VALUE_TYPES = ("STRING", "INT", "FLOAT", "BOOLEAN", "COMBO")
_OWN = "-1"  # the host itself, among the nodes whose values are promoted
_GROUPS = ("workflow/", "workflow>")


@dataclass(slots=True)
class _Level:
    """One sheet of the drawing: the workflow itself, or what a single node stands for."""

    path: str
    nodes: dict[str, Raw]
    links: dict[Any, Link]
    parent: "_Level | None" = None
    name: str = ""  # of the host
    host: Raw = field(default_factory=dict)
    inputs: list[str | None] = field(
        default_factory=list
    )  # of a sheet: the host's inputs, None where they are in order
    outputs: list[Link] = field(default_factory=list)
    promoted: dict[str, dict[str, Any]] = field(default_factory=dict)  # node -> input -> value set at the host
    reached: dict[tuple[str, int], Link] = field(default_factory=dict)  # by nodes that broadcast
    children: dict[str, "_Level"] = field(default_factory=dict)
    _setters: dict[Any, Raw] | None = None
    _origins: dict[str | int, Link] | None = None
    _values: dict[str, Any] = field(default_factory=dict)

    def setters(self) -> dict[Any, Raw]:
        """The SetNodes (KJNodes, Easy-Use) by the name under which a GetNode repeats them."""
        if self._setters is None:
            self._setters = {_first(raw): raw for raw in self.nodes.values() if raw.get("type") in _SETTERS}
        return self._setters

    def given(self, slot: int) -> tuple[Any, Link | None]:
        """The value, or else its origin on the level above, that the host is given at one of the sheet's inputs."""
        if not 0 <= slot < len(self.inputs) or self.parent is None:
            return None, None
        if self._origins is None:
            self._origins, self._values = {}, values_of(self.host) | self.promoted.get(_OWN, {})
            for place, one in enumerate(mappings(self.host.get("inputs"))):
                if (origin := self.parent.origin(self.name, place, one)) is not None:
                    self._origins |= {place: origin, words(one.get("name")): origin}
        name = self.inputs[slot]
        origin = self._origins.get(slot if name is None else name)
        return (None, origin) if origin else (self._values.get(words(name)), None)

    def origin(self, name: str, place: int, one: Raw) -> Link | None:
        """Where a node's input, the one at this place, is linked to; None where it is open."""
        if (link := one.get("link")) is not None:
            return self.links.get(key(link), NOWHERE)
        return self.reached.get((name, place))


def graph_of(workflow: Mapping[str, Any]) -> Graph:
    """The nodes that would run, with links straight to each other; those of subgraphs are named `host:node`."""
    return dict(_Drawing(workflow).nodes())


class _Drawing:
    def __init__(self, workflow: Mapping[str, Any]) -> None:
        listed = mapping(workflow.get("definitions")).get("subgraphs")
        self._subgraphs = {words(one.get("id")): one for one in mappings(listed)}
        self._groups = mapping(mapping(workflow.get("extra")).get("groupNodes"))
        self._top = _Level("", by_id(workflow.get("nodes")), origins(workflow.get("links")))
        self._top.reached = broadcast(workflow, self._top.nodes, self._top.links)
        self._levels = [self._top]
        self._left = self._room = _STEPS
        self._open()

    def nodes(self) -> Iterator[tuple[str, Node]]:
        """Every node that runs, with its name."""
        left = _NODES
        for level in self._levels:
            for name, raw in level.nodes.items():
                if not runs(raw) or words(raw.get("type")) in _NOT_RUN or name in level.children:
                    continue
                left -= 1
                if left < 0:
                    return
                outputs = tuple(words(one.get("name")) for one in mappings(raw.get("outputs")))
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
                if runs(raw) and (sheet := self._sheet(level, name, raw)):
                    level.children[name] = sheet
                    self._levels.append(sheet)
                    waiting.append(sheet)

    def _sheet(self, parent: _Level, name: str, host: Raw) -> _Level | None:
        kind, path = words(host.get("type")), f"{parent.path}{name}:"
        inner = self._subgraphs.get(kind)
        group = mapping(self._groups.get(kind.split(">", 1)[-1].split("/", 1)[-1])) if kind.startswith(_GROUPS) else {}
        self._room -= sum(len(listed((inner or group).get(part))) for part in ("nodes", "links"))
        if self._room < 0 or not (inner or group):
            return None
        if not inner:
            return _group(group, path, parent, name, host)
        links = origins(inner.get("links"))
        sheet = _Level(path, by_id(inner.get("nodes")), links, parent, name, host)
        sheet.reached = broadcast(inner, sheet.nodes, links)
        ports = mappings(inner.get("inputs"))[:_PORTS]
        sheet.inputs = [words(one.get("name")) for one in ports]
        outputs = {link[3]: origin for link, origin in ends(inner.get("links")) if link[2] == _OUTPUT_NODE}
        sheet.outputs = [outputs.get(place, NOWHERE) for place in range(len(mappings(inner.get("outputs"))[:_PORTS]))]
        sheet.promoted = _promoted(host, ports)
        return sheet

    def _inputs(self, level: _Level, name: str, raw: Raw) -> dict[str, Any]:
        inputs = values_of(raw) | level.promoted.get(name, {})
        for place, one in enumerate(mappings(raw.get("inputs"))):
            if (origin := level.origin(name, place, one)) is None:
                continue
            value = self._follow(level, origin)
            if value is not None:
                inputs[words(one.get("name"))] = value
            elif "widget" in one and origin[0] != _INPUT_NODE:
                inputs.pop(words(one.get("name")), None)
        return inputs

    def _follow(self, level: _Level, link: Link) -> Any:
        """What comes from there: `[node, output]` of one that runs, or the value of one that holds only that."""
        origin, slot = link
        for _ in range(_HOPS):
            self._left -= 1
            if self._left < 0:
                return None
            if origin == _INPUT_NODE and level.parent:
                value, above = level.given(slot)
                if above is None:
                    return value
                level, (origin, slot) = level.parent, above
                continue
            if child := level.children.get(str(origin)):
                level = child
                origin, slot = child.outputs[slot] if 0 <= slot < len(child.outputs) else NOWHERE
                continue
            raw = level.nodes.get(str(origin))
            if raw is None or raw.get("mode") == MUTED:
                return None
            kind = words(raw.get("type"))
            if kind == "PrimitiveNode":
                return _first(raw)
            if kind in _GETTERS:
                raw, slot = level.setters().get(_first(raw), {}), 0
            elif kind != "Reroute" and raw.get("mode") != BYPASSED:
                return [f"{level.path}{origin}", slot]
            origin, slot = level.links.get(key(_through(raw, slot)), NOWHERE)
        return None


def _through(raw: Raw, slot: int) -> Any:
    """The link of the input that a bypassed node hands on at an output: that of the same type, the same place first."""
    inputs, outputs = mappings(raw.get("inputs")), mappings(raw.get("outputs"))
    wanted = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
    if len(inputs) == 1 or wanted is None:
        return inputs[0].get("link") if inputs else None
    fitting = [one for one in (*inputs[slot : slot + 1], *inputs) if one.get("type") == wanted]
    return next((one["link"] for one in fitting if one.get("link") is not None), None)


def _promoted(host: Raw, inputs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The values that are set at the host, for inner nodes or for its sheet's inputs.

    `proxyWidgets` names them in order; newer files have none, and the values follow the inputs that can hold one.
    """
    values = listed(host.get("widgets_values"))
    names = listed(mapping(host.get("properties")).get("proxyWidgets"))
    if not names:
        names = [[_OWN, one.get("name")] for one in inputs if one.get("type") in _VALUE_TYPES]
        values = values if len(names) == len(values) else []
    found: dict[str, dict[str, Any]] = {}
    for one, value in zip(names, values, strict=False):
        if (
            isinstance(one, list)
            and len(one) >= 2
            and _is_name(one[0])
            and isinstance(one[1], str)
            and value is not None
        ):
            found.setdefault(str(one[0]), {})[one[1]] = value
    return found


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int)


def _group(group: Raw, path: str, parent: _Level, name: str, host: Raw) -> _Level:
    """A group node's sheet. Its links name nodes by place; its host lists what is not connected inside, in order."""
    inner = mappings(group.get("nodes"))
    links = [link[:4] for link in listed(group.get("links")) if isinstance(link, list)]
    inside = {(link[2], link[3]): (link[0], link[1]) for link in links if _are_places(link)}
    used = set(inside.values())
    values, sheet = deque(listed(host.get("widgets_values"))), _Level(path, {}, {}, parent, name, host)
    together = sum(len(listed(node.get("widgets_values"))) for node in inner) == len(values)
    for place, node in enumerate(inner[:_NODES]):
        own = dict(node)
        if together:
            own["widgets_values"] = [values.popleft() for _ in listed(node.get("widgets_values"))]
        own["inputs"] = []
        for slot, one in enumerate(mappings(node.get("inputs"))):
            number = place * 1_000 + slot
            if (place, slot) in inside:
                sheet.links[number] = inside[place, slot]
            else:
                sheet.links[number] = (_INPUT_NODE, len(sheet.inputs))
                sheet.inputs.append(None)
            own["inputs"].append({**one, "link": number})
        free = range(len(mappings(node.get("outputs"))))
        sheet.outputs += [(place, slot) for slot in free if (place, slot) not in used]
        sheet.nodes[str(place)] = own
    return sheet


def _are_places(link: list[Any]) -> bool:
    return len(link) == 4 and all(isinstance(place, int) for place in link)


def _first(raw: Raw) -> Any:
    """The first value of a node, where it is a plain one."""
    value = next(iter(listed(raw.get("widgets_values"))), None)
    return value if isinstance(value, str | int | float) else None
