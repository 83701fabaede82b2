"""Gives the values of a drawn ComfyUI node their names, which the workflow keeps only in part.

What says most comes first: names that stand beside the values, names that are known or listed and whose types agree
with the values, the order of values in a sampler. What is left is named by what it looks like, and marked as guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from app.analysis.prompts.comfyui.choices import CONTROLS, is_choice, is_sampler, is_scheduler, looks_written
from app.analysis.prompts.comfyui.known import WIDGETS
from app.analysis.prompts.comfyui.links import list_objects
from app.analysis.prompts.comfyui.nodes import unwrap_choice
from app.analysis.prompts.comfyui.pairs import find_pair
from app.analysis.prompts.comfyui.texts import (
    NEGATIVE,
    PICTURES,
    TEXTS,
    find_role,
    is_file,
    is_instruction,
    is_text,
    looks_unwanted,
)
from app.analysis.prompts.generation import as_object, as_text, is_number

_AFTER = (*CONTROLS, True, False, None)  # what happens to a seed after a run, also as old files have it
_VALUES = 500
_NUMBERS = frozenset(("seed", "steps", "cfg", "denoise", "width", "height", "strength", "skip", "wt", "str"))
_TEXTS = frozenset(("text", "prompt", "positive", "negative"))
_CHOSEN = frozenset(("sampler_name", "scheduler"))
_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)\s*$", re.IGNORECASE)
_WRITTEN = re.compile(r"\w[\s,]+\w|[\u3040-\u9fff]{3}")
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


class _Aligned(NamedTuple):
    values: dict[str, Any]
    left: bool = False


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
        for found in _aligned(names, values):
            if _agree(types, found.values) and (names is known or not found.left):
                return Named(found.values)
    return _guessed(raw, kind, values, types)


def _sockets(inputs: Any) -> Iterator[tuple[str, str, Any]]:
    """The widgets that are listed among a node's inputs: name, type, and the link that replaces its value."""
    for one in list_objects(inputs):
        if isinstance(name := as_object(one.get("widget")).get("name"), str):
            yield name, as_text(one.get("type")), one.get("link")


def _aligned(names: Sequence[str], values: list[Any]) -> Iterator["_Aligned"]:
    """Names and values in step, with and without what becomes of seeds, and whether texts are left without a name."""
    if len(names) == len(values):
        yield _Aligned(dict(zip(names, values, strict=True)))
    if not names:
        return
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
    yield _Aligned(found, any(isinstance(value, str) and value not in ("image", "") for value in values[place:]))


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
    if plain in _TEXTS or plain in _CHOSEN:
        return isinstance(value, str)
    return is_number(value) or plain.rpartition("_")[2] not in _NUMBERS


def _guessed(raw: Mapping[str, Any], kind: str, values: list[Any], types: Mapping[str, str]) -> Named:
    """Names by what values look like: settings by their order, files by what the node loads, a node's only text.

    A node with several texts may hold a prompt and its negative, so the first is taken for a prompt and no more.
    """
    names = dict(_settings(kind, values, types))
    if not names and (_makes_pictures(raw) or _samples(raw)) and (seed := _seed(values, 0)) is not None:
        names[seed] = "seed"
    pair = find_pair(raw, values, names)
    names |= pair
    texts = {
        place: value
        for place, value in enumerate(islice(values, _VALUES))
        if isinstance(value, str) and place not in names and not is_choice(value)
    }
    texts = {place: value for place, value in texts.items() if value.strip()} or texts
    # Where a widget is linked, its text is among the values all the same: it counts if nothing comes by the link
    linked = [name for name, _, link in _sockets(raw.get("inputs")) if link is not None and is_text(name)]
    linked = [name for name in linked if find_role(name) != NEGATIVE]
    names |= dict(zip((place for place in texts if not is_file(texts[place])), linked, strict=False))
    others = {place: text for place, text in texts.items() if place not in names}
    joins = _JOINING.search(kind) is not None
    words = () if pair or (linked and not joins) else tuple(_words(kind, others, joins=joins))
    if not pair and len(texts) == 1 and not linked and not words:
        words = tuple(place for place, text in texts.items() if _is_short_text(raw, text))
    names |= {place: f"text_{place}" for place in words}
    guessed = set(pair.values()) | {names[place] for place in words if len(texts) > 1}
    if linked:  # what else was written may be words, too
        guessed |= {f"widget_{place}" for place in _words("", others, joins=False) if place not in names}
    found = dict[str, Any]()
    for name, value in _by_name(kind, values, names):
        found.setdefault(name, value)
    return Named(found, frozenset(guessed))


def _by_name(kind: str, values: list[Any], names: Mapping[int, str]) -> Iterator[tuple[str, Any]]:
    """The values with the names of their places, files by what the node loads, and the rest by number."""
    loras = 0
    for place, value in enumerate(islice(values, _VALUES)):
        name = names.get(place, f"widget_{place}")
        if isinstance(value, str) and _FILE.search(value[-20:]):
            name = next((loaded for word, loaded in _LOADED.items() if word in kind.lower()), name)
            if name == "lora_name":
                loras += 1
                name = f"lora_{loras}"
                yield from _around_lora(values, place, loras)
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            name = f"text_{place}"  # what a node shows
        yield name, value


def _makes_pictures(raw: Mapping[str, Any]) -> bool:
    """Whether a node gives pictures of words alone, and not as one step among others."""
    gives = {as_text(one.get("type")) for one in list_objects(raw.get("outputs"))}
    given = {as_text(one.get("type")) for one in list_objects(raw.get("inputs"))}
    return bool(gives & PICTURES) and not given & {"CONDITIONING", "MODEL", "LATENT"}


def _samples(raw: Mapping[str, Any]) -> bool:
    """Whether a node makes a picture of words that it is given, as far as its sockets tell."""
    gives = {as_text(one.get("type")) for one in list_objects(raw.get("outputs"))}
    given = [one for one in list_objects(raw.get("inputs")) if one.get("link") is not None]
    return "LATENT" in gives and any(
        one.get("type") == "CONDITIONING" or "embeds" in as_text(one.get("name")) for one in given
    )


def _is_short_text(raw: Mapping[str, Any], text: str) -> bool:
    """Whether a node's only text is words though it does not look written: in a text box, or of a service."""
    gives = [as_text(one.get("type")) for one in list_objects(raw.get("outputs"))]
    if len(gives) == 1 and gives[0] in TEXTS:
        return not is_file(text) and all(one.get("link") is None for one in list_objects(raw.get("inputs")))
    return _makes_pictures(raw) and _PLAIN.fullmatch(text.strip()) is not None


def _words(kind: str, texts: Mapping[int, str], *, joins: bool) -> Iterator[int]:
    """Which of a node's texts are words, by place: all that it joins, its only one, or the first that looks written."""
    written = {place: text[:_LOOKED_AT] for place, text in texts.items() if not _FILE.search(text[-20:])}
    if joins and any(map(_WRITTEN.search, written.values())):
        yield from (place for place, text in written.items() if _WRITTEN.search(text))
    elif len(texts) == 1:
        for place, text in written.items():
            if _TEXTUAL.search(kind) or looks_written(text):
                yield place
    else:
        first = (
            place
            for place, text in written.items()
            if looks_written(text) and not (is_instruction(text) or looks_unwanted(text))
        )
        yield from islice(first, 1)


def _settings(kind: str, values: list[Any], types: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The places of the settings of a sampler: behind steps and cfg stand the names of its sampler and scheduler.

    A seed stands before the steps, or where what becomes of it after a run stands behind it.
    """
    for place in range(min(len(values), _VALUES) - 1):
        if not (is_sampler(values[place]) and is_scheduler(values[place + 1])):
            continue
        if not place or not is_number(values[place - 1]):
            yield from zip((place, place + 1), ("sampler_name", "scheduler"), strict=True)
            return
        first = _first_number(values, place)
        cfg, steps = (first + 1, first) if place - first > 2 and _is_seed(values, first - 2) else (place - 1, place - 2)
        yield from zip((cfg, place, place + 1), ("cfg", "sampler_name", "scheduler"), strict=True)
        behind = place + 2
        if behind < len(values) and is_number(values[behind]) and 0 < values[behind] <= 1 and "adv" not in kind.lower():
            yield behind, "denoise"
        if steps < 0 or not is_number(values[steps]):
            return
        yield steps, "steps"
        if (seed := _seed(values, steps)) is not None:
            yield seed, "noise_seed" if "noise_seed" in types else "seed"
        return


def _first_number(values: list[Any], place: int) -> int:
    """The first of the numbers that stand before a place without anything between them."""
    while place > 0 and is_number(values[place - 1]):
        place -= 1
    return place


def _is_seed(values: list[Any], place: int) -> bool:
    """Whether the number there is a seed: what becomes of it after a run stands behind it."""
    return place >= 0 and is_number(values[place]) and isinstance(after := values[place + 1], str) and after in CONTROLS


def _seed(values: list[Any], steps: int) -> int | None:
    controlled = [place for place in range(min(len(values), _VALUES) - 1) if _is_seed(values, place)]
    if controlled:
        return controlled[0]
    before = steps - 1
    if before > 0 and isinstance(values[before], bool | None):
        before -= 1
    return before if before >= 0 and is_number(values[before]) else None


def _around_lora(values: list[Any], place: int, number: int) -> Iterator[tuple[str, Any]]:
    """What stands beside the file of a LoRA: its switch before it, its strength behind it."""
    if place and values[place - 1] in ("On", "Off"):
        yield f"switch_{number}", values[place - 1]
    if place + 1 < len(values) and is_number(values[place + 1]):
        yield f"strength_{number}", values[place + 1]
