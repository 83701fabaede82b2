"""Small ComfyUI workflows as they are drawn: what is switched off, carried, promoted or packed away."""

import json
import random

import pytest

from app.analysis.prompts.read import read_generation
from tests.analysis.prompts.graphs import BYPASSED, ENCODER, MUTED, SUBGRAPHS, Drawing, read_drawn


def said(drawing, **more):
    made = read_drawn(drawing.written(**more))
    return made.prompt, made.negative_prompt


def test_a_workflow_alone_gives_words_and_settings():
    drawing = Drawing()
    drawing.sampled(drawing.encoded("a boat"), drawing.encoded("fog"))
    made = read_drawn(drawing.written())
    assert (made.generator, made.prompt, made.negative_prompt, made.verdict) == ("ComfyUI", "a boat", "fog", "parsed")
    assert made.settings == {
        "seed": 7,
        "steps": 30,
        "cfg": 6.5,
        "sampler": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
        "model": "dream.safetensors",
        "size": {"width": 640, "height": 960},
    }


def muted(drawing):
    off = drawing.add("CLIPTextEncode", "never", mode=MUTED)
    combined = drawing.add(
        "ConditioningCombine", conditioning_1=drawing.encoded("a boat"), conditioning_2=(off, 0, "CONDITIONING")
    )
    return combined, 0, "CONDITIONING"


def bypassed(drawing):
    image = drawing.add("LoadImage", "x.png", "image", outputs=("IMAGE",))
    skipped = drawing.add(
        "ControlNetApply", 1.0, mode=BYPASSED, image=(image, 0, "IMAGE"), conditioning=drawing.encoded("a boat")
    )
    return skipped, 0, "CONDITIONING"


def bypassed_both(drawing):
    skipped = drawing.add(
        "ControlNetApplyAdvanced", mode=BYPASSED, outputs=("CONDITIONING", "CONDITIONING"),
        negative=drawing.encoded("wrong"), positive=drawing.encoded("a boat"),
    )  # fmt: skip
    return skipped, 1, "CONDITIONING"


def rerouted(drawing):
    first = drawing.add("Reroute", outputs=("",), **{"": drawing.encoded("a boat")})
    return drawing.add("Reroute", outputs=("",), **{"": (first, 0, "*")}), 0, "*"


def primitive(drawing):
    value = drawing.add("PrimitiveNode", "a boat", outputs=("STRING",))
    return drawing.encoded("an old text", text=(value, 0, "STRING"), widgets=("text",))


def set_and_got(drawing):
    drawing.add("SetNode", "other", outputs=("*",), CONDITIONING=drawing.encoded("wrong"))
    drawing.add("SetNode", "words", outputs=("*",), CONDITIONING=drawing.encoded("a boat"))
    return drawing.add("GetNode", "words"), 0, "CONDITIONING"


def switched_off_text(drawing):
    source = drawing.add("Text Multiline", "never", mode=MUTED, outputs=("STRING",))
    joined = drawing.add(
        "StringConcatenate",
        "a boat",
        "at sea",
        " ",
        outputs=("STRING",),
        string_b=(source, 0, "STRING"),
        widgets=("string_b",),
    )
    return drawing.encoded("", text=(joined, 0, "STRING"), widgets=("text",))  # fmt: skip


def unknown_node(drawing):
    text = drawing.add("Fancy Prompt Box", True, "mode_a", "a boat, at sea", 3, outputs=("STRING",))
    return drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",))


def listed_widgets(drawing):
    names = ("style", "seed", "prompt")
    values = ("at night", 5, "randomize", "a boat")
    text = drawing.add("Fancy Prompt Box", *values, outputs=("STRING",), widgets=names, **dict.fromkeys(names))
    return drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",))


def listed_widgets_in_step(drawing):
    names = ("seed", "tidy", "prompt")
    text = drawing.add("Fancy Box", 5, False, "a boat", outputs=("STRING",), widgets=names, **dict.fromkeys(names))
    return drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",))


def named_widgets(drawing):
    return drawing.add("PromptEncoder", {"prompt": "a boat", "negative_prompt": "wrong"}), 0, "CONDITIONING"


def shown_text(drawing):
    asked = drawing.add("OllamaGenerate", "Describe this picture", outputs=("STRING",))
    shown = drawing.add("ShowText|pysssss", ["a boat"], outputs=("STRING",), text=(asked, 0, "STRING"))
    return drawing.encoded("", text=(shown, 0, "STRING"), widgets=("text",))


def named_outputs(drawing):
    both = drawing.add(
        "Any Loader",
        outputs=("negative", "positive"),
        positive=drawing.encoded("a boat"),
        negative=drawing.encoded("no"),
    )
    return both, 1, "CONDITIONING"


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (muted, "a boat"),
        (bypassed, "a boat"),
        (bypassed_both, "a boat"),
        (rerouted, "a boat"),
        (primitive, "a boat"),
        (set_and_got, "a boat"),
        (switched_off_text, "a boat at sea"),
        (unknown_node, "a boat, at sea"),
        (listed_widgets, "a boat"),
        (listed_widgets_in_step, "a boat"),
        (named_widgets, "a boat"),
        (shown_text, "a boat"),
        (named_outputs, "a boat"),
    ],
)
def test_words_are_found_as_they_would_have_run(draw, expected):
    drawing = Drawing()
    drawing.sampled(draw(drawing), drawing.encoded("fog"))
    assert said(drawing) == (expected, "fog")


def test_subgraphs_take_their_words_from_links_and_widgets_of_their_host():
    drawing = Drawing()
    text = drawing.add("PrimitiveStringMultiline", "a boat", outputs=("STRING",))
    linked = drawing.add("encoder", "old", clip=None, words=(text, 0, "STRING"), widgets=("words",))
    typed = drawing.add("encoder", "fog", clip=None, words=None, widgets=("words",))
    drawing.sampled((linked, 0, "CONDITIONING"), (typed, 0, "CONDITIONING"))
    assert said(drawing, **SUBGRAPHS) == ("a boat", "fog")


def test_subgraphs_inside_subgraphs_lead_out_again():
    drawing = Drawing()
    text = drawing.add("PrimitiveStringMultiline", "a boat", outputs=("STRING",))
    outer = drawing.add("outer", said=(text, 0, "STRING"))
    drawing.sampled((outer, 0, "CONDITIONING"), drawing.encoded("fog"))
    assert said(drawing, **SUBGRAPHS) == ("a boat", "fog")


def test_values_promoted_to_the_host_replace_those_inside():
    drawing = Drawing()
    host = drawing.add("encoder", "a boat", clip=None)
    drawing.nodes[-1]["properties"] = {"proxyWidgets": [["5", "text"]]}
    drawing.sampled((host, 0, "CONDITIONING"), drawing.encoded("fog"))
    assert said(drawing, **SUBGRAPHS) == ("a boat", "fog")


def test_values_of_a_host_without_names_follow_the_inputs_that_hold_one():
    inputs = [{"name": "clip", "type": "CLIP"}, {"name": "words", "type": "STRING"}, {"name": "n", "type": "INT"}]
    drawing = Drawing()
    host = drawing.add("encoder", "a boat", 5, clip=None)
    drawing.sampled((host, 0, "CONDITIONING"), drawing.encoded("fog"))
    assert said(drawing, definitions={"subgraphs": [ENCODER | {"inputs": inputs}]}) == ("a boat", "fog")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["x.safetensors", -1, "a boat, at sea", "a hat, a crowd of people"], "a boat, at sea"),
        (["fast mode", "You are an expert at prompts, so write", "a boat in the rain"], "a boat in the rain"),
        (["Nano Banana 2 (Flash Image)", "1:1 (Square)", "randomize"], None),
        (["seedance-1-0-pro-250528", "海边的一条船 雨天"], "海边的一条船 雨天"),
        (["uniform float x;\nvoid main of the shader;\n", "mode"], None),
    ],
)
def test_of_unnamed_texts_the_first_written_one_is_the_prompt_and_none_is_negative(values, expected):
    drawing = Drawing()
    loader = drawing.add("Some Loader", *values, outputs=("C", "C"))
    drawing.sampled((loader, 0, "CONDITIONING"), (loader, 1, "CONDITIONING"))
    assert said(drawing) == (expected, None)


def test_a_node_that_calls_a_model_elsewhere_is_read_without_names():
    drawing = Drawing()
    made = drawing.add("Flux9ImageNode", "flux-9-pro", "a boat in the rain", 5, "randomize", outputs=("IMAGE",))
    drawing.add("SaveImage", "my best of images", outputs=(), images=(made, 0, "IMAGE"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a boat in the rain", None, "partly")


def test_a_subgraph_that_is_switched_off_says_nothing():
    drawing = Drawing()
    host = drawing.add("encoder", "never", mode=MUTED, words=None, widgets=("words",))
    drawing.sampled((host, 0, "CONDITIONING"), drawing.encoded("fog"))
    assert said(drawing, **SUBGRAPHS) == (None, "fog")


def test_a_group_node_takes_values_and_links_in_the_order_of_its_nodes():
    group = {
        "nodes": [
            {
                "type": "CLIPTextEncode",
                "inputs": [{"name": "clip"}],
                "outputs": [{"name": "C"}],
                "widgets_values": ["x"],
            },
            {
                "type": "ConditioningCombine",
                "inputs": [{"name": "conditioning_1"}, {"name": "conditioning_2"}],
                "outputs": [{"name": "C"}],
            },
        ],
        "links": [[0, 0, 1, 0, 1, "CONDITIONING"], [None, 0, 1, 1, 3, "CONDITIONING"]],
        "external": [],
    }
    drawing = Drawing()
    host = drawing.add("workflow>Words", "a boat", clip=None, conditioning_2=drawing.encoded("at sea"), number=50)
    drawing.sampled((host, 0, "CONDITIONING"), drawing.encoded("fog"))
    assert said(drawing, extra={"groupNodes": {"Words": group}}) == ("a boat\nat sea", "fog")


ODD = [None, True, -1, 0, 1, 10**25, 1e308, "", "1", [], {}, [1, 2], ["1", 0], [[[]]], {"id": 1}, -10, "-10", -20]


def damaged(value, chance, part):
    """A copy of a value with some of its parts replaced by odd ones."""
    if chance.random() < part:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: damaged(inner, chance, part) for key, inner in value.items()}
    return [damaged(inner, chance, part) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("part", [0.003, 0.01, 0.05])
def test_a_damaged_drawing_gives_a_value(part):
    chance = random.Random(1)
    drawing = Drawing()
    text = drawing.add("PrimitiveStringMultiline", "a boat", outputs=("STRING",))
    outer = drawing.add("outer", said=(text, 0, "STRING"))
    nodes = [draw(drawing) for draw in (muted, bypassed, rerouted, primitive, set_and_got, listed_widgets, shown_text)]
    for place in nodes:
        drawing.sampled((outer, 0, "CONDITIONING"), place)
    workflow = drawing.written(
        **SUBGRAPHS, extra={"groupNodes": {"Words": {"nodes": drawing.nodes, "links": [[0, 0, 1, 0]]}}}
    )
    for _ in range(150):
        read_generation({"workflow": json.dumps(damaged(workflow, chance, part))})
