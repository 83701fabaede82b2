"""ComfyUI graphs of packs of nodes that bring loaders, samplers and pipes of their own."""

import pytest

from tests.analysis.prompts.graphs import Drawing, encoded, node, read, read_drawn, sampled


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
    assert (made.prompt, made.negative_prompt, made.settings["model"]) == ("a fox", "blur", "wan.safetensors")


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
    assert {key: made.settings.get(key) for key in expected} == expected


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


BOTH = ("CONDITIONING+", "CONDITIONING-")
LOADERS = {
    "Efficient Loader": ["x.ckpt", "Baked VAE", -1, "a.pt", 0.5, 1, "a fox", "blur", "none", "comfy", 832, 480, 1],
    "easy fullLoader": ["x.ckpt", "Default", "Baked VAE", -1, "a.pt", 0.5, 1, "832 x 480", 832, 480, "a fox", "none",
                        "comfy", "blur", "none", "comfy", 1, False],
    "easy a1111Loader": ["x.ckpt", "Baked VAE", -1, "a.pt", 0.5, 1, "832 x 480", 832, 480, "a fox", "blur", 1, False],
    "easy comfyLoader": ["x.ckpt", "Baked VAE", -1, "a.pt", 0.5, 1, "832 x 480", 832, 480, "a fox", "blur", 1],
}  # fmt: skip
SAMPLERS = {
    "KSampler (Efficient)": [5, None, 25, 6.5, "euler", "karras", 0.5, "auto", "true"],
    "KSampler Adv. (Efficient)": ["enable", 5, None, 25, 6.5, "euler", "karras", 0, 99, "disable", "auto", "true"],
    "easy fullkSampler": [25, 6.5, "euler", "karras", 0.5, "Hide", 0, "ComfyUI", 5, "randomize"],
}


def drawn(loader, sampler, values=None):
    """How a picture was made that one loader and one sampler of a pack made, joined by a pipe and by wires."""
    drawing = Drawing()
    kinds = ("MODEL", *BOTH, "LATENT", "PIPE_LINE")
    first = drawing.add(loader, *(values or LOADERS[loader]), outputs=kinds)
    wires = {"model": 0, "positive": 1, "negative": 2, "latent_image": 3, "pipe": 4}
    last = drawing.add(sampler, *SAMPLERS[sampler], outputs=("IMAGE",),
                       **{name: (first, slot, kinds[slot]) for name, slot in wires.items()})  # fmt: skip
    drawing.add("SaveImage", "ComfyUI", outputs=(), images=(last, 0, "IMAGE"))
    return read_drawn(drawing.written())


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("loader", LOADERS)
def test_drawn_loaders_and_samplers_of_packs_are_read_without_the_names_of_their_widgets(loader, sampler):
    made = drawn(loader, sampler)
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a fox", "blur", "parsed")
    expected = {"model": "x.ckpt", "steps": 25, "cfg": 6.5, "sampler": "euler", "scheduler": "karras", "seed": 5,
                "size": {"width": 832, "height": 480}, "loras": [{"name": "a.pt", "weight": 0.5}]}  # fmt: skip
    assert {key: made.settings.get(key) for key in expected} == expected


def test_a_pipe_through_settings_before_the_sampler_is_read_as_drawn():
    drawing = Drawing()
    pipe = ("PIPE_LINE",)
    first = drawing.add("easy fullLoader", *LOADERS["easy fullLoader"], outputs=pipe)
    settings = drawing.add("easy preSampling", 25, 6.5, "euler", "karras", 1, 5, "randomize", outputs=pipe,
                           pipe=(first, 0, *pipe))  # fmt: skip
    last = drawing.add("easy kSampler", "Hide", 0, "ComfyUI", outputs=("IMAGE",), pipe=(settings, 0, *pipe))
    drawing.add("SaveImage", "ComfyUI", outputs=(), images=(last, 0, "IMAGE"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.negative_prompt, made.settings["seed"]) == ("a fox", "blur", 5)


def test_widgets_of_another_version_of_a_loader_are_not_given_wrong_names():
    made = drawn("Efficient Loader", "KSampler (Efficient)", ["x.ckpt", "vae.pt", -1, "a red fox", "blur", 832, 480, 1])
    assert (made.prompt, made.negative_prompt) == ("a red fox", None)
    assert "loras" not in made.settings


def settings_of(kind, *values, given="positive", outputs=("LATENT",)):
    """The settings of a drawn sampler whose widgets have no names."""
    drawing = Drawing()
    sampler = drawing.add(kind, *values, outputs=outputs, **{given: drawing.encoded("a boat")})
    drawing.add("SaveImage", "x", outputs=(), images=(sampler, 0, "IMAGE"))
    made = read_drawn(drawing.written()).settings or {}
    return tuple(made.get(name) for name in ("seed", "steps", "cfg", "sampler"))


def test_further_numbers_before_the_name_of_a_sampler_do_not_hide_its_steps():
    assert settings_of("Guided Sampler", 77, "fixed", 22, 6.5, 3.0, "euler", "karras", 1) == (77, 22, 6.5, "euler")
    assert settings_of("Tiled Sampler", 77, "fixed", 512, 512, "random", 22, 6.5, "euler", "karras") == (
        77, 22, 6.5, "euler",
    )  # fmt: skip


def test_a_drawn_sampler_without_the_name_of_one_tells_its_seed():
    assert settings_of("Odd Sampler", 49, 77, "fixed", "odd", 1)[0] == 77


def test_the_names_of_a_known_sampler_do_not_count_for_an_older_form_of_it():
    assert settings_of("CogVideoSampler", 49, 22, 6.5, 77, "fixed", "CogVideoXDDIM", 1)[:3] == (77, 22, 6.5)
    assert settings_of("CogVideoSampler", 480, 720, 49, 22, 6.5, 77, "fixed", "DDIM")[:3] == (77, None, None)


def test_settings_of_a_chosen_model_are_read_by_the_last_part_of_their_names():
    graph = {
        "1": node("SaveImage", images=["2", 0]),
        "2": node(
            "Some Image Service", **{"model": "m-4", "model.prompt": "a fox", "model.seed": 42, "model.steps": 9}
        ),
    }
    made = read(graph)
    assert (made.prompt, made.settings["seed"], made.settings["steps"]) == ("a fox", 42, 9)


def test_a_short_prompt_beside_a_long_instruction_of_a_known_service_is_read():
    instruction = "You are an expert image-generation engine. You must ALWAYS produce an image."
    drawing = Drawing()
    values = ("Color this", "gemini-3-pro-image-preview", 5, "randomize", "auto", "1K", "IMAGE", instruction)
    made = drawing.add("GeminiImage2Node", *values, outputs=("IMAGE",))
    drawing.add("SaveImage", "x", outputs=(), images=(made, 0, "IMAGE"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.settings["seed"], made.verdict) == ("Color this", 5, "parsed")


def test_a_node_that_only_names_a_sampler_and_its_scheduler_sets_those_of_one_that_is_linked():
    drawing = Drawing()
    named = drawing.add("Sampler / Scheduler", "dpmpp_2m", "karras", outputs=("sampler", "scheduler"))
    told = drawing.add("KSampler Config (rgthree)", 22, 20, 6.5, "euler", "normal", outputs=("STEPS", "REFINER", "CFG"))
    sampler = drawing.add(
        "KSampler", 77, "fixed", 3, 1.5, "lcm", "simple", 1, outputs=("LATENT",), positive=drawing.encoded("a boat"),
        steps=(told, 0, "INT"), cfg=(told, 2, "FLOAT"), sampler_name=(named, 0, "COMBO"),
        scheduler=(named, 1, "COMBO"), widgets=("steps", "cfg", "sampler_name", "scheduler"),
    )  # fmt: skip
    drawing.add("SaveImage", "x", outputs=(), images=(sampler, 0, "IMAGE"))
    made = read_drawn(drawing.written()).settings
    assert [made[name] for name in ("seed", "steps", "cfg", "sampler", "scheduler")] == [
        77, 22, 6.5, "dpmpp_2m", "karras",
    ]  # fmt: skip


def test_what_becomes_of_a_seed_is_no_value_also_where_names_and_values_are_as_many():
    drawing = Drawing()
    words = drawing.add("HyVideoTextEncode", "a fox", True, "video", outputs=("HYVIDEMBEDS",))
    values = (512, 320, 85, 22, 6.0, 9.0, 77, "fixed", True)
    sampler = drawing.add("HyVideoSampler", *values, outputs=("LATENT",), hyvid_embeds=(words, 0, "HYVIDEMBEDS"))
    drawing.add("SaveImage", "x", outputs=(), images=(sampler, 0, "IMAGE"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.settings["seed"], made.settings["steps"]) == ("a fox", 77, 22)
