"""Graphs and drawings that would hold the reader up."""

import json
import random
import time

import pytest

from app.analysis import prompts
from tests.analysis.graphs import ENCODER, OUTER, Drawing, encoded, link, node, sampled, texts


def chain(length, kind, **inputs):
    """A graph whose words stand behind so many nodes."""
    nodes = {str(place): node(kind, **{key: [str(place + 1), 0] for key in inputs}) for place in range(length)}
    return sampled(p=node("Reroute", **{"": ["0", 0]}), **nodes, **{str(length): encoded("far")})


def doubling():
    return sampled(
        p=encoded(["0", 0]),
        **{
            str(n): node("Concat", text_a=[str(n + 1), 0], text_b=[str(n + 1), 0], delimiter="-" * 99)
            for n in range(90)
        },
        **{"90": node("Text", text="x" * 60_000)},
    )


def crowd(count):
    """Every node linked to twenty others at random."""
    chance = random.Random(5)
    return sampled() | {
        str(place): node(
            chance.choice(["KSampler", "Concat text", "SaveImage", "LoraLoader", "TextEncode", "Replace"]),
            positive=[str(chance.randrange(count)), 0],
            seed=1,
            find="x",
            replace="x" * 1_000,
            text="x" * 1_000,
            lora_name="x",
            **{f"text_{n}": [str(chance.randrange(count)), 0] for n in range(10)},
            **{
                f"{key}_{n}": [str(chance.randrange(count)), 0]
                for key in ("model", "latent", "guider")
                for n in range(3)
            },
        )
        for place in range(count)
    }


GRAPHS = {
    "a circle": lambda: sampled(p=node("A", text=["p", 0], conditioning=["n", 0]), n=node("B", text=["p", 0])),
    "deep reroutes": lambda: chain(10_000, "Reroute", value=None),
    "deep and wide": lambda: chain(5_000, "ConditioningCombine", conditioning_1=None, conditioning_2=None),
    "doubled texts": doubling,
    "a crowd": lambda: crowd(1_500),
    "many samplers": lambda: {
        str(n): node("KSampler", seed=1, positive=[str(n + 1), 0], latent=[str(n + 2), 0]) for n in range(9_000)
    },
    "many outputs": lambda: {str(n): node("SaveImage", images=[str((n * 7) % 20_000), 0]) for n in range(20_000)},
    "many loras": lambda: sampled(model=node("Stack", **{f"lora_{n}": "x" * n for n in range(1_000)})),
    "replaced": lambda: sampled(**texts("Replace", string="x" * 60_000, find="x", replace="y" * 60_000)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_no_graph_holds_the_reader_up(name):
    text = json.dumps(GRAPHS[name]())
    started = time.process_time()
    made = prompts.read({"prompt": text})
    assert time.process_time() - started < 1
    assert made.generator == "ComfyUI"
    assert len(made.prompt or "") <= 64 * 1024


def test_a_usual_graph_takes_a_millisecond():
    text = json.dumps(sampled())
    prompts.read({"prompt": text})
    fastest = min(_seconds(text) for _ in range(20))
    assert fastest < 0.001


def _seconds(text):
    started = time.perf_counter()
    prompts.read({"prompt": text})
    return time.perf_counter() - started


def hosts(count, inside):
    """A subgraph that holds so many of another, ten levels deep."""
    return {
        "id": f"level{inside}",
        "inputs": [],
        "outputs": [{"name": "o"}],
        "nodes": [{"id": n, "type": f"level{inside + 1}"} for n in range(count)],
        "links": [link(1, 0, 0, -20, 0)],
    }


def circles():
    """Subgraphs that hold each other, reroutes in a ring, a GetNode of itself."""
    drawing = Drawing()
    first = drawing.add("Reroute", outputs=("",), **{"": (2, 0, "*")})
    drawing.add("Reroute", outputs=("",), **{"": (first, 0, "*")})
    drawing.add("SetNode", "me", outputs=("*",), **{"*": (4, 0, "*")})
    drawing.add("GetNode", "me", outputs=("*",))
    host = drawing.add("outer")
    drawing.sampled((host, 0, "CONDITIONING"), (first, 0, "*"), (4, 0, "MODEL"))
    inner = ENCODER | {"nodes": [{"id": 5, "type": "outer"}]}
    return drawing.written(definitions={"subgraphs": [inner, OUTER]})


def deep():
    drawing = Drawing()
    host = drawing.add("level0")
    drawing.sampled((host, 0, "CONDITIONING"), (host, 0, "CONDITIONING"))
    return drawing.written(definitions={"subgraphs": [hosts(20, inside) for inside in range(10)]})


def wide():
    drawing = Drawing()
    last = drawing.encoded("far")
    for _ in range(8_000):
        last = (drawing.add("Reroute", outputs=("",), **{"": last}), 0, "*")
    drawing.sampled(last, last)
    return drawing.written()


def getters():
    drawing = Drawing()
    last = drawing.encoded("far")
    for place in range(8_000):
        drawing.add("SetNode", f"name{place}", outputs=("*",), **{"*": last})
        last = (drawing.add("GetNode", f"name{place}"), 0, "*")
    drawing.sampled(last, last)
    return drawing.written()


@pytest.mark.parametrize("draw", [circles, deep, wide, getters])
def test_no_drawing_holds_the_reader_up(draw):
    text = json.dumps(draw())
    started = time.process_time()
    made = prompts.read({"workflow": text})
    assert time.process_time() - started < 1
    assert made.generator == "ComfyUI"
