"""Reads infotext: how A1111, and after it Forge, SD.Next, Civitai and many savers, write a generation as text.

Its form: the prompt, `Negative prompt: ...`, and a line `Steps: 20, Sampler: Euler a, ...` (A1111,
modules/infotext_utils.py, parse_generation_parameters). It reads what people and other programs made of that, too.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from app.analysis.prompts.generation import (
    NAMES,
    Generation,
    as_object,
    as_text,
    build_lora,
    load_json,
    parse_size,
    select_settings,
)

NEGATIVE = "Negative prompt:"
_SETTINGS = "Steps: "
_BETWEEN = " .,;\n"  # what stands between the parts of a text on one line
_NAME = re.compile(r"\s*(\w[\w \-/.]{1,60}):\s*")  # bounded: without a bound it takes minutes for 2 MB of x
_QUOTED = re.compile(r'"(?:\\.|[^\\"])*"')
_LINE_CHARACTERS = 256 * 1024  # of the settings
_CHARACTERS = 4 * 1024 * 1024
_PROMPT_CHARACTERS = 64 * 1024
_MOST_STEPS = 1_000
_STEPS = re.compile(r"[0-9]{1,4}")
_ENOUGH = 2  # of these beside the steps: a recipe, a walk and an invoice have steps, too
_MARKS = {
    "Sampler": re.compile(r".*\S.*"),
    "CFG scale": re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,20})?"),
    "Seed": re.compile(r"-?[0-9]{1,30}(\.0)?"),
    "Size": re.compile(r"[0-9]{1,6}x[0-9]{1,6}"),
    "Model hash": re.compile(r"[0-9A-Fa-f]{1,128}"),
    "Hashes": re.compile(r"\{.*\}"),
}
_LORAS = frozenset(("lora", "lycoris", "locon", "dora"))
_EXTRA_NETWORK = re.compile(r"<(?:lora|lyco):([^<>:]{1,200})((?::[^<>:]{0,40}){0,4})>")
_WEIGHT = re.compile(r":(?:te=|unet=)?\s*(-?\d{0,4}\.?\d{1,6})")


def read_infotext(text: str) -> Generation | None:
    """Read an infotext; None for any other text."""
    if len(text) > _CHARACTERS:
        return None
    text = text.strip().replace("\r\n", "\n")
    lines = text.split("\n")
    place, pairs = _settings(lines)
    if not pairs or not _is_of_settings(lines[place]):
        lines = _on_lines(text)
        place, pairs = _settings(lines)
    if not pairs:
        return None
    positive, negative = _parts(lines[:place])
    generation = _generation(pairs)
    model, loras = _resources(pairs.get("Civitai resources", ""))
    if model:
        generation.setdefault("model", model)
    if loras := find_loras(positive) or loras:
        generation["loras"] = loras
    return Generation.of(_generator(generation), positive, negative, generation, understood=True)


def read_words_without_settings(text: str) -> Generation | None:
    """Read an infotext without settings, known by its line `Negative prompt:`; None for any other text."""
    positive, negative = _parts(text[:_CHARACTERS].strip().split("\n"))
    return Generation.of("AUTOMATIC1111", positive, negative, {}) if negative else None


def read_bare_prompt(text: str) -> Generation | None:
    """Read a bare prompt, as A1111 writes it without settings; None for names with values, or JSON."""
    said = text.strip()
    if not said or len(said) > _PROMPT_CHARACTERS or said[0] in "{[" or _NAME.match(said):
        return None
    return Generation.of("AUTOMATIC1111", said, None, {})


def find_loras(prompt: str) -> list[dict[str, Any]]:
    """Find the LoRAs of a prompt, each once: `<lora:name:0.8>`; of several weights the first (A1111, wiki, Lora)."""
    found: dict[str, dict[str, Any]] = {}
    for name, weights in _EXTRA_NETWORK.findall(prompt):
        weight = _WEIGHT.match(weights)
        if one := build_lora(name, weight[1] if weight else None):
            found.setdefault(one["name"], one)
    return list(found.values())


def _settings(lines: list[str]) -> tuple[int, dict[str, str]]:
    """Where the line of settings stands, and the pairs of it and of the lines after it (`Template: ...`)."""
    steps = (place for place in range(len(lines) - 1, -1, -1) if lines[place].startswith(_SETTINGS))
    for place in (next(steps, len(lines) - 1), len(lines) - 1):
        pairs: dict[str, str] = {}
        for name, value in _pairs("\n".join(lines[place:])):
            pairs.setdefault(name, value)
        if _of_a_generation(pairs):
            return place, pairs
    return len(lines), {}


def _is_of_settings(line: str) -> bool:
    """Whether a line of settings holds nothing else: words of a prompt may stand before them."""
    return line.startswith(_SETTINGS) or (_NAME.match(line) is not None and NEGATIVE not in line)


def _on_lines(text: str) -> list[str]:
    """The lines of a text that was put on one: a full stop, a comma or a space stands before each part."""
    settings = text.rfind(_SETTINGS)
    if settings < 0:
        return []
    said = text[:settings].rstrip(_BETWEEN)
    return [*said.split("\n"), text[settings:]]


def _of_a_generation(pairs: dict[str, str]) -> bool:
    """Whether the pairs can be nothing else: a number of steps, and enough of what a generator writes beside it."""
    steps = pairs.get("Steps", "")
    marks = sum(pattern.fullmatch(pairs.get(name, "")) is not None for name, pattern in _MARKS.items())
    return _STEPS.fullmatch(steps) is not None and 1 <= int(steps) <= _MOST_STEPS and marks >= _ENOUGH


def _resources(text: str) -> tuple[str | None, list[dict[str, Any]]]:
    """The model and the LoRAs that Civitai lists: objects of `type` (or a name in `air`), `modelName` and `weight`."""
    listed = load_json(text)
    model, loras = None, []
    for one in filter(None, map(as_object, listed if isinstance(listed, list) else [])):
        kind = as_text(one.get("type")) or (as_text(one.get("air")).split(":") + [""] * 4)[3]
        if kind == "checkpoint":
            model = model or as_text(one.get("modelName")) or None
        elif kind in _LORAS and (found := build_lora(one.get("modelName"), one.get("weight"))):
            loras.append(found)
    return model, loras


def _parts(lines: list[str]) -> tuple[str, str]:
    """The lines before the one that begins the negative prompt, and those from it on; it may begin inside a line."""
    for place, line in enumerate(lines):
        if line.strip().startswith(NEGATIVE):
            return "\n".join(lines[:place]), "\n".join(lines[place:]).strip().removeprefix(NEGATIVE)
    positive, _, negative = "\n".join(lines).partition(NEGATIVE)
    return (positive.rstrip(_BETWEEN) if negative else positive), negative


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and values: a value is quoted, JSON (`Hashes: {...}`), or goes to the next comma."""
    place, end, json_is_whole = 0, len(text), True
    while end <= _LINE_CHARACTERS and place < end:
        name = _NAME.match(text, place)
        if name is None:
            place = _to_comma(text, place) + 1
            continue
        place = name.end()
        if text.startswith('"', place) and (quoted := _QUOTED.match(text, place)):
            value, place = _unquoted(quoted[0]), quoted.end()
        elif text.startswith(("{", "["), place) and json_is_whole:
            start = place
            try:
                place = json.JSONDecoder().raw_decode(text, place)[1]
            except (ValueError, RecursionError):
                json_is_whole = False  # looked for once: each try may cost the whole line
                place = _to_comma(text, place)
            value = text[start:place]
        else:
            start, place = place, _to_comma(text, place)
            value = text[start:place].strip()
        yield name[1].strip(), value
        place = _to_comma(text, place) + 1


def _to_comma(text: str, place: int) -> int:
    ends = [end for end in (text.find(",", place), text.find("\n", place)) if end >= 0]
    return min(ends, default=len(text))


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def _generation(pairs: dict[str, str]) -> dict[str, Any]:
    generation = select_settings(pairs, NAMES)
    if measured := parse_size(pairs.get("Size", "")):
        generation["size"] = measured
    return generation


def _generator(generation: dict[str, Any]) -> str:
    """The program whose version or name stands in the settings; A1111 wrote no name."""
    version, program = str(generation.get("version", "")), str(generation.get("app", ""))
    for name in ("ComfyUI", "Fooocus", "SD.Next", "stable-diffusion.cpp"):
        if version.startswith(name) or program.startswith(name):
            return name
    if version.startswith("f") or version == "neo":
        return "Forge"
    return "Civitai" if "civitai_resources" in generation and "version" not in generation else "AUTOMATIC1111"
