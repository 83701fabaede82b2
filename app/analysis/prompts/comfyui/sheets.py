"""The sheets of a drawn ComfyUI workflow: the workflow itself, its subgraphs, and the older group nodes.

A sheet is laid out once, however many nodes stand for it; what it weighs is what each of them costs (workflow schema
0.4 and 1, ComfyUI_frontend, src/platform/workflow/validation/schemas/workflowSchema.ts).
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.analysis.prompts.comfyui.links import (
    NOWHERE,
    Budget,
    Link,
    Raw,
    as_list,
    convert_key,
    find_broadcasts,
    find_origins,
    index_by_id,
    list_objects,
    walk_links,
)
from app.analysis.prompts.comfyui.widgets import Named, name_values
from app.analysis.prompts.generation import as_text

GETTERS, SETTERS = ("GetNode", "easy getNode"), ("SetNode", "easy setNode")
INPUT_NODE, _OUTPUT_NODE = -10, -20  # of a subgraph, in its links
_NODES = 10_000  # of a group
_PORTS = 300  # of a subgraph, on either side
_LISTS = ("inputs", "outputs", "widgets_values")  # of a node


@dataclass(slots=True)
class Sheet:
    """Nodes by name, and what they are linked to. `inputs` names the host's, None where they are in order."""

    nodes: Mapping[str, Raw]
    links: Mapping[Any, Link]
    reached: Mapping[tuple[str, int], Link] = field(default_factory=dict)  # by nodes that broadcast
    inputs: list[str | None] = field(default_factory=list)
    outputs: list[Link] = field(default_factory=list)
    ports: Sequence[Raw] = ()  # of a subgraph: its inputs
    inside: dict[str, "Sheet | None"] = field(default_factory=dict)  # what its nodes stand for, as far as it was asked
    _values: dict[str, Named] = field(default_factory=dict)
    _setters: dict[Any, Raw] | None = None
    _weight: int | None = None

    @property
    def weight(self) -> int:
        """How much there is to look at, in nodes, inputs, outputs and values."""
        if self._weight is None:
            self._weight = 1 + sum(1 + sum(_length(raw.get(part)) for part in _LISTS) for raw in self.nodes.values())
        return self._weight

    def values(self, name: str) -> Named:
        """The values of a node by name."""
        if name not in self._values:
            self._values[name] = name_values(self.nodes[name])
        return self._values[name]

    def setters(self) -> dict[Any, Raw]:
        """The SetNodes (KJNodes, Easy-Use) by the name under which a GetNode repeats them."""
        if self._setters is None:
            self._setters = {find_first_value(raw): raw for raw in self.nodes.values() if raw.get("type") in SETTERS}
        return self._setters

    def origin(self, name: str, place: int, one: Raw) -> Link | None:
        """Where a node's input, the one at this place, is linked to; None where it is open."""
        if (link := one.get("link")) is not None:
            return self.links.get(convert_key(link), NOWHERE)
        return self.reached.get((name, place))

    def set_at(self, host: Raw) -> "Sheet":
        """A copy of a group with the values that its host node sets; itself where their numbers do not agree."""
        values = deque(as_list(host.get("widgets_values")))
        if len(values) != sum(len(as_list(raw.get("widgets_values"))) for raw in self.nodes.values()):
            return self
        nodes = {
            name: {**raw, "widgets_values": [values.popleft() for _ in as_list(raw.get("widgets_values"))]}
            for name, raw in self.nodes.items()
        }
        return replace(self, nodes=nodes, inside={}, _values={}, _setters=None)


def lay_out_subgraph(written: Raw, room: Budget) -> Sheet:
    """Lay out a subgraph, or the workflow itself."""
    nodes, links = index_by_id(written.get("nodes")), find_origins(written.get("links"))
    ports = list_objects(written.get("inputs"))[:_PORTS]
    outputs = {link[3]: origin for link, origin in walk_links(written.get("links")) if link[2] == _OUTPUT_NODE}
    return Sheet(
        nodes,
        links,
        find_broadcasts(written, nodes, links, room),
        [as_text(one.get("name")) for one in ports],
        [outputs.get(place, NOWHERE) for place in range(len(list_objects(written.get("outputs"))[:_PORTS]))],
        ports,
    )


def lay_out_group(group: Raw) -> Sheet:
    """Lay out a group node. Its links name nodes by place; its host lists what is not connected inside, in order."""
    written = [link[:4] for link in as_list(group.get("links")) if isinstance(link, list)]
    inside = {(link[2], link[3]): (link[0], link[1]) for link in written if _are_places(link)}
    used = set(inside.values())
    nodes: dict[str, Raw] = {}
    links: dict[Any, Link] = {}
    sheet = Sheet(nodes, links)
    for place, node in enumerate(list_objects(group.get("nodes"))[:_NODES]):
        inputs = []
        for slot, one in enumerate(list_objects(node.get("inputs"))):
            number = f"{place}:{slot}"
            if (place, slot) in inside:
                links[number] = inside[place, slot]
            else:
                links[number] = (INPUT_NODE, len(sheet.inputs))
                sheet.inputs.append(None)
            inputs.append({**one, "link": number})
        free = range(len(list_objects(node.get("outputs"))))
        sheet.outputs += [(place, slot) for slot in free if (place, slot) not in used]
        nodes[str(place)] = {**node, "inputs": inputs}
    return sheet


def find_first_value(raw: Raw) -> Any:
    """Find the first value of a node, if it is a plain one."""
    value = next(iter(as_list(raw.get("widgets_values"))), None)
    return value if isinstance(value, str | int | float) else None


def _are_places(link: list[Any]) -> bool:
    return len(link) == 4 and all(isinstance(place, int) for place in link)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list | dict) else 0
