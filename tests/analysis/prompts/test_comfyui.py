"""Small ComfyUI graphs, for what the corpus lacks."""

import json

import pytest

from app.analysis.prompts.generation import Generation
from app.analysis.prompts.read import read_generation
from app.metadata import PromptVerdict
from tests.analysis.prompts.graphs import encoded, node, read, sampled, texts


def said(graph):
    made = read(graph)
    return made.prompt, made.negative_prompt


def test_a_graph_is_walked_from_its_output_to_the_words_and_settings():
    assert read(sampled()) == Generation(
        "ComfyUI",
        "a boat",
        "fog",
        {
            "seed": 7,
            "steps": 30,
            "cfg": 6.5,
            "sampler": "euler",
            "scheduler": "normal",
            "denoise": 1.0,
            "model": "dream.safetensors",
            "size": {"width": 832, "height": 1216},
        },
        PromptVerdict.PARSED,
    )


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"p": node("FluxGuidance", guidance=3.5, conditioning=["e", 0]), "e": encoded("a hut")}, "a hut"),
        ({"p": node("SomeReroute", **{"": ["e", 0]}), "e": encoded("a hut")}, "a hut"),
        ({"p": node("CLIPTextEncodeFlux", clip_l="hut", t5xxl="a hut", guidance=3.5, clip=["model", 1])}, "hut\na hut"),
        ({"p": node("CLIPTextEncodeSD3", clip_l="hut", clip_g="hut", t5xxl="a hut")}, "hut\na hut"),
        ({"p": node("CLIPTextEncodeSDXL", text_g="a hut", text_l="a hut", width=1, height=1)}, "a hut"),
        ({"p": node("TextEncodeQwenImageEdit", prompt="a hut", image=["load", 0])}, "a hut"),
        ({"p": node("CLIPTextEncodeLumina2", system_prompt="superior", user_prompt="a hut")}, "a hut"),
        ({"p": node("BNK_CLIPTextEncodeAdvanced", text="a hut", token_normalization="mean and so on")}, "a hut"),
        (
            {
                "p": node("ConditioningCombine", conditioning_1=["a", 0], conditioning_2=["b", 0]),
                "a": node("ConditioningSetArea", conditioning=["e", 0], width=1, height=1, strength=1.0),
                "e": encoded("a hut"),
                "b": node("ConditioningAverage", conditioning_to=["f", 0], conditioning_from=["g", 0]),
                "f": encoded("a lake"),
                "g": encoded("a hut"),
            },
            "a hut\na lake",
        ),
        (
            {
                "p": node("ControlNetApplyAdvanced", positive=["e", 0], negative=["n", 0], control_net=["c", 0]),
                "e": encoded("a hut"),
                "c": node("ControlNetLoader", prompt="not a prompt"),
            },
            "a hut",
        ),
        (texts("PrimitiveStringMultiline", value="a hut"), "a hut"),
        (texts("StringConcatenate", string_a="a", string_b="hut", delimiter=" "), "a hut"),
        (
            texts(
                "Text Concatenate",
                delimiter=", ",
                clean_whitespace="true",
                text_a=["u", 0],
                text_b="snow ",
                behind=node("Text Multiline", text="a hut "),
            ),
            "a hut, snow",
        ),
        (
            texts("JoinStrings", string1="a hut", string2=["t", 0], delimiter=", "),
            "a hut",
        ),
        (texts("StringReplace", string="a cat", find="cat", replace="hut"), "a hut"),
        (
            texts("ImpactWildcardProcessor", wildcard_text="__thing__", populated_text="a hut", mode="populate"),
            "a hut",
        ),
        (
            texts("ShowText|pysssss", text=["u", 0], text_0="old", behind=node("X", text="a hut")),
            "a hut",
        ),
        (
            texts(
                "ShowText|pysssss",
                text=["u", 0],
                text_0="a hut",
                behind=node("OllamaGenerate", prompt="Describe the picture", model="llava"),
            ),
            "a hut",
        ),
        (
            texts("CR Text Input Switch", Input=2, text1="a cat", text2="a hut"),
            "a hut",
        ),
        (
            {
                "p": encoded(["t", 0]),
                "t": node("ComfySwitchNode", switch=False, on_true=["a", 0], on_false=["b", 0]),
                "a": node("PrimitiveString", value="a cat"),
                "b": node("PrimitiveString", value="a hut"),
            },
            "a hut",
        ),
        (texts("Composer", part_1="a hut in the snow", mode="fast and good"), "a hut in the snow"),
        (texts("StyleLoader", file="styles/a hut.txt", text="雪の小屋"), "雪の小屋"),
        ({"p": node("easy positive", positive="a hut")}, "a hut"),
        ({"p": node("ChosenModel", **{"model.prompt": ["e", 0]}), "e": encoded("a hut")}, "a hut"),
        (texts("PrimitiveString", value="styles/detail.safetensors"), None),
        (
            texts(
                "ComfySwitchNode", switch=["b", 0], on_true=["u", 0], on_false="a cat", behind=node("X", text="a hut")
            )
            | {"b": node("PrimitiveBoolean", value=True)},
            "a hut",
        ),
        (
            texts("TextGenerate", prompt=["u", 0], behind=node("Concat", text_a="You are an expert.", text_b="a hut")),
            "a hut",
        ),
    ],
)
def test_words_are_found_behind_any_node(nodes, expected):
    assert said(sampled(**nodes)) == (expected, "fog")


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"n": node("ConditioningZeroOut", conditioning=["p", 0])}, ("a boat", None)),
        ({"n": node("Reroute", **{"": ["p", 0]})}, ("a boat", None)),
        ({"n": encoded("")}, ("a boat", None)),
        ({"n": node("ConditioningZeroOut", conditioning=["e", 0]), "e": encoded("a cat")}, ("a boat", None)),
        ({"n": node("Reroute", **{"": ["e", 1]}), "e": node("Both", prompt="a cat")}, ("a boat", None)),
        ({"p": encoded("")}, (None, "fog")),
        ({"n": node("Gone", text=["nowhere", 0])}, ("a boat", None)),
        (  # outputs that are crossed
            {
                "both": node("ControlNetApplyAdvanced", positive=["e", 0], negative=["f", 0], control_net=["c", 0]),
                "p": node("Reroute", **{"": ["both", 1]}),
                "n": node("Reroute", **{"": ["both", 0]}),
                "e": encoded("wired to negative"),
                "f": encoded("wired to positive"),
            },
            ("wired to positive", "wired to negative"),
        ),
        (
            {
                "p": encoded(["s", 0]),
                "n": encoded(["s", 1]),
                "s": node("SDXLPromptStyler", text_positive="a hut", text_negative="rain", style="base"),
            },
            ("a hut", "rain"),
        ),
        (
            {
                "p": node("Reroute", **{"": ["parts", 3]}),
                "n": node("Reroute", **{"": ["parts", 4]}),
                "parts": node("FromBasicPipe", basic_pipe=["pipe", 0]),
                "pipe": node("EditBasicPipe", basic_pipe=["made", 0], positive=["e", 0]),
                "made": node("ToBasicPipe", model=["model", 0], positive=["old", 0], negative=["f", 0]),
                "e": encoded("a hut"),
                "old": encoded("a cat"),
                "f": encoded("rain"),
            },
            ("a hut", "rain"),
        ),
        (
            {
                "p": node("Reroute", **{"": ["loader", 1]}),
                "n": node("Reroute", **{"": ["loader", 2]}),
                "loader": node("Efficient Loader", ckpt_name="x.ckpt", positive="a hut", negative="rain"),
            },
            ("a hut", "rain"),
        ),
        (  # an encoder with two outputs and one text
            {
                "p": node("Reroute", **{"": ["e", 0]}),
                "n": node("Reroute", **{"": ["e", 1]}),
                "e": node("Both", prompt="a hut"),
            },
            ("a hut", None),
        ),
        ({"p": node("PowerPrompt", prompt="a hut", negative_prompt="rain"), "n": encoded("")}, ("a hut", None)),
    ],
)
def test_a_positive_is_never_reported_as_negative_nor_the_reverse(nodes, expected):
    assert said(sampled(**nodes)) == expected


def advanced(guider, **nodes):
    return {
        "save": node("SaveImage", images=["decode", 0]),
        "decode": node("VAEDecode", samples=["s", 0], vae=["v", 0]),
        "v": node("VAELoader", vae_name="ae.safetensors"),
        "s": node(
            "SamplerCustomAdvanced", noise=["noise", 0], guider=["guider", 0], sampler=["select", 0],
            sigmas=["sigmas", 0], latent_image=["latent", 0],
        ),
        "noise": node("RandomNoise", noise_seed=["way", 0]),
        "way": node("Reroute", **{"": ["seed", 0]}),
        "seed": node("PrimitiveInt", value=99),
        "select": node("KSamplerSelect", sampler_name="euler"),
        "sigmas": node("BasicScheduler", scheduler="simple", steps=20, denoise=1.0, model=["unet", 0]),
        "unet": node("UNETLoader", unet_name="flux.safetensors", weight_dtype="default"),
        "latent": node("EmptySD3LatentImage", width=["w", 0], height=768, batch_size=1),
        "w": node("INTConstant", value=1024),
        "guider": guider,
        "e": encoded("a hut"),
        "f": encoded("rain"),
        "g": encoded("something else"),
    } | nodes  # fmt: skip


@pytest.mark.parametrize(
    ("guider", "expected"),
    [
        (node("BasicGuider", conditioning=["e", 0], model=["unet", 0]), ("a hut", None)),
        (node("CFGGuider", positive=["e", 0], negative=["f", 0], cfg=1.0, model=["unet", 0]), ("a hut", "rain")),
        (
            node("DualCFGGuider", cond1=["e", 0], cond2=["g", 0], negative=["f", 0], model=["unet", 0]),
            ("a hut", "rain"),
        ),
        (
            node("PerpNegGuider", positive=["e", 0], negative=["f", 0], empty_conditioning=["g", 0], model=["unet", 0]),
            ("a hut", "rain"),
        ),
    ],
)
def test_guiders_lead_to_words_and_noise_and_sigmas_to_settings(guider, expected):
    made = read(advanced(guider))
    assert (made.prompt, made.negative_prompt) == expected
    expected = {"seed": 99, "steps": 20, "sampler": "euler", "scheduler": "simple", "model": "flux.safetensors"}
    expected |= {"vae": "ae.safetensors", "size": {"width": 1024, "height": 768}}
    assert {key: made.settings[key] for key in expected} == expected


def test_the_last_pass_decides_and_the_words_of_those_before_follow():
    graph = sampled(
        save=node("SaveImage", images=["decode2", 0]),
        early=node("SaveImage", images=["decode", 0]),
        decode2=node("VAEDecode", samples=["second", 0], vae=["model", 2]),
        second=node(
            "KSamplerAdvanced", add_noise="disable", noise_seed=0, steps=12, cfg=4, sampler_name="dpmpp_2m",
            scheduler="karras", model=["refiner", 0], positive=["q", 0], negative=["n", 0], latent_image=["up", 0],
        ),
        up=node("LatentUpscale", samples=["sampler", 0], width=1664, height=2432),
        refiner=node("CheckpointLoaderSimple", ckpt_name="refiner.safetensors"),
        q=encoded("a sharp boat"),
    )  # fmt: skip
    made = read(graph)
    assert (made.prompt, made.negative_prompt) == ("a sharp boat\na boat", "fog")
    assert (made.settings["steps"], made.settings["model"]) == (12, "refiner.safetensors")
    assert made.settings["seed"] == 7  # the second pass adds no noise
    assert made.settings["size"] == {"width": 1664, "height": 2432}
    assert "denoise" not in made.settings


def test_the_words_of_a_detailer_come_after_those_of_the_picture():
    graph = sampled(
        save=node("SaveImage", images=["face", 0]),
        face=node(
            "FaceDetailer", image=["decode", 0], seed=1, steps=5, cfg=1, sampler_name="lcm", scheduler="simple",
            model=["model", 0], positive=["q", 0], negative=["n", 0], guide_size=512,
        ),
        q=encoded("a face"),
    )  # fmt: skip
    made = read(graph)
    assert (made.prompt, made.settings["steps"]) == ("a boat\na face", 30)


def test_loras_are_found_on_the_way_to_the_model():
    graph = sampled(
        model=node("LoraLoader", lora_name="a.safetensors", strength_model=0.8, strength_clip=1, model=["m2", 0]),
        m2=node("Power Lora Loader (rgthree)", lora_1={"on": True, "lora": "b", "strength": 0.5},
                lora_2={"on": False, "lora": "off", "strength": 1}, model=["m3", 0]),
        m3=node("LoRA Stacker", lora_count=1, lora_name_1="c", lora_wt_1=0.25, lora_name_2="unused", lora_wt_2=1,
                lora_stack=["m4", 0], model=["m5", 0]),
        m4=node("CR LoRA Stack", switch_1="On", lora_name_1="d", model_weight_1=1.5, switch_2="Off", lora_name_2="e"),
        m5=node("UNETLoader", unet_name="base.gguf"),
        clip=node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["m5", 1]),
        p=node("CLIPTextEncode", text="a boat", clip=["clip", 0]),
    )  # fmt: skip
    made = read(graph)
    assert made.settings["loras"] == [
        {"name": "a.safetensors", "weight": 0.8},
        {"name": "b", "weight": 0.5},
        {"name": "c", "weight": 0.25},
        {"name": "d", "weight": 1.5},
    ]
    assert (made.settings["model"], made.settings["clip_skip"]) == ("base.gguf", 2)


def test_a_node_that_calls_a_model_elsewhere_is_its_own_sampler():
    graph = {
        "1": node("SaveImage", images=["2", 0]),
        "2": node("OpenAIDalle3", prompt=["3", 0], seed=5, quality="hd"),
        "3": node("PrimitiveString", value="a fox"),
    }
    assert said(graph) == ("a fox", None)


def test_words_that_no_sampler_is_connected_to_need_a_title_for_their_role():
    titled = {
        "1": node("CLIPTextEncode", text="a fox", title="CLIP Text Encode (Positive Prompt)"),
        "2": node("CLIPTextEncode", text="blur", title="CLIP Text Encode (Negative Prompt)"),
    }
    made = read(titled)
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a fox", "blur", "partly")
    assert said({"1": node("CLIPTextEncode", text="a fox")}) == ("a fox", None)
    assert said({"1": node("CLIPTextEncode", text="blur"), "2": node("Odd", negative=["1", 0])}) == (None, None)
    assert said({"1": node("CLIPTextEncode", text="a fox"), "2": node("CLIPTextEncode", text="blur")}) == (None, None)


def test_a_graph_without_words_is_still_comfyuis():
    assert read({"1": node("SaveImage")}) == Generation("ComfyUI", verdict=PromptVerdict.RAW_ONLY)
    assert read(sampled(p=node("Magic"), n=node("Magic"))).verdict is PromptVerdict.PARTLY


@pytest.mark.parametrize(
    "values", [(["a", "b", "c"],), ("text", 3), ({"a": 1},), (None,), (["1", 0, 0],), ([["1"], 0],)]
)
def test_inputs_of_wrong_types_are_no_links(values):
    graph = sampled(p=node("X", **{f"text_{place}": value for place, value in enumerate(values)}))
    assert read(graph).negative_prompt == "fog"


GRAPH, EMPTY = json.dumps(sampled()), json.dumps({"nodes": []})


@pytest.mark.parametrize(
    "written",
    [
        {"Model": f"prompt:{GRAPH}", "Make": f"workflow:{EMPTY}"},
        {"ImageDescription": f"Prompt: {GRAPH}"},
        {"UserComment": GRAPH},
        {"comment": json.dumps({"prompt": GRAPH, "workflow": EMPTY})},
        {"comment": json.dumps({"prompt": sampled(), "CreationTime": "2025"})},
    ],
)
def test_graphs_in_other_places_are_found(written):
    assert read_generation(written).prompt == "a boat"


def test_civitais_plain_words_count_before_its_graph():
    extra = {"prompt": "a hut", "negativePrompt": "rain", "steps": 20, "cfgScale": 4, "sampler": "Euler", "seed": 5}
    made = read_generation({"UserComment": json.dumps(sampled() | {"extraMetadata": json.dumps(extra)})})
    assert (made.generator, made.prompt, made.negative_prompt) == ("Civitai", "a hut", "rain")
    assert made.settings == {"steps": 20, "cfg": 4, "sampler": "Euler", "seed": 5}
