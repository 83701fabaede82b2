"""What the verdict owns up to, which output of several is read, and what of earlier stages is kept."""

import pytest

from app.metadata import PromptVerdict
from tests.analysis.prompts.graphs import encoded, node, read, sampled, texts

PARSED, PARTLY = PromptVerdict.PARSED, PromptVerdict.PARTLY


@pytest.mark.parametrize(
    ("nodes", "prompt", "verdict"),
    [
        (texts("FancyText", seed=5), None, PARTLY),
        (texts("OllamaGenerate", prompt="Describe a fox", system="You write."), None, PARTLY),
        ({"p": node("Styled", conditioning=["e", 0], insert="noise on steps"), "e": encoded("a hut")}, "a hut", PARSED),
        (
            {"p": node("Styled", conditioning=["e", 0], insert="noise on steps"), "e": encoded(["x", 0])},
            None,
            PARTLY,
        ),
        (
            texts("StringConcatenate", string_a=["u", 0], string_b="in the rain", delimiter=" ", behind=node("Random")),
            "in the rain",
            PARTLY,
        ),
        (
            texts("PromptBuilder", trigger="foxy", description="You are a diver taking a picture", mood="Random"),
            "You are a diver taking a picture",
            PARTLY,
        ),
        (
            texts("TextGenerate", prompt=["u", 0], behind=node("PrimitiveString", value="a hut in the snow")),
            "a hut in the snow",
            PARTLY,
        ),
        (
            texts("Switch", switch=True, on_false=["u", 0], on_true=["a", 0], behind=node("Text", text="a hut"))
            | {"a": node("TextGenerate", prompt=["s", 0]), "s": node("Text", text="You are an expert: rewrite USER")},
            "a hut",
            PARTLY,
        ),
        (
            texts("StringReplace", string="a U in rain", find="U", replace=["u", 0], behind=node("T", text="hut")),
            "a hut in rain",
            PARSED,
        ),
        (texts("Text Random Line", text="a hut\na boat", seed=5), None, PARTLY),
        (texts("Text Random Line", text="a hut", seed=5), "a hut", PARSED),
        (texts("One Button", prompt_prefix="", subject="all", seed=5), None, PARTLY),
        (texts("Text to Console", label_text="it is", text=["u", 0], behind=node("T", text="a hut")), "a hut", PARSED),
        (
            {
                "p": node("CutoffToConditioning", clip_regions=["r", 0], mask_token=""),
                "r": node("CutoffSetRegions", clip_regions=["b", 0], region_text="blue roof", target_text="blue"),
                "b": node("CutoffBasePrompt", text="a hut with a blue roof", clip=["model", 1]),
            },
            "a hut with a blue roof",
            PARSED,
        ),
    ],
)  # fmt: skip
def test_what_could_not_be_followed_is_never_parsed(nodes, prompt, verdict):
    made = read(sampled(**nodes))
    assert (made.prompt, made.negative_prompt, made.verdict) == (prompt, "fog", verdict)


def branch(name, words, **inputs):
    """One more picture, with the inputs of its sampler replaced."""
    given = {"model": ["model", 0], "positive": [f"{name}p", 0], "negative": ["n", 0], "latent_image": ["latent", 0]}
    return {
        f"{name}save": node("SaveImage", images=[f"{name}decode", 0]),
        f"{name}decode": node("VAEDecode", samples=[f"{name}sampler", 0], vae=["model", 2]),
        f"{name}sampler": node(
            "KSampler", seed=5, steps=9, cfg=2, sampler_name="lcm", scheduler="normal",
            **{key: value for key, value in (given | inputs).items() if value},
        ),
        f"{name}p": encoded(words),
    }  # fmt: skip


def test_an_output_that_lacks_what_it_needs_did_not_make_the_picture():
    broken = branch("a", "never drawn", model=None)
    assert read(broken | sampled()).prompt == "a boat"
    assert read(broken | branch("b", "drawn", model=None) | {"model": node("Loader"), "n": encoded("")}).prompt


def test_of_outputs_of_one_rank_that_with_words_counts_and_the_doubt_is_told():
    silent = branch("a", ["llm", 0]) | {"llm": node("OllamaGenerate", prompt="What do you see in it?")}
    longer = {
        "adecode": node("VAEDecode", samples=["up", 0], vae=["model", 2]),
        "up": node("Up", samples=["asampler", 0]),
    }
    made = read(sampled() | silent | longer)
    assert (made.prompt, made.verdict) == ("a boat", PARTLY)


def test_two_stages_keep_the_models_and_loras_of_both():
    stages = {
        "sampler": node(
            "KSamplerAdvanced", add_noise="disable", noise_seed=0, steps=4, cfg=1, sampler_name="euler",
            scheduler="simple", model=["low", 0], positive=["p", 0], negative=["n", 0], latent_image=["first", 0],
        ),
        "first": node(
            "KSamplerAdvanced", add_noise="enable", noise_seed=9, steps=4, cfg=1, sampler_name="euler",
            scheduler="simple", model=["high", 0], positive=["p", 0], negative=["n", 0], latent_image=["latent", 0],
        ),
        "low": node("LoraLoaderModelOnly", lora_name="low", strength_model=1, model=["wan low", 0]),
        "high": node("LoraLoaderModelOnly", lora_name="high", strength_model=0.5, model=["wan high", 0]),
        "wan low": node("UNETLoader", unet_name="wan-low"),
        "wan high": node("UNETLoader", unet_name="wan-high"),
    }  # fmt: skip
    settings = read(sampled(**stages)).settings
    assert settings["loras"] == [{"name": "low", "weight": 1}, {"name": "high", "weight": 0.5}]
    assert (settings["model"], settings["models"], settings["seed"]) == ("wan-low", ["wan-low", "wan-high"], 9)


def test_a_sampler_of_regions_is_given_words_by_the_samplers_inside_it():
    inside = {"sampler_name": "euler", "scheduler": "simple", "cfg": 2, "model": ["model", 0], "negative": ["n", 0]}
    nodes = {
        "sampler": node(
            "RegionalSampler", seed=9, steps=8, denoise=1.0, samples=["latent", 0], base_sampler=["base", 0],
            regional_prompts=["both", 0],
        ),
        "base": node("KSamplerAdvancedProvider", positive=["p", 0], **inside),
        "both": node("CombineRegionalPrompts", regional_prompts1=["r", 0]),
        "r": node("RegionalPrompt", mask=["m", 0], advanced_sampler=["k", 0]),
        "k": node("KSamplerAdvancedProvider", positive=["q", 0], **inside),
        "q": encoded("a lighthouse"),
    }  # fmt: skip
    made = read(sampled(**nodes))
    assert (set(made.prompt.split("\n")), made.negative_prompt) == ({"a boat", "a lighthouse"}, "fog")
    assert (made.settings["seed"], made.settings["steps"], made.settings["sampler"]) == (9, 8, "euler")


def test_a_node_that_hands_on_its_model_first_gives_the_positive_second():
    both = node("WanTalkToVideo", model=["model", 0], positive=["e", 0], negative=["f", 0])
    nodes = {"p": node("Reroute", **{"": ["both", 1]}), "n": node("Reroute", **{"": ["both", 2]}), "both": both}
    made = read(sampled(**nodes, e=encoded("a boat"), f=encoded("fog")))
    assert (made.prompt, made.negative_prompt) == ("a boat", "fog")


def test_where_a_model_wrote_for_the_last_service_the_words_of_the_one_before_are_told_with_a_doubt():
    graph = {
        "save": node("SaveVideo", video=["film", 0]),
        "film": node("FilmService", prompt=["llm", 0], image=["picture", 0], seed=5),
        "llm": node("OllamaGenerate", prompt="How should it move?"),
        "picture": node("PictureService", prompt="a boat", seed=3),
    }
    made = read(graph)
    assert (made.prompt, made.verdict) == ("a boat", PARTLY)
