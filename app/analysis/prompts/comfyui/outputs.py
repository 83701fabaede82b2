"""Finds which output of a ComfyUI graph is the one that made the picture, and which nodes sample before it.

Of several outputs, one that samples counts before one that does not; then one that could run, since the others gave
nothing; then one that saves; then one with words; then that behind the most samplers: the last pass of a chain.
"""

from collections.abc import Callable, Collection, Mapping

from app.analysis.prompts.comfyui.nodes import Graph, Node, follow_link, follow_links, split_name
from app.analysis.prompts.comfyui.texts import INSTRUCTION, POSITIVE, asks, find_role, gives_pictures, is_text

_SETTINGS = frozenset(
    ("seed", "noise_seed", "steps", "cfg", "sampler_name", "sampler", "sigmas", "noise", "denoise", "scheduler")
)
_SEEDS = frozenset(("seed", "noise_seed"))
# Words in the names of inputs by which a sampler is given words, and inputs by which it is given other samplers
_GIVEN = frozenset(("conditioning", "embeds", "pipe", "tuple", "context", "ctx", "data"))
_OTHER_SAMPLERS = ("base_sampler", "mask_sampler", "regional_prompts")
_OUTPUTS, _COMPARED = 32, 8  # that are looked at, and of equals
_DRAWS_TEXT = ("overlay", "watermark", "caption", "label", "drawtext", "addtext", "save", "load", "preview")
# What nodes of ComfyUI cannot do without (comfyanonymous/ComfyUI, nodes.py and comfy_extras)
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "SaveImage": ("images",),
    "PreviewImage": ("images",),
    "VAEDecode": ("samples", "vae"),
    "VAEDecodeTiled": ("samples", "vae"),
    "VAEEncode": ("pixels", "vae"),
    "KSampler": ("model", "positive", "negative", "latent_image"),
    "KSamplerAdvanced": ("model", "positive", "negative", "latent_image"),
    "SamplerCustom": ("model", "positive", "negative", "sampler", "sigmas", "latent_image"),
    "SamplerCustomAdvanced": ("noise", "guider", "sampler", "sigmas", "latent_image"),
    "BasicGuider": ("model", "conditioning"),
    "CFGGuider": ("model", "positive", "negative"),
    "BasicScheduler": ("model",),
    "CLIPTextEncode": ("clip",),
    "CLIPSetLastLayer": ("clip",),
    "LoraLoader": ("model", "clip"),
    "LoraLoaderModelOnly": ("model",),
    "ConditioningCombine": ("conditioning_1", "conditioning_2"),
    "ConditioningZeroOut": ("conditioning",),
    "FluxGuidance": ("conditioning",),
    "ControlNetApplyAdvanced": ("positive", "negative", "control_net", "image"),
    "LatentUpscale": ("samples",),
    "LatentUpscaleBy": ("samples",),
    "ImageScale": ("image",),
    "ImageScaleBy": ("image",),
    "ImageUpscaleWithModel": ("upscale_model", "image"),
}


class Makers:
    """Which nodes of a graph make pictures; each is judged once, however many outputs it stands before."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._samplers: dict[int, bool] = {}
        self._whole: dict[int, bool] = {}

    def samples(self, node: Node) -> bool:
        """Whether a node samples, by the shape of its inputs: words, and what only a sampler is told."""
        if (known := self._samplers.get(id(node))) is None:
            known = self._samplers[id(node)] = _is_sampler(self._graph, node)
        return known

    def is_whole(self, node: Node) -> bool:
        """Whether a node makes pictures of a prompt by itself, as those do that call a model elsewhere."""
        if (known := self._whole.get(id(node))) is None:
            known = self._whole[id(node)] = _is_whole(self._graph, node)
        return known


def find_output(graph: Graph, makers: Makers, has_words: Callable[[list[Node]], bool]) -> tuple[list[Node], bool]:
    """Find the output that counts and all nodes before it, nearest first; `has_words` says it of such a list.

    Also tells whether one that would have counted before it was passed over, since it has no words.
    """
    before = {
        name: tuple(dict.fromkeys(target for target, _ in follow_links(graph, node))) for name, node in graph.items()
    }
    samplers = {name for name, node in graph.items() if makers.samples(node)}
    lacking = {name for name, node in graph.items() if not _can_run(graph, node)}
    used = {target for targets in before.values() for target in targets}
    ends = [name for name, node in graph.items() if name not in used or "save" in node.kind.lower()]
    found: dict[tuple[int, ...], list[tuple[int, list[str]]]] = {}
    for name in sorted(ends, key=lambda name: _rank(graph[name]), reverse=True)[:_OUTPUTS]:
        nodes = _upstream(before, name)
        count = len(samplers.intersection(nodes))
        runs = lacking.isdisjoint(nodes)
        found.setdefault((count > 0, runs, _rank(graph[name])), []).append((count, nodes))
    best = sorted(found[max(found)], key=lambda one: (one[0], len(one[1])), reverse=True) if found else [(0, [])]
    chosen = [[graph[name] for name in nodes] for _, nodes in best[:_COMPARED]]
    if len(chosen) > 1:
        for place, one in enumerate(chosen):
            if has_words(one):
                return one, place > 0
    return chosen[0], False


def _rank(node: Node) -> int:
    kind = node.kind.lower()
    if "save" in kind or ("combine" in kind and "video" in kind):
        return 2
    return int(any(word in kind for word in ("preview", "image", "output")))


def _upstream(before: Mapping[str, Collection[str]], name: str) -> list[str]:
    found = {name: None}
    waiting = [name]
    for place in waiting:
        new = [target for target in before[place] if target not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return waiting


def _can_run(graph: Graph, node: Node) -> bool:
    """Whether a node has what it needs, as far as it is known; ComfyUI leaves out an output that lacks something."""
    return all(follow_link(graph, node.inputs.get(key)) for key in _REQUIRED.get(node.kind, ()))


def _is_sampler(graph: Graph, node: Node) -> bool:
    told = _SETTINGS & node.inputs.keys()
    if "guider" in node.inputs:
        return bool(told)
    if "control_net" in node.inputs or not told:
        return False
    if any(find_role(key) and follow_link(graph, value) for key, value in node.inputs.items()):
        return bool(told & _SEEDS) or len(told) > 1
    return len(told) > 1 and any(
        (key in _OTHER_SAMPLERS or _GIVEN & set(split_name(key))) and follow_link(graph, node.inputs[key])
        for key in node.inputs
    )


def _is_whole(graph: Graph, node: Node) -> bool:
    prompted = any(
        (find_role(key) == POSITIVE or ("prompt" in split_name(key) and find_role(key) is None))
        and (follow_link(graph, value) or isinstance(value, str))
        for key, value in node.inputs.items()
    )
    return (prompted or _draws_from_words(node)) and not asks(node)


def _draws_from_words(node: Node) -> bool:
    worded = bool(node.guessed) or any(is_text(key) or key == INSTRUCTION for key in node.inputs)
    return worded and gives_pictures(node) and not any(word in node.kind.lower() for word in _DRAWS_TEXT)
