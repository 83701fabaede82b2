"""LoRAs of ComfyUI graphs: the ways in which packs of nodes tell them, as they run and as they are drawn."""

import json

import pytest

from app.analysis.prompts.read import read_generation
from tests.analysis.prompts.graphs import Drawing, encoded, node, read, read_drawn, sampled
from tests.support.clock import at_most

CHECKPOINT = node("CheckpointLoaderSimple", ckpt_name="dream.safetensors")


def found(made):
    return {one["name"]: one["weight"] for one in made.settings.get("loras", ())}


def loaded(kind, **inputs):
    """The LoRAs of a graph whose model comes through this node."""
    return found(read(sampled(model=node(kind, model=["m", 0], **inputs), m=CHECKPOINT)))


def stack(mode, **more):
    return {"input_mode": mode, "lora_count": 2} | more | {
        f"{name}_{place}": value
        for place in (1, 2, 3)
        for name, value in {
            "lora_name": f"l{place}", "lora_wt": place / 10, "model_str": place, "clip_str": 9,
        }.items()
    }  # fmt: skip


EASY = {
    f"lora_{place}_{name}": value
    for place in (1, 2, 3)
    for name, value in {
        "name": f"l{place}",
        "strength": place / 10,
        "model_strength": place,
        "clip_strength": 9,
    }.items()
}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (stack("simple"), {"l1": 0.1, "l2": 0.2}),
        (stack("advanced"), {"l1": 1, "l2": 2}),
        ({"mode": "simple", "num_loras": 2, "toggle": True, **EASY}, {"l1": 0.1, "l2": 0.2}),
        ({"mode": "advanced", "num_loras": 1, "toggle": "enabled", **EASY}, {"l1": 1}),
        ({"mode": "simple", "num_loras": 2, "toggle": False, **EASY}, {}),
        ({"mode": "simple", "num_loras": 2, "toggle": "disabled", **EASY}, {}),
        (
            {"switch_1": "Off", "lora_name_1": "a", "model_weight_1": 1, "lora_name_2": "b", "model_weight_2": 2},
            {"b": 2},
        ),
        ({"lora_01": "a", "strength_01": 0.8, "lora_02": "None", "strength_02": 1}, {"a": 0.8}),
        ({"lora_1_on": True, "lora_1_name": "a", "lora_1_strength": 1, "lora_2_enabled": "False", "lora_2_name": "b"},
         {"a": 1}),
        ({"lora": "a", "strength": 0.9, "low_mem_load": False}, {"a": 0.9}),
        ({"lora_0": "a", "strength_0": 0.9, "lora_1": "none", "strength_1": 1}, {"a": 0.9}),
        ({"lora_name": {"content": "a", "image": None}, "strength_model": 0.7, "strength_clip": 1}, {"a": 0.7}),
        ({"lora_name": "a", "strength_clip": 1, "weight_dtype": "fp8"}, {"a": None}),
        ({"lora_name": "a", "strength_model": 1, "bypass": True}, {}),
        ({"lora_name": "a", "strength_model": ["w", 0]}, {"a": None}),
    ],
)  # fmt: skip
def test_inputs_tell_a_lora_by_its_name_and_the_strength_of_the_same_number(inputs, expected):
    assert loaded("Some Loader", **inputs) == expected


def test_a_strength_may_come_through_a_link():
    graph = sampled(
        model=node("LoraLoaderModelOnly", lora_name="a", strength_model=["w", 0], model=["m", 0]),
        m=CHECKPOINT,
        w=node("PrimitiveFloat", value=0.35),
    )
    assert found(read(graph)) == {"a": 0.35}


MANAGED = [{"name": "a", "strength": "0.75", "active": True}, {"name": "b", "strength": 1, "active": False}]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"lora_1": {"on": True, "lora": "a", "strength": 0.5}, "lora_2": {"on": False, "lora": "b", "strength": 1}},
         {"a": 0.5}),
        ({"text": "<lora:a:0.75> <lora:b:1>", "loras": {"__value__": MANAGED}}, {"a": 0.75}),
        ({"text": "<lora:b:1>", "loras": {"__value__": MANAGED[1:]}}, {}),
        ({"text": "<lora:a:1>", "toggle_trigger_words": {"__value__": [{"text": "x", "active": True}]}}, {"a": 1}),
    ],
)  # fmt: skip
def test_objects_tell_a_lora_and_whether_it_is_switched_on(inputs, expected):
    assert loaded("Lora Loader (LoraManager)", **inputs) == expected


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        ("LoraTagLoader", {"text": "<lora:foo:0.8>, cat"}, {"foo": 0.8}),
        ("WildcardEncode //Inspire", {"wildcard_text": "<lora:x|y:1>", "populated_text": "<lora:y:1>"}, {"y": 1}),
        ("easy fullLoader", {"positive": "cat <lora:foo:0.8>", "negative": "<lora:not_this:1>"}, {"foo": 0.8}),
    ],
)
def test_texts_on_the_way_to_the_model_tell_loras(kind, inputs, expected):
    assert loaded(kind, **inputs) == expected


def test_texts_behind_a_loader_tell_loras_and_those_of_a_plain_encoder_do_not():
    graph = sampled(
        model=node("LoRA Text Loader (LoraManager)", lora_syntax=["t", 0], model=["pp", 0]),
        t=node("StringConcatenate", string_a="<lora:foo:0.8>", string_b="<lora:bar:0.5>", delimiter=" "),
        pp=node("Power Prompt (rgthree)", prompt="cat <lora:baz:0.3>", opt_model=["deep", 0]),
        deep=node("LoraLoader", lora_name="last", strength_model=1, model=["m", 0]),
        m=CHECKPOINT,
        p=encoded("<lora:never:1> cat"),
    )
    assert found(read(graph)) == {"foo": 0.8, "bar": 0.5, "baz": 0.3, "last": 1}


def test_an_encoder_on_the_way_to_the_model_loads_none():
    graph = sampled(
        model=node("AttentionCouple", model=["m", 0], base_cond=["b", 0], cond_1=["p", 0]),
        m=CHECKPOINT,
        b=encoded("<lora:never:1> cat"),
    )
    assert found(read(graph)) == {}


POWER = [{}, {"type": "PowerLoraLoaderHeaderWidget"}, {"on": True, "lora": "a.safetensors", "strength": 0.8},
         {"on": False, "lora": "b.safetensors", "strength": 1}, {}, ""]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("Power Lora Loader (rgthree)", POWER, {"a.safetensors": 0.8}),
        ("Lora Loader Stack (rgthree)", ["a.safetensors", 0.8, "None", 1, "b.safetensors", 0.2, "None", 1],
         {"a.safetensors": 0.8, "b.safetensors": 0.2}),
        ("LoraLoaderBlockWeight //Inspire", ["All", "a.safetensors", 0.8, 1, False, 0, "fixed", 4.0, 1.0, "P", "x"],
         {"a.safetensors": 0.8}),
        ("CR LoRA Stack", ["On", "a.safetensors", 0.5, 1, "Off", "b.safetensors", 1, 1, "Off", "None", 1, 1],
         {"a.safetensors": 0.5}),
        ("WanVideoLoraSelect", ["a.safetensors", 0.9, False, True], {"a.safetensors": 0.9}),
        ("LoraLoader|pysssss", [{"content": "a.safetensors", "image": None}, 0.7, 1, "[none]"], {"a.safetensors": 0.7}),
        ("Lora Loader (LoraManager)", ["<lora:a:0.75> <lora:b:1>", MANAGED], {"a": 0.75}),
        ("LoraTagLoader", ["<lora:foo:0.8>, cat"], {"foo": 0.8}),
        ("LoRA Stacker", ["simple", 1, "a.safetensors", 0.5, 1, 1, "b.safetensors", 1, 1, 1], {"a.safetensors": 0.5}),
        ("easy loraStack", [True, "simple", 1, "a.safetensors", 0.5, 1, 1, "b.safetensors", 1, 1, 1],
         {"a.safetensors": 0.5}),
    ],
)  # fmt: skip
def test_loras_of_a_drawn_loader_are_read_without_the_names_of_its_widgets(kind, values, expected):
    drawing = Drawing()
    checkpoint = drawing.add("CheckpointLoaderSimple", "dream.safetensors", outputs=("MODEL", "CLIP", "VAE"))
    loader = drawing.add(kind, *values, outputs=("MODEL", "CLIP"), model=(checkpoint, 0, "MODEL"))
    drawing.nodes[-1]["widgets_values"] = values
    drawing.sampled(drawing.encoded("a boat"), drawing.encoded("fog"), (loader, 0, "MODEL"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.negative_prompt, found(made)) == ("a boat", "fog", expected)


def chained(count, **inputs):
    """So many loaders behind each other, each with these inputs."""
    nodes = {str(n): node("LoraLoader", model=[str(n + 1), 0], **inputs) for n in range(count)}
    return sampled(
        model=node("LoraLoader", model=["0", 0]), **nodes, many=node("Crowd", **{f"a{n}": n for n in range(300)})
    )


SHARED = {
    f"t{n}": node("Concat", delimiter=" ", **{f"text_{m}": [f"t{n + 1}", 0] for m in (1, 2)}) for n in range(40)
} | {"t40": node("Text", text=("<lora:" + "a" * 199) * 300)}


@pytest.mark.parametrize(
    "graph",
    [
        chained(990, lora_name="x", strength_model=["many", 0]),
        chained(990, **{f"lora_{n}": "x" for n in range(290)}),
        chained(990, text=["t0", 0]) | SHARED,
        chained(1, text="<lora:" * 1_000_000),
        chained(900, text="<lora:" * 900),
        chained(1, loras=[{"name": "x", "strength": 1, "active": True}] * 30_000),
    ],
)
def test_no_loras_hold_the_reader_up(graph):
    text = json.dumps(graph)
    with at_most(1):
        made = read_generation({"prompt": text})
    assert len(made.settings.get("loras", ())) <= 100
