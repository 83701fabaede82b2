"""The door to the readers of generation data, and infotext: how A1111 and its kin write."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.prompts.generation import Generation, convert_number, convert_to_snake_case, is_number
from app.analysis.prompts.infotext import read_infotext
from app.analysis.prompts.read import GENERATIONS, is_generated_text, read_generation
from app.metadata import PromptVerdict
from app.texts import clean_json
from tests.support.clock import at_most

LAST = (
    "Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7.5, Seed: 123, Size: 512x768, "
    "Model hash: ab12, Model: dream, VAE: nice.pt, Denoising strength: 0.4, Clip skip: 2, Version: v1.6.0"
)
INFOTEXT = f"a castle, (misty:1.2)\nat dawn\nNegative prompt: blurry,\nugly\n{LAST}"


@pytest.mark.parametrize("key", ["parameters", "UserComment", "ImageDescription", "comment"])
def test_a1111_parameters_are_taken_apart(key):
    made = read_generation({key: INFOTEXT, "other": "text"})
    assert (made.generator, made.prompt, made.negative_prompt, made.verdict) == (
        "AUTOMATIC1111",
        "a castle, (misty:1.2)\nat dawn",
        "blurry,\nugly",
        "parsed",
    )
    assert made.settings == {
        "steps": 20,
        "sampler": "Euler a",
        "scheduler": "Karras",
        "cfg": 7.5,
        "seed": 123,
        "size": {"width": 512, "height": 768},
        "model_hash": "ab12",
        "model": "dream",
        "vae": "nice.pt",
        "denoise": 0.4,
        "clip_skip": 2,
        "version": "v1.6.0",
    }


@pytest.mark.parametrize(
    ("more", "generator"),
    [
        ("Version: f2.0.1v1.10.1-previous-1", "Forge"),
        ("Version: neo", "Forge"),
        ("Version: ComfyUI", "ComfyUI"),
        ("Version: Fooocus v2.5.0", "Fooocus"),
        ("App: SD.Next, Version: 1a2b3c4", "SD.Next"),
        ('Civitai resources: [{"type": "checkpoint", "modelVersionId": 1}], Civitai metadata: {}', "Civitai"),
        ("Version: v1.10.1", "AUTOMATIC1111"),
    ],
)
def test_the_program_is_told_by_its_version(more, generator):
    assert read_generation({"parameters": f"cat\nSteps: 4, Seed: 1, CFG scale: 1, {more}"}).generator == generator


def test_values_may_be_quoted_or_json_with_commas_inside():
    made = read_infotext(
        'cat\nSteps: 4, Seed: 1, Lora hashes: "a: 1, b: 2", Hashes: {"model": "x", "lora:a": "1"}, '
        'ADetailer prompt: "face, \\"smile\\"\\n[PROMPT]", Hires upscale: 2, Odd: 1.2.3, TI hashes: , Last: yes'
    )
    assert made.settings == {
        "steps": 4,
        "seed": 1,
        "lora_hashes": "a: 1, b: 2",
        "hashes": '{"model": "x", "lora:a": "1"}',
        "adetailer_prompt": 'face, "smile"\n[PROMPT]',
        "hires_upscale": 2,
        "odd": "1.2.3",
        "last": "yes",
    }


def test_hashes_names_versions_and_prompts_made_of_digits_stay_texts():
    hashes = {"Model hash": "12345678e9", "VAE hash": "0123456789", "Hires Module 1": "81761151"}
    names = {"Model": "007", "Hires prompt": "1984", "Version": "1.10", "Hires sampler": "1e3", "Hires upscaler": "4"}
    numbers = {"Hires steps": "12", "Variation seed": "5", "Variation seed strength": "0.1", "Denoising strength": "1"}
    written = ", ".join(f"{name}: {value}" for name, value in (hashes | names | numbers).items())
    made = read_infotext(f"cat\nSteps: 20, Seed: 1, Size: 64x64, {written}").settings
    assert {name: made[convert_to_snake_case(name)] for name in hashes | names} == hashes | names
    assert [made[name] for name in ("hires_steps", "variation_seed", "variation_seed_strength", "denoise")] == [
        12, 5, 0.1, 1,
    ]  # fmt: skip


def test_loras_are_read_from_the_prompt_with_their_weights():
    text = "<lora:add_detail:0.8> cat <lora:style:-1:0.5> <lora:te:te=0.3:unet=1> <lora:bare> <lora:add_detail:1>"
    made = read_infotext(f"{text}\nNegative prompt: <lora:not_this:1>\n{LAST}")
    assert made.settings["loras"] == [
        {"name": "add_detail", "weight": 0.8},
        {"name": "style", "weight": -1},
        {"name": "te", "weight": 0.3},
        {"name": "bare", "weight": None},
    ]
    assert made.prompt == text


def test_settings_may_be_followed_by_templates():
    made = read_infotext(f"red cat\nNegative prompt: dog\n{LAST}\nTemplate: {{red|blue}} cat, fine\nSeed: 9")
    assert (made.prompt, made.negative_prompt) == ("red cat", "dog")
    assert (made.settings["template"], made.settings["seed"]) == ("{red|blue} cat", 123)


def test_an_empty_prompt_is_an_answer_too():
    assert read_generation({"parameters": LAST}).verdict is PromptVerdict.PARSED
    assert read_generation({"parameters": LAST}).prompt is None


def test_words_without_settings_are_part_of_an_answer():
    made = read_generation({"parameters": "a cat\nNegative prompt: a dog"})
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a cat", "a dog", "partly")


@pytest.mark.parametrize(
    "text",
    [
        "Steps: 12000, Distance: 8 km, Seed: chia",
        "Steps: 12000, Sampler: pedometer, Seed: 5, CFG scale: 1",
        "Recipe\nSteps: 3, Time: 20 min, Seed: sesame",
        "Steps: 3, Time: 20 min, Sampler: none",
        "Steps: we climbed 20, Model: stairs, Seed: none, Sampler: tea",
        "Steps: 3, Size: 20x30, Material: oak",
        "Steps: 0, Sampler: Euler, Seed: 5",
        "Sampler: tea, Seed: 5, CFG scale: 7",
    ],
)
@pytest.mark.parametrize("key", ["ImageDescription", "UserComment", "dc:description", "comment", "Description"])
def test_a_recipe_and_a_walk_have_steps_and_are_no_generation(key, text):
    assert read_generation({key: text, "Make": "Canon"}) == Generation()
    assert not is_generated_text(text)


@pytest.mark.parametrize(
    "pairs", ["Sampler: Euler, Seed: -1", "CFG scale: 7.5, Model hash: 31e", "Size: 64x48, Seed: 5"]
)
def test_steps_and_two_more_settings_are_enough(pairs):
    assert read_generation({"UserComment": f"cat\nSteps: 20, {pairs}"}).prompt == "cat"


def test_parameters_that_hold_a_prompt_alone_are_part_of_an_answer_and_a_comment_is_none():
    made = read_generation({"parameters": " just a (prompt:1.2)\n"})
    assert (made.prompt, made.generator, made.verdict) == ("just a (prompt:1.2)", "AUTOMATIC1111", "partly")
    assert read_generation({"comment": "just a prompt"}) == Generation()


def test_the_resources_of_civitai_are_model_and_loras_with_their_weights():
    listed = [
        {"type": "checkpoint", "modelVersionId": 1, "modelName": "ours"},
        {"type": "lora", "weight": 0.6, "modelVersionId": 2, "modelName": "fine"},
        {"air": "urn:air:sdxl:lora:civitai:1@2", "modelName": "new"},
        {"type": "embed", "modelName": "word"},
        *("x", None, {"type": "lora", "weight": 1}, {"type": 3, "air": "urn", "modelName": "y"}),
    ]
    settings_ = f"Steps: 20, Seed: 5, Size: 64x64, Civitai resources: {json.dumps(listed)}, Civitai metadata: {{}}"
    made = read_infotext(f"cat\n{settings_}")
    assert made.settings["model"] == "ours"
    assert made.settings["loras"] == [{"name": "fine", "weight": 0.6}, {"name": "new", "weight": None}]
    named = read_infotext(f"cat <lora:file:0.5>\nModel: own\n{settings_}, Model: own")
    assert (named.settings["model"], named.settings["loras"]) == ("own", [{"name": "file", "weight": 0.5}])
    assert "loras" not in read_infotext("cat\nSteps: 20, Seed: 5, Size: 64x64, Civitai resources: [{").settings


def test_an_infotext_in_a_comfyui_file_is_comfyuis_and_counts_before_the_graph():
    graph = json.dumps({"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "__wildcard__"}}})
    made = read_generation({"parameters": f"a red cat\n{LAST}", "prompt": graph})
    assert (made.generator, made.prompt) == ("ComfyUI", "a red cat")


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"parameters": ""},
        {"parameters": "a cat: nice, dog: 2, cow: 3"},
        {"parameters": "Steps: 20, Seed: 1"},
        {"parameters": "x" * 2_000_000},
        {"parameters": '{"a": 1}'},
        {"UserComment": "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90"},
        {"Description": "OLYMPUS DIGITAL CAMERA", "Software": "GIMP 2.10", "Make": "Canon", "Model": "Canon EOS 5D"},
        {"prompt": "a plain prompt"},
        {"prompt": "[1]"},
        {"prompt": "{}"},
        {"prompt": '{"1": 2}'},
        {"prompt": "[" * 100_000},
        {"workflow": "{}"},
    ],
)
def test_texts_of_no_generator_say_nothing(texts):
    assert read_generation(texts) == Generation()


@pytest.mark.parametrize(
    ("texts", "generator"),
    [
        ({"invokeai_metadata": "{"}, "InvokeAI"),
        ({"workflow": '{"nodes": [{"id": 1, "type'}, "ComfyUI"),
        ({"prompt": '{"1": {"class_type": "KSampler", "inp'}, "ComfyUI"),
        ({"workflow": '{"nodes": [' + "0," * 900_000 + "0]}"}, "ComfyUI"),
    ],
)
def test_a_generators_text_that_cannot_be_read_is_named(texts, generator):
    assert read_generation(texts) == Generation(generator, verdict=PromptVerdict.RAW_ONLY)


def test_a_damaged_text_does_not_hide_another_ones_words():
    made = read_generation({"invokeai_metadata": "{", "parameters": INFOTEXT})
    assert (made.generator, made.prompt) == ("AUTOMATIC1111", "a castle, (misty:1.2)\nat dawn")


def test_a_number_too_long_for_a_number_does_not_hide_the_words():
    made = read_generation({"Comment": '{"uc": "dog", "prompt": "cat", "steps": ' + "9" * 5_000 + "}"})
    assert (made.prompt, made.negative_prompt) == ("cat", "dog")


def test_a_number_that_others_cannot_read_is_none():
    values = (7, -0.5, 2**64, 10**400, -(10**400), float("inf"), float("nan"), True, "7", None)
    assert [value for value in values if is_number(value)] == [7, -0.5, 2**64]


def test_names_and_numbers_are_written_one_way():
    assert [convert_to_snake_case(name) for name in ("CFG scale", "cfgScale", "cfg-scale", "Hires upscale")] == [
        "cfg_scale",
        "cfg_scale",
        "cfg_scale",
        "hires_upscale",
    ]
    assert [convert_number(text) for text in ("7", "7.0", "1e999", "nan", "७", "1" * 40, "-3")] == [
        7,
        7.0,
        "1e999",
        "nan",
        "७",
        "1" * 40,
        -3,
    ]


# ---------------------------------------------------------------------------------------- whatever may stand in a file

KEYS = (
    *GENERATIONS,
    *("prompt", "workflow", "invokeai_metadata", "sd-metadata", "Dream", "Software", "Source", "Make", "Model"),
)
NAMES = st.sampled_from(
    [
        *(
            "nodes",
            "links",
            "class_type",
            "inputs",
            "positive",
            "negative",
            "text",
            "seed",
            "steps",
            "model",
            "id",
            "type",
        ),
        *(
            "widgets_values",
            "mode",
            "definitions",
            "subgraphs",
            "extra",
            "groupNodes",
            "uc",
            "c",
            "prompt",
            "lora",
            "size",
        ),
        *(
            "sui_image_params",
            "v4_prompt",
            "caption",
            "metadata_scheme",
            "loras",
            "image",
            "workflow",
            "Comment",
            "name",
        ),
        *("outputs", "link", "widget", "properties", "proxyWidgets", "1", "2", "external", "extraMetadata", "_meta"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | NAMES
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=40
)
TEXTS = VALUES.map(json.dumps) | st.text() | st.from_regex(r"(\w+: ?(\w+|\"\w*|\{\w*)[,\n] ?){0,9}", fullmatch=True)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), TEXTS, max_size=4))
def test_any_text_gives_a_value_that_can_be_written_as_json(texts):
    made = read_generation(texts)
    assert (made.verdict is None) == (made.generator is None)
    assert made.verdict is not None or made == Generation()
    assert all(text is None or text.strip() for text in (made.prompt, made.negative_prompt))
    json.dumps(clean_json(dict(made.settings or {})), allow_nan=False)


JOB = "Job ID: 00000000-0000-0000-0000-000000000000"
SHORT = "Steps: 1, Seed: 2, Size: 3x4"
HARD = {
    "too deep": '{"nodes":' * 10_000,
    "as deep as can be": '{"a":' * 900 + "1" + "}" * 900,
    "only brackets": "[" * 1_000_000,
    "a long number": '{"prompt": ' + "9" * 1_000_000 + "}",
    "numbers that are none": '{"uc": "", "c": "x", "scale": 1e999, "seed": NaN, "steps": ' + "9" * 5_000 + "}",
    "objects in settings": SHORT + ", x: {" * 40_000,
    "quotes in settings": SHORT + ', x: "' * 40_000,
    "no comma": SHORT + ", " + "x " * 1_000_000,
    "open tags": "<lora:" * 300_000 + "\n" + SHORT,
    "negative only": "Negative prompt:\n" * 100_000,
    "lines": "\n" * 2_000_000 + "Steps: 1",
    "an open quote": '"' + "[" * 2_000_000,
    "brackets in quotes": '"' + "[a" * 30_000 + '" -s 1',
    "flags": " --a" * 15_000 + JOB,
    "flags without a name": " --" * 20_000 + JOB,
    "spaces": " " * 64_000 + JOB,
    "a list in a text": '{"use_lora_model": "[' + "(" * 100_000 + '", "prompt": "", "use_stable_diffusion_model": ""}',
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("key", ["parameters", "Description", "Dream", "workflow"])
def test_no_text_holds_the_reader_up(key, name):
    with at_most(1):  # what others do on the machine meanwhile does not count
        made = read_generation({key: HARD[name]})
    values = (made.settings or {}).values()
    assert all(math.isfinite(value) for value in values if isinstance(value, float))


def test_objects_without_end_in_every_text_do_not_hold_the_reader_up():
    text = '{"1": [' + "{}," * 2_600_000 + "1]}"
    with at_most(1):
        assert read_generation(dict.fromkeys(GENERATIONS, text)) == Generation()
