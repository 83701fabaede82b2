"""What stands in the rows of files before a person says something of them: columns, keywords, and proposals."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import JSON, Boolean, Connection, Text, cast, select

from app.library.describing.proposing import MODEL
from app.library.describing.tables import PROPOSALS, REJECTED
from app.library.prepared import prepared_of
from app.library.saying.answering import Proposal
from app.library.saying.deciding import COLUMNS, Keywords, Row
from app.library.saying.personal import PERSON
from app.library.tables import KEYWORDS, LINKS, MEDIA

_AS_JSON = frozenset(name for name in COLUMNS if isinstance(MEDIA.c[name].type, JSON))
_AS_BOOLEAN = tuple(name for name in COLUMNS if isinstance(MEDIA.c[name].type, Boolean))
_ROWS = prepared_of(
    select(*(cast(MEDIA.c[name], Text) if name in _AS_JSON else MEDIA.c[name] for name in COLUMNS)), MEDIA.c.id
)
_WORDS = prepared_of(
    select(LINKS.c.media_id, KEYWORDS.c.text, LINKS.c.source).join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id),
    LINKS.c.media_id,
)
_PROPOSALS = prepared_of(
    select(PROPOSALS.c.media_id, PROPOSALS.c.id, PROPOSALS.c.field, PROPOSALS.c.text, PROPOSALS.c.state).where(
        PROPOSALS.c.state != REJECTED
    ),
    PROPOSALS.c.media_id,
)


class Standing(NamedTuple):
    """What stands of one file."""

    row: Row
    keywords: Keywords
    proposals: Sequence[Proposal] = ()


class FromJson(dict[str | None, Any]):
    """What JSON texts say: most rows of an edit have the same, and each is read once."""

    def __missing__(self, text: str | None) -> Any:
        said = self[text] = None if text is None else json.loads(text)
        return said


def standing_of(connection: Connection, ids: Sequence[int], *, proposals: bool) -> dict[int, Standing]:
    """What stands of each of these rows that there is, by id; what is proposed only if `proposals`."""
    rows: dict[int, Row] = {}
    read_from = FromJson()
    for found in _ROWS.all(connection, {"ids": ids}):
        row = dict(zip(COLUMNS, found, strict=True))
        for name in _AS_JSON:
            row[name] = read_from[row[name]]
        for name in _AS_BOOLEAN:
            row[name] = None if row[name] is None else bool(row[name])
        rows[row["id"]] = row
    own: dict[int, set[str]] = {number: set() for number in rows}
    read: dict[int, set[str]] = {number: set() for number in rows}
    model: dict[int, set[str]] = {number: set() for number in rows}
    for number, text, source in _WORDS.all(connection, {"ids": ids}):
        (own if source == PERSON else model if source == MODEL else read)[number].add(text)
    proposed: dict[int, list[Proposal]] = {number: [] for number in rows}
    if proposals:
        for number, *proposal in _PROPOSALS.all(connection, {"ids": ids}):
            proposed[number].append(Proposal(*proposal))
    return {
        number: Standing(row, Keywords(*(frozenset(side[number]) for side in (own, read, model))), proposed[number])
        for number, row in rows.items()
    }
