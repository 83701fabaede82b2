"""Reads what a picture declares about itself: that AI made it, with which program, and from which words.

Services such as Midjourney, DALL-E or Gemini leave no more than this: a name, a C2PA manifest, or the properties that
IPTC has for it (Photo Metadata Standard 2025.1). A picture that names its camera declares nothing here: cameras and
editors sign, too, and what AI retouched is still a photo.
"""

from collections.abc import Mapping

from app.analysis.prompts.generation import Generation

UNNAMED = "AI (unnamed)"
_IPTC = "Iptc4xmpExt:"
_CAMERA = ("Make", "Model", "tiff:Make", "tiff:Model")
_SYNTHETIC = "trainedAlgorithmicMedia"  # and not compositeWithTrainedAlgorithmicMedia: a retouched photo
_CAPTURED = frozenset(("digitalCapture", "computationalCapture", "compositeCapture", "negativeFilm", "positiveFilm"))
_KINDS = _CAPTURED | {  # of sources (IPTC NewsCodes, digitalsourcetype; C2PA 2.1, 18.15.2), which name no program
    *("print", "humanEdits", "minorHumanEdits", "algorithmicallyEnhanced", "compositeWithTrainedAlgorithmicMedia"),
    *("composite", "compositeSynthetic", "algorithmicMedia", "dataDrivenMedia", "digitalArt", "digitalCreation"),
    *("softwareImage", "screenCapture", "virtualRecording", "empty", "trainedAlgorithmicData", _SYNTHETIC),
}
_NAMES = ("Software", "CreatorTool", "xmp:CreatorTool", "Credit", "photoshop:Credit")
PROPERTIES = (
    *("tiff:Make", "tiff:Model", "xmp:CreatorTool", "photoshop:Credit"),
    *(f"{_IPTC}{name}" for name in ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed", "AIPromptInformation")),
)
"""The XMP properties that are asked for."""
_CHARACTERS = 500  # of a name that are looked at
_PROGRAMS = (
    ("midjourney", "Midjourney"),
    ("dall·e", "DALL-E"),
    ("dall-e", "DALL-E"),
    ("openai", "OpenAI"),
    ("chatgpt", "OpenAI"),
    ("gpt-4o", "OpenAI"),
    ("adobe firefly", "Adobe Firefly"),
    ("made with google ai", "Google"),
    ("novelai", "NovelAI"),
    ("invokeai", "InvokeAI"),
    ("draw things", "Draw Things"),
    ("easy diffusion", "Easy Diffusion"),
    ("bing image creator", "Bing Image Creator"),
    ("ideogram", "Ideogram"),
    ("leonardo.ai", "Leonardo"),
)
_SIGNERS = (("firefly", "Adobe Firefly"), ("google", "Google"), ("microsoft", "Microsoft"))  # where the rest is known


def read_declaration(texts: Mapping[str, str]) -> Generation | None:
    """Read what a picture declares; None for one that declares nothing of the kind."""
    if any(texts.get(key, "").strip() for key in _CAMERA):
        return None
    signed = texts.get("c2pa", "")
    lines = set(signed.split("\n"))
    by_manifest = _SYNTHETIC in lines and not lines & _CAPTURED
    kind = texts.get(f"{_IPTC}DigitalSourceType", "").strip().rpartition("/")[2]
    synthetic = by_manifest or kind == _SYNTHETIC
    name = next((found for key in _NAMES if (found := _named(texts.get(key, "")))), None)
    if by_manifest and not name:
        said = signed.lower()
        name = next((name for mark, name in (*_PROGRAMS, *_SIGNERS) if mark in said), None)
    system = texts.get(f"{_IPTC}AISystemUsed", "").strip()[:_CHARACTERS]
    words = texts.get(f"{_IPTC}AIPromptInformation", "").strip() or None
    if not synthetic and not (kind == "" and system):
        return Generation.of(name, None, None, {}) if name else None
    version = texts.get(f"{_IPTC}AISystemVersionUsed", "").strip()[:_CHARACTERS]
    own = _signed(signed) if by_manifest else None
    return Generation.of(name or system or own or UNNAMED, words, None, {"version": version} if version else {})


def _signed(manifest: str) -> str | None:
    """The first program that a manifest names; a user agent, `Name/1.0 library/2.0`, without versions."""
    program = next((line for line in manifest.split("\n") if line.strip() and line not in _KINDS), "")
    return program.partition("/")[0].strip()[:_CHARACTERS] or None


def _named(text: str) -> str | None:
    said = text[:_CHARACTERS].strip().lower()
    return next((name for mark, name in _PROGRAMS if said.startswith(mark)), None)
