"""Tells what a ComfyUI node does with a text besides joining it: put something in place of a part, or fill a form."""

import re
from collections.abc import Mapping

from app.analysis.prompts.comfyui.nodes import Node

LONGEST = 64 * 1024  # characters of a text
FORM = "f_string"
"""The input of ComfyUI's StringFormat that holds the form; what it is filled with stands under `values.` and a name."""
_FILLED = "values."
_PATTERN = "regex_pattern"
# What is looked for, and what comes in its place (comfy_extras/nodes_string.py, WAS, Easy-Use, Custom-Scripts)
_REPLACED = (("find", "replace"), *((f"find{n}", f"replace{n}") for n in range(1, 4)), (_PATTERN, "replace"))
_REPLACED_BY_ACTION = ("text_b", "text_c")
_SAME = re.compile(r"(?:[\w\s,;:'\"#@%&=<>!~`/-]|\{[^\d,{}][^{}]*\}|\\[^\w\s])+")  # a pattern that stands for itself
_PLACES = re.compile(r"\{\{|\}\}|\{(\w{0,40})(?:[:!][^{}]{0,40})?\}")
_PASTED = "\nNegative prompt:"
_NOT_WANTED = re.compile(r"[ \t]{0,20}--neg\b[^\"\n]*")
_ALTERS = re.compile(
    r"substring|extract|json|split|truncat|translat|summar|shuffle|slice|string_?case|replace", re.IGNORECASE
)


def list_replaced(node: Node) -> list[tuple[str, str]]:
    """List the inputs by which a node is told what to look for in a text, each with that of what comes in its place."""
    inputs = node.inputs
    if inputs.get("action") == "replace" and all(key in inputs for key in _REPLACED_BY_ACTION):
        return [_REPLACED_BY_ACTION]
    if "replace" not in node.kind.lower():
        return []
    return [pair for pair in _REPLACED if all(key in inputs for key in pair)]


def find_literal(node: Node, key: str) -> str | None:
    """Find the text that is looked for under this input; None for a pattern that may stand for several, or a link."""
    value = node.inputs[key]
    if not isinstance(value, str) or key != _PATTERN:
        return value if isinstance(value, str) else None
    return re.sub(r"\\(.)", r"\1", value) if _SAME.fullmatch(value[:LONGEST]) else None


def fits_by_itself(node: Node) -> bool:
    """Whether a node that is called for patterns looks for a plain text."""
    pairs = list_replaced(node)
    return bool(pairs) and all(find_literal(node, old) is not None for old, _ in pairs)


def replace_all(text: str, old: str, new: str) -> str:
    """Replace all that is looked for; a text that would become longer than is kept stays."""
    fits = len(text) + text.count(old) * len(new) <= LONGEST
    return text.replace(old, new) if old and fits else text


def fill_form(form: str, inputs: Mapping[str, str]) -> tuple[str, bool]:
    """Fill a form as `str.format` does, without its widths; also tell whether a place stayed open."""
    values = {key.removeprefix(_FILLED): text for key, text in inputs.items() if key.startswith(_FILLED)}
    left, is_open = LONGEST, False

    def fill(place: re.Match[str]) -> str:
        nonlocal left, is_open
        if place[0] in ("{{", "}}"):
            return place[0][0]
        is_open |= place[1] not in values
        text = values.get(place[1], "")[: max(left, 0)]
        left -= len(text)
        return text

    return _PLACES.sub(fill, form)[:LONGEST], is_open


def take_wanted(text: str) -> tuple[str, bool]:
    """Take what is wanted from a text that also says what is not; also tell whether there was more behind it.

    So do infotexts that were pasted into a node, and FizzleDorf/ComfyUI_FizzNodes: `"0": "a fox --neg a hat"`.
    """
    words, pasted, _ = text.partition(_PASTED)
    return (_NOT_WANTED.sub("", words) if "--neg" in words else words), bool(pasted)


def alters(node: Node) -> bool:
    """Whether a node makes another text of one, in a way that is not followed here."""
    return bool(_ALTERS.search(node.kind)) and "clip" not in node.inputs
