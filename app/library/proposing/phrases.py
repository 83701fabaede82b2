"""Which phrases of a prompt say what is in the picture, as keywords. Pure.

Stage `keywords` has taken the prompt apart (`app/analysis/prompts/phrases.py`): weights, brackets, `BREAK` and
`<lora:...>` are no words any more. What is left out here is what a phrase can be besides a keyword: a sentence, a
setting, or praise that is asked of every picture. The negative prompt is never looked at.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.query.words import fold

MOST_WORDS, MOST_CHARACTERS = 4, 40
"""A phrase that is longer is prose: which of its words matter is not for a list to say."""
_MOST_WITHOUT_SPACES = 10  # characters of a script that writes none
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_EDGES = " \t'\"`.,;:!?*~+-_=()[]{}<>|/\u2018\u2019\u201c\u201d\u2026\uff01\uff1f\uff08\uff09"
_NO_WORD = re.compile(r"[\\{}<>|$%@#=\ufffd]|://|__")
_OPTIONS = re.compile(r"(?:^|\s)--[a-z][\s\S]*", re.IGNORECASE)  # of Midjourney: `--ar 16:9 --v 6`
_ARTICLE = re.compile(r"(?:an?|the)\s+(?=\S)", re.IGNORECASE)
_NOT_NAMED = re.compile(
    r"(?:no|not|without|never|avoid|and|or|but|while|as|which|who|where|that|is|are|it|they|with)\b"
)
"""How a phrase begins that denies something, or goes on with a sentence."""
_JOINED = re.compile(r"(?<=\w)_(?=\w)")


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written with commas, on any number of lines."""
    return frozenset(" ".join(word.split()) for word in text.split(","))


_SETTINGS = re.compile(
    r"""
    (?:(?:ultra|extreme(?:ly)?|highly|high|very|insanely|hyper|super|incredibly|intricately|finely)[\ -]?)+
        (?:detail(?:ed|s)?|res(?:olution)?|realistic|sharp|aesthetic|definition|quality)(?:\ \w+){0,2}
    |(?:\w+\ )?(?:best|high(?:est)?|top|great|good|amazing|ultra|normal|low|worst|professional)(?:\ \w+)?\ quality
    |(?:\w+\ )?\d{1,2}\ ?k(?:\ (?:uhd|hd|hdr|resolution|wallpaper|quality|photo|textures?|render))*
    |score\ ?\d(?:\ up)? |(?:rating|source)\ ?[:\ ]\ ?\w+ |year\ ?\d{4}
    |\d+(?:\.\d+)?\ ?(?:px|p|mp|megapixels?|fps|dpi|steps|mm)(?:\ lens|\ film)?
    |f\ ?/\ ?\d+(?:\.\d+)? |iso\ ?\d+ |1/\d+\ ?s?
    |(?:trending|featured|popular)(?:\ on)?\ \w+(?:\ \w+)?
    |(?:\w+\ )?(?:unreal\ engine|octane|v-?ray|cinema\ ?4d|arnold|redshift)(?:\ \d)?(?:\ render(?:er|ing)?)?
    |embedding:.* |(?:easy\ ?negative|bad[\ -]?(?:hands?|prompt|dream|pictures?)|ng\ deepnegative)(?:[\ -]?v?\d+\w*)?
    """,
    re.VERBOSE,
)
"""Phrases that set a quality, a size, a lens or a renderer; folded."""
_PRAISE = listed(
    """
    masterpiece, master piece, best, quality, hq, hd, full hd, uhd, hdr, 8 k, 4 k, raw, raw photo, highres,
    hires, high res, absurdres, incredibly absurdres, lowres, detailed, details, intricate, intricate details,
    fine details, finely detailed, sharp, sharp focus, in focus, professional, award winning, award-winning,
    award winning photo, award winning photography, artstation, artstation hq, cgsociety, deviantart, pixiv,
    behance, official art, best illustration, realistic, photorealistic, photo realistic, photo-realistic,
    photorealism, hyperrealistic, hyperrealism, hyper realistic, ultrarealistic, ultra realistic, ultra-
    realistic, lifelike, realism, beautiful, stunning, gorgeous, perfect, amazing, awesome, aesthetic, very
    aesthetic, newest, safe, sfw, nsfw, sensitive, questionable, render, 3d render, ray tracing, raytracing,
    extremely detailed cg, 8k wallpaper, unity 8k wallpaper, anatomically correct, perfect anatomy, perfect
    face, perfect eyes, perfect hands, correct anatomy
    """
)
"""What prompts ask of every picture, folded. A word of a subject or of a style ("watercolor", "bokeh") is not here."""


def keywords_of_prompt(phrases: Iterable[tuple[str, float | None]]) -> Iterator[tuple[str, float]]:
    """The phrases of a prompt that can be keywords, each once, with its weight, 1 if none is written.

    A phrase that is weighed by 0 or less is not asked for.
    """
    seen: set[str] = set()
    for phrase, weight in phrases:
        text = keyword_of(phrase)
        weighs = 1.0 if weight is None else weight
        if text is None or weighs <= 0 or (key := fold(text)) in seen:
            continue
        seen.add(key)
        yield text, weighs


@lru_cache(maxsize=10_000)  # the pictures of an evening have most of their phrases in common
def keyword_of(phrase: str) -> str | None:
    """A phrase of a prompt as a keyword; None where it is none."""
    text = plain(_OPTIONS.sub("", phrase))
    folded = fold(text)
    is_said_of_all = folded in _PRAISE or _SETTINGS.fullmatch(folded)
    return None if is_said_of_all or _NOT_NAMED.match(folded) or not can_be_keyword(text) else text


def plain(text: str) -> str:
    """A text as a keyword is written: in one line, without an article in front or signs at its edges, `_` as space."""
    text = " ".join(unicodedata.normalize("NFC", text).split()).strip(_EDGES)
    if not _NO_WORD.search(text):
        text = _JOINED.sub(" ", text)
    return _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text


def can_be_keyword(text: str) -> bool:
    """Whether a plain text is short enough to be one, and has letters and no signs of a program's."""
    letters = sum(letter.isalpha() for letter in text)
    shortest = 1 if _NO_SPACES.search(text) else 2
    if letters < shortest or letters * 2 < len(text.replace(" ", "")) or _NO_WORD.search(text):
        return False
    if _NO_SPACES.search(text) and len(text) > _MOST_WITHOUT_SPACES:
        return False
    return len(text) <= MOST_CHARACTERS and len(text.split()) <= MOST_WORDS
