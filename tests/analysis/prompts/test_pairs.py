"""Which texts of a drawn ComfyUI node without names are a prompt and its negative: never the other way round."""

import pytest

from tests.analysis.prompts.graphs import Drawing, encoded, node, read, read_drawn, sampled

UNWANTED = "blurry, bad hands, watermark"


def said(drawing):
    made = read_drawn(drawing.written())
    return made.prompt, made.negative_prompt


def drawn(*values, outputs):
    """A drawing whose sampler is given both conditionings by one node."""
    drawing = Drawing()
    both = drawing.add("Some Encoder", *values, outputs=outputs)
    drawing.sampled((both, 0, "CONDITIONING"), (both, 1, "CONDITIONING"))
    return drawing


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("a boat, at sea", "a crowd of people"), ("a boat, at sea", "a crowd of people")),
        (("boat", UNWANTED), ("boat", UNWANTED)),
        (("", UNWANTED), (None, UNWANTED)),
        (("a boat, at sea", ""), ("a boat, at sea", None)),
    ],
)
def test_two_texts_of_a_node_with_an_output_for_either_role_stand_in_their_order(values, expected):
    assert said(drawn(*values, outputs=("positive", "negative"))) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("x.safetensors", -1, "a boat, at sea", UNWANTED, "none", 512), ("a boat, at sea", UNWANTED)),
        (("Baked VAE", 1, "boat", UNWANTED), ("boat", UNWANTED)),
        (("512 x 512", 1, "a boat, at sea", "none", "comfy", UNWANTED), ("a boat, at sea", UNWANTED)),
        (("Baked VAE", 1, "", UNWANTED), (None, UNWANTED)),
        (
            ("a boat, at sea", "a boat, wide", UNWANTED, "ugly, text"),
            ("a boat, at sea\na boat, wide", f"{UNWANTED}\nugly, text"),
        ),
        (("Baked VAE", 1, "低质量, 最差质量, 画得不好的手部"), (None, "低质量, 最差质量, 画得不好的手部")),
    ],
)
def test_a_text_that_lists_what_is_not_wanted_is_the_negative_and_what_stands_before_it_the_prompt(values, expected):
    assert said(drawn(*values, outputs=("C", "C"))) == expected


def test_the_only_text_of_an_option_is_none_of_the_prompt_if_it_lists_what_is_not_wanted():
    drawing = Drawing()
    option = drawing.add("Guide", UNWANTED, 6, outputs=("GUIDE",))
    words = drawing.add("Text Encode", "a boat, at sea", outputs=("WORDS",), guide=(option, 0, "GUIDE"))
    drawing.sampled((words, 0, "WORDS"), drawing.encoded("fog"))
    assert said(drawing)[0] == "a boat, at sea"


def test_a_prompt_may_say_what_is_not_to_be_seen_at_its_end():
    words = "a wide poster of a boat, red letters, calm water, morning light, no text, no watermark"
    assert said(drawn("fast mode", words, outputs=("C", "C"))) == (words, None)


def test_the_only_text_of_an_encoder_is_a_prompt_whatever_it_says():
    assert said(drawn("a blurry photo", 5, outputs=("POS", "NEG"))) == ("a blurry photo", None)


def test_a_conditioning_called_unwanted_is_the_negative():
    applied = node("LayeredDiffusionCondApply", model=["model", 0], cond=["a", 0], uncond=["b", 0])
    graph = sampled(a=encoded("a boat"), b=encoded("fog"), apply=applied)
    graph["sampler"]["inputs"] |= {"model": ["apply", 0], "positive": ["apply", 1], "negative": ["apply", 2]}
    made = read(graph)
    assert (made.prompt, made.negative_prompt) == ("a boat", "fog")


def test_options_of_a_service_that_come_by_links_are_no_words():
    graph = {
        "save": node("SaveImage", images=["made", 0]),
        "made": node("Some Image Service", prompt=["said", 0], quality=["q", 0], mode=["m", 0], seed=5),
        "said": node("PrimitiveStringMultiline", value=""),
        "q": node("PrimitiveString", value="medium"),
        "m": node("PrimitiveString", value="std"),
    }
    assert read(graph).prompt is None


def test_what_names_the_files_is_no_prompt():
    graph = {
        "1": node("easy kSampler", pipe=["2", 0], image_output="Save", save_prefix="ComfyUI"),
        "2": node("easy preSampling", pipe=["3", 0], steps=6, cfg=1.0, sampler_name="euler", seed=3),
        "3": node("easy fullLoader", ckpt_name="wan.safetensors", positive="a fox", negative="blur"),
    }
    assert read(graph).prompt == "a fox"


def test_marks_alone_are_no_words():
    drawing = Drawing()
    joined = drawing.add("Text Concatenate", ", ", "true", outputs=("STRING",))
    drawing.sampled(drawing.encoded("", text=(joined, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == (None, "fog")


def made_by(**inputs):
    """What a graph says whose conditionings come both from one node that was told these texts."""
    graph = sampled(both=node("Some Encoder", clip=["model", 1], **inputs))
    graph["sampler"]["inputs"] |= {"positive": ["both", 0], "negative": ["both", 1]}
    return read(graph)


@pytest.mark.parametrize(
    ("wanted", "unwanted"),
    [
        ("positivePrompt", "negativePrompt"),
        ("prompt", "negprompt"),
        ("prompt", "n_prompt"),
        ("prompt", "uc"),
        ("prompt", "undesired"),
        ("wanted", "unwanted"),
        ("main_prompt", "bad_prompt"),
        ("positives", "negatives"),
        ("text_p", "text_n"),
    ],
)
def test_an_input_may_be_called_a_negative_in_many_ways(wanted, unwanted):
    made = made_by(**{wanted: "a boat", unwanted: "a hat"})
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a boat", "a hat", "parsed")


@pytest.mark.parametrize("name", ["avoid", "exclude", "exclude_prompt"])
def test_what_is_to_be_avoided_is_no_prompt(name):
    assert made_by(**{"prompt": "a boat", name: "a hat"}).prompt == "a boat"


def test_of_two_texts_whose_names_say_nothing_an_unwanted_one_is_left_out_and_that_is_said():
    made = made_by(text_1="a boat", text_2=UNWANTED)
    assert (made.prompt, made.verdict) == ("a boat", "partly")
    assert made_by(text_1="a boat", text_2="a sea").prompt == "a boat\na sea"
    assert made_by(text_1=UNWANTED).prompt == UNWANTED


def test_the_negative_of_an_infotext_that_was_pasted_is_no_prompt():
    made = made_by(text=f"a boat\nNegative prompt: {UNWANTED}\nSteps: 20")
    assert (made.prompt, made.verdict) == ("a boat", "partly")
