"""ComfyUI graphs of packs of nodes that bring loaders, samplers and pipes of their own."""

import json

import pytest

from app.analysis import prompts
from tests.analysis.graphs import encoded, node


def read(graph):
    return prompts.read({"prompt": json.dumps(graph)})


def test_wrappers_with_samplers_of_their_own_are_known_by_their_inputs():
    graph = {
        "1": node("VHS_VideoCombine", images=["2", 0]),
        "2": node("WanVideoDecode", samples=["3", 0]),
        "3": node(
            "WanVideoSampler", model=["4", 0], text_embeds=["5", 0], image_embeds=["6", 0], steps=6, cfg=1.0, seed=3
        ),
        "4": node("WanVideoModelLoader", model="wan.safetensors"),
        "5": node("WanVideoTextEncode", positive_prompt="a fox", negative_prompt="blur", t5=["7", 0]),
        "6": node("WanVideoEmptyEmbeds", width=832, height=480),
    }
    made = read(graph)
    assert (made.prompt, made.negative_prompt, made.generation["model"]) == ("a fox", "blur", "wan.safetensors")


PACKS = {
    "easy use": {
        "1": node("easy kSampler", pipe=["2", 0], image_output="Save"),
        "2": node("easy preSampling", pipe=["3", 0], steps=6, cfg=1.0, sampler_name="euler", seed=3),
        "3": node("easy fullLoader", ckpt_name="wan.safetensors", positive="a fox", negative="blur",
                  empty_latent_width=832, empty_latent_height=480),
    },
    "efficiency": {
        "1": node("SaveImage", images=["2", 5]),
        "2": node("KSampler SDXL (Eff.)", sdxl_tuple=["3", 0], noise_seed=3, steps=6, cfg=1.0),
        "3": node("Eff. Loader SDXL", base_ckpt_name="wan.safetensors", positive="a fox", negative="blur",
                  empty_latent_width=832, empty_latent_height=480),
    },
    "impact": {
        "1": node("SaveImage", images=["2", 0]),
        "2": node("ImpactKSamplerBasicPipe", basic_pipe=["3", 0], seed=3, steps=6, latent_image=["4", 0]),
        "3": node("ToBasicPipe", model=["5", 0], positive=["6", 0], negative=["7", 0]),
        "4": node("EmptyLatentImage", width=832, height=480),
        "5": node("UNETLoader", unet_name="wan.safetensors"),
        "6": encoded("a fox"),
        "7": encoded("blur"),
    },
    "x-labs": {
        "1": node("SaveImage", images=["2", 0]),
        "2": node("XlabsSampler", model=["5", 0], conditioning=["6", 0], neg_conditioning=["7", 0],
                  noise_seed=3, steps=6, latent_image=["4", 0]),
        "4": node("EmptyLatentImage", width=832, height=480),
        "5": node("UNETLoader", unet_name="wan.safetensors"),
        "6": encoded("a fox"),
        "7": encoded("blur"),
    },
}  # fmt: skip


@pytest.mark.parametrize("pack", PACKS)
def test_packs_of_nodes_with_loaders_and_pipes_of_their_own_are_read(pack):
    made = read(PACKS[pack])
    assert (made.prompt, made.negative_prompt) == ("a fox", "blur")
    expected = {"model": "wan.safetensors", "steps": 6, "seed": 3, "size": {"width": 832, "height": 480}}
    assert {key: made.generation.get(key) for key in expected} == expected
