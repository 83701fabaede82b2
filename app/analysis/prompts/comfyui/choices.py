"""Tells the values that a ComfyUI node lets choose from, from the words that a person writes into it.

In a drawing both are texts. A choice, a switch and a number are never words, under whatever name they stand.
"""

import re
from typing import Any

from app.analysis.prompts.comfyui.nodes import split_names

CONTROLS = split_names("fixed increment decrement randomize")
"""What becomes of a number after a run; it stands behind a seed (ComfyUI_frontend, widgets.ts)."""
_CHOICES = CONTROLS | split_names(
    "true false none null default auto enable disable enabled disabled enabled_all random yes no on off image undefined"
)
# What a list shows before anything was chosen from it (ltdrdata/ComfyUI-Impact-Pack, impact-pack.js)
_INVITATION = re.compile(
    r"Select the [A-Za-z]{1,20} to add to the text|Full Cache|No Style|Select .{1,40}\.\.\.", re.IGNORECASE
)
_NUMBER = re.compile(r"[-+]?\d{1,30}(?:\.\d{0,30})?%?|#[0-9A-Fa-f]{3,8}")  # or a colour
_MARKS = re.compile(r"(?:[!-/:-@\[-`{-~\s]|\\n){1,20}")  # nothing but punctuation: what stands between texts
_SAMPLER = re.compile(
    r"(?:euler|heun|dpm|dpmpp|lms|ddpm|ddim|lcm|ipndm|deis|res|gradient_estimation|er_sde|seeds|sa_solver|exp_heun|"
    r"uni_?pc|unipc|rk|tcd|lambda)(?:_[a-z0-9_]{0,40}|\d?[a-z]{0,3}\d?)(?:\[[^\]]{0,20}\])?"
)
_SCHEDULER = re.compile(
    r"normal|karras|exponential|polyexponential|sgm_uniform|simple|ddim_uniform|beta(?:57)?|linear_quadratic|kl_optimal|"
    r"bong_tangent|turbo|align_your_steps|gits|laplace|vp|cosine|(?:AYS|GITS|LTXV|OSS)\b.{0,30}"
)
# Not the name of a choice, like `1:1 (Square)` or `Nano Banana 2 (Flash)`
_PROSE = re.compile(
    r"[^\W\d_],\s+[^\W\d_]|(?:^|\s)[a-z]+\s+[a-z]+\s+\S+\s+\S|(?i:\b(?:a|an|the|of|in|with) [a-z])|[\u3040-\u9fff]{4}"
)
_LOOKED_AT, _READ = 100, 2_000  # characters of a value, and of one that may be long


def is_choice(text: str) -> bool:
    """Whether a text is a switch, a number, what a list of choices shows, or nothing but marks."""
    said = text[:_LOOKED_AT].strip()
    if len(said) >= _LOOKED_AT:
        return False
    return said.lower() in _CHOICES or any(form.fullmatch(said) for form in (_NUMBER, _INVITATION, _MARKS))


def is_sampler(value: Any) -> bool:
    """Whether a value is the name of a sampler (ComfyUI, comfy/samplers.py, and packs that add some)."""
    return isinstance(value, str) and bool(_SAMPLER.fullmatch(value[:_LOOKED_AT]))


def is_scheduler(value: Any) -> bool:
    """Whether a value is the name of a scheduler (ComfyUI, comfy/samplers.py, and packs that add some)."""
    return isinstance(value, str) and bool(_SCHEDULER.fullmatch(value[:_LOOKED_AT]))


def looks_written(text: str) -> bool:
    """Whether a text looks as a person writes, and not like the name of a choice."""
    return _PROSE.search(text[:_READ]) is not None
