"""How an AI image was made, from the texts inside it."""

import json

import pytest

from app.analysis import prompts

LAST = (
    "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 123, Size: 512x768, "
    "Model hash: ab12, Model: dream, Version: v1.6.0"
)
INFOTEXT = f"a castle, (misty:1.2)\nat dawn\nNegative prompt: blurry,\nugly\n{LAST}"


@pytest.mark.parametrize("key", ["parameters", "UserComment"])
def test_a1111_parameters_are_taken_apart(key):
    made = prompts.read({key: INFOTEXT, "other": "text"})
    assert (made.generator, made.prompt, made.negative_prompt) == (
        "AUTOMATIC1111",
        "a castle, (misty:1.2)\nat dawn",
        "blurry,\nugly",
    )
    assert made.generation == {
        "steps": 20,
        "sampler": "Euler a",
        "cfg": 7.5,
        "seed": 123,
        "size": "512x768",
        "model_hash": "ab12",
        "model": "dream",
        "version": "v1.6.0",
    }


def test_forge_is_told_by_its_version_and_quoted_values_lose_their_quotes():
    made = prompts.from_parameters('cat\nSteps: 4, Seed: 1, Hashes: "a, b", Odd: 1.2.3, Version: f2.0.1v1.10.1')
    assert made.generator == "Forge"
    assert made.negative_prompt is None
    assert (made.generation["hashes"], made.generation["odd"]) == ("a, b", "1.2.3")


@pytest.mark.parametrize("text", ["", "a cat: nice, dog: 2, cow: 3", "Steps: 20, Seed: 1", "x" * 2_000_000, '{"a": 1}'])
def test_a_text_that_is_no_infotext_says_nothing(text):
    assert prompts.read({"parameters": text}) == prompts.Made()


def node(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}


GRAPH = {
    "3": node(
        "KSampler", seed=7, steps=30, cfg=6.5, sampler_name="euler", scheduler="normal", denoise=1.0,
        model=["10", 0], positive=["11", 0], negative=["11", 1], latent_image=["5", 0],
    ),
    "10": node("LoraLoader", lora_name="x", model=["4", 0]),
    "4": node("CheckpointLoaderSimple", ckpt_name="dream.safetensors"),
    "5": node("EmptyLatentImage", width=832, height=1216, batch_size=1),
    "11": node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], control_net=["12", 0], strength=0.5),
    "6": node("CLIPTextEncode", text=["20", 0], clip=["4", 1]),
    "20": node("StringLiteral", string="a lighthouse"),
    "7": node("CLIPTextEncode", text="fog", clip=["4", 1]),
    "12": node("ControlNetLoader", prompt="not a prompt"),
}  # fmt: skip


def test_a_comfyui_graph_is_walked_from_its_sampler_to_the_words():
    made = prompts.read({"prompt": json.dumps(GRAPH), "workflow": "{}"})
    assert (made.generator, made.prompt, made.negative_prompt) == ("ComfyUI", "a lighthouse", "fog")
    assert made.generation == {
        "seed": 7,
        "steps": 30,
        "cfg": 6.5,
        "sampler": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
        "model": "dream.safetensors",
        "size": "832x1216",
    }


def test_a_comfyui_guider_leads_to_the_words_too():
    graph = {
        "1": node("SamplerCustomAdvanced", guider=["2", 0], noise=["3", 0]),
        "2": node("BasicGuider", conditioning=["4", 0]),
        "3": node("RandomNoise", noise_seed=99),
        "4": node("CLIPTextEncodeFlux", clip_l="boat", t5xxl="a boat at sea", guidance=3.5),
    }
    made = prompts.from_graph(json.dumps(graph))
    assert (made.prompt, made.negative_prompt, made.generation) == ("boat\na boat at sea", None, {"seed": 99})


def test_a_graph_that_bites_its_tail_or_leads_nowhere_ends():
    graph = {"1": node("KSampler", seed=1, positive=["2", 0], negative=["9", 0]), "2": node("Loop", a=["2", 0], b=[])}
    made = prompts.from_graph(json.dumps(graph))
    assert (made.generator, made.prompt, made.generation) == ("ComfyUI", None, {"seed": 1})


def test_a_graph_without_a_sampler_is_still_comfyui():
    assert prompts.from_graph(json.dumps({"1": node("SaveImage")})) == prompts.Made("ComfyUI")


@pytest.mark.parametrize("text", ["a plain prompt", "[1]", "{}", '{"1": 2}', "[" * 100_000])
def test_a_prompt_that_is_no_graph_says_nothing(text):
    assert prompts.read({"prompt": text}) == prompts.Made()
