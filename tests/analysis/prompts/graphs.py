"""Builds small ComfyUI graphs for the tests, as they run and as they are drawn, and has them read."""

import json

from app.analysis.prompts.read import read_generation

MUTED, BYPASSED = 2, 4


def node(kind, **inputs):
    title = inputs.pop("title", "")
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


def sampled(**nodes):
    """A graph that saves what one KSampler made; `p` and `n` are its conditionings."""
    return {
        "save": node("SaveImage", images=["decode", 0]),
        "decode": node("VAEDecode", samples=["sampler", 0], vae=["model", 2]),
        "sampler": node(
            "KSampler", seed=7, steps=30, cfg=6.5, sampler_name="euler", scheduler="normal", denoise=1.0,
            model=["model", 0], positive=["p", 0], negative=["n", 0], latent_image=["latent", 0],
        ),
        "model": node("CheckpointLoaderSimple", ckpt_name="dream.safetensors"),
        "latent": node("EmptyLatentImage", width=832, height=1216, batch_size=1),
        "p": node("CLIPTextEncode", text="a boat", clip=["model", 1]),
        "n": node("CLIPTextEncode", text="fog", clip=["model", 1]),
    } | nodes  # fmt: skip


def read(graph):
    """How a picture was made by a graph as it ran."""
    return read_generation({"prompt": json.dumps(graph)})


def read_drawn(workflow):
    """How a picture was made by a workflow as it is drawn, with nothing else in the file."""
    return read_generation({"workflow": json.dumps(workflow)})


def encoded(text):
    return node("CLIPTextEncode", text=text, clip=["model", 1])


def texts(kind, **inputs):
    """Nodes that give the positive encoder its text; `behind` is one more node, which `["u", 0]` leads to."""
    behind = inputs.pop("behind", node("Nothing"))
    return {"p": encoded(["t", 0]), "t": node(kind, **inputs), "u": behind}


class Drawing:
    """Draws a workflow: `add` a node, its inputs as (node, output, type), its widgets as values."""

    def __init__(self):
        self.nodes, self.links = [], []

    def add(self, kind, *values, mode=0, outputs=("CONDITIONING",), number=None, widgets=None, **inputs):
        number = number or len(self.nodes) + 1
        drawn = []
        for name, origin in inputs.items():
            link = None
            if origin:
                link = len(self.links) + 1
                self.links.append([link, *origin[:2], number, len(drawn), *origin[2:]])
            drawn.append({"name": name, "type": origin[2] if origin else "*", "link": link})
            if name in (widgets or ()):
                drawn[-1]["widget"] = {"name": name}
        given = values[0] if len(values) == 1 and isinstance(values[0], dict) else list(values)
        self.nodes.append(
            {
                "id": number,
                "type": kind,
                "mode": mode,
                "inputs": drawn,
                "outputs": [{"name": name, "type": name, "links": []} for name in outputs],
                "widgets_values": given,
            }
        )
        return number

    def sampled(self, positive, negative, model=None):
        """A KSampler with its output, given the places of its words."""
        model = model or (
            self.add("CheckpointLoaderSimple", "dream.safetensors", outputs=("MODEL", "CLIP", "VAE")),
            0,
            "MODEL",
        )
        latent = self.add("EmptyLatentImage", 640, 960, 1, outputs=("LATENT",))
        sampler = self.add(
            "KSampler", 7, "randomize", 30, 6.5, "euler", "normal", 1.0, outputs=("LATENT",),
            model=model, positive=positive, negative=negative, latent_image=(latent, 0, "LATENT"),
        )  # fmt: skip
        decode = self.add("VAEDecode", outputs=("IMAGE",), samples=(sampler, 0, "LATENT"))
        self.add("SaveImage", "ComfyUI", outputs=(), images=(decode, 0, "IMAGE"))

    def written(self, **more):
        return {"nodes": self.nodes, "links": self.links, "version": 0.4} | more

    def encoded(self, words, **inputs):
        """The place of a CLIPTextEncode with these words."""
        return self.add("CLIPTextEncode", words, **inputs), 0, "CONDITIONING"


def link(number, origin, slot, target, place):
    return {
        "id": number,
        "origin_id": origin,
        "origin_slot": slot,
        "target_id": target,
        "target_slot": place,
        "type": "*",
    }


ENCODER = {
    "id": "encoder",
    "inputs": [{"name": "clip", "linkIds": [1]}, {"name": "words", "linkIds": [2]}],
    "outputs": [{"name": "CONDITIONING", "linkIds": [3]}],
    "nodes": [
        {
            "id": 5,
            "type": "CLIPTextEncode",
            "inputs": [{"name": "clip", "link": 1}, {"name": "text", "link": 2, "widget": {"name": "text"}}],
            "outputs": [{"name": "CONDITIONING", "links": [3]}],
            "widgets_values": ["the text of the blueprint"],
        }
    ],
    "links": [link(1, -10, 0, 5, 0), link(2, -10, 1, 5, 1), link(3, 5, 0, -20, 0)],
}
OUTER = {
    "id": "outer",
    "inputs": [{"name": "said"}],
    "outputs": [{"name": "out"}],
    "nodes": [
        {
            "id": 9,
            "type": "encoder",
            "inputs": [{"name": "clip", "link": None}, {"name": "words", "link": 1}],
            "outputs": [{"name": "CONDITIONING"}],
        }
    ],
    "links": [link(1, -10, 0, 9, 1), link(2, 9, 0, -20, 0)],
}
SUBGRAPHS = {"definitions": {"subgraphs": [ENCODER, OUTER]}}
