"""Reads what the other generators write, each a format of its own: JSON, a command line, a few plain texts.

Fooocus and RuinedFooocus, SwarmUI, NovelAI, InvokeAI in its three generations, Draw Things, Easy Diffusion, Mochi
Diffusion, Image MetaHub's saver and Midjourney.
"""

import ast
import re
import shlex
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from app.analysis.prompts.generation import (
    NAMES,
    Generation,
    as_object,
    as_text,
    build_lora,
    convert_to_snake_case,
    parse_size,
    select_settings,
)

_DREAM = {"s": "steps", "S": "seed", "C": "cfg_scale", "A": "sampler", "m": "sampler", "f": "strength"}
_DREAM |= {"W": "width", "H": "height"}
_OPTION = re.compile(r"-(?:-(\w+)=?|([A-Za-z]))(.*)", re.DOTALL)  # `--steps 50`, `--steps=50`, `-s 50`, `-s50`
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")  # the negative words of an early InvokeAI prompt
_NOVEL_MODEL = re.compile(r"(.+?)\s+([0-9A-F]{8})")
_JOB = re.compile(r"\s*Job ID:\s*([0-9a-f-]{36})\s*$")
_FLAG = re.compile(r"\s--([a-z]+)\b[ \t]*((?:(?!\s--[a-z]).)*)", re.DOTALL)
_CHARACTERS = 64 * 1024  # of a prompt that is not JSON
METAHUB = "imagemetahub_data"
"""The text in which Image MetaHub's saver writes."""
_METAHUB_ONLY = (
    *("generator", "negativePrompt", "metadata_status", "metadata_sources", "imh_pro", "analytics", "generation_type"),
    *("workflow", "prompt_api", "parent_image", "source_image", "imh_attribution"),
)
_NAMED_LORA = re.compile(r"<([^<>:]{1,200}):(-?[0-9.]{1,10})>")
_WITH_LORA = re.compile(r"withLora\(\s*([^(),]{1,200}?)\s*(?:,\s*(-?[0-9.]{1,10})\s*)?\)", re.IGNORECASE)
_MOCHI = ("Include in Image: ", "Generator: Mochi Diffusion")
_MOCHI_FIELD = re.compile(r"([A-Z][A-Za-z ]{2,30}): ?(.*)", re.DOTALL)
_MOCHI_ESCAPE = re.compile(r"\\([nr\\])")
_MIDJOURNEY = {"ar": "aspect_ratio", "v": "version", "s": "stylize", "c": "chaos", "q": "quality", "w": "weird"}


def read_generator_json(written: Mapping[str, Any]) -> Generation | None:
    """Read a generation written as one JSON object; None if no generator writes such an object."""
    if isinstance(written.get("sui_image_params"), dict):
        return _swarm(written)
    if isinstance(written.get(METAHUB), dict):
        return read_metahub(written[METAHUB])
    version = as_text(written.get("version")) or as_text(written.get("Version"))
    if written.get("software") == "RuinedFooocus" or ("Prompt" in written and "base_model_name" in written):
        return _ruined_fooocus(written)
    if "metadata_scheme" in written or "base_model" in written or version.startswith("Fooocus"):
        return _fooocus(written)
    if "uc" in written and "c" in written:
        return _draw_things(written)
    if "uc" in written or "v4_prompt" in written:
        return read_novel_ai(written, {})
    if "positive_prompt" in written and "model" in written:
        return read_invoke(written)
    plain = {convert_to_snake_case(name): value for name, value in written.items()}
    if "prompt" in plain and ("num_inference_steps" in plain or "use_stable_diffusion_model" in plain):
        return _easy_diffusion(plain)
    return None


def _swarm(written: Mapping[str, Any]) -> Generation:
    """SwarmUI: `sui_image_params` (SwarmUI, docs/Image Metadata Format)."""
    params = as_object(written["sui_image_params"])
    found = select_settings(
        params, NAMES | {"comfyuisampler": "sampler", "comfyuischeduler": "scheduler"}, without=_PROMPTS
    )
    names, weights = _list(params.get("loras")), _list(params.get("loraweights"))
    found |= _loras(
        build_lora(name, weights[place] if place < len(weights) else None) for place, name in enumerate(names)
    )
    for model in map(as_object, _list(written.get("sui_models"))):
        if model.get("param") == "model" and (digest := as_text(model.get("hash"))):
            found["model_hash"] = digest
    found.pop("loraweights", None)
    negative = as_text(params.get("negativeprompt"))
    return Generation.of("SwarmUI", as_text(params.get("prompt")), negative, found, understood="prompt" in params)


_PROMPTS = ("prompt", "negativeprompt", "negative_prompt", "Prompt", "Negative Prompt", "uc", "loras", "full_prompt")


def _fooocus(written: Mapping[str, Any]) -> Generation:
    """Fooocus, scheme `fooocus` (Fooocus, modules/meta_parser.py); before 2.2 with names as on its page."""
    plain = {convert_to_snake_case(name): value for name, value in written.items()}
    names = NAMES | {"base_model": "model", "base_model_hash": "model_hash"}
    found = select_settings(plain, names, without=(*_PROMPTS, "full_negative_prompt", "prompt_expansion"))
    if measured := parse_size(as_text(plain.get("resolution"))):
        found["size"] = measured
        found.pop("resolution", None)
    listed = [build_lora(*one[:2]) for one in _list(plain.get("loras")) if isinstance(one, list) and one]
    combined = [value.rpartition(" : ") for name, value in plain.items() if "lora_combined" in name and as_text(value)]
    found |= _loras([*listed, *(build_lora(name, weight) for name, _, weight in combined)])
    prompt, negative = as_text(plain.get("prompt")), as_text(plain.get("negative_prompt"))
    return Generation.of("Fooocus", prompt, negative, found, understood="prompt" in plain)


def _ruined_fooocus(written: Mapping[str, Any]) -> Generation:
    """RuinedFooocus: JSON with capital letters (runew0lf/RuinedFooocus, modules/async_worker.py)."""
    names = NAMES | {"base_model_name": "model", "base_model_hash": "model_hash"}
    found = select_settings(written, names, without=("Prompt", "Negative", "loras", "software"))
    listed = [part for one in _list(written.get("loras")) for part in _list(one)] or [written.get("loras")]
    named = [lora for text in map(as_text, listed) for lora in _NAMED_LORA.findall(text[:_CHARACTERS])]
    found |= _loras(build_lora(name, weight) for name, weight in named)
    prompt, negative = as_text(written.get("Prompt")), as_text(written.get("Negative"))
    return Generation.of("RuinedFooocus", prompt, negative, found, understood="Prompt" in written)


def read_metahub(written: Mapping[str, Any]) -> Generation | None:
    """Read what Image MetaHub's saver for ComfyUI writes as `imagemetahub_data` (LuqP2/ImageMetaHub-ComfyUI-Save)."""
    if "prompt" not in written:
        return None
    found = select_settings(written, without=(*_PROMPTS, *_METAHUB_ONLY))
    listed = [as_object(one) for one in _list(written.get("loras"))]
    found |= _loras(build_lora(one.get("name"), one.get("weight")) for one in listed)
    prompt, negative = as_text(written["prompt"]), as_text(written.get("negativePrompt"))
    return Generation.of(as_text(written.get("generator")) or "ComfyUI", prompt, negative, found)


def _draw_things(written: Mapping[str, Any]) -> Generation:
    """Draw Things: `c` and `uc` in EXIF UserComment (drawthingsai/draw-things-community, generation metadata)."""
    found = select_settings(written, NAMES | {"scale": "cfg", "strength": "denoise"}, without=("c", "uc", "lora", "v2"))
    if measured := parse_size(as_text(written.get("size"))):
        found["size"] = measured
    listed = [as_object(one) for one in _list(written.get("lora"))]
    found |= _loras(build_lora(one.get("model"), one.get("weight")) for one in listed)
    return Generation.of("Draw Things", as_text(written["c"]), as_text(written["uc"]), found, understood=True)


def _easy_diffusion(plain: Mapping[str, Any]) -> Generation:
    """Easy Diffusion: settings by name, as JSON or as a text each (easydiffusion, save_utils.py)."""
    names = NAMES | {"use_stable_diffusion_model": "model", "stable_diffusion_model": "model", "use_vae_model": "vae"}
    found = select_settings(plain, names | {"vae_model": "vae"}, without=(*_PROMPTS, "use_lora_model", "lora_alpha"))
    loras, weights = _listed(plain.get("use_lora_model")), _listed(plain.get("lora_alpha"))
    found |= _loras(
        build_lora(name, weights[place] if place < len(weights) else None) for place, name in enumerate(loras)
    )
    prompt, negative = as_text(plain.get("prompt")), as_text(plain.get("negative_prompt"))
    return Generation.of("Easy Diffusion", prompt, negative, found, understood=True)


def read_easy_diffusion(texts: Mapping[str, str]) -> Generation | None:
    """Read Easy Diffusion's own PNG texts, one for each setting; None for others'."""
    plain = {convert_to_snake_case(name): text for name, text in texts.items() if len(text) <= _CHARACTERS}
    if "prompt" in plain and ("use_stable_diffusion_model" in plain or "stable_diffusion_model" in plain):
        return _easy_diffusion(plain)
    return None


def read_novel_ai(comment: Mapping[str, Any], texts: Mapping[str, str]) -> Generation:
    """Read NovelAI: JSON in `Comment`, beside it `Description` and `Source` (docs.novelai.net, image metadata).

    From version 4 on, the words for single characters follow those for the picture, each on a line.
    """
    names = NAMES | {"scale": "cfg", "strength": "denoise"}
    found = select_settings(comment, names, without=(*_PROMPTS, "signed_hash"))
    if match := _NOVEL_MODEL.fullmatch(texts.get("Source", "").strip()[:200]):
        found |= {"model": match[1], "model_hash": match[2]}
    prompt = _captions(comment.get("v4_prompt")) or as_text(comment.get("prompt")) or texts.get("Description", "")
    negative = _captions(comment.get("v4_negative_prompt")) or as_text(comment.get("uc"))
    return Generation.of("NovelAI", prompt, negative, found, understood="prompt" in comment)


def _captions(written: Any) -> str:
    caption = as_object(as_object(written).get("caption"))
    people = [as_object(one).get("char_caption") for one in _list(caption.get("char_captions"))]
    return "\n".join(text for text in map(as_text, (caption.get("base_caption"), *people)) if text.strip())


def read_invoke(written: Mapping[str, Any]) -> Generation:
    """Read InvokeAI 3 and later: `invokeai_metadata` (invoke-ai/InvokeAI, invokeai/app/invocations/metadata.py)."""
    found = select_settings(written, NAMES | {"scheduler": "sampler", "strength": "denoise"}, without=("loras",))
    for key in ("positive_prompt", "negative_prompt"):
        found.pop(key, None)
    found |= _invoke_model(written.get("model"))
    if vae := _invoke_model(written.get("vae")).get("model"):
        found["vae"] = vae
    listed = [as_object(one) for one in _list(written.get("loras"))]
    found |= _loras(
        build_lora(_invoke_model(one.get("model") or one.get("lora")).get("model"), one.get("weight")) for one in listed
    )
    positive, negative = as_text(written.get("positive_prompt")), as_text(written.get("negative_prompt"))
    if "loras" not in found:  # as compel takes them from the prompt (damian0815/compel, "withLora")
        found |= _loras(build_lora(name, weight or None) for name, weight in _WITH_LORA.findall(positive[:_CHARACTERS]))
    return Generation.of("InvokeAI", positive, negative, found, understood="positive_prompt" in written)


def _invoke_model(written: Any) -> dict[str, Any]:
    """Version 3.0 has `model_name`, later ones `name` and `hash`."""
    if isinstance(written, str):
        return {"model": written}
    known = as_object(written)
    found = {"model": known.get("name") or known.get("model_name"), "model_hash": known.get("hash")}
    return {key: value for key, value in found.items() if isinstance(value, str) and value}


def read_invoke_2(written: Mapping[str, Any]) -> Generation:
    """Read InvokeAI 2: `sd-metadata` (invoke-ai/InvokeAI v2.3, backend/invoke_ai_web_server.py)."""
    image = as_object(written.get("image"))
    texts = image.get("prompt")
    parts = [as_text(as_object(one).get("prompt")) for one in texts] if isinstance(texts, list) else [as_text(texts)]
    positive, negative = _bracketed("\n".join(parts))
    found = select_settings(image, NAMES | {"strength": "denoise"}, without=("prompt",))
    found |= select_settings(written, {"model_weights": "model"}, without=("model", "image"))
    return Generation.of("InvokeAI", positive, negative, found, understood="prompt" in image)


def read_dream(text: str) -> Generation | None:
    """Read InvokeAI 1, and LStein's fork before it: `Dream` holds the prompt in quotes, then options."""
    start = text.find('"')
    end = text.rfind('"')
    if len(text) > _CHARACTERS or start != 0 or end <= start:
        return None
    try:
        options = shlex.split(text[end + 1 :])
    except ValueError:
        options = []
    written: dict[str, str] = {}
    for said, following in pairwise((*options, "")):
        option = _OPTION.fullmatch(said)
        if option and (name := option[1] or _DREAM.get(option[2], "")) in _DREAM.values():
            written[name] = option[3] or ("" if _OPTION.match(following) else following)
    positive, negative = _bracketed(text[1:end])
    found = select_settings(written, NAMES | {"strength": "denoise"})
    return Generation.of("InvokeAI", positive, negative, found, understood=True)


def _bracketed(prompt: str) -> tuple[str, str]:
    """Words in square brackets are what an early InvokeAI is to avoid."""
    prompt = prompt[:_CHARACTERS]
    negative = ", ".join(text.strip() for text in _BRACKETS.findall(prompt))
    return " ".join(_BRACKETS.sub(" ", prompt).split()) if negative else prompt, negative


def read_mochi(text: str) -> Generation | None:
    """Read Mochi Diffusion: `Name: value` in IPTC's caption (MochiDiffusion/MochiDiffusion, MetadataCodec.swift).

    Version 2 has a line for each and escapes line ends; before, `; ` stands between them, and values may not hold it.
    """
    if len(text) > _CHARACTERS or not all(mark in text for mark in _MOCHI):
        return None
    lines = text.split("\n")
    escaped = lines[0].startswith("Metadata Version: ")
    said: dict[str, str] = {}
    for field in lines if escaped else text.split("; "):
        if match := _MOCHI_FIELD.fullmatch(field.strip()):
            value = _MOCHI_ESCAPE.sub(lambda one: {"n": "\n", "r": "\r"}.get(one[1], one[1]), match[2])
            said.setdefault(match[1], value if escaped else match[2])
    names = NAMES | {"scheduler": "sampler", "generator": "version"}
    found = select_settings(said, names, without=("Include in Image", "Exclude from Image", "Metadata Version", "Date"))
    if measured := parse_size(said.get("Size", "")):
        found["size"] = measured
    prompt, negative = said.get("Include in Image"), said.get("Exclude from Image")
    return Generation.of("Mochi Diffusion", prompt, negative, found, understood=True)


def read_midjourney(text: str) -> Generation | None:
    """Read Midjourney: `Description` holds prompt, flags and job id (docs.midjourney.com, parameters)."""
    text = text[:_CHARACTERS]
    job = _JOB.search(text[-200:])
    if job is None:
        return None
    body = text.removesuffix(job[0])
    flags = {name: value.strip() for name, value in _FLAG.findall(body)}
    first = _FLAG.search(body)
    found = select_settings(
        {_MIDJOURNEY.get(name, name): value or True for name, value in flags.items() if name != "no"}
    )
    found["job_id"] = job[1]
    return Generation.of(
        "Midjourney", body[: first.start()] if first else body, flags.get("no", ""), found, understood=True
    )


def _loras(found: Any) -> dict[str, Any]:
    listed = [one for one in found if one]
    return {"loras": listed} if listed else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _listed(value: Any) -> list[Any]:
    """A list, or what a text or a number stands alone for; Easy Diffusion also writes lists as Python does."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return []
    return value if isinstance(value, list) else [value] if value not in (None, "") else []
