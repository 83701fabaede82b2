"""What a person said of a file stays, whatever is read anew: pure.

Their word has the source `person`. So has their word that there is nothing: the value is None then, and stays it.
"""

from collections.abc import Mapping
from typing import Any

PERSON = "person"


def kept(row: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `row` as they are to be because a person set them in `old`."""
    names = [name for name, source in (old["sources"] or {}).items() if source == PERSON]
    columns = {name: old[name] for name in names}
    if names:
        columns["sources"] = {**(row["sources"] or {}), **dict.fromkeys(names, PERSON)}
    if "taken_at" in names:
        columns["taken_at_rule"] = PERSON
    if old["score_source"] == PERSON:
        columns |= {"score": old["score"], "score_source": PERSON}
    return columns


def with_that_of(replaced: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row that takes the place of another one, with what a person said of that: programs save by replacing files.

    Where a person spoke of both, their word on the row itself counts.
    """
    taken = {**row, **kept(row, replaced)}
    return {**taken, **kept(taken, row)}


def own(links: Mapping[tuple[str, str], float | None]) -> dict[tuple[str, str], float | None]:
    """The keywords that a person gave, out of links as `(text, source) -> weight`."""
    return {key: weight for key, weight in links.items() if key[1] == PERSON}
