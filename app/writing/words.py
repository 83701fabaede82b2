"""What of a file is written: a person's own words, as far as they are asked for. Pure.

Words that were read anywhere are never written: they stand where they were read already.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.metadata import Source

FIELDS = ("score", "title", "caption", "creator", "copyright", "label", "taken_at", "keywords")
"""What can be written, in the order in which it is told."""
TAKEN_BACK = "taken_back"
"""Beside the fields of what is written: keywords that were written before and are said no more."""
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Told = Mapping[str, Any]
"""By field: a score from -1 to 5, texts, a date as ISO 8601, keywords as a list of texts; None is none."""
NOTHING_TOLD: Told = MappingProxyType({**dict.fromkeys(FIELDS), "keywords": ()})


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose target says one thing `now`, and another one `then`; None is none."""

    field: str
    now: Any
    then: Any


def said_by_a_person(row: Mapping[str, Any], fields: Collection[str] = FIELDS) -> dict[str, Any]:
    """A person's own words of a row with its `keywords`, as far as they are among these fields.

    None says that there is none; a field of which nobody said anything is left out. So are no keywords at all.
    """
    sources = row["sources"] or {}
    words = {name: row[name] for name in FIELDS if name in fields and sources.get(name) == Source.PERSON}
    if "score" in fields and row["score_source"] == Source.PERSON:
        words["score"] = row["score"]
    own = tuple(word["text"] for word in row["keywords"] if word["source"] == Source.PERSON)
    if own and "keywords" in fields:
        words["keywords"] = own
    return {name: _writable(words[name]) for name in FIELDS if name in words}


def taken_back(words: Mapping[str, Any], told: Iterable[tuple[bool, Iterable[Mapping[str, Any]]]]) -> dict[str, Any]:
    """These words, and what of the keywords that were written before a person says no more.

    `told` has what was written of the file, oldest first, and what of that was undone (true), each with its changes.
    What another program had there first is not ours.
    """
    ours: dict[str, str] = {}
    for undone, changes in told:
        for change in changes:
            if change["field"] == "keywords":
                before, after = ({word.casefold(): word for word in change[at] or ()} for at in ("now", "then"))
                came, went = (after, before) if not undone else (before, after)
                ours = {word: ours[word] for word in ours if word not in went or word in came}
                ours |= {word: came[word] for word in came if word not in went}
    said = {one.casefold() for word in words.get("keywords", ()) for one in (word, flat(word))}
    gone = tuple(text for word, text in ours.items() if word not in said)
    return {"keywords": (), **words, TAKEN_BACK: gone} if gone else dict(words)


def _writable(value: Any) -> Any:
    """A value without the characters that XML cannot hold (XML 1.0, 2.2)."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("", value).strip() or None
    return tuple(_NOT_IN_XML.sub("", text) for text in value) if isinstance(value, tuple) else value


def names_in(text: str) -> list[str]:
    """The names in what the library shows as one creator."""
    return [name for name in text.split("; ") if name.strip()]


def flat(keyword: str) -> str:
    """The last word of a path of keywords; any other keyword as it is."""
    return keyword.rpartition("|")[2].strip() or keyword


def differences(now: Told, then: Told, fields: Iterable[str]) -> tuple[Difference, ...]:
    """What would change, field by field, in their order."""
    asked = frozenset(fields)
    return tuple(Difference(one, now[one], then[one]) for one in FIELDS if one in asked and now[one] != then[one])


def expected(now: Told, words: Mapping[str, Any]) -> Told:
    """What a target will say that says `now` one thing, once these words are written into it."""
    gone = _gone(words)
    kept = tuple(text for text in now["keywords"] if text.casefold() not in gone)
    have = {text.casefold() for text in kept}
    own = words.get("keywords", ())
    wanted = dict.fromkeys((*map(flat, own), *(word for word in own if "|" in word)))
    added = tuple(text for text in wanted if text.casefold() not in have)
    return {**now, **words, "keywords": (*kept, *added)}


def unsaid(words: Mapping[str, Any], told: Told) -> tuple[str, ...]:
    """The fields of which a target does not tell what a person said. A date may be told with its zone beside it.

    A keyword that was taken back may still be told: another program may have written it elsewhere, too.
    """
    return tuple(name for name, value in words.items() if name in FIELDS and not _tells(name, value, told[name]))


def lost(before: Told, after: Told, words: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that nobody asked for and that are told otherwise than before; of keywords those that went unasked."""
    went = {text.casefold() for text in set(before["keywords"] or ()) - set(after["keywords"] or ())}
    others = [name for name in FIELDS if name not in words and name != "keywords" and before[name] != after[name]]
    return (*others, *(("keywords",) if went - _gone(words) else ()))


def _gone(words: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(text.casefold() for text in words.get(TAKEN_BACK, ()))


def _tells(name: str, value: Any, told: Any) -> bool:
    if name == "keywords":
        have = {text.casefold() for text in told or ()}
        return all(text.casefold() in have for text in value)
    if name == "taken_at" and value is not None:
        return told is not None and told.startswith(value) and (len(told) == len(value) or told[len(value)] in "+-.")
    if isinstance(value, str) and isinstance(told, str):
        return value.split() == told.split()
    return bool(value == told)
