"""What a description proposes for its file: written with the row, inside the caller's transaction.

Titles, captions and keywords of a model wait as proposals until a person accepts them, or are written at once where the
session says so: then their source is `model`, they fill only what neither a person nor the file says, and count as
accepted. What a person rejected, or removed, is neither proposed nor written again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.descriptions import Description
from app.library.describing.runs import add_runs
from app.library.describing.tables import ACCEPTED, OPEN, PROPOSALS, REJECTED, RUNS
from app.library.linking import link
from app.library.prepared import Prepared
from app.library.rows import MAX_KEYWORD_CHARACTERS, KeywordLinks
from app.library.tables import KEYWORDS, LINKS, MEDIA
from app.media import Place
from app.metadata import Source
from app.query.words import fold
from app.texts import clean_text

MODEL = Source.MODEL.value
TITLE, CAPTION, KEYWORD = "title", "caption", "keyword"
_FIELDS = {"title": TITLE, "description": CAPTION}
_MEDIA = select(MEDIA.c.id, MEDIA.c.title, MEDIA.c.caption, MEDIA.c.sources).where(
    MEDIA.c.root == bindparam("b_root"), MEDIA.c.path == bindparam("b_path")
)
_OF_MODEL = select(KEYWORDS.c.text).where(
    KEYWORDS.c.id == LINKS.c.keyword_id, LINKS.c.media_id == bindparam("b_id"), LINKS.c.source == MODEL
)
_BELONGS = update(RUNS).where(RUNS.c.run == bindparam("b_run"), RUNS.c.media_id.is_(None))
_JUDGED = select(PROPOSALS.c.field, PROPOSALS.c.text, PROPOSALS.c.state).where(
    PROPOSALS.c.media_id == bindparam("b_id"), PROPOSALS.c.state != OPEN
)
_WITHDRAW = delete(PROPOSALS).where(PROPOSALS.c.media_id == bindparam("b_id"), PROPOSALS.c.state == OPEN)
_WITHDRAW_ALL = delete(PROPOSALS).where(PROPOSALS.c.media_id == bindparam("b_id"), PROPOSALS.c.state != REJECTED)
_PROPOSE = Prepared(insert(PROPOSALS).inline(), columns=[column.name for column in PROPOSALS.c if column.name != "id"])
_FORGET_KEYWORDS = delete(LINKS).where(LINKS.c.media_id == bindparam("b_id"), LINKS.c.source == MODEL)


class Proposed(NamedTuple):
    """One text that a description proposes for a field."""

    field: str
    text: str

    @property
    def key(self) -> tuple[str, str]:
        """What is the same of two that mean the same: keywords are compared without case and accents."""
        return self.field, fold(self.text) if self.field == KEYWORD else self.text


def proposed_by(output: Mapping[str, Any]) -> list[Proposed]:
    """What of an answer is proposed: its title, its description as the caption, its keywords, none of them twice."""
    said: list[tuple[str, Any, int | None]] = [(field, output.get(name), None) for name, field in _FIELDS.items()]
    keywords = output.get("keywords")
    said += [(KEYWORD, str(word), MAX_KEYWORD_CHARACTERS) for word in keywords] if isinstance(keywords, list) else []
    found: dict[tuple[str, str], Proposed] = {}
    for field, value, most in said:
        if isinstance(value, str) and (text := clean_text(value).strip()[:most]):
            one = Proposed(field, text)
            found.setdefault(one.key, one)
    return list(found.values())


def write_description(
    connection: Connection, place: Place, description: Description, *, session_id: str, at: str
) -> None:
    """Writes what was asked about a file that has a row, and what the answer proposes."""
    row = connection.execute(_MEDIA, {"b_root": place.root, "b_path": place.path}).one()
    add_runs(connection, description.runs, session_id=session_id, place=place, media_id=row.id)
    if description.output is None or description.run is None:
        return
    connection.execute(_BELONGS.values(media_id=row.id), {"b_run": description.run})
    proposed = proposed_by(description.output)
    connection.execute(_WITHDRAW, {"b_id": row.id})
    judged = {Proposed(*said).key: state for *said, state in connection.execute(_JUDGED, {"b_id": row.id})}
    if description.direct:
        _write_at_once(connection, row, (each for each in proposed if judged.get(each.key) != REJECTED), at)
    values = {"media_id": row.id, "run": description.run, "state": ACCEPTED if description.direct else OPEN, "at": at}
    _PROPOSE.each(connection, ({**values, **each._asdict()} for each in proposed if each.key not in judged))


def withdraw(connection: Connection, media_id: int) -> None:
    """Takes back what models proposed for a file, or wrote, that has other bytes now; what was rejected stays so."""
    connection.execute(_WITHDRAW_ALL, {"b_id": media_id})


def restore_each(connection: Connection, files: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Links files to keywords of a model that were removed, where none has written them anew."""
    for media_id, words in files:
        there = set(connection.execute(_OF_MODEL, {"b_id": media_id}).scalars())
        link(connection, media_id, dict.fromkeys((word, MODEL) for word in sorted(words) if word not in there))


def _write_at_once(connection: Connection, row: Any, proposed: Iterable[Proposed], at: str) -> None:
    sources = dict(row.sources or {})
    columns: dict[str, Any] = {}
    keywords: list[str] = []
    for field, text in proposed:
        if field == KEYWORD:
            keywords.append(text)
        elif getattr(row, field) is None and sources.get(field) in (None, MODEL):
            columns[field], sources[field] = text, MODEL
        elif sources.get(field) == MODEL:
            columns[field] = text
    connection.execute(_FORGET_KEYWORDS, {"b_id": row.id})
    link(connection, row.id, dict.fromkeys((text, MODEL) for text in keywords))
    if columns:
        values = {**columns, "sources": sources, "updated_at": at}
        connection.execute(update(MEDIA).where(MEDIA.c.id == row.id).values(values))


def told_by_a_model(row: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns, with their sources, that a model told of the same bytes, and that nothing else tells by now."""
    kept = {
        name: old[name]
        for name in (TITLE, CAPTION)
        if (old["sources"] or {}).get(name) == MODEL and row[name] is None and name not in (row["sources"] or {})
    }
    return {**kept, "sources": {**(row["sources"] or {}), **dict.fromkeys(kept, MODEL)}} if kept else {}


def keywords_of_a_model(links: KeywordLinks) -> KeywordLinks:
    """Those of the keywords of a file that a model told: they stay while its bytes do."""
    return {key: weight for key, weight in links.items() if key[1] == MODEL}
