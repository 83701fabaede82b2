"""The links of one sheet of a drawn ComfyUI workflow: those that are drawn, and those of nodes that broadcast.

A node that broadcasts (chrisgoringe/cg-use-everywhere) reaches every open input of its type on its sheet. Newer files
list what it reaches; of older ones it is found by that pack's rules, and an input that two could reach stays open.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.analysis.prompts.generation import as_object, as_text

Raw = Mapping[str, Any]
Link = tuple[Any, int]
"""The id of a node on one level, and its output."""
_Sender = tuple[int, tuple[str, ...], Link]
"""Priority, what the name of an input must contain, and what is sent."""
NOWHERE: Link = (None, 0)
MUTED, BYPASSED = 2, 4
BROADCASTERS = {
    "Anything Everywhere?": 10,
    "Prompts Everywhere": 5,
    "Anything Everywhere": 2,
    "Anything Everywhere3": 0,
}
"""Nodes that broadcast what they are given, with their priority."""
_SEEDS = "Seed Everywhere"  # broadcasts what it gives
_SEEDS_PRIORITY = 5
_LISTS_ALL = (1, 16)  # the version of the frontend from which on an input may be listed and still hold a value
_WORD = re.compile(r"\w+")
_CHARACTERS = 200  # that are looked at, of a person's pattern and of the name of an input
_BROADCASTS = 50  # of one sheet
_BEGINS = "^"  # before a word that a name must begin with
_DIGITS = 6  # of a part of a version


@dataclass(slots=True)
class Budget:
    """How many steps a drawing may still cost."""

    left: int

    def take(self, steps: int = 1) -> bool:
        """Take so many steps; False where fewer are left."""
        if steps > self.left:
            return False
        self.left -= steps
        return True


def as_list(value: Any) -> list[Any]:
    """Give the value if it is a JSON list, else an empty one."""
    return value if isinstance(value, list) else []


def list_objects(value: Any) -> list[dict[str, Any]]:
    """List the objects of a JSON list; empty for anything else."""
    return [one for one in as_list(value) if isinstance(one, dict)]


def convert_key(value: Any) -> Any:
    """Convert a link's number to a key; None for what can be none."""
    return value if isinstance(value, str | int) else None


def runs(raw: Raw) -> bool:
    """Whether a node is neither muted nor bypassed."""
    return raw.get("mode") not in (MUTED, BYPASSED)


def index_by_id(nodes: Any) -> dict[str, Raw]:
    """Index the nodes of a sheet by their id, as text."""
    return {str(raw.get("id")): raw for raw in list_objects(nodes) if isinstance(raw.get("id"), str | int)}


def find_origins(links: Any) -> dict[Any, Link]:
    """Find where each link comes from, by its number."""
    return {convert_key(link[0]): origin for link, origin in walk_links(links)}


def walk_links(links: Any) -> Iterator[tuple[tuple[Any, ...], Link]]:
    """Yield every link as (number, origin, target, target's input), with where it comes from."""
    for link in as_list(links):
        if isinstance(link, dict):
            number, origin, slot = link.get("id"), link.get("origin_id"), link.get("origin_slot")
            target, place = link.get("target_id"), link.get("target_slot")
        elif isinstance(link, list) and len(link) >= 5:
            number, origin, slot, target, place = link[:5]
        else:
            continue
        if isinstance(slot, int) and isinstance(place, int):
            yield (convert_key(number), origin, target, place), (origin, slot)


def find_broadcasts(
    sheet: Raw, nodes: Mapping[str, Raw], drawn: Mapping[Any, Link], room: Budget
) -> dict[tuple[str, int], Link]:
    """Find what reaches an input, by node and place, without a link drawn to it."""
    reached: dict[tuple[str, int], Link] = {}
    for one in list_objects(as_object(sheet.get("extra")).get("ue_links")):
        place, slot = one.get("downstream_slot"), one.get("upstream_slot")
        if isinstance(place, int) and isinstance(slot, int):
            reached[str(one.get("downstream")), place] = one.get("upstream"), slot
    return reached or _by_rules(sheet, nodes, drawn, room)


def _by_rules(
    sheet: Raw, nodes: Mapping[str, Raw], drawn: Mapping[Any, Link], room: Budget
) -> dict[tuple[str, int], Link]:
    senders: dict[str, list[_Sender]] = {}
    for type_, sender in islice(_senders(nodes, drawn), _BROADCASTS):
        senders.setdefault(type_, []).append(sender)
    comparisons = {type_: sum(1 + len(names) for _, names, _ in some) for type_, some in senders.items()}
    reached: dict[tuple[str, int], Link] = {}
    converted = _is_old(sheet)
    for name, place, port in _open_inputs(nodes):
        type_ = as_text(port.get("type"))
        if type_ not in senders or ("widget" in port and not (converted or _is_connectable(nodes[name], port))):
            continue
        if not room.take(comparisons[type_]):
            break
        fitting = _fitting(senders[type_], as_text(port.get("name"))[:_CHARACTERS], name)
        if fitting is not None:
            reached[name, place] = fitting
    return reached


def _senders(nodes: Mapping[str, Raw], drawn: Mapping[Any, Link]) -> Iterator[tuple[str, _Sender]]:
    """The type of what is broadcast, and its sender."""
    for name, raw in nodes.items():
        kind = as_text(raw.get("type"))
        if not runs(raw):
            continue
        if kind == _SEEDS:
            yield _type(nodes, (name, 0)), (_SEEDS_PRIORITY, ("seed",), (raw.get("id"), 0))
        for place, one in enumerate(list_objects(raw.get("inputs")) if kind in BROADCASTERS else ()):
            origin = drawn.get(convert_key(one.get("link")), NOWHERE) if one.get("link") is not None else NOWHERE
            if origin[0] is not None:
                yield _type(nodes, origin), (BROADCASTERS[kind], _names(raw, place), origin)


def _open_inputs(nodes: Mapping[str, Raw]) -> Iterator[tuple[str, int, Raw]]:
    """The inputs that nothing is linked to: node, place and input."""
    for name, raw in nodes.items():
        if as_text(raw.get("type")) not in BROADCASTERS:
            for place, one in enumerate(list_objects(raw.get("inputs"))):
                if one.get("link") is None:
                    yield name, place, one


def _is_old(sheet: Raw) -> bool:
    """Whether an older frontend drew a sheet: it lists a widget among the inputs once it was made an open one."""
    if "inputNode" in sheet:  # a subgraph
        return False
    version = as_text(as_object(sheet.get("extra")).get("frontendVersion"))[:_CHARACTERS]
    numbers = tuple(int(number) for number in version.split(".")[:2] if number.isdigit() and len(number) < _DIGITS)
    return numbers < _LISTS_ALL


def _is_connectable(raw: Raw, port: Raw) -> bool:
    """Whether a person opened a widget to what is broadcast (cg-use-everywhere 7, `widget_ue_connectable`)."""
    opened = as_object(as_object(raw.get("properties")).get("widget_ue_connectable"))
    return opened.get(as_text(port.get("name"))) is True


def _names(raw: Raw, place: int) -> tuple[str, ...]:
    """What the name of an input must contain; nothing where any will do. Of a person's pattern, its words."""
    kind = raw.get("type")
    if kind == "Prompts Everywhere":
        return ("neg",) if place else ("pos", f"{_BEGINS}prompt")
    if kind == "Anything Everywhere?":
        pattern = next(iter(as_list(raw.get("widgets_values"))[1:2]), "")
        return tuple(_WORD.findall(as_text(pattern)[:_CHARACTERS]))
    return ()


def _type(nodes: Mapping[str, Raw], origin: Link) -> str:
    outputs = list_objects(nodes.get(str(origin[0]), {}).get("outputs"))
    return as_text(outputs[origin[1]].get("type")) if 0 <= origin[1] < len(outputs) else ""


def _fitting(senders: list[_Sender], name: str, node: str) -> Link | None:
    """The one of highest priority that may reach an input of this name; None where two have it."""
    found = [
        (priority, origin)
        for priority, wanted, origin in senders
        if str(origin[0]) != node and (not wanted or any(_holds(name, word) for word in wanted))
    ]
    highest = max((priority for priority, _ in found), default=0)
    best = {origin for priority, origin in found if priority == highest}
    return best.pop() if len(best) == 1 else None


def _holds(name: str, word: str) -> bool:
    return name.startswith(word[1:]) if word.startswith(_BEGINS) else word in name
