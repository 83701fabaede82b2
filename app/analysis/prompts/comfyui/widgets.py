"""Gives the values of a drawn ComfyUI node their names, which the workflow keeps only in part.

New frontends list every widget among the inputs. For older files the widgets of ComfyUI's own nodes are known here
(comfyanonymous/ComfyUI, nodes.py and comfy_extras) and of the loaders and samplers of two packs
(jags111/efficiency-nodes-comfyui; yolain/ComfyUI-Easy-Use, py/nodes); of any other node, and of one whose values do not
fit those names, a value is named by what it looks like.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from app.analysis.prompts.comfyui.nodes import unwrap_choice
from app.analysis.prompts.comfyui.words import is_instruction
from app.analysis.prompts.generation import is_number

_AFTER = ("fixed", "increment", "decrement", "randomize", True, False, None)  # what happens to a seed after a run
_VALUES = 500
_NUMBERS = frozenset(("seed", "steps", "cfg", "denoise", "width", "height", "strength", "skip", "wt", "str"))
_TEXTS = frozenset(("text", "prompt", "positive", "negative"))
_SAMPLED = "steps cfg sampler_name scheduler"
_LORA = "lora_name lora_model_strength lora_clip_strength"
_LATENT = "resolution empty_latent_width empty_latent_height"
_WIDGETS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(names.split())
    for kind, names in {
        "KSampler": "seed steps cfg sampler_name scheduler denoise",
        "KSamplerAdvanced": "add_noise noise_seed steps cfg sampler_name scheduler start_at_step end_at_step "
        "return_with_leftover_noise",
        "SamplerCustom": "add_noise noise_seed cfg",
        "RandomNoise": "noise_seed",
        "KSamplerSelect": "sampler_name",
        "BasicScheduler": "scheduler steps denoise",
        "KarrasScheduler": "steps sigma_max sigma_min rho",
        "Flux2Scheduler": "steps width height",
        "CFGGuider": "cfg",
        "DualCFGGuider": "cfg_conds cfg_cond2_negative style",
        "FluxGuidance": "guidance",
        "CLIPTextEncode": "text",
        "CLIPTextEncodeSDXL": "width height crop_w crop_h target_width target_height text_g text_l",
        "CLIPTextEncodeSDXLRefiner": "ascore width height text",
        "CLIPTextEncodeFlux": "clip_l t5xxl guidance",
        "CLIPTextEncodeSD3": "clip_l clip_g t5xxl empty_padding",
        "CLIPTextEncodeHiDream": "clip_l clip_g t5xxl llama",
        "CLIPTextEncodeHunyuanDiT": "bert mt5xl",
        "CLIPTextEncodeLumina2": "system_prompt user_prompt",
        "CLIPTextEncodePixArtAlpha": "width height text",
        "TextEncodeQwenImageEdit": "prompt",
        "TextEncodeQwenImageEditPlus": "prompt",
        "TextEncodeAceStepAudio": "tags lyrics lyrics_strength",
        "CLIPSetLastLayer": "stop_at_clip_layer",
        "CheckpointLoaderSimple": "ckpt_name",
        "CheckpointLoader": "config_name ckpt_name",
        "unCLIPCheckpointLoader": "ckpt_name",
        "ImageOnlyCheckpointLoader": "ckpt_name",
        "UNETLoader": "unet_name weight_dtype",
        "UnetLoaderGGUF": "unet_name",
        "VAELoader": "vae_name",
        "LoraLoader": "lora_name strength_model strength_clip",
        "LoraLoaderModelOnly": "lora_name strength_model",
        "EmptyLatentImage": "width height batch_size",
        "EmptySD3LatentImage": "width height batch_size",
        "EmptyHunyuanLatentVideo": "width height length batch_size",
        "LatentUpscale": "upscale_method width height crop",
        "ImageScale": "upscale_method width height crop",
        "StringConcatenate": "string_a string_b delimiter",
        "StringReplace": "string find replace",
        "PrimitiveString": "value",
        "PrimitiveInt": "value",
        "PrimitiveFloat": "value",
        "PrimitiveBoolean": "value",
        "ComfySwitchNode": "switch",
        "PrimitiveStringMultiline": "value",
        "Efficient Loader": f"ckpt_name vae_name clip_skip {_LORA} positive negative token_normalization "
        "weight_interpretation empty_latent_width empty_latent_height batch_size",
        "Eff. Loader SDXL": "base_ckpt_name base_clip_skip refiner_ckpt_name refiner_clip_skip positive_ascore "
        "negative_ascore vae_name positive negative token_normalization weight_interpretation empty_latent_width "
        "empty_latent_height batch_size",
        "KSampler (Efficient)": f"seed {_SAMPLED} denoise preview_method vae_decode",
        "KSampler Adv. (Efficient)": f"add_noise noise_seed {_SAMPLED} start_at_step end_at_step "
        "return_with_leftover_noise preview_method vae_decode",
        "KSampler SDXL (Eff.)": f"noise_seed {_SAMPLED} start_at_step refine_at_step preview_method vae_decode",
        "LoRA Stacker": "input_mode lora_count "
        + " ".join(f"lora_name_{n} lora_wt_{n} model_str_{n} clip_str_{n}" for n in range(1, 50)),
        "easy fullLoader": f"ckpt_name config_name vae_name clip_skip {_LORA} {_LATENT} positive "
        "positive_token_normalization positive_weight_interpretation negative negative_token_normalization "
        "negative_weight_interpretation batch_size a1111_prompt_style",
        "easy a1111Loader": f"ckpt_name vae_name clip_skip {_LORA} {_LATENT} positive negative batch_size "
        "a1111_prompt_style",
        "easy comfyLoader": f"ckpt_name vae_name clip_skip {_LORA} {_LATENT} positive negative batch_size",
        "easy preSampling": f"{_SAMPLED} denoise seed",
        "easy preSamplingAdvanced": f"{_SAMPLED} start_at_step end_at_step add_noise seed return_with_leftover_noise",
        "easy kSampler": "image_output link_id save_prefix",
        "easy fullkSampler": f"{_SAMPLED} denoise image_output link_id save_prefix seed",
        "easy loraStack": "toggle mode num_loras "
        + " ".join(
            f"lora_{n}_name lora_{n}_strength lora_{n}_model_strength lora_{n}_clip_strength" for n in range(1, 11)
        ),
    }.items()
}
_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)\s*$", re.IGNORECASE)
_WRITTEN = re.compile(r"\w[\s,]+\w|[\u3040-\u9fff]{3}")
# Not the name of a choice, like `1:1 (Square)` or `Nano Banana 2 (Flash)`
_PROSE = re.compile(
    r"[^\W\d_],\s+[^\W\d_]|(?:^|\s)[a-z]+\s+[a-z]+\s+\S+\s+\S|(?i:\b(?:a|an|the|of|in|with) [a-z])|[\u3040-\u9fff]{4}"
)
_TEXTUAL = re.compile(r"(?<![a-z])text|Text|[Ss]tring|[Pp]rompt|[Ss]how|Primitive|[Ww]ildcard")
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


def name_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Name the values of one drawn node."""
    values = raw.get("widgets_values")
    if isinstance(values, dict):
        return {name: value for name, value in values.items() if isinstance(name, str)}
    if not isinstance(values, list) or not values:
        return {}
    values = [unwrap_choice(value) for value in values]
    kind = raw["type"][:_KIND_CHARACTERS] if isinstance(raw.get("type"), str) else ""
    listed = tuple(_listed(raw.get("inputs")))
    known = _WIDGETS.get(kind, ())
    for names in (known, listed) if len(known) >= len(listed) else (listed, known):
        if names and (found := _aligned(names, values)) is not None and (names is listed or _fit(found)):
            return found
    return _guessed(kind, values)


def _listed(inputs: Any) -> Iterator[str]:
    for one in inputs if isinstance(inputs, list) else []:
        if isinstance(one, dict) and isinstance(one.get("widget"), dict) and isinstance(one["widget"].get("name"), str):
            yield one["widget"]["name"]


def _aligned(names: tuple[str, ...], values: list[Any]) -> dict[str, Any] | None:
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


def _fit(found: Mapping[str, Any]) -> bool:
    """Whether numbers and texts stand where they belong: other versions of a node may have other widgets."""
    for name, value in found.items():
        plain = name.rstrip("0123456789_")
        misplaced_text = plain in _TEXTS and not isinstance(value, str)
        misplaced_number = plain.rpartition("_")[2] in _NUMBERS and not is_number(value)
        if value is not None and (misplaced_text or misplaced_number):
            return False
    return True


def _guessed(kind: str, values: list[Any]) -> dict[str, Any]:
    """Names by what values look like: files by what the node loads, a node's only text, of several the first one.

    A node with several texts may hold a prompt and its negative, so the first is taken for a prompt and no more.
    """
    found: dict[str, Any] = {}
    texts = [value for value in values if isinstance(value, str)]
    prompt = next((text for text in texts if _PROSE.search(text[:_LOOKED_AT]) and not is_instruction(text)), None)
    loras = 0
    alone = len(texts) == 1 and (_TEXTUAL.search(kind) or _PROSE.search(texts[0][:_LOOKED_AT]))
    for place, value in enumerate(islice(values, _VALUES)):
        name = f"widget_{place}"
        if isinstance(value, str) and _FILE.search(value[-20:]):
            name = next((loaded for word, loaded in _LOADED.items() if word in kind.lower()), name)
            if name == "lora_name":
                loras += 1
                name = f"lora_{loras}"
                found |= _around_lora(values, place, loras)
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            name = f"text_{place}"  # what a node shows
        elif isinstance(value, str) and (alone or (_JOINING.search(kind) and _WRITTEN.search(value[:_LOOKED_AT]))):
            name = f"text_{place}"
        elif value is prompt and value is not None and len(texts) > 1:
            name = "positive_prompt"
        found.setdefault(name, value)
    return found


def _around_lora(values: list[Any], place: int, number: int) -> dict[str, Any]:
    """What stands beside the file of a LoRA: its switch before it, its strength behind it."""
    found: dict[str, Any] = {}
    if place and values[place - 1] in ("On", "Off"):
        found[f"switch_{number}"] = values[place - 1]
    if place + 1 < len(values) and is_number(values[place + 1]):
        found[f"strength_{number}"] = values[place + 1]
    return found
