"""What only the database can find: files with words, by its full-text index, and those with a seed or a hash."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, select

from app.library.finding.fulltext import LETTERS
from app.library.finding.wording import FIELDS
from app.library.tables import CHANGES, MEDIA
from app.query.fields import FREE
from app.query.tree import Run, Whole, Words
from app.query.words import coded, runs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# One packed value: fetching a row for each file costs several times as long as finding them.
_IDS = {
    "sqlite": "SELECT group_concat(rowid) FROM media_words WHERE media_words MATCH ?",
    "postgresql": "SELECT string_agg(int8send(media_id), ''::bytea) FROM media_words WHERE words @@ %s::tsquery",
}


def ids_of(connection: Connection, leaf: Words | Whole) -> "NDArray[np.int64]":
    """The ids of the files that a leaf means of which no column in memory knows. Some may have no row any more."""
    if isinstance(leaf, Words):
        return matching(connection, leaf)
    match leaf.field, leaf.pieces:
        case "seed", (seed,):
            return matching(connection, Words("seed", runs_of(seed, phrase=True), leaf.text))
        case "seed", pieces:
            return _ids(connection, MEDIA.c.generation["seed"].as_string().like(_pattern(pieces), escape="\\"))
        case "sha256", (sha256,):
            return _ids(connection, MEDIA.c.sha256 == sha256)
        case _:
            return _ids(connection, MEDIA.c.sha256.like(_pattern(leaf.pieces), escape="\\"))


def unworded(connection: Connection) -> "NDArray[np.int64]":
    """The ids of the files that wait for their words: a search for words finds them by those that they had before."""
    ids = connection.execute(select(CHANGES.c.media_id).where(CHANGES.c.worded.is_(False))).scalars()
    return np.fromiter(ids, np.int64)


def _ids(connection: Connection, condition: Any) -> "NDArray[np.int64]":
    return np.fromiter(connection.execute(select(MEDIA.c.id).where(condition)).scalars(), np.int64)


def _pattern(pieces: tuple[str, ...]) -> str:
    """The pieces as LIKE is asked for them."""
    return "%".join(piece.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for piece in pieces)


def matching(connection: Connection, leaf: Words) -> "NDArray[np.int64]":
    """The ids of the files in which every run of the leaf is found, in ascending order; none for a leaf without words.

    Files that wait for their words are found by those that they had before. Some ids may have no row any more.
    """
    fields = FREE if leaf.field == "" else (leaf.field,)
    runs = [run for run in leaf.runs if run.words]
    if not runs or not set(fields) <= set(FIELDS):
        return np.empty(0, np.int64)
    engine = connection.dialect.name
    query = as_match(fields, runs) if engine == "sqlite" else as_tsquery(fields, runs)
    packed = connection.exec_driver_sql(_IDS[engine], (query,)).scalar_one()
    if not packed:
        return np.empty(0, np.int64)
    if engine == "sqlite":
        ids = np.fromstring(packed, np.int64, sep=",")
    else:
        ids = np.frombuffer(packed, ">i8").astype(np.int64)
    ids.sort(kind="stable")  # which is quick on what is nearly in order
    return ids


def as_match(fields: tuple[str, ...], runs: list[Run]) -> str:
    """The runs in these fields, as FTS5 is asked for them."""
    asked = (f'"{" ".join(_coded(run))}"{" *" if run.prefix else ""}' for run in runs)
    return f"{{{' '.join(fields)}}} : ({' AND '.join(asked)})"


def as_tsquery(fields: tuple[str, ...], runs: list[Run]) -> str:
    """The runs in these fields, as the text of a tsquery."""
    return " & ".join(f"({' | '.join(_as_phrase(LETTERS[field], run) for field in fields)})" for run in runs)


def _as_phrase(letter: str, run: Run) -> str:
    words = [f"'{letter}_{word}'" for word in _coded(run)]
    return f"({' <-> '.join(words)}{':*' if run.prefix else ''})"


def _coded(run: Run) -> list[str]:
    return [coded(word) for word in run.words]
