"""How an AI image was made, as a value, and what its readers share: JSON that cannot hurt, and names for settings.

It knows no generator. Every reader answers with a `Generation`, or None for a text that is not its own.
"""

import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.metadata import PromptVerdict

JSON_CHARACTERS = 8 * 1024 * 1024  # the longest workflows of people, with pictures inside, have a few million
JSON_MARKS = 400_000  # commas and brackets: a workflow of 1,000 nodes has some 50,000
_LONGEST = 64 * 1024  # of one setting; the raw chunk keeps the whole
_MANY = 200  # settings of one image
_INTEGER_DIGITS = 30  # seeds have up to 20
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^0-9A-Za-z]+")
_SIZE = re.compile(r"\D{0,3}(\d{1,6})\D{1,3}(\d{1,6})\D{0,3}")
# Last words of the names of settings that are numbers: `hires_steps`, `variation_seed_strength`. Whatever else a text
# writes with digits stays a text: a hash, a version, a model or a prompt may be called 1984.
_NUMBERS = frozenset(
    (
        *("steps", "step", "cfg", "scale", "skip", "denoise", "seed", "strength", "weight", "width", "height", "shift"),
        *("upscale", "eta", "ensd", "ngms", "delta", "ratio", "blur", "padding", "guidance", "at", "churn", "noise"),
        *("confidence", "sigma", "rho", "sharpness", "multiplier", "pos", "erode", "alpha", "beta", "stop", "iw"),
        *("stylize", "chaos", "quality", "weird"),
    )
)

NAMES: dict[str, str] = {
    "cfg_scale": "cfg",
    "cfgscale": "cfg",
    "guidance_scale": "cfg",
    "sampler_name": "sampler",
    "schedule_type": "scheduler",
    "noise_schedule": "scheduler",
    "denoising_strength": "denoise",
    "num_inference_steps": "steps",
    "clipskip": "clip_skip",
    "vae_name": "vae",
}
"""What a setting is called here, by what generators call it in snake case."""


@dataclass(frozen=True, slots=True)
class Generation:
    """How an AI image was made; nothing of it for a picture in which no generator wrote.

    `settings` holds, where written: `steps`, `sampler`, `scheduler`, `cfg`, `seed`, `size` (`width` and `height` in
    pixels), `model`, `model_hash`, `vae`, `clip_skip`, `denoise`, `loras` (`name` and `weight`, which may be None) and
    what else there was, in snake case.
    """

    generator: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    settings: Mapping[str, Any] | None = None
    verdict: PromptVerdict | None = None

    @classmethod
    def of(
        cls,
        generator: str,
        prompt: str | None,
        negative: str | None,
        settings: Mapping[str, Any],
        *,
        understood: bool = False,
    ) -> "Generation":
        """Build the value with its verdict; `understood` where an empty prompt is known to be empty."""
        prompt, negative = (prompt or "").strip() or None, (negative or "").strip() or None
        if (prompt or understood) and settings:
            verdict = PromptVerdict.PARSED
        else:
            verdict = PromptVerdict.PARTLY if prompt or negative or settings else PromptVerdict.RAW_ONLY
        return cls(generator, prompt, negative, dict(settings) or None, verdict)


def load_json(text: str) -> Any:
    """Load the JSON in a text, None for anything else. NaN and Infinity, which ComfyUI writes, become None."""
    if len(text) > JSON_CHARACTERS or sum(map(text.count, ",[{")) > JSON_MARKS:
        return None
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def load_object(text: Any) -> dict[str, Any]:
    """Load the JSON object in a text, empty for anything else."""
    if not isinstance(text, str) or text.lstrip()[:1] != "{":
        return {}
    value = load_json(text)
    return value if isinstance(value, dict) else {}


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _INTEGER_DIGITS else digits


def as_object(value: Any) -> dict[str, Any]:
    """Give the value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    """Give the value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def convert_to_snake_case(name: str) -> str:
    """Convert `CFG scale`, `cfgScale` and `cfg-scale` to `cfg_scale`."""
    return _WORDS.sub("_", name[:80]).strip("_").lower()


def convert_number(text: str) -> int | float | str:
    """Convert a text that writes a finite number; any other text stays."""
    if len(text) > _INTEGER_DIGITS or not text.isascii() or not text[-1:].isdigit():
        return text
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if math.isfinite(value) else text
    return text


def build_size(width: Any, height: Any) -> dict[str, int] | None:
    """Build a size of `width` and `height` in pixels; None unless both are numbers above zero."""
    sides = [int(side) for side in (width, height) if is_number(side) and 0 < side < 1_000_000]
    return {"width": sides[0], "height": sides[1]} if len(sides) == 2 else None


def parse_size(text: str) -> dict[str, int] | None:
    """Parse `512x768` or `(512, 768)` in pixels; None for anything else."""
    match = _SIZE.fullmatch(text.strip())
    return build_size(int(match[1]), int(match[2])) if match else None


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that others can read again, too: finite, and no larger than theirs."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def build_lora(name: Any, weight: Any = None) -> dict[str, Any] | None:
    """Build one LoRA, None without a name. A weight may be a number or a text that writes one."""
    if not isinstance(name, str) or name.strip().lower() in ("", "none"):
        return None
    weight = convert_number(weight.strip()) if isinstance(weight, str) else weight
    return {"name": name.strip(), "weight": weight if is_number(weight) else None}


def select_settings(
    written: Mapping[str, Any], names: Mapping[str, str] = NAMES, *, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Select the plain settings among what was written, under our names; those in `without` are left out.

    Texts that write a number become one where a number is meant. `width` and `height` become `size`.
    """
    found: dict[str, Any] = {}
    for name, said in written.items():
        if name in without or len(found) >= _MANY:
            continue
        key = convert_to_snake_case(name)
        key = names.get(key, key)
        value = said.strip() if isinstance(said, str) else said
        if isinstance(value, str) and key.rpartition("_")[2] in _NUMBERS:
            value = convert_number(value)
        if key and not _empty(value) and _plain(value):
            found.setdefault(key, value)
    if measured := build_size(found.get("width"), found.get("height")):
        del found["width"], found["height"]
        found["size"] = measured
    return found


def _empty(value: Any) -> bool:
    return value is None or value in ("", [])


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST
    if isinstance(value, list):
        return len(value) <= _MANY and all(isinstance(part, str | int | float) and _plain(part) for part in value)
    return isinstance(value, bool) or is_number(value)
