"""Gathers the keywords of a file, each with where it was read. It reads no file itself and invents no word."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import tee
from types import MappingProxyType

from app.analysis.tiff import Tags
from app.analysis.xmp import Xmp
from app.media import Keyword
from app.texts import clean_text

KEYWORDS, PHRASES, CHARACTERS = 1_000, 100, 200  # at most: of each source, of each prompt, and of one of them
NO_TAGS: Tags = MappingProxyType({})
_REGION = "mwg-rs:Regions/mwg-rs:RegionList"  # Metadata Working Group guidelines 2.0, 5.9: areas and who is in them
_PATHS = ("digiKam:TagsList", "MicrosoftPhoto:LastKeywordXMP")  # written `a/b/c`
_FACTORS = {"(": 1.1, "[": 1 / 1.1, "{": 1.05}  # what one pair of brackets multiplies the weight by: A1111, NovelAI
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_EXTRA_NETWORK = re.compile(r"<[^<>]*>")  # <lora:name:0.8>, <hypernet:...>
_SEPARATOR = re.compile(r"[,\n]|\bBREAK\b|\bAND\b")
_WEIGHTED = re.compile(r"(.*):\s*(\d{1,4}(?:\.\d{0,9})?|\.\d{1,9})\s*", re.DOTALL)
_INNER_WEIGHT = re.compile(r":\s*[0-9.]+\s*(?=[)\]])")
_BRACKET = re.compile(r"\\.|[()\[\]{}]")
_DEEP = 20  # brackets inside brackets that are still weighed
_PROMPT_CHARACTERS = 32 * 1024  # that are looked at; the longest prompts of people have a few thousand


def gather(
    *,
    embedded: Xmp,
    iptc: Mapping[str, tuple[str, ...]],
    sidecar: Xmp,
    prompt: str | None,
    negative_prompt: str | None = None,
    exif: Tags = NO_TAGS,
    people: Iterable[str] = (),
    film: Iterable[str] = (),
) -> tuple[Keyword, ...]:
    """All keywords: of the file's XMP, IPTC and EXIF, of a film, of its sidecar, Takeout's people, phrases of a prompt.

    Each source lists a keyword once, whatever its case, at most 1,000 of them (100 of a prompt), of at most 200
    characters. Phrases of the negative prompt have a source of their own; one that the prompt asks for, too, is not
    among them.
    """
    wanted, unwanted = phrases(prompt or ""), phrases(negative_prompt or "")
    if negative_prompt:
        wanted, kept = tee(wanted)
        asked_for = {_plain(text).casefold() for text, _ in kept}
        unwanted = (one for one in unwanted if _plain(one[0]).casefold() not in asked_for)
    return (
        *_once(Keyword(text, "xmp") for text in _of_xmp(embedded)),
        *_once(Keyword(text, "iptc") for text in iptc.get("Keywords", ())),
        *_once(Keyword(text, "exif") for text in windows_text(exif, "XPKeywords").split(";")),
        *_once(Keyword(text, "video") for text in film),
        *_once(Keyword(text, "sidecar") for text in _of_xmp(sidecar)),
        *_once(Keyword(text, "takeout") for text in people),
        *_once((Keyword(text, "prompt", weight) for text, weight in wanted), PHRASES),
        *_once((Keyword(text, "negative_prompt", weight) for text, weight in unwanted), PHRASES),
    )


def windows_text(exif: Tags, name: str) -> str:
    """A text that Windows wrote in UTF-16, such as `XPKeywords`; empty without one."""
    value = exif.get(f"Image {name}", b"")
    return value.decode("utf-16-le", "replace").partition("\0")[0] if isinstance(value, bytes) else ""


def _of_xmp(properties: Xmp) -> Iterator[str]:
    """Words, paths of hierarchical ones (`a|b|c`), and the names of the people in the picture.

    An area of which nothing says what it shows may be a face.
    """
    yield from properties.get("dc:subject", ())
    yield from properties.get("lr:hierarchicalSubject", ())
    for name in _PATHS:
        yield from (path.strip("/").replace("/", "|") for path in properties.get(name, ()))
    yield from properties.get("Iptc4xmpExt:PersonInImage", ())
    names, kinds = properties.get(f"{_REGION}/mwg-rs:Name", ()), properties.get(f"{_REGION}/mwg-rs:Type", ())
    if len(names) == len(kinds):  # else which belongs to which cannot be told
        names = tuple(name for name, kind in zip(names, kinds, strict=True) if kind in ("Face", ""))
    yield from names
    yield from properties.get("MP:RegionInfo/MPRI:Regions/MPReg:PersonDisplayName", ())


def _once(found: Iterable[Keyword], most: int = KEYWORDS) -> Iterator[Keyword]:
    seen: set[str] = set()
    for keyword in found:
        text = _plain(keyword.text)
        if not text or len(text) > CHARACTERS or text.casefold() in seen:
            continue
        seen.add(text.casefold())
        yield Keyword(text, keyword.source, keyword.weight)
        if len(seen) == most:
            return


def _plain(text: str) -> str:
    return " ".join(clean_text(text).split())


def phrases(prompt: str) -> Iterator[tuple[str, float | None]]:
    """The comma-separated phrases of a prompt with their weight, None where none is written.

    A1111's attention syntax: `(word:1.3)` weighs 1.3, `(word)` 1.1, `((word))` 1.21, `[word]` 1/1.1, and a backslash
    makes a bracket a letter (wiki "Features", "Attention/emphasis"). `<lora:...>` is a setting, not a word. `{word}`,
    of NovelAI, weighs 1.05.
    """
    yield from _weighed(_EXTRA_NETWORK.sub(",", prompt[:_PROMPT_CHARACTERS]), None, _DEEP)


def _weighed(text: str, weight: float | None, depth: int) -> Iterator[tuple[str, float | None]]:
    for part in _parts(text):
        inner, opening = part[1:-1], part[:1]
        if depth and _encloses(part):
            factor = _FACTORS[opening]
            if opening == "(" and (match := _WEIGHTED.fullmatch(inner)):
                inner, factor = match[1], float(match[2])
            yield from _weighed(inner, round((weight or 1.0) * factor, 4), depth - 1)
        else:
            plain = re.sub(r"(?<!\\)[()\[\]{}]", "", _INNER_WEIGHT.sub("", part))
            yield plain.replace("\\(", "(").replace("\\)", ")").strip(), weight


def _parts(text: str) -> Iterator[str]:
    """The text between separators that stand outside all brackets."""
    depth = start = 0
    for match in re.finditer(rf"{_BRACKET.pattern}|{_SEPARATOR.pattern}", text):
        token = match[0]
        if token in _CLOSING:
            depth += 1
        elif token in _CLOSING.values():
            depth = max(0, depth - 1)
        elif depth == 0 and not token.startswith("\\"):
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()


def _encloses(part: str) -> bool:
    """Whether the first bracket of a part is closed by its last character."""
    if part[-1:] != _CLOSING.get(part[:1]) or part[-2:-1] == "\\":
        return False
    depth = 0
    for match in _BRACKET.finditer(part):
        depth += (match[0] in _CLOSING) - (match[0] in _CLOSING.values())
        if depth == 0:
            return match.end() == len(part)
    return False
