"""Drawn workflows whose nodes reach others without a link: cg-use-everywhere, and nodes that set and get."""

import pytest

from tests.analysis.prompts.graphs import BYPASSED, MUTED, SUBGRAPHS, Drawing, read_drawn

TYPES = {"model": "MODEL", "clip": "CLIP", "vae": "VAE", "samples": "LATENT", "latent_image": "LATENT"}


class Broadcast(Drawing):
    """A picture whose sampler has open inputs, and what broadcasts to them."""

    def __init__(self):
        super().__init__()
        self.boat, self.fog = (self.add("CLIPTextEncode", words, clip=None) for words in ("a boat", "fog"))
        self.model = self.add("CheckpointLoaderSimple", "dream.safetensors", outputs=("MODEL", "CLIP", "VAE"))
        self.latent = self.add("EmptyLatentImage", 640, 960, 1, outputs=("LATENT",))
        self.sampler = self.add(
            "KSampler", 7, "randomize", 30, 6.5, "euler", "normal", 1.0, outputs=("LATENT",),
            model=None, positive=None, negative=None, latent_image=(self.latent, 0, "LATENT"),
        )  # fmt: skip
        decode = self.add("VAEDecode", outputs=("IMAGE",), samples=(self.sampler, 0, "LATENT"), vae=None)
        self.add("SaveImage", "x", outputs=(), images=(decode, 0, "IMAGE"))
        for one in (one for raw in self.nodes for one in raw["inputs"]):
            one["type"] = TYPES.get(one["name"], "CONDITIONING")

    def send(self, kind, *values, mode=0, **inputs):
        self.add(kind, *values, mode=mode, outputs=(), **inputs)

    def everything(self):
        """Model, CLIP and VAE, to whoever wants one."""
        parts = {f"anything{slot}": (self.model, slot, "*") for slot in range(3)}
        self.send("Anything Everywhere3", **parts)

    def said(self, **more):
        made = read_drawn(self.written(**more))
        return made.prompt, made.negative_prompt, (made.settings or {}).get("model")


def words_of(drawing):
    drawing.everything()
    drawing.send(
        "Prompts Everywhere", CONDITIONING=(drawing.boat, 0, "CONDITIONING"), other=(drawing.fog, 0, "CONDITIONING")
    )


def patterns(drawing):
    drawing.everything()
    drawing.send("Anything Everywhere?", ".*", "^pos", anything=(drawing.boat, 0, "CONDITIONING"))
    drawing.send("Anything Everywhere?", ".*", "neg(ative)?", anything=(drawing.fog, 0, "CONDITIONING"))


def a_pattern_before_the_rest(drawing):
    drawing.everything()
    drawing.send("Anything Everywhere", anything=(drawing.boat, 0, "CONDITIONING"))
    drawing.send("Anything Everywhere?", ".*", "negative", anything=(drawing.fog, 0, "CONDITIONING"))


def several_inputs_of_one(drawing):
    drawing.send("Anything Everywhere", a=(drawing.model, 0, "MODEL"), b=(drawing.model, 1, "CLIP"))
    drawing.send("Prompts Everywhere", a=(drawing.boat, 0, "CONDITIONING"), b=(drawing.fog, 0, "CONDITIONING"))


@pytest.mark.parametrize("send", [words_of, patterns, a_pattern_before_the_rest, several_inputs_of_one])
def test_what_is_broadcast_reaches_open_inputs_of_its_type(send):
    drawing = Broadcast()
    send(drawing)
    assert drawing.said() == ("a boat", "fog", "dream.safetensors")


def test_links_that_the_file_lists_are_taken_from_there():
    drawing = Broadcast()
    targets = {0: drawing.model, 1: drawing.boat, 2: drawing.fog}
    listed = [
        {"downstream": drawing.sampler, "downstream_slot": place, "upstream": str(origin), "upstream_slot": 0}
        for place, origin in targets.items()
    ]
    assert drawing.said(extra={"ue_links": listed}) == ("a boat", "fog", "dream.safetensors")
    assert drawing.said(extra={"ue_links": [{"downstream": [], "downstream_slot": "x"}, 3]}) == (None, None, None)


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_a_node_that_is_switched_off_sends_nothing(mode):
    drawing = Broadcast()
    drawing.send("Prompts Everywhere", mode=mode, a=(drawing.boat, 0, "CONDITIONING"))
    assert drawing.said() == (None, None, None)


def test_an_input_that_two_could_reach_stays_open_and_a_drawn_link_counts_first():
    drawing = Broadcast()
    for _ in range(2):
        drawing.send("Prompts Everywhere", a=(drawing.boat, 0, "CONDITIONING"))
    drawing.send("Prompts Everywhere", a=(drawing.fog, 0, "CONDITIONING"))
    assert drawing.said() == (None, None, None)
    drawing = Broadcast()
    drawing.send("Anything Everywhere", a=(drawing.fog, 0, "CONDITIONING"))
    drawing.links.append([90, drawing.boat, 0, drawing.sampler, 1, "CONDITIONING"])
    drawing.nodes[drawing.sampler - 1]["inputs"][1]["link"] = 90
    assert drawing.said() == ("a boat", "fog", None)


def test_one_text_for_both_roles_is_no_negative():
    drawing = Broadcast()
    drawing.send("Anything Everywhere", a=(drawing.boat, 0, "CONDITIONING"))
    assert drawing.said() == ("a boat", None, None)


def test_what_is_broadcast_reaches_into_a_subgraph():
    drawing = Drawing()
    text = drawing.add("PrimitiveString", "a boat", outputs=("STRING",))
    drawing.add("Anything Everywhere", outputs=(), anything=(text, 0, "STRING"))
    host = drawing.add("encoder", clip=None, words=None)
    drawing.nodes[host - 1]["inputs"][1]["type"] = "STRING"
    drawing.sampled((host, 0, "CONDITIONING"), drawing.encoded("fog"))
    made = read_drawn(drawing.written(**SUBGRAPHS))
    assert (made.prompt, made.negative_prompt) == ("a boat", "fog")


@pytest.mark.parametrize(("setter", "getter"), [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_what_is_set_is_got(setter, getter):
    drawing = Drawing()
    drawing.add(setter, "words", outputs=("*",), CONDITIONING=drawing.encoded("a boat"))
    got = drawing.add(getter, "words")
    drawing.sampled((got, 0, "CONDITIONING"), drawing.encoded("fog"))
    made = read_drawn(drawing.written())
    assert (made.prompt, made.negative_prompt) == ("a boat", "fog")
