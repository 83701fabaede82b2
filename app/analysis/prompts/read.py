"""Reads how an AI image was made, from the texts inside it: the door to the readers of each generator's format.

It works on texts that `embedded.py` took out, and never guesses: a text that fits no format is left to `raw`. Names of
texts are those of PNG chunks and of tags in video containers; EXIF's `UserComment`, `ImageDescription`, `XPComment`,
`Make`, `Model` and `Software`; IPTC's `Caption`; XMP's with their prefix; `c2pa` (see `c2pa.py`) and `stealth` (see
`stealth.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.analysis.prompts.comfyui.graph import read_comfyui
from app.analysis.prompts.declared import read_declaration
from app.analysis.prompts.generation import Generation, as_object, load_object
from app.analysis.prompts.generators import (
    METAHUB,
    read_dream,
    read_easy_diffusion,
    read_generator_json,
    read_invoke,
    read_invoke_2,
    read_metahub,
    read_midjourney,
    read_mochi,
    read_novel_ai,
)
from app.analysis.prompts.infotext import read_bare_prompt, read_infotext, read_words_without_settings

GENERATIONS = (
    *("parameters", "UserComment", "exif:UserComment", "ImageDescription", "XPComment"),
    *("Comment", "comment", "Description", "dc:description", "Caption", "stealth"),
)
_GRAPHS = ("prompt", "workflow")
_MARKED = 12  # characters within which a text says that it is a graph, as in `Workflow: {`


def read_generation(texts: Mapping[str, str]) -> Generation:
    """Read how the image with these texts was made; an empty value if no generator wrote any of them.

    Where several wrote, plain words count before a graph. Every text gives an answer, in bounded time.
    """
    texts = dict(texts) | _marked(texts)
    best: Generation | None = None
    for reader in (_invoke, _metahub, _generation, _graph, read_easy_diffusion, _rest, read_declaration):
        made = reader(texts)
        if made and made.prompt:
            return made
        best = best or made
    return best or read_bare_prompt(texts.get("parameters", "")) or Generation()


def is_generated_text(text: str) -> bool:
    """Whether a generator wrote this text for programs to read: a graph, or words with their settings."""
    return bool(_marked({"": text})) or _said("", {"": text}) is not None


def _marked(texts: Mapping[str, str]) -> dict[str, str]:
    """Graphs where ComfyUI puts them in WebP: `prompt:{...}` in EXIF Model, `workflow:{...}` in EXIF Make."""
    found = {}
    for text in texts.values():
        name, colon, rest = text[:_MARKED].lower().partition(":")
        if colon and name in _GRAPHS and rest.strip()[:1] == "{":
            found[name] = text[len(name) + 1 :]
    return found


def _invoke(texts: Mapping[str, str]) -> Generation | None:
    """InvokeAI, the newest of its formats first."""
    for key, reader in (("invokeai_metadata", read_invoke), ("sd-metadata", read_invoke_2)):
        if key in texts:
            written = load_object(texts[key])
            return reader(written) if written else Generation.of("InvokeAI", None, None, {})
    return read_dream(texts["Dream"]) if "Dream" in texts else None


def _metahub(texts: Mapping[str, str]) -> Generation | None:
    written = load_object(texts.get(METAHUB))
    return read_metahub(written) if written else None


def _generation(texts: Mapping[str, str]) -> Generation | None:
    """One text that says all, wherever it stands; one that holds other texts is opened."""
    best = None
    for key in GENERATIONS:
        if key in texts and (made := _said(key, texts)):
            if made.prompt:
                return made
            best = best or made
    return best


def _said(key: str, texts: Mapping[str, str]) -> Generation | None:
    text = texts[key]
    if written := load_object(text):
        if key == "Comment" and texts.get("Software") == "NovelAI":
            return read_novel_ai(written, texts)
        return read_generator_json(written) or _inside(written)
    if made := read_midjourney(text) or read_mochi(text) or read_infotext(text):
        by_comfyui = any('"class_type"' in texts.get(name, "") for name in _GRAPHS)
        return replace(made, generator="ComfyUI") if by_comfyui else made
    return None


def _inside(written: Mapping[str, Any]) -> Generation | None:
    """A graph by itself, as Civitai writes it, or an object of texts and graphs, as in hidden data and video tags."""
    if any("class_type" in as_object(value) for value in written.values()):
        return read_comfyui(written, {})
    if _GRAPHS[0] in written or _GRAPHS[1] in written:
        prompt, workflow = (as_object(value) or load_object(value) for value in map(written.get, _GRAPHS))
        return read_comfyui(prompt, workflow)
    texts = {name: value for name, value in written.items() if isinstance(value, str)}
    comment = load_object(texts.get("Comment"))
    if texts.get("Software") == "NovelAI" or "uc" in comment:
        return read_novel_ai(comment, texts)
    return read_infotext(texts["parameters"]) if "parameters" in texts else None


def _graph(texts: Mapping[str, str]) -> Generation | None:
    """ComfyUI; graphs that are damaged and yet can be no others' than its own are named."""
    prompt, workflow = (load_object(texts.get(name)) for name in _GRAPHS)
    if made := read_comfyui(prompt, workflow):
        return made
    damaged = any(mark in texts.get(name, "") for name in _GRAPHS for mark in ('"class_type"', '"nodes"'))
    return Generation.of("ComfyUI", None, None, {}) if damaged else None


def _rest(texts: Mapping[str, str]) -> Generation | None:
    """Words without settings."""
    return read_words_without_settings(texts.get("parameters", ""))
