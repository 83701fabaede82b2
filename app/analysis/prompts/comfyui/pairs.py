"""Tells which texts of a drawn ComfyUI node are a prompt and its negative, where its widgets have no names.

What is certain is that nobody's negative may be shown as a prompt: a text that lists what is not wanted never is one.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from app.analysis.prompts.comfyui.choices import is_choice, looks_written
from app.analysis.prompts.comfyui.links import list_objects
from app.analysis.prompts.comfyui.nodes import split_name, split_names
from app.analysis.prompts.comfyui.texts import (
    CARRIERS,
    NEGATIVE,
    POSITIVE,
    TEXTS,
    find_role,
    is_file,
    looks_unwanted,
)
from app.analysis.prompts.generation import as_text

_VALUES = 500
# How tokens are weighted (BlenderNeko/ComfyUI_ADV_CLIP_emb): choices that stand beside texts
_WEIGHTINGS = split_names("none mean length length+mean comfy comfy++ a1111 compel down_weight")


def find_pair(raw: Mapping[str, Any], values: list[Any], named: Mapping[int, str]) -> dict[int, str]:
    """Find the places of a prompt and its negative among the values, with names; empty where nothing tells them.

    Two texts of a node with an output for either stand in their order. Of other nodes that hold both, a text that lists
    what is not wanted is the negative, and what was written before it the prompt.
    """
    given = _count_given(raw)
    if _is_given_words(raw) or given == 1:
        return {}
    texts = {
        place: value
        for place, value in enumerate(islice(values, _VALUES))
        if isinstance(value, str) and place not in named and not is_file(value)
        if not (is_choice(value) and value.strip()) and value.lower() not in _WEIGHTINGS
    }
    unwanted = [place for place, text in texts.items() if looks_unwanted(text)]
    if len(texts) == 2 and _has_both(raw):
        first, second = texts
        if unwanted == [second] or (not unwanted and all(looks_written(text) for text in texts.values())):
            return {first: POSITIVE, second: NEGATIVE}
    if (
        unwanted == list(texts) and len(texts) == 1 and not (given or _has_both(raw))
    ):  # an option of what it is linked to
        return {unwanted[0]: f"{NEGATIVE}_{unwanted[0]}"}
    if not unwanted or unwanted[0] == min(texts):  # the first of all is the prompt, whatever it says
        return {}
    before = [place for place, text in texts.items() if place < unwanted[0] and looks_written(text)]
    wanted = before[: len(unwanted)] or [place for place in texts if place == unwanted[0] - 1]
    return {place: f"{POSITIVE}_{place}" for place in wanted} | {place: f"{NEGATIVE}_{place}" for place in unwanted}


def _has_both(raw: Mapping[str, Any]) -> bool:
    roles = {find_role(as_text(one.get("name"))) for one in list_objects(raw.get("outputs"))}
    return {POSITIVE, NEGATIVE} <= roles


def _count_given(raw: Mapping[str, Any]) -> int:
    """How many texts and conditionings a node gives: the role of a single one is that of what it is linked to."""
    gives = [as_text(one.get("type")) for one in list_objects(raw.get("outputs"))]
    return sum(type_ in TEXTS or type_ == "CONDITIONING" for type_ in gives)


def _is_given_words(raw: Mapping[str, Any]) -> bool:
    """Whether words come to a node by a link, so that its own texts may be something else."""
    for one in list_objects(raw.get("inputs")):
        name, type_ = as_text(one.get("name")), as_text(one.get("type"))
        if one.get("link") is not None and (
            type_ in ("CONDITIONING", *TEXTS) or "PIPE" in type_ or find_role(name) or CARRIERS & set(split_name(name))
        ):
            return True
    return False
