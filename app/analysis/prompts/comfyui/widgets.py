"""Gives the values of a drawn ComfyUI node their names, which the workflow keeps only in part.

What says most comes first: names that stand beside the values, names that are known or listed and whose types agree
with the values, the order of values in a sampler. What is left is named by what it looks like, and marked as guessed.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.analysis.prompts.comfyui.choices import CONTROLS, is_choice, is_sampler, is_scheduler
from app.analysis.prompts.comfyui.known import WIDGETS
from app.analysis.prompts.comfyui.links import list_objects
from app.analysis.prompts.comfyui.nodes import unwrap_choice
from app.analysis.prompts.comfyui.texts import NEGATIVE, find_role, is_file, is_instruction, is_text
from app.analysis.prompts.generation import as_object, as_text, is_number

_AFTER = (*CONTROLS, True, False, None)  # what happens to a seed after a run, also as old files have it
_VALUES = 500
_NUMBERS = frozenset(("seed", "steps", "cfg", "denoise", "width", "height", "strength", "skip", "wt", "str"))
_TEXTS = frozenset(("text", "prompt", "positive", "negative"))
_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)\s*$", re.IGNORECASE)
_WRITTEN = re.compile(r"\w[\s,]+\w|[\u3040-\u9fff]{3}")
# Not the name of a choice, like `1:1 (Square)` or `Nano Banana 2 (Flash)`
_PROSE = re.compile(
    r"[^\W\d_],\s+[^\W\d_]|(?:^|\s)[a-z]+\s+[a-z]+\s+\S+\s+\S|(?i:\b(?:a|an|the|of|in|with) [a-z])|[\u3040-\u9fff]{4}"
)
_TEXTUAL = re.compile(r"(?<![a-z])text|Text|[Ss]tring|[Pp]rompt|[Ss]how|Primitive|[Ww]ildcard")
_PLAIN = re.compile(r"[^\W\d_]+(?:[\s,]+[^\W\d_]+){1,40}")  # words and nothing else, too few to look written
_JOINING = re.compile(r"concat|join|append|combine", re.IGNORECASE)
_LOOKED_AT = 2_000  # characters of a value
_KIND_CHARACTERS = 200
_LOADED = {
    "lora": "lora_name",
    "vae": "vae_name",
    "checkpoint": "ckpt_name",
    "unet": "unet_name",
    "diffusion": "unet_name",
}


@dataclass(frozen=True, slots=True)
class Named:
    """The values of a node by name, and which of the names were guessed."""

    values: Mapping[str, Any]
    guessed: frozenset[str] = frozenset()


def name_values(raw: Mapping[str, Any]) -> Named:
    """Name the values of one drawn node."""
    values = raw.get("widgets_values")
    if isinstance(values, dict):
        return Named({name: value for name, value in values.items() if isinstance(name, str)})
    types = {name: type_ for name, type_, _ in _sockets(raw.get("inputs"))}
    told = {name: unwrap_choice(value) for name, value in as_object(raw.get("widgets_values_named")).items()}
    if told and _agree(types, told):
        return Named(told)
    if not isinstance(values, list) or not values:
        return Named({})
    values = [unwrap_choice(value) for value in values]
    kind = as_text(raw.get("type"))[:_KIND_CHARACTERS]
    known, listed = WIDGETS.get(kind, ()), tuple(types)
    for names in (known, listed) if len(known) >= len(listed) else (listed, known):
        if names and (found := _aligned(names, values)) is not None and _agree(types, found):
            return Named(found)
    linked = [name for name, _, link in _sockets(raw.get("inputs")) if link is not None and is_text(name)]
    return _guessed(kind, values, types, [name for name in linked if find_role(name) != NEGATIVE])


def _sockets(inputs: Any) -> Iterator[tuple[str, str, Any]]:
    """The widgets that are listed among a node's inputs: name, type, and the link that replaces its value."""
    for one in list_objects(inputs):
        if isinstance(name := as_object(one.get("widget")).get("name"), str):
            yield name, as_text(one.get("type")), one.get("link")


def _aligned(names: Sequence[str], values: list[Any]) -> dict[str, Any] | None:
    """Names and values in step; None where values are left over that have no name."""
    if len(names) == len(values):
        return dict(zip(names, values, strict=True))
    found, place = dict[str, Any](), 0
    for position, name in enumerate(names):
        if place >= len(values):
            break
        found[name] = values[place]
        place += 1
        following = names[position + 1] if position + 1 < len(names) else ""
        if "seed" in name and place < len(values) and following != "control_after_generate":
            after = values[place]
            place += isinstance(after, str | bool | None) and after in _AFTER
    left = [value for value in values[place:] if isinstance(value, str) and value not in ("image", "")]
    return None if left else found


def _agree(types: Mapping[str, str], found: Mapping[str, Any]) -> bool:
    """Whether numbers and texts stand where they belong: other versions of a node may have other widgets."""
    return all(_fits(types.get(name, ""), name, value) for name, value in found.items() if value is not None)


def _fits(type_: str, name: str, value: Any) -> bool:
    if type_ in ("INT", "FLOAT"):
        return is_number(value)
    if type_ == "STRING":
        return isinstance(value, str | list)
    if type_ == "BOOLEAN":
        return isinstance(value, bool) or (isinstance(value, str) and is_choice(value))
    plain = name.rstrip("0123456789_")
    if plain in _TEXTS:
        return isinstance(value, str)
    return is_number(value) or plain.rpartition("_")[2] not in _NUMBERS


def _guessed(kind: str, values: list[Any], types: Mapping[str, str], linked: Collection[str]) -> Named:
    """Names by what values look like: settings by their order, files by what the node loads, a node's only text.

    A node with several texts may hold a prompt and its negative, so the first is taken for a prompt and no more.
    """
    settings = dict(_settings(kind, values, types))
    found, loras = dict[str, Any](), 0
    for place, value in enumerate(islice(values, _VALUES)):
        name = settings.get(place, f"widget_{place}")
        if isinstance(value, str) and _FILE.search(value[-20:]):
            name = next((loaded for word, loaded in _LOADED.items() if word in kind.lower()), name)
            if name == "lora_name":
                loras += 1
                name = f"lora_{loras}"
                found |= _around_lora(values, place, loras)
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            name = f"text_{place}"  # what a node shows
        found.setdefault(name, value)
    texts = {
        place: value
        for place, value in enumerate(islice(values, _VALUES))
        if isinstance(value, str) and place not in settings and not is_choice(value)
    }
    texts = {place: value for place, value in texts.items() if value.strip()} or texts
    words = list(_words(kind, texts)) if not linked else []
    for place in words:
        found.pop(f"widget_{place}", None)
        found[f"text_{place}"] = texts[place]
    # Where a widget is linked, its text is among the values all the same: it counts if nothing comes by the link
    found |= {name: text for name, text in zip(linked, texts.values(), strict=False) if not is_file(text)}
    return Named(found, frozenset(f"text_{place}" for place in words if len(texts) > 1))


def _words(kind: str, texts: Mapping[int, str]) -> Iterator[int]:
    """Which of a node's texts are words, by place: all that it joins, its only one, or the first that looks written."""
    written = {place: text[:_LOOKED_AT] for place, text in texts.items() if not _FILE.search(text[-20:])}
    if _JOINING.search(kind) and any(map(_WRITTEN.search, written.values())):
        yield from (place for place, text in written.items() if _WRITTEN.search(text))
    elif len(texts) == 1:
        for place, text in written.items():
            if _TEXTUAL.search(kind) or _PROSE.search(text) or _PLAIN.fullmatch(text.strip()):
                yield place
    else:
        first = (place for place, text in written.items() if _PROSE.search(text) and not is_instruction(text))
        yield from islice(first, 1)


def _settings(kind: str, values: list[Any], types: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The places of the settings of a sampler: behind steps and cfg stand the names of its sampler and scheduler.

    A seed stands before the steps, or where what becomes of it after a run stands behind it.
    """
    for place in range(2, min(len(values), _VALUES) - 1):
        if not (is_sampler(values[place]) and is_scheduler(values[place + 1])):
            continue
        steps = place - 2
        if not (is_number(values[steps]) and is_number(values[steps + 1])):
            continue
        yield from zip(range(steps, place + 2), ("steps", "cfg", "sampler_name", "scheduler"), strict=True)
        behind = place + 2
        if behind < len(values) and is_number(values[behind]) and 0 < values[behind] <= 1 and "adv" not in kind.lower():
            yield behind, "denoise"
        if (seed := _seed(values, steps)) is not None:
            yield seed, "noise_seed" if "noise_seed" in types else "seed"
        return


def _seed(values: list[Any], steps: int) -> int | None:
    controlled = [
        place
        for place in range(min(len(values), _VALUES) - 1)
        if is_number(values[place]) and isinstance(after := values[place + 1], str) and after in CONTROLS
    ]
    if controlled:
        return controlled[0]
    before = steps - 1
    if before > 0 and isinstance(values[before], bool | None):
        before -= 1
    return before if before >= 0 and is_number(values[before]) else None


def _around_lora(values: list[Any], place: int, number: int) -> dict[str, Any]:
    """What stands beside the file of a LoRA: its switch before it, its strength behind it."""
    found: dict[str, Any] = {}
    if place and values[place - 1] in ("On", "Off"):
        found[f"switch_{number}"] = values[place - 1]
    if place + 1 < len(values) and is_number(values[place + 1]):
        found[f"strength_{number}"] = values[place + 1]
    return found
