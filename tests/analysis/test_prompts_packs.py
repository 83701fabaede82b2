"""ComfyUI graphs of packs of nodes that bring loaders, samplers and pipes of their own."""

import pytest

from tests.analysis.graphs import encoded, node, read, sampled


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


STYLED = {"p": encoded(["s", 0]), "n": encoded(["s", 1])}
ENCODERS = {
    "a styler": STYLED
    | {"s": node("SDXLPromptStyler", text_positive="a fox", text_negative="blur", style="base", log_prompt="No")},
    "a styler for both encoders of SDXL": {
        "p": node("CLIPTextEncodeSDXL", text_g=["s", 0], text_l=["s", 1]),
        "n": encoded(["s", 2]),
        "s": node("SDXLPromptStylerAdvanced", text_positive_g="a fox", text_positive_l="a fox", text_negative="blur",
                  style="base", negative_style=True, negative_prompt_to="Both"),
    },
    "a styler with a list of styles": STYLED
    | {"s": node("easy stylesSelector", styles="fooocus", positive="a fox", negative="blur", select_styles="V2")},
    "a styler of one node each": STYLED
    | {"s": node("MilehighStyler", prompt="a fox", negative_prompt="blur", style="enhance", log_prompt=False)},
    "SD3": {"p": node("CLIPTextEncodeSD3", clip_l="", clip_g="", t5xxl="a fox", empty_padding="none")},
    "HiDream": {"p": node("CLIPTextEncodeHiDream", clip_l="a fox", clip_g="a fox", t5xxl="a fox", llama="a fox")},
    "Hunyuan DiT": {"p": node("CLIPTextEncodeHunyuanDiT", bert="a fox", mt5xl="a fox")},
    "Qwen edit": {"p": node("TextEncodeQwenImageEditPlus", prompt="a fox", image1=["model", 0])},
    "Wan": {
        "p": node("WanImageToVideo", positive=["e", 0], negative=["f", 0], vae=["model", 2], width=1, height=1),
        "n": node("Reroute", **{"": ["p", 1]}),
        "e": encoded("a fox"),
        "f": encoded("blur"),
    },
    "a text behind a literal": {"p": encoded(["t", 0]), "t": node("String Literal", string="a fox")},
}  # fmt: skip


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_words_given_to_encoders_and_stylers_are_the_prompt(encoder):
    made = read(sampled(n=encoded("blur")) | ENCODERS[encoder])
    assert (made.prompt, made.negative_prompt) == ("a fox", "blur")


def test_of_two_outputs_the_saved_one_counts():
    second = node("KSampler", seed=1, steps=2, cfg=1, sampler_name="e", positive=["q", 0], negative=["n", 0])
    graph = sampled(also=node("PreviewImage", images=["d", 0]), d=node("VAEDecode", samples=["k", 0]), k=second,
                    q=encoded("a draft"))  # fmt: skip
    assert read(graph).prompt == "a boat"
