"""Understands what other programs write beside a picture: tags, captions, settings, as text or as JSON.

It reads no file: `sidecars.py` has. What it does not know is nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.analysis.formats.xmp import Xmp
from app.analysis.prompts.generation import Generation
from app.analysis.prompts.infotext import read_words_without_settings
from app.analysis.prompts.read import is_generated_text, read_generation
from app.analysis.regions.yolo import find_strange_line, is_yolo
from app.metadata import Source
from app.texts import is_json

JSON_CHARACTERS = 16 * 1024 * 1024
_WORKFLOWS = ("prompt", "workflow", "parameters")
_EASY_MODEL = ("use_stable_diffusion_model", "stable_diffusion_model", "Stable Diffusion model")
_SETTING = re.compile(r"([A-Z][\w ()\-]{0,40}): ?(.*)", re.ASCII)
_TEXT_CHARACTERS = 64 * 1024  # of tags or a caption
_TAG_CHARACTERS, _TAG_WORDS = 100, 5
_ENDS = (".", "!", "?", "\u3002")  # of a sentence
_TAGS = ("tags", "tag_string", "keywords", "hashtags")  # of gallery-dl and of what writes as it does
_CAPTIONS, _TITLES = ("description", "caption", "content"), ("title",)
_CREATORS = ("artist", "author", "creator", "photographer", "user", "username", "uploader")
_NAMES = ("name", "username", "nick", "account")  # of a creator that is described by a mapping
_EXIFTOOL: Mapping[str, tuple[str, ...]] = {
    "dc:title": ("Title", "ObjectName"),
    "dc:description": ("Description", "Caption-Abstract", "ImageDescription"),
    "dc:creator": ("Creator", "By-line", "Artist"),
    "dc:rights": ("Rights", "CopyrightNotice", "Copyright"),
    "dc:subject": ("Subject", "Keywords"),
    "lr:hierarchicalSubject": ("HierarchicalSubject",),
    "digiKam:TagsList": ("TagsList",),
    "Iptc4xmpExt:PersonInImage": ("PersonInImage",),
    "xmp:Label": ("Label",),
    "xmp:Rating": ("Rating",),
    "exif:DateTimeOriginal": ("SubSecDateTimeOriginal", "DateTimeOriginal"),
    "xmp:CreateDate": ("SubSecCreateDate", "CreateDate"),
    "tiff:Make": ("Make",),
    "tiff:Model": ("Model",),
    "exifEX:LensModel": ("LensModel",),
    "exif:GPSLatitude": ("GPSLatitude",),
    "exif:GPSLatitudeRef": ("GPSLatitudeRef",),
    "exif:GPSLongitude": ("GPSLongitude",),
    "exif:GPSLongitudeRef": ("GPSLongitudeRef",),
}
_DEGREES = re.compile(r"(\d{1,3}) deg (\d{1,2})' (\d{1,2}(?:\.\d{1,20})?)\"(?: ([NSEW])\w*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Notes:
    """What one file beside a picture says: properties by the names of XMP, and how it was made, if it says that.

    `raw` is what was read, by name.
    """

    source: Source
    properties: Xmp = field(default_factory=dict)
    made: Generation | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


def parse_text_notes(text: str) -> Notes | None:
    """Parse a text beside a picture; None for labels of YOLO, even damaged ones, an empty one, and what is too long.

    It is how the picture was made (A1111's infotext, Easy Diffusion's lines, a graph), or tags on lines (Hydrus) or
    between commas (kohya), or else a caption.
    """
    said = text.strip()
    if made := _settings(said):
        return Notes(Source.TXT, made=read_generation(made), raw=made)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines or len(said) > _TEXT_CHARACTERS or is_json(said):
        return None
    if is_yolo(said) or find_strange_line(said, labels_alone=False) is not None:
        return None
    tags = _tags_of(lines)
    properties = {"dc:subject": tags} if tags else {"dc:description": (said,)}
    return Notes(Source.TXT, properties, raw={"text": said})


def parse_json_notes(text: str, *, whole_name: bool) -> Notes | None:
    """Parse JSON beside a picture; None for what is known of no program.

    `whole_name` where it is called as the picture is, suffix included: a file `a.json` belongs to many programs, and is
    believed only where it says how a picture was made, or comes from exiftool.
    """
    try:
        told = json.loads(text) if len(text) <= JSON_CHARACTERS else None
    except (ValueError, RecursionError):
        return None
    if isinstance(told, list) and len(told) == 1 and isinstance(told[0], dict) and "SourceFile" in told[0]:
        as_written = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        return Notes(Source.JSON, _of_exiftool(as_written[0]), raw=told[0])
    if not isinstance(told, dict):
        return None
    if made := _settings(text) or _plain_settings(told):
        return Notes(Source.JSON, made=read_generation(made), raw=made)
    properties = dict(_of_gallery(told)) if whole_name else {}
    return Notes(Source.JSON, properties, raw=told) if properties else None


def find_workflows(text: str) -> dict[str, str]:
    """Find how a picture or video was made, in a text that may say so: `{"prompt": ...}`, a graph, an infotext.

    The texts are named as those in the chunks of a PNG; none where it says nothing of the kind.
    """
    if read_generation({"comment": text}).prompt is not None or read_words_without_settings(text):
        return {"parameters": text}
    if not text.lstrip().startswith("{") or len(text) > JSON_CHARACTERS:
        return {}
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(held, dict):
        return {}
    named = {name: held[name] for name in _WORKFLOWS if isinstance(held.get(name), str | dict)}
    if named:
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in named.items()}
    if any(isinstance(node, dict) and "class_type" in node for node in held.values()):
        return {"prompt": text}
    return {"workflow": text} if isinstance(held.get("nodes"), list) else {}


def _settings(text: str) -> dict[str, str]:
    """How the picture was made, by a text that says more of it than words alone."""
    if is_generated_text(text):
        return {"parameters": text}
    if text.startswith("{"):
        made = find_workflows(text)
        return made if read_generation(made).verdict else {}
    return _plain_settings(_lines_of_settings(text))


def _lines_of_settings(text: str) -> dict[str, str]:
    """`Prompt: a fox`, each setting on a line; what follows without a name belongs to the line before."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if match := _SETTING.fullmatch(line):
            name = match[1]
            found[name] = match[2]
        elif name:
            found[name] += f"\n{line}"
    return found


def _plain_settings(told: Mapping[str, Any]) -> dict[str, str]:
    """Easy Diffusion's settings, one by one, as it writes them into a PNG; none where they are another's."""
    if not any(told.get(name) for name in _EASY_MODEL):
        return {}
    texts = {name: text for name, value in told.items() if (text := _as_text(value)) is not None}
    return texts if read_generation(texts).prompt else {}


def _as_text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _tags_of(lines: list[str]) -> tuple[str, ...]:
    """The tags, each on a line or between commas; none where these are sentences."""
    if len(lines) > 1 and not any("," in line for line in lines):
        tags, most = lines, _TAG_WORDS
    else:
        tags = [tag.strip() for line in lines for tag in line.split(",") if tag.strip()]
        most = 2 if len(tags) > 1 else 3
    words = [len(tag.split()) for tag in tags]
    sentences = any(line.endswith(_ENDS) for line in lines) or max(map(len, tags)) > _TAG_CHARACTERS
    return () if sentences or median(words) > most else tuple(tags)


def _of_exiftool(told: Mapping[str, Any]) -> Xmp:
    """What `exiftool -json` wrote, with groups in front of the names or without, by the names of XMP.

    It puts no quotes around a text that looks like a number or a truth: the keywords "1E3" and "True" are 1E3 and true.
    So the numbers in `told` are texts, as they were written.
    """
    plain = {name.rpartition(":")[2]: value for name, value in reversed(list(told.items()))}
    found = {}
    for name, tags in _EXIFTOOL.items():
        for tag in tags:
            value = plain.get(tag)
            values = value if isinstance(value, list) else [value]
            written = (str(one).lower() if isinstance(one, bool) else one for one in values)
            texts = tuple(text for text in written if isinstance(text, str) and text)
            if texts:
                found[name] = tuple(map(_degrees, texts)) if name.startswith("exif:GPS") else texts
                break
    return found


def _degrees(text: str) -> str:
    """Degrees as XMP has them: exiftool writes `48 deg 51' 29.90" N`."""
    match = _DEGREES.fullmatch(text)
    return f"{match[1]},{match[2]},{match[3]}{match[4] or ''}" if match else text


def _of_gallery(told: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What gallery-dl and others wrote of a picture that they fetched."""
    if tags := next((tags for name in _TAGS if (tags := tuple(_listed(told.get(name))))), ()):
        yield "dc:subject", tags
    for name, keys in (("dc:description", _CAPTIONS), ("dc:title", _TITLES)):
        texts = (told[key].strip() for key in keys if isinstance(told.get(key), str))
        if text := next((text for text in texts if text), ""):
            yield name, (text,)
    if creator := next((names for key in _CREATORS if (names := tuple(_named(told.get(key))))), ()):
        yield "dc:creator", creator


def _listed(tags: Any) -> Iterator[str]:
    """Tags in a list, by kinds, or in one text, between commas or else between spaces."""
    if isinstance(tags, str):
        yield from (tag.strip() for tag in (tags.split(",") if "," in tags else tags.split()))
    elif isinstance(tags, list):
        for tag in tags:
            if isinstance(tag, str):
                yield tag
            elif isinstance(tag, dict):
                yield from _named(tag)
    elif isinstance(tags, dict):
        for kind in tags.values():
            yield from _listed(kind) if isinstance(kind, list) else ()


def _named(creator: Any) -> Iterator[str]:
    if isinstance(creator, dict):
        creator = next((creator[name] for name in _NAMES if isinstance(creator.get(name), str)), None)
    for name in creator if isinstance(creator, list) else [creator]:
        if isinstance(name, str) and name.strip():
            yield name.strip()
