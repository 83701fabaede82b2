"""Generators and savers that write in a form of their own, or A1111's in a way of their own."""

import json

import pytest

from app.analysis.metadata.embedded import find_generation
from app.analysis.prompts.generation import Generation
from app.analysis.prompts.read import read_generation
from app.metadata import PromptVerdict
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.pictures import read, saved
from tests.analysis.prompts.graphs import sampled


@pytest.mark.parametrize(
    "text",
    [
        "a boat, at sea Negative prompt: fog, rain Steps: 4, Sampler: Euler, Seed: 9",
        "a boat, at sea,.Negative prompt: fog, rain.Steps: 4, Sampler: Euler, Seed: 9",
        "a boat, at sea. Negative prompt: fog, rain, Steps: 4, Sampler: Euler, Seed: 9",
        "a boat, at sea\nNegative prompt: fog, rain Steps: 4, Sampler: Euler, Seed: 9",
        "a boat, at sea Negative prompt: fog, rain\nSteps: 4, Sampler: Euler, Seed: 9",
    ],
)
def test_an_infotext_on_one_line_has_the_same_parts(text):
    made = read_generation({"parameters": text})
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a boat, at sea", "fog, rain", PromptVerdict.PARSED)
    assert (made.settings["steps"], made.settings["seed"]) == (4, 9)


@pytest.mark.parametrize("words", ["a boat, at sea", "(boat:1.2), at sea", "a boat: at sea\nin fog"])
def test_words_stand_before_the_settings_also_on_their_line_and_without_a_negative(words):
    made = read_generation({"parameters": f"{words}, Steps: 4, Sampler: Euler, Seed: 9"})
    assert (made.prompt, made.negative_prompt, made.settings["seed"]) == (words, None, 9)


def test_a_line_of_settings_may_begin_with_another_than_the_steps():
    made = read_generation({"parameters": "a boat\nParser: native, Steps: 4, Sampler: Euler, Seed: 9"})
    assert (made.prompt, made.settings["parser"], made.settings["steps"]) == ("a boat", "native", 4)


@pytest.mark.parametrize(
    "text",
    ["Recipe for six. Steps: 3, Size: large", "We took some Steps: 5, Sampler: none of us knew the way"],
)
def test_steps_inside_a_sentence_make_no_infotext(text):
    assert read_generation({"UserComment": text}) == Generation()


def test_stable_diffusion_cpp_is_named():
    text = (
        "a boat\nNegative prompt: fog\nSteps: 20, CFG scale: 7.0, Seed: 42, Size: 64x64, Version: stable-diffusion.cpp"
    )
    assert read_generation({"parameters": text}).generator == "stable-diffusion.cpp"


@pytest.mark.parametrize(
    "loras", ["Loras:<Serenity.safetensors:1>,<None:0.5>", [["ab12", "<Serenity.safetensors:1>"], ["", "<None:0.5>"]]]
)
def test_ruined_fooocus_is_not_fooocus(loras):
    written = {
        "Prompt": "a boat", "Negative": "fog", "steps": 30, "cfg": 5, "width": 64, "height": 32, "seed": 9,
        "sampler_name": "euler", "base_model_name": "jug.safetensors", "base_model_hash": "7d", "loras": loras,
        "denoise": None, "software": "RuinedFooocus",
    }  # fmt: skip
    assert read_generation({"parameters": json.dumps(written)}) == Generation(
        "RuinedFooocus",
        "a boat",
        "fog",
        {
            "steps": 30,
            "cfg": 5,
            "seed": 9,
            "sampler": "euler",
            "model": "jug.safetensors",
            "model_hash": "7d",
            "size": {"width": 64, "height": 32},
            "loras": [{"name": "Serenity.safetensors", "weight": 1}],
        },
        PromptVerdict.PARSED,
    )


MOCHI = (
    "Include in Image: a boat, at sea; Exclude from Image: fog; Model: sd-2.1; Size: 64x32; Scheduler: DPM-Solver++; "
    "ML Compute Unit: CPU & GPU; Seed: 9; Steps: 12; Guidance Scale: 11.0; Generator: Mochi Diffusion 4.7"
)
MOCHI_LINES = (
    "Metadata Version: 2\nInclude in Image: a boat, at sea\nExclude from Image: fog\nModel: sd-2.1\nSize: 64x32\n"
    "Scheduler: DPM-Solver++\nSeed: 9\nSteps: 12\nGuidance Scale: 11.0\nGenerator: Mochi Diffusion 5.2"
)


@pytest.mark.parametrize("text", [MOCHI, MOCHI_LINES])
@pytest.mark.parametrize("place", ["Caption", "dc:description", "ImageDescription"])
def test_mochi_diffusion_writes_a_caption(text, place):
    made = read_generation({place: text})
    assert (made.generator, made.prompt, made.negative_prompt) == ("Mochi Diffusion", "a boat, at sea", "fog")
    expected = {"model": "sd-2.1", "sampler": "DPM-Solver++", "seed": 9, "steps": 12, "cfg": 11.0}
    assert {key: made.settings[key] for key in expected} == expected
    assert made.settings["size"] == {"width": 64, "height": 32}


def test_the_second_form_of_mochi_diffusion_keeps_what_would_part_the_first():
    text = MOCHI_LINES.replace("a boat, at sea", r"a boat; Steps: 3\nat \\ sea")
    assert read_generation({"Caption": text}).prompt == "a boat; Steps: 3\nat \\ sea"


METAHUB = {
    "generator": "ComfyUI", "prompt": "a boat", "negativePrompt": "fog", "seed": 9, "steps": 4, "cfg": 2.5,
    "sampler_name": "euler", "scheduler": "simple", "model": "dream", "width": 64, "height": 32,
    "loras": [{"name": "sail", "weight": 0.5}], "analytics": {"vram_peak_mb": 1}, "workflow": {"nodes": []},
}  # fmt: skip


@pytest.mark.parametrize(
    "texts",
    [
        {"imagemetahub_data": json.dumps(METAHUB)},
        {"imagemetahub_data": json.dumps(METAHUB), "parameters": "other\nSteps: 1, Sampler: x, Seed: 1"},
        {"UserComment": json.dumps({"imagemetahub_data": METAHUB})},
    ],
)
def test_the_saver_of_image_metahub_says_it_in_plain_words(texts):
    made = read_generation(texts)
    assert (made.generator, made.prompt, made.negative_prompt) == ("ComfyUI", "a boat", "fog")
    assert made.settings["loras"] == [{"name": "sail", "weight": 0.5}]
    assert (made.settings["sampler"], made.settings["size"]) == ("euler", {"width": 64, "height": 32})


@pytest.mark.parametrize("form", ["element", "attribute"])
def test_comfyui_writes_its_graph_into_xmp(form):
    graph = json.dumps(sampled()).replace('"', "&quot;")
    space = "xmlns:comfy='https://github.com/Comfy-Org/ComfyUI'"
    inside, attributes = (f"<comfy:prompt>{graph}</comfy:prompt>", space), ("", f"{space} comfy:prompt='{graph}'")
    written = packet(*(inside if form == "element" else attributes))
    made = find_generation(read(saved("WEBP", xmp=written)))
    assert (made.generator, made.prompt, made.negative_prompt) == ("ComfyUI", "a boat", "fog")


def test_a_lora_in_a_prompt_of_invoke_is_one():
    written = {"positive_prompt": "withLora(sail, 0.5) a boat, withLoRA(mast)", "model": "sd15", "seed": 9}
    made = read_generation({"invokeai_metadata": json.dumps(written)})
    assert made.settings["loras"] == [{"name": "sail", "weight": 0.5}, {"name": "mast", "weight": None}]
