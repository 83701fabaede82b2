"""Drawn nodes whose values have no names of their own: how they are named, and what is never taken for words."""

import pytest

from tests.analysis.prompts.graphs import BYPASSED, MUTED, Drawing, read_drawn

SAMPLED = {"seed": 7, "steps": 28, "cfg": 2.5, "sampler": "euler", "scheduler": "simple"}


def said(drawing, **more):
    made = read_drawn(drawing.written(**more))
    return made.prompt, made.negative_prompt


def piped(drawing):
    """A pipe with a model and both texts."""
    model = drawing.add("CheckpointLoaderSimple", "dream.safetensors", outputs=("MODEL", "CLIP", "VAE"))
    pipe = drawing.add(
        "ToBasicPipe",
        outputs=("BASIC_PIPE",),
        model=(model, 0, "MODEL"),
        positive=drawing.encoded("a boat"),
        negative=drawing.encoded("fog"),
    )
    return pipe, 0, "BASIC_PIPE"


def saved(drawing, origin):
    drawing.add("SaveImage", "x", outputs=(), images=origin)


@pytest.mark.parametrize(
    "values",
    [
        (7, "fixed", 28, 2.5, "euler", "simple", 1),
        ("Sample", 13, 7, True, 28, 2.5, "euler", "simple", 1, "Disabled"),
        (360, True, 768, 7, "randomize", 28, 2.5, "euler", "simple", 0.5, 5, True, False, 0.93, 0, "False", 10),
        ("Attention Injection", 1, 28, 2.5, "euler", "simple", 0.9, 7, "fixed"),
        (7, "increment", 512, 512, "random strict", 28, 2.5, "euler", "simple", 1),
        (True, 7, "fixed", 28, 2.5, "euler", "simple", 0, 10000, "CPU", False),
        ("None", "None", 28, 2.5, "euler", "simple", 1, "Preview", 0, "ComfyUI", 7, "fixed"),
    ],
)
def test_a_sampler_is_known_by_the_order_of_its_values(values):
    drawing = Drawing()
    pipe = piped(drawing)
    made = drawing.add("Some Pack's Sampler", *values, outputs=("IMAGE",), basic_pipe=pipe)
    saved(drawing, (made, 0, "IMAGE"))
    settings = read_drawn(drawing.written()).settings
    assert {key: settings[key] for key in SAMPLED} == SAMPLED
    assert settings["model"] == "dream.safetensors"


@pytest.mark.parametrize("word", ["boat", "a boat"])
def test_what_a_box_with_one_text_holds_is_words_however_short(word):
    drawing = Drawing()
    text = drawing.add("Some Box", word, outputs=("STRING",))
    drawing.sampled(drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == (word, "fog")


def test_texts_behind_the_values_of_a_known_node_do_not_spoil_them():
    drawing = Drawing()
    loader = drawing.add(
        "easy a1111Loader", "dream.safetensors", "Baked VAE", -1, "None", 1, 1, "768 x 1024", 512, 512, "a boat", "fog",
        1, True, "a boat as it was styled, by a lot of people", "fog, and worse", outputs=("pipe",),
    )  # fmt: skip
    sampler = drawing.add(
        "easy preSampling", 28, 2.5, "euler", "simple", 1, 7, "fixed", outputs=("pipe",), pipe=(loader, 0, "PIPE_LINE")
    )
    drawing.add("easy kSampler", "Save", 0, "x", outputs=("pipe", "image"), pipe=(sampler, 0, "PIPE_LINE"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.negative_prompt, made.settings["model"]) == ("a boat", "fog", "dream.safetensors")


def test_a_switch_leads_to_the_settings_and_the_model_it_is_set_to():
    drawing = Drawing()
    models = [drawing.add("UNETLoader", name, "default", outputs=("MODEL",)) for name in ("slow", "fast")]
    steps = [drawing.add("PrimitiveInt", number, outputs=("INT",)) for number in (20, 4)]
    turbo = drawing.add("PrimitiveBoolean", True, outputs=("BOOLEAN",))
    chosen = [
        drawing.add(
            "ComfySwitchNode", False, outputs=("*",), widgets=("switch",), on_false=(slow, 0, "*"),
            on_true=(fast, 0, "*"), switch=(turbo, 0, "BOOLEAN"),
        )
        for slow, fast in (models, steps)
    ]  # fmt: skip
    drawing.sampled(drawing.encoded("a boat"), drawing.encoded("fog"), (chosen[0], 0, "MODEL"))
    sampler = next(raw for raw in drawing.nodes if raw["type"] == "KSampler")
    drawing.links.append([99, chosen[1], 0, sampler["id"], 4, "INT"])
    sampler["inputs"].append({"name": "steps", "type": "INT", "link": 99, "widget": {"name": "steps"}})
    settings = read_drawn(drawing.written()).settings
    assert (settings["model"], settings["steps"]) == ("fast", 4)


def test_a_setting_that_was_made_while_running_is_not_another_nodes():
    drawing = Drawing()
    made = drawing.add("Some Math", "a * b", outputs=("INT",))
    pipe = drawing.add(
        "easy preSampling", 20, 8, "euler", "simple", 1, 5, "fixed", outputs=("pipe",), pipe=piped(drawing)
    )
    sampler = drawing.add(
        "Some Sampler", 7, "fixed", 28, 2.5, "euler", "simple", 1, outputs=("IMAGE",), widgets=("steps",),
        steps=(made, 0, "INT"), basic_pipe=(pipe, 0, "BASIC_PIPE"),
    )  # fmt: skip
    saved(drawing, (sampler, 0, "IMAGE"))
    assert "steps" not in read_drawn(drawing.written()).settings


def test_a_seed_that_is_linked_is_not_the_one_that_was_typed():
    drawing = Drawing()
    pipe = piped(drawing)
    seed = drawing.add("PrimitiveInt", 99, outputs=("INT",))
    made = drawing.add(
        "Some Sampler", 7, "fixed", 28, 2.5, "euler", "simple", 1, outputs=("IMAGE",), widgets=("noise_seed",),
        noise_seed=(seed, 0, "INT"), basic_pipe=pipe,
    )  # fmt: skip
    saved(drawing, (made, 0, "IMAGE"))
    assert read_drawn(drawing.written()).settings["seed"] == 99


@pytest.mark.parametrize("choice", ["true", "false", "Select the LoRA to add to the text", "1.5", "randomize"])
def test_a_choice_is_never_words(choice):
    drawing = Drawing()
    text = drawing.add("Text Multiline", "a boat", outputs=("STRING",))
    joined = drawing.add("Text Concatenate", choice, outputs=("STRING",), text_a=(text, 0, "STRING"))
    drawing.sampled(drawing.encoded("", text=(joined, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == ("a boat", "fog")


def test_a_guessed_text_does_not_hide_what_a_pipe_brings():
    drawing = Drawing()
    detail = drawing.add(
        "BasicPipeToDetailerPipe", "best quality, a faint smile", "Select the LoRA to add to the text",
        outputs=("DETAILER_PIPE",), basic_pipe=piped(drawing),
    )  # fmt: skip
    made = drawing.add(
        "FaceDetailerPipe", 7, "fixed", 20, 8, "euler", "normal", 0.5, outputs=("IMAGE",),
        detailer_pipe=(detail, 0, "DETAILER_PIPE"),
    )  # fmt: skip
    saved(drawing, (made, 0, "IMAGE"))
    assert said(drawing) == ("best quality, a faint smile\na boat", "fog")


def test_names_beside_the_values_come_before_every_guess():
    drawing = Drawing()
    text = drawing.add("Some Writer", "mode of the day", "a boat", outputs=("STRING",))
    drawing.nodes[-1]["widgets_values_named"] = {"mode": "mode of the day", "prompt": "a boat"}
    drawing.sampled(drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == ("a boat", "fog")


def test_names_whose_types_do_not_agree_are_not_believed():
    drawing = Drawing()
    text = drawing.add("Some Writer", "a boat in the rain", 5, outputs=("STRING",), widgets=("frame",), frame=None)
    drawing.nodes[-1]["inputs"][0]["type"] = "INT"
    drawing.nodes[-1]["widgets_values_named"] = {"frame": "a boat in the rain", "prompt": 5}
    drawing.sampled(drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == ("a boat in the rain", "fog")


def test_a_single_widget_that_was_made_an_input_does_not_name_the_others():
    drawing = Drawing()
    text = drawing.add(
        "Text Scheduler", "0, a boat\n2, a hut", 0, outputs=("STRING",), widgets=("frame",), frame=(99, 0, "INT")
    )
    drawing.sampled(drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == ("0, a boat\n2, a hut", "fog")


def test_both_texts_of_an_encoder_that_gives_one_thing_are_read():
    drawing = Drawing()
    embeds = drawing.add("WanVideoTextEncode", "a boat", "fog", True, outputs=("WANVIDEOTEXTEMBEDS",))
    made = drawing.add(
        "WanVideoSampler", 28, 2.5, 5, 7, "fixed", True, "unipc", 0, 1, "", outputs=("LATENT",),
        text_embeds=(embeds, 0, "WANVIDEOTEXTEMBEDS"),
    )  # fmt: skip
    saved(drawing, (made, 0, "LATENT"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.negative_prompt) == ("a boat", "fog")
    assert (made.settings["steps"], made.settings["cfg"], made.settings["seed"]) == (28, 2.5, 7)


def test_the_only_text_of_an_encoder_has_the_role_of_what_it_gives():
    drawing = Drawing()
    encoders = [drawing.add("Any Encoder", text, "comfy++", "mean") for text in ("a boat in the rain", "a lot of fog")]
    drawing.sampled(*((encoder, 0, "CONDITIONING") for encoder in encoders))
    assert said(drawing) == ("a boat in the rain", "a lot of fog")


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_a_text_box_that_is_fed_by_a_node_that_does_not_run_sends_its_own_text(mode):
    drawing = Drawing()
    source = drawing.add("Text Multiline", "never", mode=mode, outputs=("STRING",))
    positive = drawing.encoded("a boat", text=(source, 0, "STRING"), widgets=("text",))
    drawing.sampled(positive, drawing.encoded("fog"))
    assert said(drawing) == ("a boat", "fog")


def test_of_a_text_that_is_linked_and_typed_the_linked_one_counts():
    drawing = Drawing()
    source = drawing.add("Text Multiline", "a boat", outputs=("STRING",))
    text = drawing.add(
        "Some Writer", "an old text that was typed", "and one more in it", outputs=("STRING",), widgets=("prompt",),
        prompt=(source, 0, "STRING"),
    )  # fmt: skip
    drawing.sampled(drawing.encoded("", text=(text, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert said(drawing) == ("a boat", "fog")


@pytest.mark.parametrize("words", ["Expand this image", "Death Knight"])
def test_a_short_text_of_a_service_is_its_prompt(words):
    drawing = Drawing()
    made = drawing.add("Some Expander", words, False, 184, 60, 5, "randomize", outputs=("IMAGE",))
    saved(drawing, (made, 0, "IMAGE"))
    assert said(drawing) == (words, None)


def test_two_texts_of_a_known_service_have_their_roles():
    drawing = Drawing()
    made = drawing.add("WanTextToVideoApi", "wan2.6", "a boat", "fog", "720p", 5, 7, "fixed", outputs=("VIDEO",))
    drawing.add("SaveVideo", "x", outputs=(), video=(made, 0, "VIDEO"))
    assert said(drawing) == ("a boat", "fog")


def everywhere(version):
    drawing = Drawing()
    boat, fog = (drawing.add("String_", words, outputs=("STRING",)) for words in ("a boat", "fog"))
    drawing.add("Anything Everywhere", outputs=(), STRING=(boat, 0, "STRING"))
    drawing.add("Anything Everywhere?", ".*", "negative", outputs=(), STRING=(fog, 0, "STRING"))
    drawing.add("Seed Everywhere", 99, "fixed", outputs=("INT",))
    both = drawing.add(
        "Two Texts", "an old text", "old fog", outputs=("positive", "negative"), widgets=("prompt", "negative_prompt"),
        prompt=None, negative_prompt=None,
    )  # fmt: skip
    drawing.sampled((both, 0, "CONDITIONING"), (both, 1, "CONDITIONING"))
    sampler = next(raw for raw in drawing.nodes if raw["type"] == "KSampler")
    sampler["inputs"].append({"name": "seed", "type": "INT", "link": None, "widget": {"name": "seed"}})
    for one in next(raw for raw in drawing.nodes if raw["type"] == "Two Texts")["inputs"]:
        one["type"] = "STRING"
    return read_drawn(drawing.written(extra={"frontendVersion": version} if version else {}))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, ("a boat", "fog", 99)),
        ("1.9.3", ("a boat", "fog", 99)),
        ("1.27.10", ("an old text", "old fog", 7)),
    ],
)
def test_a_widget_that_an_older_frontend_made_an_input_is_open_to_what_is_broadcast(version, expected):
    made = everywhere(version)
    assert (made.prompt, made.negative_prompt, made.settings["seed"]) == expected
