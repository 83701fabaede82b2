"""What is proposed for one file: keywords that it has not, each with its source and a confidence. Pure.

The confidence, 0 to 1, puts proposals in order, and serves as a threshold. It was not measured, and is no probability:

- `similar`: 1 for a word of the same bytes, 0.95 for one of the same picture or of the file's pair; of what looks
  alike, how far the pictures agree on it (`others.py`), at most 0.9;
- `folder`: 0.6 for the folder that the file lies in, 0.45, 0.3 and 0.15 for those above it;
- `model`: none, models give none: these come last;
- `prompt`: 0.5 for a phrase that is written plainly, times its weight, at least 0.1 and at most 0.9: it was asked for,
  and may not be in the picture.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from typing_extensions import TypedDict

from app.library.proposing.folders import keywords_of_folders
from app.library.proposing.others import NO_WORDS, Linked, Other, keywords_of_others
from app.library.proposing.phrases import keywords_of_prompt
from app.metadata import Source
from app.query.words import fold
from app.shapes import described

MOST = 50
"""Proposals of one source for one file."""
_OF_FOLDERS = (0.6, 0.45, 0.3, 0.15)
_PLAIN, _LEAST, _HIGHEST = 0.5, 0.1, 0.9


class Origin(StrEnum):
    """Where a proposal comes from."""

    PROMPT = "prompt"
    FOLDER = "folder"
    SIMILAR = "similar"
    MODEL = "model"


@described
class Proposal(TypedDict):
    """A keyword that a file may get."""

    text: str
    """The keyword, as the library writes it where it knows it."""
    source: str
    """`prompt`, `folder`, `similar` or `model`. A text stands there once for each source that proposes it."""
    confidence: float | None
    """0 to 1: see docs/metadata.md; to put in order, no probability. Null with `model`, which gives none."""
    by: str | None
    """With `similar`: `bytes`, `picture`, `pair` (the same picture), `phash` or `features` (alike); null elsewhere."""
    like: str | None
    """With `similar`: `ROOT/relative` as shown of the nearest file that has the keyword; null elsewhere."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that keywords are proposed for. `folders` are the names of those below its root, the outermost first.

    `modelled` are the keywords that a model proposes, and nobody has judged.
    """

    folders: Sequence[str]
    linked: Linked
    others: Sequence[Other]
    modelled: Sequence[str] = ()

    @property
    def keywords(self) -> list[str]:
        """The keywords that somebody or some program gave to it, in their order, each once."""
        return sorted({text for text, source, _ in self.linked if source not in NO_WORDS})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the files around, by id: their keywords, and their paths as shown."""

    linked: Mapping[int, Linked]
    paths: Mapping[int, str]


def proposals_for(subject: Subject, origins: Iterable[Origin], known: Known) -> list[Proposal]:
    """The proposals for a file, the most confident first."""
    had = {key for text in subject.keywords for key in _keys_of(text)}
    proposed = (one for origin in set(origins) for one in _first(_PROPOSERS[origin](subject, known), had))
    return sorted(proposed, key=lambda one: (-(one["confidence"] or 0), fold(one["text"]), one["source"]))


@lru_cache(maxsize=10_000)
def key_of(text: str) -> str:
    """A keyword as it is compared: without case and accents, `_` as a space."""
    return fold(text).replace("_", " ")


def _keys_of(text: str) -> Iterator[str]:
    """A keyword that a file has, and the last name of a path, which is one, too."""
    yield key_of(text)
    yield key_of(text.rpartition("|")[2])


def _first(proposed: Iterable[Proposal], had: set[str]) -> list[Proposal]:
    """Those that the file has not, each once, as many as are proposed of one source."""
    once: dict[str, Proposal] = {}
    for one in proposed:
        if (key := key_of(one["text"])) not in had:
            once.setdefault(key, one)
    return sorted(once.values(), key=lambda one: -(one["confidence"] or 0))[:MOST]


def _of_prompt(subject: Subject, known: Known) -> Iterator[Proposal]:
    del known
    for text, weight in keywords_of_prompt(
        (word, weight) for word, of, weight in subject.linked if of == Source.PROMPT
    ):
        yield _proposal(text, Origin.PROMPT, min(max(_PLAIN * weight, _LEAST), _HIGHEST))


def _of_folders(subject: Subject, known: Known) -> Iterator[Proposal]:
    del known
    for text, level in keywords_of_folders(subject.folders):
        yield _proposal(text, Origin.FOLDER, _OF_FOLDERS[level])


def _of_others(subject: Subject, known: Known) -> Iterator[Proposal]:
    words = keywords_of_others(subject.others, known.linked)
    for text, agreement, nearest in sorted(words, key=lambda word: -word.agreement):
        like = known.paths.get(nearest.id)
        yield {**_proposal(text, Origin.SIMILAR, agreement), "by": nearest.by, "like": like}


def _of_models(subject: Subject, known: Known) -> Iterator[Proposal]:
    del known
    for text in subject.modelled:
        yield {"text": text, "source": Origin.MODEL.value, "confidence": None, "by": None, "like": None}


_PROPOSERS: Mapping[Origin, Callable[[Subject, Known], Iterator[Proposal]]] = {
    Origin.PROMPT: _of_prompt,
    Origin.FOLDER: _of_folders,
    Origin.SIMILAR: _of_others,
    Origin.MODEL: _of_models,
}


def _proposal(text: str, origin: Origin, confidence: float) -> Proposal:
    return {"text": text, "source": origin.value, "confidence": round(confidence, 2), "by": None, "like": None}
