"""Tells which typed texts of a ComfyUI node are joined to those that its links bring, by the form of the node.

A join holds nothing but texts, or names what stands between them, or is called one; its texts stand under names that
say nothing (`a` and `b`, `left` and `right`). Where that is in doubt a text is left out, and that is said.
"""

import re
from collections.abc import Collection, Mapping

from app.analysis.prompts.comfyui.choices import is_choice
from app.analysis.prompts.comfyui.nodes import Graph, Node, find_plain_value, split_name, split_names

_BETWEEN = ("delimiter", "separator", "seperator", "joiner")
_JOINS = ("concat", "join")
_TEXTS = ("string", "text")
# Words in the names of inputs, or of the class, of what does more than to join
_ELSE = split_names(
    "find search needle replace replacement remove exclude avoid unwanted undesired without not minus ban banned "
    "ignore skip stop template format pattern regex expression condition boolean select index switch if else "
    "instruction question operation operator op match matches compare contains filter random choose choice pick uc bad"
)
_DOES_ELSE = re.compile(
    r"replace|remov|switch|select|templat|format|regex|random|filter|compar|contain|split|choose|pick|translat",
    re.IGNORECASE,
)
_SETTINGS = split_names(
    "case order position key keys field option options function quality color colour aspect ratio language lang unit "
    "target url host api token id label title note comment whitespace trim strip linebreak newline model sampler "
    "scheduler seed resolution size device dtype category"
)
_PROSE = re.compile(r"\w\w[\s,]+\w\w")
_REGEX = re.compile(r"\\[wWdDsSbB]|\.[*+]|\(\?|\[\^|^\^|\$$")
_LOOKED_AT = 4 * 1024  # characters of a text


def find_delimiter(graph: Graph, node: Node) -> str | None:
    """Find what a node puts between the texts that it joins; None if it joins none, or that is not known."""
    named = [value for key, value in node.inputs.items() if is_delimiter(key)]
    if "conditioning" in node.kind.lower() or not (_is_called_join(node) or (named and not _does_else(node))):
        return None
    found = find_plain_value(graph, named[0], _TEXTS, lambda one: isinstance(one, str)) if named else "\n"
    return found if isinstance(found, str) else None


def choose_joined(
    node: Node, typed: Mapping[str, str], brought: Collection[str], *, alone: bool, plainly: bool
) -> tuple[set[str], bool]:
    """Choose the inputs whose typed texts are joined to those that `brought` ones link to; tell if any was left out.

    `typed` are texts whose names say nothing of them, `brought` the inputs whose links gave texts, one of them
    `plainly` where its name says nothing, too. A node that has other outputs in use than one is not `alone`: what it
    was told may be for another of them.
    """
    texts = all(isinstance(value, str | list) for value in node.inputs.values())
    named = any(is_delimiter(key) for key in node.inputs) or _is_called_join(node)
    joins = alone and (named or (texts and plainly)) and not _does_else(node)
    forms = {_form(key) for key in brought}
    counted = {form for form in forms if "#" in form}
    taken, left = set(), False
    for key, text in typed.items():
        if not _may_be_words(key, text):
            continue
        is_prose = not text.isascii() or bool(_PROSE.search(text[:_LOOKED_AT]))
        if joins and (_form(key) in counted or (is_prose and not counted)):
            taken.add(key)
        elif is_prose or (joins and plainly):
            left = True
    return taken, left


def is_delimiter(key: str) -> bool:
    """Whether an input names what stands between texts."""
    return key.lower() in _BETWEEN


def _is_called_join(node: Node) -> bool:
    return any(word in node.kind.lower() for word in _JOINS)


def _does_else(node: Node) -> bool:
    return bool(_DOES_ELSE.search(node.kind)) or any(_ELSE & set(split_name(key)) for key in node.inputs)


def _form(key: str) -> tuple[str, ...]:
    """A name without what counts: `a` and `b` have one form, so have `part_1` and `part_2`."""
    return tuple("#" if len(word) == 1 or word.isdigit() else word for word in split_name(key))


def _may_be_words(key: str, text: str) -> bool:
    said = text.strip()
    if is_delimiter(key) or _SETTINGS & set(split_name(key)) or is_choice(said) or _REGEX.search(said[:_LOOKED_AT]):
        return False
    is_path = " " not in said and ("/" in said or "\\" in said)
    return any(map(str.isalpha, said[:_LOOKED_AT])) and not is_path
