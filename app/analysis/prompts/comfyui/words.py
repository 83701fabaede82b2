"""Walks a ComfyUI graph backwards from a sampler to the words that it was given, through any node.

What is certain is the role: along an input named for one (`positive`) only that one is followed, and nothing that has
no role is ever called negative. What could not be followed is remembered, so that nobody takes the rest for the whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from app.analysis.prompts.comfyui.changes import (
    FORM,
    alters,
    fill_form,
    find_literal,
    fits_by_itself,
    list_replaced,
    replace_all,
    take_wanted,
)
from app.analysis.prompts.comfyui.choices import is_choice
from app.analysis.prompts.comfyui.joins import choose_joined, find_delimiter, is_delimiter
from app.analysis.prompts.comfyui.nodes import (
    Graph,
    Node,
    find_plain_value,
    follow_link,
    follow_links,
    list_live,
    split_name,
    split_names,
)
from app.analysis.prompts.comfyui.texts import (
    CARRIERS,
    NEGATIVE,
    POSITIVE,
    asks,
    builds,
    chooses,
    find_role,
    find_role_of_output,
    gives_one,
    hands_on,
    is_file,
    is_for_words,
    is_instruction,
    is_program,
    is_prose,
    is_text,
    is_text_of,
    looks_unwanted,
    marks_regions,
    may_be_text,
    may_carry,
    rewrites,
)
from app.analysis.prompts.generation import is_number

_REGIONAL = split_names("cond conds conditioning conditionings region regions")
_NO_TEXTS = _REGIONAL | CARRIERS | {"embeds"}  # that are linked
_MANY, _LONGEST, _DEEP = 64, 64 * 1024, 120
_BETWEEN = 100  # characters of a delimiter
_NODES = 2_000  # that are visited for one image


@dataclass(frozen=True, slots=True)
class _Said:
    """What came from a node; `known` where that is all, even if it is nothing."""

    texts: tuple[str, ...] = ()
    known: bool = True


_UNKNOWN = _Said(known=False)


class _Way(NamedTuple):
    """How a walk came to a node: `sure` once it has led through an input of its role, `asked` through a question."""

    role: str
    sure: bool = False
    asked: bool = False


class Words:
    """One reading of a graph: remembers what each node gave.

    `met` says that a place for words was reached, `left_out` that a typed text was not taken that may belong to them,
    `lost` that a place for words was linked to what could not be read, `guessed` that words were known by their looks.

    A loose reading also takes plain texts whose input's name says nothing, where they look like written words, and
    what a language model was given to write on. It never takes what the model was asked.
    """

    def __init__(self, graph: Graph, *, loose: bool = False) -> None:
        self._graph, self._loose, self._left = graph, loose, _NODES
        self._known: dict[tuple[str, _Way], _Said] = {}
        self.met = self.left_out = self.lost = self.guessed = False

    @property
    def is_doubtful(self) -> bool:
        """Whether there may be more or other words than were found."""
        return self._loose or self.left_out or self.lost or self.guessed

    def find_texts(self, sampler: Node, role: str) -> tuple[str, ...]:
        """Find the texts that a sampler was given in this role."""
        return self._node(sampler, _Way(role), depth=0).texts

    def find_region_texts(self, node: Node) -> tuple[str, ...]:
        """Find the texts with which a node that changes a model paints regions of the picture.

        They come as conditionings without a role, with a mask or several; a single one may be there to be avoided.
        """
        keys = [key for key in node.inputs if ("cond" in key or "region" in key) and self._is_region(key, node)]
        masked = any("mask" in key or "region" in key for key in node.inputs)
        alone = not masked and (len(keys) == 1 or any(map(find_role, node.inputs)))
        if not keys or alone or follow_link(self._graph, node.inputs.get("model")) is None:
            return ()
        return self._inputs(node, keys, _Way(POSITIVE), depth=0).texts

    def _is_region(self, key: str, node: Node) -> bool:
        target = follow_link(self._graph, node.inputs[key])
        if target is None or find_role(key) or not _REGIONAL & set(split_name(key)):
            return False
        return find_role_of_output(self._graph[target[0]], target[1], POSITIVE) == POSITIVE

    def _behind(self, value: Any, way: _Way, *, depth: int) -> _Said:
        target = follow_link(self._graph, value)
        if target is None or depth > _DEEP or self._left <= 0:
            return _UNKNOWN
        name, slot = target
        node = self._graph[name]
        way = way._replace(role=find_role_of_output(node, slot, way.role))
        if way.role == NEGATIVE and slot > 0:
            way = way._replace(sure=False)  # an encoder with one text and two outputs: it is not that of the second
        key = name, way
        if key not in self._known:
            self._known[key] = _Said()  # a circle adds nothing
            self._left -= 1
            self._known[key] = self._node(node, way, depth=depth, alone=slot == 0 and name not in self._forked)
        return self._known[key]

    @cached_property
    def _forked(self) -> frozenset[str]:
        """The nodes of which more than the first output is in use."""
        return frozenset(
            name for node in self._graph.values() for name, slot in follow_links(self._graph, node) if slot > 0
        )

    def _node(self, node: Node, way: _Way, *, depth: int, alone: bool = False) -> _Said:
        """The texts of a node."""
        kind = node.kind.lower()
        if "zeroout" in kind or "clipvision" in kind:  # a conditioning of nothing, and one of a picture
            return _Said()
        if asks(node) and not fits_by_itself(node):
            if not self._loose:
                return _UNKNOWN
            way = way._replace(asked=True)
        plain = (key for key, value in node.inputs.items() if isinstance(value, str | list))
        named = [key for key in plain if find_role(key) == way.role]
        if named:
            return self._inputs(node, named, way._replace(sure=True), depth=depth)
        live = self._fitting(node, list_live(self._graph, node), way)
        said = self._inputs(node, live, way, depth=depth, alone=alone)
        if not said.known and len(live) == 1 and "switch" in kind:
            # Set to what a model made of the words, a switch often has them on its other side as they were written
            self.lost |= way.role == POSITIVE
            others = [key for key in self._fitting(node, list(node.inputs), way) if key not in live]
            return self._inputs(node, others, way, depth=depth)
        return said

    def _fitting(self, node: Node, keys: list[str], way: _Way) -> list[str]:
        """Those of a node's inputs by which words without a role of their own may come in this one."""
        found = [key for key in keys if may_carry(node, key) and find_role(key) is None]
        if way.role == NEGATIVE:
            found = [key for key in found if key not in node.guessed or gives_one(node)]
        if way.role == NEGATIVE and not way.sure:
            found = [key for key in found if "cond" not in key]
        return found

    def _inputs(self, node: Node, keys: list[str], way: _Way, *, depth: int, alone: bool = False) -> _Said:
        keys = _used(node, keys)
        wanted = way.sure or way.role == POSITIVE
        typed = (
            wanted and not _is_option(self._graph, node) and (not asks(node) or rewrites(node) or fits_by_itself(node))
        )
        behind: dict[str, tuple[str, ...]] = {}
        order: dict[str, tuple[str, ...]] = {}
        known = False
        for key in keys:
            value = node.inputs[key]
            if _is_link(value):
                along = (way.sure or "cond" in key) and not CARRIERS & set(split_name(key))
                said = self._behind(value, way._replace(sure=along), depth=depth + 1)
                order[key] = behind[key] = said.texts
                known |= said.known
                self.lost |= way.role == POSITIVE and not said.known and is_for_words(node, key)
            elif typed:
                order[key] = tuple(self._literal(node, key, way))
                known |= bool(order[key]) or (is_text(key) and not _makes_up(node))
        self.left_out |= typed and (not all(map(is_text, node.guessed)) or (depth > 0 and builds(node)))
        if way.role == POSITIVE and not alone:
            self._leave_out_unwanted(order, behind)
        brought = [key for key, found in behind.items() if found]
        if brought and _shows(node.kind):  # what is shown may be what an earlier run showed
            order = behind
        elif depth and wanted and self._is_of_texts(node, keys):
            order |= self._joined(node, [key for key in keys if not order.get(key)], brought, alone=alone)
        texts = self._changed(node, order, way, depth=depth)
        if chooses(node) and any("\n" in text.strip() for text in texts):
            return _UNKNOWN
        return _Said(_worked(self._graph, node, texts), known)

    def _leave_out_unwanted(self, order: dict[str, tuple[str, ...]], behind: Mapping[str, object]) -> None:
        """Leave out what lists unwanted things where a node that gives more than words was told wanted ones, too."""
        typed = {key: "\n".join(texts) for key, texts in order.items() if texts and key not in behind}
        unwanted = [key for key, text in typed.items() if looks_unwanted(text)]
        if len(unwanted) < len(typed):
            self.left_out |= bool(unwanted)
            for key in unwanted:
                del order[key]

    def _changed(self, node: Node, order: dict[str, tuple[str, ...]], way: _Way, *, depth: int) -> list[str]:
        """The texts as the node changes them; where that is not known, as they came, and that is remembered."""
        if FORM in order:
            filled = {key: "\n".join(texts) for key, texts in order.items() if texts}
            form, is_open = fill_form(filled.pop(FORM, ""), self._plain_values(node) | filled)
            self.lost |= way.role == POSITIVE and is_open
            return [form] if form else []
        texts = [text for found in order.values() for text in found]
        pairs = list_replaced(node)
        doubtful = alters(node) and not pairs and bool(texts)
        for key, place in pairs:
            old, new = find_literal(node, key), node.inputs[place]
            if _is_link(new):
                said = self._behind(new, way._replace(sure=True), depth=depth + 1)
                new = "\n".join(said.texts) if said.known else None
            if isinstance(old, str) and isinstance(new, str):
                texts = [replace_all(text, old, new) for text in texts]
            else:
                doubtful = True
        self.lost |= way.role == POSITIVE and doubtful
        return texts

    def _plain_values(self, node: Node) -> dict[str, str]:
        """The numbers that a node is given, and what is typed into it, as texts."""
        told = {key: find_plain_value(self._graph, value, (), is_number) for key, value in node.inputs.items()}
        return {key: str(value) for key, value in told.items() if is_number(value) or isinstance(node.inputs[key], str)}

    def _is_of_texts(self, node: Node, keys: list[str]) -> bool:
        """Whether all that is linked to a node may be texts, and no conditionings or a model."""
        found = {key for key, value in node.inputs.items() if follow_link(self._graph, value) and not is_delimiter(key)}
        return found <= set(keys) and not any(_NO_TEXTS & set(split_name(key)) for key in found) and not asks(node)

    def _joined(self, node: Node, silent: list[str], brought: list[str], *, alone: bool) -> dict[str, tuple[str, ...]]:
        """The typed texts whose names say nothing, as far as they are joined to those that links brought.

        Of a join of nothing but typed texts nobody can tell which are words.
        """
        if brought:
            return self._beside(node, silent, brought, alone=alone)
        if find_delimiter(self._graph, node) is not None:
            self._beside(node, silent, brought, alone=False)
        return {}

    def _beside(self, node: Node, keys: list[str], brought: list[str], *, alone: bool) -> dict[str, tuple[str, ...]]:
        typed = {
            key: text[:_LONGEST]
            for key in keys
            if isinstance(text := node.inputs[key], str) and may_be_text(key) and not is_text(key)
            if not is_file(text)
        }
        plainly = any(not is_text(key) for key in brought)
        taken, left = choose_joined(node, typed, brought, alone=alone, plainly=plainly)
        self.left_out |= left
        return {key: (typed[key],) for key in taken}

    def _literal(self, node: Node, key: str, way: _Way) -> Iterable[str]:
        named, value = is_text_of(node, key), node.inputs[key]
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str) or is_file(text):
                continue
            if self._loose and (is_program(text) or (way.asked and is_instruction(text))):
                continue
            if named or (self._loose and may_be_text(key) and is_prose(text)):
                self.met = True
                if text.strip() and not is_choice(text):
                    self.guessed |= key in node.guessed
                    words, cut = take_wanted(text[:_LONGEST])
                    self.left_out |= cut
                    yield words if way.role == POSITIVE else text[:_LONGEST]


def _is_option(graph: Graph, node: Node) -> bool:
    """Whether what is typed into a node is no words: it changes a conditioning, or points at words before it."""
    return hands_on(graph, node) or marks_regions(graph, node)


def _makes_up(node: Node) -> bool:
    """Whether a node may make up words by chance, so that empty texts of its own do not mean that there are none."""
    return "seed" in node.inputs and "wildcard" not in node.kind.lower()


def _is_link(value: Any) -> bool:
    """Whether a value is a link, also one to a node that is not there."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], int)


def _some(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and bool(value.strip()))


def _used(node: Node, keys: list[str]) -> list[str]:
    """Those of a node's inputs that become words: of a wildcard what it became, and not what is put in place."""
    if populated := [key for key in keys if "populated" in key and _some(node.inputs[key])]:
        return populated
    replaced = {key for pair in list_replaced(node) for key in pair}
    return [key for key in keys if key not in replaced]


def _shows(kind: str) -> bool:
    return any(word in kind.lower() for word in ("show", "preview", "display", "console"))


def _worked(graph: Graph, node: Node, texts: list[str]) -> tuple[str, ...]:
    """The texts as the node hands them on: joined where it plainly does that, else each for itself."""
    if (delimiter := find_delimiter(graph, node)) is not None:
        if node.inputs.get("clean_whitespace") in ("true", True):
            texts = [text.strip() for text in texts]
        if len(texts) > 1:
            return (_run_together(texts, delimiter[:_BETWEEN].replace("\\n", "\n")),)
    return tuple(dict.fromkeys(texts))[:_MANY]


def _run_together(texts: list[str], between: str) -> str:
    """The texts as one, no longer than is kept: a graph of 20 nodes can double a text a million times."""
    whole = texts[0]
    for text in texts[1:]:
        if len(whole) >= _LONGEST:
            break
        whole += between + text
    return whole[:_LONGEST]
