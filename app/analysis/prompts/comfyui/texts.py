"""Tells which inputs of a ComfyUI node hold words, by their names, and which texts cannot be words.

Nodes are known by the names of their inputs, not from a list: anyone can write one.
"""

import re
from functools import lru_cache
from itertools import islice

from app.analysis.prompts.comfyui.choices import is_choice
from app.analysis.prompts.comfyui.joins import is_delimiter
from app.analysis.prompts.comfyui.nodes import Graph, Node, follow_link, split_name, split_names

POSITIVE, NEGATIVE = "positive", "negative"
CARRIERS = frozenset(("guider", "pipe", "ctx", "context", "tuple", "data"))
"""Words in the names of inputs that hold both roles."""
PICTURES = split_names("IMAGE VIDEO AUDIO MESH SVG")
"""The types of what a person would call the result."""
TEXTS = split_names("STRING TEXT ASCII")
"""The types of texts, also of older packs (WASasquatch/was-node-suite-comfyui)."""
INSTRUCTION = "instruction"
"""The input by which a node that gives pictures is told what to do with one."""
_ROLES = dict.fromkeys(split_names("positive pos positives positiveprompt posprompt wanted"), POSITIVE)
_ROLES |= dict.fromkeys(
    split_names("negative neg nega negatives negativeprompt negprompt uncond uc undesired unwanted bad"), NEGATIVE
)
_ROLES_OF_NAMES = {"n_prompt": NEGATIVE, "p": POSITIVE, "n": NEGATIVE, "text_p": POSITIVE, "text_n": NEGATIVE}
# Nodes whose first outputs are their conditionings; only the workflow names the outputs of the others
_BOTH = re.compile(
    r"ControlNetApply(Advanced|SD3)|Inpaint\w*Conditioning|ControlNetInpaint|InstructPixToPix|Wan\w*ToVideo|LTXV\w*Condit"
)
_ENCODERS = frozenset(("clip_l", "clip_g", "t5xxl", "llama", "bert", "mt5xl"))
_TEXT = split_names(
    "text texts string str prompt prompts value caption populated wildcard multiline positive negative pos neg "
    "tags content words sentence line lines prepend prefix suffix append input"
)
_NO_TEXT = split_names(
    "name file path mode delimiter separator seperator joiner encoding filename type find search replace "
    "replacement system template instruction folder dir style format language action control generate tidy widget to "
    "by encoder preset interpretation weight normalization method strategy select optimization optimizer enhance "
    "enhancer extend influence upsampling adherence option options expansion save "
    "length count limit key id url api tokens temperature"
)
_AVOIDED = split_names("avoid exclude without")  # so is a text, but none of the prompt
_NO_WORDS_BEHIND = split_names(
    "model clip vae image images latent samples pixels mask masks control controlnet noise sigmas sampler unet "
    "ipadapter insightface upscale seed steps cfg lora audio video bbox sam segm scheduler empty width height voice "
    "mode aspect resolution duration size format fps"
)
_WORDLESS = split_names(
    "MODEL CLIP VAE IMAGE LATENT MASK INT FLOAT BOOLEAN CONTROL_NET SAMPLER SIGMAS NOISE UPSCALE_MODEL CLIP_VISION "
    "CLIP_VISION_OUTPUT STYLE_MODEL GLIGEN AUDIO VIDEO SEGS MASKS BBOX_DETECTOR SEGM_DETECTOR SAM_MODEL LORA_STACK"
)  # types
_LOADS = split_names("ckpt vae model clip unet")
_MANY_CHOICES = 4
_OFFERED = split_names("find replace option")  # in the names of what is not chosen
_REGIONS = "clip_regions"
_ASKS = re.compile(
    r"ollama|llm|chatgpt|openaichat|claude|gemininode|textgenerate|florence|joycaption|captioner|tagger|interrogat|"
    r"regex|qwen\d*_?vl|vlm|llava|moondream|minicpm|internvl|deepseek|blip|"
    r"(?:image|img|video)_?(?:to|2)_?(?:text|prompt|caption)|prompt_?enhanc|enhance_?prompt|superprompt|groqchat",
    re.IGNORECASE,
)
# The same, where the node gives no pictures
_MAY_ASK = re.compile(
    r"griptape|gpt|llama|mistral|gemini|claude|anthropic|openrouter|groq|joy_?caption|promptmkr|if_(?:chat|prompt)|"
    r"chat(?!glm)|prompt ?generator|magicprompt|style_prompt",
    re.IGNORECASE,
)
_ASKED_WITH = split_names(
    "api_key max_tokens max_new_tokens temperature top_p system_prompt system_message caption_type"
)
_DOES_NOT_ASK = re.compile(
    r"(?:image|video|audio|music)(?!_?(?:to|2)_?(?:text|prompt|caption|tag))|encode|banana|tts|speech", re.IGNORECASE
)
_CHOOSES = re.compile(
    r"random ?(?:line|prompt|choice|text)|(?:line|text|prompt)s? ?random|string ?selector|load ?line|prompt ?line|"
    r"(?:line|text|prompt)s? ?(?:selector|by ?index|picker)",
    re.IGNORECASE,
)
_REWRITES = re.compile(r"ltx2prompt|prompt_?enhanc|enhance_?prompt|superprompt|rewrit", re.IGNORECASE)
_LOOKED_AT = 64 * 1024
_BEGINNING = 100  # characters
_NAME_CHARACTERS = 80
_SHARE = 4  # of a list of unwanted things, one in so many phrases says it
_INSTRUCTION = re.compile(r"\W*(?:\w+\W+)?you are an? ", re.IGNORECASE)
_PROGRAM = re.compile(r"\b(?:void|uniform|float|vec[234]|return|function|const|let|var)\b[^\n]{0,200};[ \t]*\n")
_PROSE = re.compile(r"\w\w[\s,]+\w\w")
# What people ask not to see, phrase by phrase, in words by which hardly anyone asks for something
_UNWANTED = re.compile(
    r"(?:worst|low|bad|poor|normal)[ _-]quality|low[ _-]?res|(?:bad|poorly|wrong)[ _](?:\w{1,20}[ _])?"
    r"(?:anatomy|hands?|drawn|face|proportions)|"
    r"\b(?:blurry|watermark|jpeg artifacts?|deformed|disfigured|ugly|mutat(?:ed|ion)|cropped|error|signature|username|"
    r"(?:extra|missing|fused)[ _](?:fingers?|limbs?|digits?|arms?|legs?))|"
    r"easynegative|badhand|negative_hand|低质量|最差质量|低画质|画得不好|丑陋|畸形|多余的手指|模糊不清",
    re.IGNORECASE,
)
_PHRASES = re.compile(r"[,.;\n\uff0c\u3001\u3002]+")  # also as Chinese marks them
_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft|onnx|png|jpe?g|webp|yaml|json|txt)\s*$", re.IGNORECASE)


def find_role(name: str) -> str | None:
    """Find the role that an input or output is named for."""
    return _role_of(name[-_NAME_CHARACTERS:])


@lru_cache(maxsize=1024)
def _role_of(name: str) -> str | None:
    if name.endswith(("CONDITIONING+", "CONDITIONING-")):
        return POSITIVE if name.endswith("+") else NEGATIVE
    if name in _ROLES_OF_NAMES:
        return _ROLES_OF_NAMES[name]
    roles = {_ROLES[token] for token in split_name(name) if token in _ROLES}
    return roles.pop() if len(roles) == 1 else None


def find_role_of_output(node: Node, slot: int, role: str) -> str:
    """Find the role of what comes out there: an output that is named for one decides, whatever it is connected to."""
    if 0 <= slot < len(node.outputs):
        return find_role(node.outputs[slot]) or role
    if _BOTH.search(node.kind):
        return {0: POSITIVE, 1: NEGATIVE}.get(slot - ("model" in node.inputs), role)  # a model is handed on first
    return role


def asks(node: Node) -> bool:
    """Whether what a node says is not in the graph: it asks a model, and the question is no prompt, or computes."""
    if _ASKS.search(node.kind):
        return True
    may = _MAY_ASK.search(node.kind) or bool(_ASKED_WITH & node.inputs.keys())
    return may and "clip" not in node.inputs and not (gives_pictures(node) or _DOES_NOT_ASK.search(node.kind))


def builds(node: Node) -> bool:
    """Whether a node builds words of many choices, so that a text that was typed is only a part of them."""
    if any(_LOADS & set(split_name(key)) for key in node.inputs):
        return False
    chosen = (
        value
        for key, value in node.inputs.items()
        if isinstance(value, str) and value.strip() and not is_text(key) and not is_choice(value)
        if not _OFFERED & set(split_name(key))
    )
    return sum(1 for _ in islice(chosen, _MANY_CHOICES)) == _MANY_CHOICES


def chooses(node: Node) -> bool:
    """Whether a node chooses among the lines of a text, in a way that is not followed."""
    return bool(_CHOOSES.search(node.kind))


def rewrites(node: Node) -> bool:
    """Whether what a node asks a model is the prompt that it is to write anew."""
    return bool(_REWRITES.search(node.kind))


def may_carry(node: Node, key: str) -> bool:
    """Whether words may come by an input, by its name and, in a drawing, its type."""
    said = split_name(key.rpartition(".")[2])  # of `model.prompt`, an input of the model that was chosen
    if is_delimiter(key) or node.types.get(key) in _WORDLESS or (key == "quality" and gives_pictures(node)):
        return False
    if key in _ENCODERS or key == _REGIONS or not said:
        return True
    return said[0] not in _NO_WORDS_BEHIND and not {"system", "template"} & set(said)


def is_for_words(node: Node, key: str) -> bool:
    """Whether an input is there for words, so that something is missing where none come by it."""
    said = set(split_name(key))
    return (
        is_text(key)
        or key == _REGIONS
        or not said
        or find_role(key) is not None
        or "cond" in key
        or bool(CARRIERS & said)
        or node.types.get(key) in (*TEXTS, "CONDITIONING")
    )


def is_text(key: str) -> bool:
    """Whether an input is named for a text."""
    said = set(split_name(key))
    return key in _ENCODERS or ((bool(said & _TEXT) or find_role(key) is not None) and not said & (_NO_TEXT | _AVOIDED))


def is_text_of(node: Node, key: str) -> bool:
    """Whether an input holds words by its name, or by what it is in a node of this kind."""
    if key == INSTRUCTION:
        return gives_pictures(node)
    if (key == "style" and "lyrics" in node.inputs) or (key == "choice" and node.kind == "CustomCombo"):
        return True  # a song is described beside its lyrics; a list that a person wrote gives what was chosen from it
    return is_text(key)


def gives_pictures(node: Node) -> bool:
    """Whether a drawn node gives pictures, or films, sounds or shapes."""
    return any(type_ in PICTURES or type_.startswith("FILE_3D") for type_ in node.gives)


def may_be_text(key: str) -> bool:
    """Whether the name of an input leaves it open that it holds a text."""
    return not _NO_TEXT & set(split_name(key))


def hands_on(graph: Graph, node: Node) -> bool:
    """Whether a node changes a conditioning on its way: what stands in it are options, and no words."""
    linked = [key for key, value in node.inputs.items() if follow_link(graph, value)]
    if any("clip" in split_name(key) or node.types.get(key) == "CLIP" for key in linked):
        return False
    return any("conditioning" in key or node.types.get(key) == "CONDITIONING" for key in linked)


def marks_regions(graph: Graph, node: Node) -> bool:
    """Whether a node only points at words that came before (BlenderNeko/ComfyUI_Cutoff)."""
    return follow_link(graph, node.inputs.get(_REGIONS)) is not None


def gives_one(node: Node) -> bool:
    """Whether a drawn node gives one text or conditioning, so that its only words have the role of that."""
    return sum(type_ in TEXTS or type_ == "CONDITIONING" for type_ in node.gives) == 1


def is_prose(text: str) -> bool:
    """Whether a text has more than one word."""
    return bool(_PROSE.search(text[:_LOOKED_AT]))


def is_instruction(text: str) -> bool:
    """Whether a text tells a language model what it is, or is a program."""
    return bool(_INSTRUCTION.match(text[:_BEGINNING])) or is_program(text)


def looks_unwanted(text: str) -> bool:
    """Whether a text lists what a picture shall not show. It tells of a role where nothing else does."""
    phrases = [one for one in _PHRASES.split(text[:_LOOKED_AT]) if one.strip()]
    unwanted = sum(bool(_UNWANTED.search(one)) and not one.strip().lower().startswith("no ") for one in phrases)
    return unwanted * _SHARE >= len(phrases) > 0


def is_program(text: str) -> bool:
    """Whether a text is a program, as of a shader."""
    return bool(_PROGRAM.search(text[:_LOOKED_AT]))


def is_file(text: str) -> bool:
    """Whether a text is the name of a file."""
    return bool(_FILE.search(text[-20:])) and " " not in text.strip()
