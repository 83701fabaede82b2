"""Gathers the keywords of a file, each with where it was read. It reads no file itself and invents no word."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import tee
from types import MappingProxyType
from unicodedata import normalize

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from app.analysis.formats.tiff import Tags, decode_windows_text
from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.notes import Notes
from app.analysis.prompts.phrases import split_phrases
from app.media import Keyword
from app.metadata import Source
from app.texts import clean_text

KEYWORDS, PHRASES, CHARACTERS = 1_000, 100, 200  # at most: of each source, of each prompt, and of one of them
NO_TAGS: Tags = MappingProxyType({})
_REGION = "mwg-rs:Regions/mwg-rs:RegionList"  # Metadata Working Group guidelines 2.0, 5.9: areas and who is in them
_CATEGORIES = 1024 * 1024  # characters of ACDSee's categories that are read
_PATHS = ("digiKam:TagsList", "MicrosoftPhoto:LastKeywordXMP")  # written `a/b/c`


def gather_keywords(
    *,
    embedded: Xmp,
    iptc: Mapping[str, tuple[str, ...]],
    sidecar: Xmp,
    prompt: str | None,
    negative_prompt: str | None = None,
    generator: str | None = None,
    exif: Tags = NO_TAGS,
    people: Iterable[str] = (),
    film: Iterable[str] = (),
    notes: Iterable[Notes] = (),
) -> tuple[Keyword, ...]:
    """Gather keywords from XMP, IPTC, EXIF, a film's tags, the sidecar, Takeout's people, notes and a prompt.

    Each source lists a keyword once, whatever its case, at most 1,000 of them (100 of a prompt), of at most 200
    characters. How a prompt weighs its phrases depends on its `generator`. Phrases of the negative prompt have a source
    of their own; one that the prompt asks for, too, is not among them.
    """
    wanted, unwanted = split_phrases(prompt or "", generator), split_phrases(negative_prompt or "", generator)
    if negative_prompt:
        wanted, kept = tee(wanted)
        asked_for = {_plain(text).casefold() for text, _ in kept}
        unwanted = (one for one in unwanted if _plain(one[0]).casefold() not in asked_for)
    return (
        *_once(Keyword(text, Source.XMP) for text in _of_xmp(embedded)),
        *_once(Keyword(text, Source.IPTC) for text in iptc.get("Keywords", ())),
        *_once(Keyword(text, Source.EXIF) for text in decode_windows_text(exif, "XPKeywords").split(";")),
        *_once(Keyword(text, Source.VIDEO) for text in film),
        *_once(Keyword(text, Source.SIDECAR) for text in _of_xmp(sidecar)),
        *_once(Keyword(text, Source.TAKEOUT) for text in people),
        *(word for one in notes for word in _once(Keyword(text, one.source) for text in _of_xmp(one.properties))),
        *_once((Keyword(text, Source.PROMPT, weight) for text, weight in wanted), PHRASES),
        *_once((Keyword(text, Source.NEGATIVE_PROMPT, weight) for text, weight in unwanted), PHRASES),
    )


def _of_xmp(properties: Xmp) -> Iterator[str]:
    """Words, paths of hierarchical ones (`a|b|c`), and the names of the people in the picture.

    What catalogues of ACDSee and iView keep for themselves counts where nothing else does: digiKam writes every word
    there, too.
    """
    nobody = True
    for text in _of_everybody(properties):
        nobody = False
        yield text
    if nobody:
        yield from properties.get("mediapro:CatalogSets", ())
        yield from (path for text in properties.get("acdsee:categories", ()) for path in _assigned(text))


def _assigned(text: str) -> Iterator[str]:
    """The paths of ACDSee's categories that the picture is in, out of the XML that the property holds as text."""
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True) if len(text) <= _CATEGORIES else None
    except (DefusedXmlException, SyntaxError, ValueError):  # ParseError is a SyntaxError
        return
    above = [] if root is None else [(child, "") for child in reversed(root)]
    while above:
        category, path = above.pop()
        path += (category.text or "").strip()
        if category.get("Assigned") == "1":
            yield path
        above += [(child, f"{path}|") for child in reversed(category)]


def _of_everybody(properties: Xmp) -> Iterator[str]:
    """What several programs read and write. An area of which nothing says what it shows may be a face."""
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
    yield from properties.get("acdsee:keywords", ())


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
    """In one line, and composed: systems and programs write the same letter in one character or in two."""
    return " ".join(normalize("NFC", clean_text(text)).split())
