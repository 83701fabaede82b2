"""The full-text index: FTS5 on SQLite with a column for each field, tsvectors with a GIN index on PostgreSQL.

Words of our own, coded to letters that no engine's tokenizer touches, go into both, so both find the same files. On
PostgreSQL a word begins with the letter of its field and is given by a cast, never by its parser.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select, text

from app.crash_points import crash_point
from app.library.describing.tables import IS_OPEN, PROPOSALS
from app.library.finding.words.wording import COLUMNS, FIELDS, GAP, texts_of, words_by_field
from app.library.tables import CHANGES, KEYWORDS, LINKS, MEDIA
from app.metadata import Source

LETTERS: Mapping[str, str] = dict(zip(FIELDS, "nftckpemlaorsdb", strict=True))
NOT_WORDED = text("NOT worded")
"""The condition of files that wait for their words, as the index says it: said otherwise, every change is looked at."""
_AT_ONCE = 500
_WAITING = (
    select(CHANGES.c.seq, CHANGES.c.media_id, MEDIA.c.id, *(MEDIA.c[name] for name in COLUMNS))
    .select_from(CHANGES)
    .outerjoin(MEDIA, MEDIA.c.id == CHANGES.c.media_id)
    .where(NOT_WORDED, CHANGES.c.seq > bindparam("after"))
    .order_by(CHANGES.c.seq.desc())
    .limit(bindparam("number"))
)
_KEYWORDS = (
    select(LINKS.c.media_id, KEYWORDS.c.text)
    .select_from(CHANGES)
    .join(LINKS, LINKS.c.media_id == CHANGES.c.media_id)
    .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    .where(
        NOT_WORDED,
        CHANGES.c.seq.between(bindparam("first"), bindparam("last")),
        LINKS.c.source != Source.NEGATIVE_PROMPT.value,
    )
)
_PROPOSED = (
    select(PROPOSALS.c.media_id, PROPOSALS.c.text)
    .select_from(CHANGES)
    .join(PROPOSALS, PROPOSALS.c.media_id == CHANGES.c.media_id)
    .where(NOT_WORDED, CHANGES.c.seq.between(bindparam("first"), bindparam("last")), IS_OPEN)
)
_WORDED = text("UPDATE media_changes SET worded = true WHERE NOT worded AND seq BETWEEN :first AND :last")
_COUNT = text(
    "SELECT count(*) FROM (SELECT 1 FROM media_changes WHERE NOT worded AND seq > :after LIMIT :most) AS listed"
)
_FORGET = {
    "sqlite": "DELETE FROM media_words WHERE rowid = ?",
    "postgresql": "DELETE FROM media_words WHERE media_id = %s",
}
_KEEP = {
    "sqlite": f"INSERT OR REPLACE INTO media_words (rowid, {', '.join(FIELDS)})"  # noqa: S608 - our own names
    f" VALUES (?{', ?' * len(FIELDS)})",
    "postgresql": "INSERT INTO media_words (media_id, words) VALUES (%s, %s::tsvector)"
    " ON CONFLICT (media_id) DO UPDATE SET words = excluded.words",
}


def write_words(connection: Connection, number: int, after: int = 0) -> int:
    """Writes the words of so many files that wait, of those that changed last first; tells of how many.

    Only changes with a `seq` greater than `after` are looked at.
    """
    written = 0
    while written < number:
        wanted = min(_AT_ONCE, number - written)
        some = _write_some(connection, wanted, after)
        written += some
        if some < wanted:
            break
    return written


def waiting(connection: Connection, most: int = 2**31, after: int = 0) -> int:
    """How many files wait for their words, `most` if there are more, of changes with a `seq` greater than `after`."""
    return int(connection.execute(_COUNT, {"after": after, "most": most}).scalar_one())


def _write_some(connection: Connection, number: int, after: int) -> int:
    """The same for files that are in memory at once."""
    rows = connection.execute(_WAITING, {"after": after, "number": number}).all()
    if not rows:
        return 0
    span = {"first": rows[-1].seq, "last": rows[0].seq}  # all that wait between are these
    keywords, proposed = (_by_file(connection.execute(asked, span)) for asked in (_KEYWORDS, _PROPOSED))
    engine = connection.dialect.name
    gone = [(row.media_id,) for row in rows if row.id is None]
    if gone:
        connection.exec_driver_sql(_FORGET[engine], gone)
    kept = [
        _stored(engine, row.id, words_by_field(texts_of(row, keywords[row.id], proposed[row.id])))
        for row in rows
        if row.id is not None
    ]
    if kept:
        kept.sort(key=itemgetter(0))  # FTS5 ends a segment of its index at each row with a lower id than the one before
        connection.exec_driver_sql(_KEEP[engine], kept)
    crash_point("words_written")
    connection.execute(_WORDED, span)
    return len(rows)


def _by_file(texts: Iterable[Any]) -> defaultdict[int, set[str]]:
    by_file: defaultdict[int, set[str]] = defaultdict(set)
    for media_id, one in texts:
        by_file[media_id].add(one)
    return by_file


def _stored(engine: str, media_id: int, words: Mapping[str, Sequence[str]]) -> tuple[Any, ...]:
    """What the index of an engine is given of a file."""
    if engine == "sqlite":
        return media_id, *(" ".join(words.get(field, ())) for field in FIELDS)
    return media_id, as_tsvector(words)


def as_tsvector(words: Mapping[str, Sequence[str]]) -> str:
    """Words by field as the text of a tsvector; positions begin anew with each field."""
    places: dict[str, list[str]] = defaultdict(list)
    for field, listed in words.items():
        letter = LETTERS[field]
        for place, word in enumerate(listed, start=1):
            if word != GAP:
                places[f"{letter}_{word}"].append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())
