"""Which keywords of other pictures may be those of one: of its copies, its pair, and what looks like it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from app.library.proposing.phrases import keyword_of
from app.metadata import Source
from app.query.words import fold

Linked: TypeAlias = Sequence[tuple[str, str, float | None]]
"""The keywords of a file as `(text, source, weight)`."""
NO_WORDS = frozenset({Source.PROMPT.value, Source.NEGATIVE_PROMPT.value})
"""Sources of keywords that nobody gave to a picture: they are what a model was asked for."""


class Other(NamedTuple):
    """A file that looks like one. `by` says how that is known; `nearness` is 1 for the same picture, down to 0.

    `same` says that it is the same picture, so that what was asked of a model for it holds for this one, too.
    """

    id: int
    by: str
    nearness: float
    same: bool


class Word(NamedTuple):
    """A keyword of others: how far they agree on it, 0 to 1, and the nearest of them that has it."""

    text: str
    agreement: float
    nearest: Other


def keywords_of_others(others: Iterable[Other], linked: Mapping[int, Linked]) -> list[Word]:
    """The keywords of these, each once.

    The same picture speaks for itself: the agreement is its nearness. Of what only looks alike, it is the share
    of those with any keyword that have this one, each counted by its nearness.
    """
    having: dict[str, tuple[str, list[Other]]] = {}
    speaking = 0
    for other in sorted(others, key=lambda one: (-one.nearness, one.id)):
        words = dict(_said(linked.get(other.id, ()), same=other.same))
        speaking += bool(words) and not other.same
        for key, text in words.items():
            having.setdefault(key, (text, []))[1].append(other)
    return [Word(text, _agreement(those, speaking), those[0]) for text, those in having.values()]


def _agreement(having: Sequence[Other], speaking: int) -> float:
    same = max((one.nearness for one in having if one.same), default=0.0)
    alike = sum(one.nearness for one in having if not one.same) / max(1, speaking)
    return max(same, alike)


def _said(linked: Linked, *, same: bool) -> Iterable[tuple[str, str]]:
    for text, source, _ in linked:
        if source == Source.NEGATIVE_PROMPT or (source == Source.PROMPT and not same):
            continue
        word = keyword_of(text) if source == Source.PROMPT else text
        if word is not None:
            yield fold(word), word
