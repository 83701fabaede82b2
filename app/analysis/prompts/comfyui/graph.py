"""Reads ComfyUI graphs: which sampler made the picture, the words that it was given, and how it was set.

A graph comes as the API prompt (`prompt`: what was run) or as the workflow (`workflow`: what was drawn, see
`workflow.py`); both become one `Graph`. It runs nothing: a text that a node made up while running cannot be known.

Of several outputs, that behind the most samplers counts: the last pass of a chain. Of its samplers, the nearest one
decides the settings and comes first with its words; the words of the others follow, each on a line, where they differ.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from app.analysis.prompts.comfyui.nodes import Graph, Node, follow_link, unwrap_choice
from app.analysis.prompts.comfyui.outputs import Makers, find_output
from app.analysis.prompts.comfyui.settings import collect_settings, walk_models
from app.analysis.prompts.comfyui.texts import NEGATIVE, POSITIVE, find_role
from app.analysis.prompts.comfyui.words import Words
from app.analysis.prompts.comfyui.workflow import build_graph
from app.analysis.prompts.generation import Generation, as_object, as_text, load_object, select_settings
from app.metadata import PromptVerdict

_SAMPLERS, _ENCODERS = 12, 32  # that are looked at
_NODES, _INPUTS, _KIND = 10_000, 300, 200  # of a graph, of a node, and characters of its class
_LONGEST = 64 * 1024  # characters of a prompt
_USED_AS = {"image": "IMAGE", "images": "IMAGE", "video": "VIDEO", "audio": "AUDIO", "mesh": "MESH"}  # input -> type
_GENERATOR = "ComfyUI"


def read_comfyui(prompt: Mapping[str, Any], workflow: Mapping[str, Any]) -> Generation | None:
    """Read the API prompt, or the workflow if that has no words. None if neither is a graph."""
    best = None
    for written in (prompt, workflow):
        if made := _said_aloud(written) or read_graph(_graph(written)):
            if made.prompt:
                return made
            best = best or made
    return best


def _graph(written: Mapping[str, Any]) -> Graph:
    graph = build_graph(written) if isinstance(written.get("nodes"), list) else _api_graph(written)
    return {name: _bounded(node) for name, node in islice(graph.items(), _NODES)}


def _bounded(node: Node) -> Node:
    if len(node.inputs) <= _INPUTS and len(node.kind) <= _KIND:
        return node
    return replace(node, kind=node.kind[:_KIND], inputs=dict(islice(node.inputs.items(), _INPUTS)))


def _api_graph(written: Mapping[str, Any]) -> Graph:
    """The API format: node id -> `class_type` and `inputs`, each a value or a link `[node id, output]`."""
    nodes = {
        name: node
        for name, node in written.items()
        if isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)
    }
    gives: dict[Any, str] = {}  # by node, as far as its first output is used as a picture or the like
    for node in nodes.values():
        for key, value in islice(node["inputs"].items(), _INPUTS):
            if key in _USED_AS and isinstance(value, list) and value[1:] == [0] and isinstance(value[0], str | int):
                gives[str(value[0])] = _USED_AS[key]
    return {
        name: Node(
            node["class_type"],
            {key: unwrap_choice(value) for key, value in node["inputs"].items()},
            as_text(as_object(node.get("_meta")).get("title")),
            gives=(gives[name],) if name in gives else (),
        )
        for name, node in nodes.items()
    }


def _said_aloud(written: Mapping[str, Any]) -> Generation | None:
    """What Civitai's generator writes beside its graph, in plain words."""
    said = load_object(written.get("extraMetadata"))
    if not (prompt := as_text(said.get("prompt"))):
        return None
    plain = select_settings(said, without=("prompt", "negativePrompt"))
    return Generation.of("Civitai", prompt, as_text(said.get("negativePrompt")), plain)


def read_graph(graph: Graph) -> Generation | None:
    """Read the words and settings of a graph; None for one without nodes."""
    if not graph:
        return None
    strict = Words(graph)
    makers = Makers(graph)
    before, passed_over = find_output(
        graph, makers, lambda nodes: any(_wanted(graph, strict, _samplers(makers, strict, nodes)))
    )
    samplers = _samplers(makers, strict, before)
    passed_over |= bool(samplers) and samplers[0] is not _samplers(makers, None, before)[0]
    positive, negative, reader = _words(graph, samplers)
    if not samplers and not positive:
        positive, negative = _titled(graph)
    found = collect_settings(graph, samplers, before)
    made = Generation.of(_GENERATOR, positive, negative, found, understood=reader.met)
    doubtful = reader.is_doubtful or passed_over
    if doubtful and (made.verdict is PromptVerdict.PARSED or reader.lost):
        return replace(made, verdict=PromptVerdict.PARTLY)
    return made


def _samplers(makers: Makers, reader: Words | None, before: list[Node]) -> list[Node]:
    """The samplers among the nodes before an output, the nearest first.

    Without one, what makes pictures by itself: the nearest, or to a reader the nearest that was given words.
    """
    samplers = [node for node in before if makers.samples(node)][:_SAMPLERS]
    samplers.sort(key=lambda node: "image" in node.inputs and not any("latent" in key for key in node.inputs))
    if samplers:
        return samplers
    whole = [node for node in before if makers.is_whole(node)][:_SAMPLERS]
    worded = (node for node in whole if reader and reader.find_texts(node, POSITIVE))
    return list(islice(worded, 1)) or whole[:1]


def _words(graph: Graph, samplers: list[Node]) -> tuple[str, str, Words]:
    """The words of all samplers, the nearest one's first, and the reading that found them."""
    reader = Words(graph)
    wanted = list(_wanted(graph, reader, samplers))
    if not _joined(wanted) and not reader.met:
        reader = Words(graph, loose=True)
        wanted = list(_wanted(graph, reader, samplers))
    plain = {text.strip() for texts in wanted for text in texts}
    return _joined(wanted), _joined((reader.find_texts(node, NEGATIVE) for node in samplers), plain), reader


def _wanted(graph: Graph, reader: Words, samplers: list[Node]) -> Iterator[tuple[str, ...]]:
    """What the samplers were given, and behind that what stands for regions on the way to their models."""
    yield from (reader.find_texts(node, POSITIVE) for node in samplers)
    regions = [texts for node in walk_models(graph, samplers) if (texts := reader.find_region_texts(node))]
    unwanted = {text.strip() for node in samplers if regions for text in reader.find_texts(node, NEGATIVE)}
    yield from (tuple(text for text in texts if text.strip() not in unwanted) for texts in regions)


def _joined(texts: Iterable[tuple[str, ...]], without: Collection[str] = ()) -> str:
    """The texts, each once on its line. A negative goes without what is wanted: one text for both is no negative."""
    found = dict.fromkeys(text.strip() for some in texts for text in some)
    return "\n".join(text for text in found if text and text not in without)[:_LONGEST]


def _titled(graph: Graph) -> tuple[str, str]:
    """Words of encoders that no sampler is connected to: those with a role in their title, or a single one."""
    reader = Words(graph)
    negative = {
        target[0]
        for node in graph.values()
        for key, value in node.inputs.items()
        if find_role(key) == NEGATIVE and (target := follow_link(graph, value))
    }
    free = (node for name, node in graph.items() if name not in negative and "textencode" in node.kind.lower())
    encoders = list(islice(free, _ENCODERS))
    if len(encoders) == 1 and find_role(encoders[0].title) is None:
        return _joined(reader.find_texts(node, POSITIVE) for node in encoders), ""
    found = [
        _joined(reader.find_texts(node, POSITIVE) for node in encoders if find_role(node.title) == role)
        for role in (POSITIVE, NEGATIVE)
    ]
    return found[0], found[1]
