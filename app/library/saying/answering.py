"""What a person's words make of what models propose: which proposals they accept, and which they reject. Pure.

Who says the same of a field as a model accepts what it proposes, whichever way it was said; who says something else of
a title or caption rejects it. Of keywords, only those that are named are judged; who removes one that was accepted, or
written at once, rejects it.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from app.library.describing.tables import ACCEPTED, OPEN, REJECTED
from app.library.proposing.proposals import key_of
from app.library.saying.editing import Edit, in_one_line
from app.library.saying.personal import PERSON

SAID_BY_A_PERSON = "said_by_a_person"
"""A text of a model that was to be accepted is not: a person's own stands there."""
_KEYWORD = "keyword"
_TEXTS = ("title", "caption")


class Proposal(NamedTuple):
    """A proposal, open or accepted: `field` is `title`, `caption` or `keyword`. A newer one has a greater `id`."""

    id: int
    field: str
    text: str
    state: str = OPEN


class Taken(NamedTuple):
    """What an edit takes of the proposals: texts by their field, keywords; and the causes for which some is left."""

    values: Mapping[str, str] = {}
    keywords: Sequence[str] = ()
    left: frozenset[str] = frozenset()


def taken_of(edit: Edit, row: Mapping[str, Any], proposals: Sequence[Proposal]) -> Taken:
    """What the edit takes of proposals: of several texts for a field the newest, where no word of a person stands."""
    values: dict[str, str] = {}
    left = set[str]()
    for field in sorted(set(edit.accept).intersection(_TEXTS)):
        texts = [one.text for one in sorted(proposals) if one.field == field]
        if texts and (row["sources"] or {}).get(field) == PERSON:
            left.add(SAID_BY_A_PERSON)
        elif texts:
            values[field] = texts[-1]
    words = [one.text for one in proposals if one.field == _KEYWORD] if "keywords" in edit.accept else []
    return Taken(values, [*map(_as_word, words)], frozenset(left))


def judged_by(edit: Edit, taken: Taken, proposals: Sequence[Proposal], own: Collection[str]) -> dict[int, str]:
    """The proposals that are judged by an edit, by id: `accepted` or `rejected`. `own` are the keywords after it."""
    said = {**{field: edit.values[field] for field in _TEXTS if field in edit.values}, **taken.values}
    words = {key_of(word) for word in own} if _speaks_of_keywords(edit) else set()
    judged: dict[int, str] = {}
    for one in proposals:
        if one.field in said:
            judged[one.id] = ACCEPTED if said[one.field] == one.text else REJECTED
        elif one.field == _KEYWORD and key_of(_as_word(one.text)) in words:
            judged[one.id] = ACCEPTED
        elif (one.field if one.field in _TEXTS else "keywords") in edit.reject:
            judged[one.id] = REJECTED
    return judged


@lru_cache(maxsize=10_000)
def _as_word(text: str) -> str:
    """A proposed keyword as people's are written: models propose the same ones of many files."""
    return str(in_one_line(text))


def rejected_by(gone: Collection[str], accepted: Sequence[Proposal]) -> dict[int, str]:
    """The accepted proposals that are rejected because their keywords, by `key_of`, are removed, by id."""
    return {one.id: REJECTED for one in accepted if one.field == _KEYWORD and key_of(_as_word(one.text)) in gone}


def speaks_of_proposals(edit: Edit) -> bool:
    """Whether an edit may judge any proposal."""
    named = edit.accept or edit.reject or edit.remove_keywords or edit.said.intersection(_TEXTS)
    return bool(named) or _speaks_of_keywords(edit)


def _speaks_of_keywords(edit: Edit) -> bool:
    return bool(edit.add_keywords) or "keywords" in edit.said or "keywords" in edit.accept
