"""Graphs and drawings that would hold the reader up."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.prompts.read import read_generation
from tests.analysis.prompts.graphs import ENCODER, OUTER, Drawing, encoded, link, node, sampled, texts
from tests.support.clock import at_most


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
    "a diamond of a thousand": lambda: sampled(
        p=encoded(["0", 0]),
        **{str(n): node("Concat", text_a=[str(n + 1), 0], text_b=[str(n + 1), 0]) for n in range(1_000)},
        **{"1000": node("Text", text="far")},
    ),
    "joins of typed texts": lambda: sampled(
        p=encoded(["0", 0]),
        **{str(n): node("X", a=[str(n + 1), 0], b="x, y " * 800, c="." * 4_000, delimiter=", ") for n in range(900)},
        **{"900": node("Text", text="far")},
    ),
    "a join of many typed texts": lambda: sampled(
        p=node("X", text=["0", 0]),
        **{"0": node("X", t0=["1", 0], **{f"t{n}": "." * 20_000 for n in range(1, 300)}), "1": encoded("far")},
    ),
    "a node of many inputs": lambda: sampled(p=node("X", **{f"text_{n}": "abc" for n in range(90_000)})),
    "a sampler of many links": lambda: sampled(
        sampler=node("KSampler", seed=1, steps=1, **{f"positive_{n}": ["p", 0] for n in range(60_000)})
    ),
    "sizes told by a crowd": lambda: sampled(
        latent=node("Latent", **{f"latent_{n}": [str(n), 0] for n in range(300)}),
        **{str(n): node("Latent", width=["w", 0], height=["w", 0]) for n in range(900)},
        w=node("Crowd", **{f"a{n}": 1 for n in range(50_000)}),
    ),
    "more nodes than are read": lambda: {str(n): node("SaveImage", images=[str(n + 1), 0]) for n in range(30_000)},
    "a node of a long class": lambda: sampled(
        p=encoded(["0", 0]), **{"0": node("Inpaint" * 150_000, text_a=["1", 1]), "1": node("InpaintX" * 1_000, x="y")}
    ),
    "a text of one word": lambda: sampled(p=node("X", said="a" * 65_000)),
    "replaced": lambda: sampled(**texts("Replace", string="x" * 60_000, find="x", replace="y" * 60_000)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_no_graph_holds_the_reader_up(name):
    texts = {"prompt": json.dumps(GRAPHS[name]())}
    with at_most(1):
        made = read_generation(texts)
    assert made.generator == "ComfyUI"
    assert len(made.prompt or "") <= 64 * 1024


def test_a_usual_graph_takes_a_millisecond():
    text = json.dumps(sampled())
    read_generation({"prompt": text})
    with at_most(0.02):
        for _ in range(20):
            read_generation({"prompt": text})


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


def hosted(nodes=(), ports=0, links=(), hosts=1, extra=None, **more):
    """So many hosts of one subgraph."""
    drawing = Drawing()
    for _ in range(hosts):
        drawing.add("inner")
        drawing.nodes[-1] |= more
    drawing.sampled((1, 0, "CONDITIONING"), (1, 0, "CONDITIONING"))
    inner = {"id": "inner", "nodes": nodes, "links": [*links, link(1, 5, 0, -20, 0)], "outputs": [{"name": "o"}]}
    inner["extra"] = extra
    inner["inputs"] = [{"name": f"i{n}", "type": "STRING"} for n in range(ports)]
    return drawing.written(definitions={"subgraphs": [inner]})


def promoted():
    names = [[str(n), "text"] for n in range(10_000)]
    nodes = [{"id": n, "type": "A"} for n in range(10_000)]
    return hosted(nodes, properties={"proxyWidgets": names}, widgets_values=["x"] * 10_000)


def many_ports():
    nodes = [{"id": n, "type": "A", "inputs": [{"name": "text", "link": n}]} for n in range(9_000)]
    inputs = [{"name": f"i{n}", "link": None, "type": "STRING"} for n in range(9_000)]
    return hosted(nodes, 9_000, [link(n, -10, n, n, 0) for n in range(2, 9_000)], inputs=inputs)


def many_hosts():
    return hosted([{"id": n, "type": "A"} for n in range(30_000)], hosts=300)


def many_hosts_of_links():
    return hosted(links=[[n, 1, 0, 2, 0] for n in range(30_000)], hosts=300)


def broadcasting():
    drawing = Drawing()
    model = drawing.add("CheckpointLoaderSimple", "x", outputs=("MODEL",))
    for _ in range(1_000):
        drawing.add("Anything Everywhere", outputs=(), anything=(model, 0, "MODEL"))
    ports = [{"name": f"m{n}" * 20, "type": "MODEL"} for n in range(30)]
    drawing.nodes += [{"id": 9_000 + n, "type": "X", "inputs": ports} for n in range(1_500)]
    return drawing.written()


def open_inputs(name, hosts):
    """Nodes with a long pattern that broadcast to ten thousand inputs of a subgraph."""
    pattern = " ".join(f"q{n}z" for n in range(60))
    sender = {"type": "Anything Everywhere?", "widgets_values": ["x", pattern]}
    nodes = [{"id": 1, "type": "X", "outputs": [{"name": "o", "type": "T"}]}]
    nodes += [{"id": n, "inputs": [{"name": "a", "type": "T", "link": n}], **sender} for n in range(2, 52)]
    nodes.append({"id": 99, "type": "Y", "inputs": [{"name": name, "type": "T"}] * 10_000})
    return hosted(nodes, links=[link(n, 1, 0, n, 0) for n in range(2, 52)], hosts=hosts)


def listed_broadcasts():
    one = {"downstream": 1, "downstream_slot": 0, "upstream": 2, "upstream_slot": 0}
    return hosted([{"id": 1, "type": "A"}], hosts=290, extra={"ue_links": [one] * 75_000})


def crowded(hosts=290, kind="A", **parts):
    """A subgraph of one node with much in it."""
    return lambda: hosted([{"id": 1, "type": kind, **parts}], hosts=hosts)


def bypassed():
    """A node that hands on one of its many inputs, to a node with as many."""
    drawing = Drawing()
    many = drawing.add("X", mode=4, outputs=("T",), **{f"i{n}": None for n in range(20_000)})
    drawing.add("Y", **{f"i{n}": (many, 0, "T") for n in range(20_000)})
    return drawing.written()


def groups(nodes, hosts):
    """A group node of many nodes, often used, with values of its own."""
    drawing = Drawing()
    for _ in range(hosts):
        drawing.add("workflow>much", *["x, y " * 200] * nodes)
    inner = [{"type": "A", "widgets_values": ["x"]} for _ in range(nodes)]
    return drawing.written(extra={"groupNodes": {"much": {"nodes": inner, "links": []}}})


DRAWINGS = {
    "circles": circles,
    "deep": deep,
    "wide": wide,
    "getters": getters,
    "promoted": promoted,
    "many ports": many_ports,
    "many hosts": many_hosts,
    "many hosts of links": many_hosts_of_links,
    "broadcasting": broadcasting,
    "open inputs": lambda: open_inputs("name", 1),
    "open inputs of twenty hosts": lambda: open_inputs("name", 20),
    "open inputs with long names": lambda: open_inputs("n" * 400, 1),
    "listed broadcasts": listed_broadcasts,
    "inputs": crowded(inputs=[{"name": "a", "type": "T"}] * 100_000),
    "outputs": crowded(outputs=[{"name": "a"}] * 100_000),
    "values": crowded(widgets_values=[1] * 100_000),
    "a value of many": crowded(widgets_values=[["a"] * 300_000]),
    "texts": crowded(kind="Text", widgets_values=["x. " * 400] * 100),
    "texts of one word": crowded(1, widgets_values=["a" * 1_999] * 500),
    "a long class": crowded(1, "K" * 1_000_000, widgets_values=["a"] * 500),
    "bypassed": bypassed,
    "a group of many": lambda: groups(300, 3),
    "many groups": lambda: groups(3, 300),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_drawing_holds_the_reader_up(name):
    texts = {"workflow": json.dumps(DRAWINGS[name]())}
    with at_most(1):
        made = read_generation(texts)
    assert made.generator == "ComfyUI"


KINDS = st.sampled_from(
    ["KSampler", "CLIPTextEncode", "SaveImage", "StringConcatenate", "Reroute", "GetNode", "SetNode", "PrimitiveNode",
     "SamplerCustomAdvanced", "CFGGuider", "ControlNetApplyAdvanced", "Anything Everywhere", "Text Switch", "inner"]
)  # fmt: skip
PORTS = st.sampled_from(
    ["positive", "negative", "text", "conditioning", "guider", "model", "seed", "steps", "string_a", "select", "", "x"]
)
NUMBERS = st.integers(0, 12)
SAID = st.text(max_size=9) | st.integers() | st.booleans() | st.none()
API = st.dictionaries(
    NUMBERS.map(str),
    st.builds(
        lambda kind, inputs: {"class_type": kind, "inputs": inputs},
        KINDS,
        st.dictionaries(PORTS, SAID | st.tuples(NUMBERS.map(str), st.integers(-1, 3)), max_size=5),
    ),
)
PORT = st.builds(lambda name, link: {"name": name, "type": "STRING", "link": link}, PORTS, st.none() | NUMBERS)
SHEET = st.fixed_dictionaries(
    {
        "id": st.just("inner"),
        "nodes": st.lists(
            st.fixed_dictionaries(
                {
                    "id": NUMBERS,
                    "type": KINDS,
                    "mode": st.sampled_from([0, 0, 0, 2, 4]),
                    "inputs": st.lists(PORT, max_size=4),
                    "outputs": st.lists(PORT, max_size=3),
                    "widgets_values": st.lists(SAID, max_size=5),
                }
            ),
            max_size=12,
        ),
        "links": st.lists(
            st.tuples(NUMBERS, NUMBERS | st.just(-10), st.integers(-1, 3), NUMBERS | st.just(-20), NUMBERS, PORTS)
        ),
        "inputs": st.lists(PORT, max_size=3),
        "outputs": st.lists(PORT, max_size=3),
    }
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(API, SHEET, SHEET)
def test_any_graph_and_any_drawing_give_a_value_that_can_be_written_as_json(graph, sheet, inner):
    drawn = sheet | {"definitions": {"subgraphs": [inner]}}
    for written in ({"prompt": json.dumps(graph)}, {"workflow": json.dumps(drawn)}):
        made = read_generation(written)
        json.dumps(made.settings, allow_nan=False)
        assert made.prompt is None or made.prompt.strip()
        positive, negative = (set((text or "").split("\n")) for text in (made.prompt, made.negative_prompt))
        assert not positive & negative - {""}
