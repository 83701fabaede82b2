"""Turns a ComfyUI workflow, the graph as it was drawn, into what would have been run.

The drawing differs in this: links have numbers, values are lists without names, some nodes are switched off or
bypassed, some only carry a wire, and some stand for a whole sheet of others.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.analysis.prompts.comfyui.links import (
    BROADCASTERS,
    BYPASSED,
    MUTED,
    NOWHERE,
    Budget,
    Link,
    Raw,
    as_list,
    convert_key,
    list_objects,
    runs,
)
from app.analysis.prompts.comfyui.nodes import Graph, Node
from app.analysis.prompts.comfyui.sheets import (
    GETTERS,
    INPUT_NODE,
    SETTERS,
    Sheet,
    find_first_value,
    lay_out_group,
    lay_out_subgraph,
)
from app.analysis.prompts.generation import as_object, as_text

_NOT_RUN = frozenset(("Note", "MarkdownNote", "Reroute", "PrimitiveNode", *GETTERS, *SETTERS, *BROADCASTERS))
_NODES, _LEVELS, _HOPS, _STEPS = 10_000, 300, 300, 200_000
_VALUE_TYPES = ("STRING", "INT", "FLOAT", "BOOLEAN", "COMBO")
_OWN = "-1"  # the host itself, among the nodes whose values are promoted
_GROUPS = ("workflow/", "workflow>")


@dataclass(slots=True)
class _Level:
    """A sheet where it is used: by the workflow itself, or by the node, its host, that stands for it."""

    path: str
    sheet: Sheet
    parent: "_Level | None" = None
    name: str = ""  # of the host
    promoted: dict[str, dict[str, Any]] = field(default_factory=dict)  # node -> input -> value set at the host
    children: dict[str, "_Level"] = field(default_factory=dict)
    _origins: dict[str | int, Link] | None = None
    _values: dict[str, Any] = field(default_factory=dict)

    def given(self, slot: int) -> tuple[Any, Link | None]:
        """The value, or else its origin on the level above, that the host is given at one of the sheet's inputs."""
        if not 0 <= slot < len(self.sheet.inputs) or self.parent is None:
            return None, None
        if self._origins is None:
            above = self.parent.sheet
            self._origins, self._values = {}, {**above.values(self.name).values, **self.promoted.get(_OWN, {})}
            for place, one in enumerate(list_objects(above.nodes[self.name].get("inputs"))):
                if (origin := above.origin(self.name, place, one)) is not None:
                    self._origins |= {place: origin, as_text(one.get("name")): origin}
        name = self.sheet.inputs[slot]
        origin = self._origins.get(slot if name is None else name)
        return (None, origin) if origin else (self._values.get(as_text(name)), None)


def build_graph(workflow: Mapping[str, Any]) -> Graph:
    """Build the graph of the nodes that would run, linked directly; those of subgraphs are named `host:node`."""
    return dict(_Drawing(workflow).nodes())


class _Drawing:
    def __init__(self, workflow: Mapping[str, Any]) -> None:
        subgraphs = as_object(workflow.get("definitions")).get("subgraphs")
        self._subgraphs = {as_text(one.get("id")): one for one in list_objects(subgraphs)}
        self._groups = as_object(as_object(workflow.get("extra")).get("groupNodes"))
        self._sheets: dict[str, Sheet] = {}
        self._room, self._hops = Budget(_STEPS), Budget(_STEPS)
        self._levels = [_Level("", lay_out_subgraph(workflow, self._room))]
        self._open()

    def nodes(self) -> Iterator[tuple[str, Node]]:
        """Every node that runs, with its name."""
        left = _NODES
        for level in self._levels:
            for name, raw in level.sheet.nodes.items():
                if not runs(raw) or as_text(raw.get("type")) in _NOT_RUN or name in level.children:
                    continue
                left -= 1
                if left < 0:
                    return
                yield level.path + name, self._node(level, name, raw)

    def _open(self) -> None:
        """Open the sheets of all nodes that stand for one, as many as there is room for."""
        waiting = deque(self._levels)
        while waiting:
            level = waiting.popleft()
            for name, raw in level.sheet.nodes.items():
                if len(self._levels) >= _LEVELS:
                    return
                sheet = self._sheet(level.sheet, name, raw) if runs(raw) else None
                if sheet is None or not self._room.take(sheet.weight):
                    continue
                promoted = _promoted(raw, sheet.ports)
                child = _Level(f"{level.path}{name}:", sheet, level, name, promoted)
                level.children[name] = child
                self._levels.append(child)
                waiting.append(child)

    def _sheet(self, above: Sheet, name: str, host: Raw) -> Sheet | None:
        """What a node of a sheet stands for; None for a node that stands for itself."""
        if name not in above.inside:
            above.inside[name] = self._laid_out(host)
        return above.inside[name]

    def _laid_out(self, host: Raw) -> Sheet | None:
        kind = as_text(host.get("type"))
        if kind in self._subgraphs:
            if kind not in self._sheets:
                self._sheets[kind] = lay_out_subgraph(self._subgraphs[kind], self._room)
            return self._sheets[kind]
        name = kind.split(">", 1)[-1].split("/", 1)[-1]
        if not kind.startswith(_GROUPS) or not as_object(self._groups.get(name)):
            return None
        if kind not in self._sheets:
            self._sheets[kind] = lay_out_group(self._groups[name])
        return self._sheets[kind].set_at(host)

    def _node(self, level: _Level, name: str, raw: Raw) -> Node:
        outputs = list_objects(raw.get("outputs"))
        inputs = self._inputs(level, name, raw)
        return Node(
            as_text(raw.get("type")),
            inputs,
            as_text(raw.get("title")),
            tuple(as_text(one.get("name")) for one in outputs),
            {as_text(one.get("name")): as_text(one.get("type")) for one in list_objects(raw.get("inputs"))},
            tuple(as_text(one.get("type")) for one in outputs),
            level.sheet.values(name).guessed & inputs.keys(),
        )

    def _inputs(self, level: _Level, name: str, raw: Raw) -> dict[str, Any]:
        """The inputs of a node. One that would be linked to a node that does not run sends its own value, if any."""
        inputs = {**level.sheet.values(name).values, **level.promoted.get(name, {})}
        for place, one in enumerate(list_objects(raw.get("inputs"))):
            origin = level.sheet.origin(name, place, one)
            if origin is not None and (value := self._follow(level, origin)) is not None:
                inputs[as_text(one.get("name"))] = value
        return inputs

    def _follow(self, level: _Level, link: Link) -> Any:
        """What comes from there: `[node, output]` of one that runs, or the value of one that holds only that."""
        origin, slot = link
        for _ in range(_HOPS):
            if not self._hops.take():
                return None
            if origin == INPUT_NODE and level.parent:
                value, above = level.given(slot)
                if above is None:
                    return value
                level, (origin, slot) = level.parent, above
                continue
            if child := level.children.get(str(origin)):
                level = child
                origin, slot = child.sheet.outputs[slot] if 0 <= slot < len(child.sheet.outputs) else NOWHERE
                continue
            raw = level.sheet.nodes.get(str(origin))
            if raw is None or raw.get("mode") == MUTED:
                return None
            kind = as_text(raw.get("type"))
            if kind == "PrimitiveNode":
                return find_first_value(raw)
            if kind in GETTERS:
                raw, slot = level.sheet.setters().get(find_first_value(raw), {}), 0
            elif kind != "Reroute" and raw.get("mode") != BYPASSED:
                return [f"{level.path}{origin}", slot]
            origin, slot = level.sheet.links.get(convert_key(self._through(raw, slot)), NOWHERE)
        return None

    def _through(self, raw: Raw, slot: int) -> Any:
        """The link of the input that a node hands on at an output: that of the same type, the same place first."""
        if not self._hops.take(len(as_list(raw.get("inputs"))) + len(as_list(raw.get("outputs")))):
            return None
        inputs, outputs = list_objects(raw.get("inputs")), list_objects(raw.get("outputs"))
        wanted = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
        if len(inputs) == 1 or wanted is None:
            return inputs[0].get("link") if inputs else None
        fitting = [one for one in (*inputs[slot : slot + 1], *inputs) if one.get("type") == wanted]
        return next((one["link"] for one in fitting if one.get("link") is not None), None)


def _promoted(host: Raw, inputs: Sequence[Raw]) -> dict[str, dict[str, Any]]:
    """The values that are set at the host, for inner nodes or for its sheet's inputs.

    The newest files name them; before, `proxyWidgets` does so in order, or they follow the inputs that can hold one.
    """
    if told := as_object(host.get("widgets_values_named")):
        return {_OWN: told}
    values = as_list(host.get("widgets_values"))
    names = as_list(as_object(host.get("properties")).get("proxyWidgets"))
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
