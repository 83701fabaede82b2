"""Walks a ComfyUI graph backwards from a sampler to the words that it was given, through any node.

Nodes are known by the names of their inputs, not from a list: anyone can write one. What is certain is the role: along
an input named for one (`positive`) only that one is followed, and nothing that has no role is ever called negative.
"""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

from app.analysis.prompts.comfyui.joins import choose_joined, find_delimiter, is_delimiter
from app.analysis.prompts.comfyui.nodes import (
    Graph,
    Node,
    find_plain_value,
    follow_link,
    follow_links,
    split_name,
    split_names,
)

POSITIVE, NEGATIVE = "positive", "negative"
_ROLES = {"positive": POSITIVE, "pos": POSITIVE, "negative": NEGATIVE, "neg": NEGATIVE}
# Nodes whose first outputs are their conditionings; only the workflow names the outputs of the others
_BOTH = re.compile(
    r"ControlNetApply(Advanced|SD3)|Inpaint\w*Conditioning|ControlNetInpaint|InstructPixToPix|Wan\w*ToVideo|LTXV\w*Condit"
)
_ENCODERS = frozenset(("clip_l", "clip_g", "t5xxl", "llama", "bert", "mt5xl"))
_TEXT = split_names(
    "text texts string str prompt prompts value caption populated wildcard multiline positive negative pos neg "
    "tags content words sentence line lines prepend prefix suffix append input"
)
_NO_TEXT = split_names(
    "name file path mode delimiter separator seperator joiner encoding filename type find search replace "
    "replacement system template instruction folder dir style format language action control generate tidy widget to "
    "by encoder preset interpretation weight normalization method strategy"
)
_NO_WORDS_BEHIND = split_names(
    "model clip vae image images latent samples pixels mask masks control controlnet noise sigmas sampler unet "
    "ipadapter insightface upscale seed steps cfg lora audio video bbox sam segm scheduler empty width height"
)
_REGIONAL = split_names("cond conds conditioning conditionings region regions")
_CARRIERS = frozenset(("guider", "pipe", "ctx", "context", "tuple"))  # hold both roles
_NO_TEXTS = _REGIONAL | _CARRIERS | {"embeds"}  # that are linked
_ASKS = re.compile(
    r"ollama|llm|chatgpt|openaichat|claude|gemininode|textgenerate|florence|joycaption|captioner|tagger|interrogat|regex",
    re.IGNORECASE,
)
_MANY, _LONGEST, _DEEP = 64, 64 * 1024, 120
_NAME_CHARACTERS = 80
_BETWEEN = 100  # characters of a delimiter
_NODES = 2_000  # that are visited for one image
_INSTRUCTION = re.compile(r"\W*(?:\w+\W+)?you are an? ", re.IGNORECASE)
_PROGRAM = re.compile(r";[ \t]*\n")
_PROSE = re.compile(r"\w\w[\s,]+\w\w")
_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft|onnx|png|jpe?g|webp|yaml|json|txt)\s*$", re.IGNORECASE)


def find_role(name: str) -> str | None:
    """Find the role that an input or output is named for."""
    return _role_of(name[-_NAME_CHARACTERS:])


@lru_cache(maxsize=1024)
def _role_of(name: str) -> str | None:
    if name.endswith(("CONDITIONING+", "CONDITIONING-")):
        return POSITIVE if name.endswith("+") else NEGATIVE
    roles = {_ROLES[token] for token in split_name(name) if token in _ROLES}
    return roles.pop() if len(roles) == 1 else None


def asks(node: Node) -> bool:
    """Whether what a node says is not in the graph: it asks a model, and the question is no prompt, or computes."""
    return bool(_ASKS.search(node.kind))


class Words:
    """One reading of a graph: remembers what each node gave.

    `met` says that a place for words was reached, `left_out` that a typed text was not taken that may belong to them.

    A loose reading also takes plain texts whose input's name says nothing, where they look like written words, and
    what a language model was asked to write on.
    """

    def __init__(self, graph: Graph, *, loose: bool = False) -> None:
        self._graph, self._loose, self._left = graph, loose, _NODES
        self._known: dict[tuple[str, str, bool], tuple[str, ...]] = {}
        self.met = self.left_out = False

    def find_texts(self, sampler: Node, role: str) -> tuple[str, ...]:
        """Find the texts that a sampler was given in this role."""
        return self._node(sampler, role, sure=False, depth=0)

    def find_region_texts(self, node: Node) -> tuple[str, ...]:
        """Find the texts with which a node that changes a model paints regions of the picture.

        They come as conditionings without a role, with a mask or several; a single one may be there to be avoided.
        """
        keys = [key for key in node.inputs if ("cond" in key or "region" in key) and self._is_region(key, node)]
        masked = any("mask" in key or "region" in key for key in node.inputs)
        alone = not masked and (len(keys) == 1 or any(map(find_role, node.inputs)))
        if not keys or alone or follow_link(self._graph, node.inputs.get("model")) is None:
            return ()
        return self._inputs(node, keys, POSITIVE, sure=False, depth=0)

    def _is_region(self, key: str, node: Node) -> bool:
        target = follow_link(self._graph, node.inputs[key])
        if target is None or find_role(key) or not _REGIONAL & set(split_name(key)):
            return False
        return _role_of_output(self._graph[target[0]], target[1], POSITIVE) == POSITIVE

    def _behind(self, value: Any, role: str, *, sure: bool, depth: int) -> tuple[str, ...]:
        target = follow_link(self._graph, value)
        if target is None or depth > _DEEP or self._left <= 0:
            return ()
        name, slot = target
        node = self._graph[name]
        role = _role_of_output(node, slot, role)
        if role == NEGATIVE and slot > 0:
            sure = False  # an encoder with one text and two outputs: the text is not that of the second
        key = name, role, sure
        if key not in self._known:
            self._known[key] = ()  # a circle adds nothing
            self._left -= 1
            alone = slot == 0 and name not in self._forked
            self._known[key] = self._node(node, role, sure=sure, depth=depth, alone=alone)
        return self._known[key]

    @cached_property
    def _forked(self) -> frozenset[str]:
        """The nodes of which more than the first output is in use."""
        return frozenset(
            name for node in self._graph.values() for name, slot in follow_links(self._graph, node) if slot > 0
        )

    def _node(self, node: Node, role: str, *, sure: bool, depth: int, alone: bool = False) -> tuple[str, ...]:
        """The texts of a node. It is `sure` once the way here has led through an input of this role."""
        kind = node.kind.lower()
        if "zeroout" in kind or "clipvision" in kind:  # a conditioning of nothing, and one of a picture
            return ()
        if asks(node) and not self._loose:
            return ()
        named = [key for key, value in node.inputs.items() if isinstance(value, str | list) and find_role(key) == role]
        if named:
            return self._inputs(node, named, role, sure=True, depth=depth)
        others = [key for key in _live(self._graph, node) if _may_carry(key) and find_role(key) is None]
        if role == NEGATIVE and not sure:
            others = [key for key in others if "cond" not in key]
        return self._inputs(node, others, role, sure=sure, depth=depth, alone=alone)

    def _inputs(
        self, node: Node, keys: list[str], role: str, *, sure: bool, depth: int, alone: bool = False
    ) -> tuple[str, ...]:
        if populated := [key for key in keys if "populated" in key and _some(node.inputs[key])]:
            keys = populated  # what a wildcard became
        behind: dict[str, tuple[str, ...]] = {}
        order: dict[str, tuple[str, ...]] = {}
        for key in keys:
            value = node.inputs[key]
            if follow_link(self._graph, value):
                along = (sure or "cond" in key) and not _CARRIERS & set(split_name(key))
                order[key] = behind[key] = self._behind(value, role, sure=along, depth=depth + 1)
            elif sure or role == POSITIVE:
                order[key] = tuple(self._literal(key, value))
        brought = [key for key, found in behind.items() if found]
        if brought and _shows(node.kind):  # what is shown may be what an earlier run showed
            order = behind
        elif depth and (sure or role == POSITIVE) and self._is_of_texts(node, keys):
            silent = [key for key in keys if not order[key]]
            if brought:
                order |= self._beside(node, silent, brought, alone=alone)
            elif (
                find_delimiter(self._graph, node) is not None
            ):  # of a join of nothing but typed texts: which are words?
                self._beside(node, silent, brought, alone=False)
        return _worked(self._graph, node, [text for found in order.values() for text in found])

    def _is_of_texts(self, node: Node, keys: list[str]) -> bool:
        """Whether all that is linked to a node may be texts, and no conditionings or a model."""
        found = {key for key, value in node.inputs.items() if follow_link(self._graph, value) and not is_delimiter(key)}
        return found <= set(keys) and not any(_NO_TEXTS & set(split_name(key)) for key in found) and not asks(node)

    def _beside(self, node: Node, keys: list[str], brought: list[str], *, alone: bool) -> dict[str, tuple[str, ...]]:
        """The typed texts whose names say nothing, as far as they are joined to those that links brought."""
        typed = {
            key: text[:_LONGEST]
            for key in keys
            if isinstance(text := node.inputs[key], str) and not (_NO_TEXT & set(split_name(key)) or _is_text(key))
            if not _is_file(text)
        }
        plainly = any(not _is_text(key) for key in brought)
        taken, left = choose_joined(node, typed, brought, alone=alone, plainly=plainly)
        self.left_out |= left
        return {key: (typed[key],) for key in taken}

    def _literal(self, key: str, value: Any) -> Iterable[str]:
        named = _is_text(key)
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
            return  # a link to a node that is not there
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str) or _is_file(text) or (self._loose and is_instruction(text)):
                continue
            if named or (self._loose and _is_prose(key, text)):
                self.met = True
                if text.strip():
                    yield text[:_LONGEST]


def _role_of_output(node: Node, slot: int, role: str) -> str:
    """The role of what comes out there: an output that is named for one decides, whatever it is connected to."""
    if 0 <= slot < len(node.outputs):
        return find_role(node.outputs[slot]) or role
    if slot in (0, 1) and _BOTH.search(node.kind):
        return (POSITIVE, NEGATIVE)[slot]
    return role


def _live(graph: Graph, node: Node) -> list[str]:
    """The inputs that a node makes use of: of a switch, only the one it is set to, where that is plain."""
    keys = list(node.inputs)
    kind = node.kind.lower()
    if kind == "dualcfgguider":
        return [key for key in keys if key != "cond2"]
    if "switch" not in kind:
        return keys
    if "any switch" in kind:
        return keys[:1]
    for key, setting in node.inputs.items():
        if key.lower() in ("select", "input", "index", "switch", "boolean"):
            value = find_plain_value(graph, setting, ("value",), lambda one: isinstance(one, int))
            wanted = (
                ("true", "on_true") if value is True else ("false", "on_false") if value is False else (str(value),)
            )
            chosen = [name for name in keys if name != key and name.lower().endswith(wanted)]
            if len(chosen) == 1:
                return chosen
    return keys


def _may_carry(key: str) -> bool:
    said = split_name(key.rpartition(".")[2])  # of `model.prompt`, an input of the model that was chosen
    if is_delimiter(key):
        return False
    return key in _ENCODERS or not said or (said[0] not in _NO_WORDS_BEHIND and "system" not in said)


def _is_text(key: str) -> bool:
    said = set(split_name(key))
    return key in _ENCODERS or (bool(said & _TEXT) and not said & _NO_TEXT)


def _is_prose(key: str, text: str) -> bool:
    return not _NO_TEXT & set(split_name(key)) and bool(_PROSE.search(text[:_LONGEST]))


def is_instruction(text: str) -> bool:
    """Whether a text tells a language model what it is, or is a program."""
    return bool(_INSTRUCTION.match(text[:_BETWEEN])) or bool(_PROGRAM.search(text[:_LONGEST]))


def _is_file(text: str) -> bool:
    return bool(_FILE.search(text[-20:])) and " " not in text.strip()


def _some(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and bool(value.strip()))


def _shows(kind: str) -> bool:
    return any(word in kind.lower() for word in ("show", "preview", "display"))


def _worked(graph: Graph, node: Node, texts: list[str]) -> tuple[str, ...]:
    """The texts as the node hands them on: joined or replaced where it plainly does that, else each for itself."""
    kind = node.kind.lower()
    if (delimiter := find_delimiter(graph, node)) is not None:
        if node.inputs.get("clean_whitespace") in ("true", True):
            texts = [text.strip() for text in texts]
        if len(texts) > 1:
            return (_joined(texts, delimiter[:_BETWEEN].replace("\\n", "\n")),)
    if "replace" in kind:
        old, new = node.inputs.get("find"), node.inputs.get("replace")
        if isinstance(old, str) and isinstance(new, str) and old:
            texts = [_replaced(text, old, new) for text in texts]
    return tuple(dict.fromkeys(texts))[:_MANY]


def _joined(texts: list[str], between: str) -> str:
    """The texts as one, no longer than is kept: a graph of 20 nodes can double a text a million times."""
    whole = texts[0]
    for text in texts[1:]:
        if len(whole) >= _LONGEST:
            break
        whole += between + text
    return whole[:_LONGEST]


def _replaced(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if len(text) + text.count(old) * len(new) <= _LONGEST else text
