"""What only the database can find: files with words, by its full-text index, and those with a seed or a hash.

What the index answered lately is kept, as ids or as a bit for each id, so that a page behind a page, or beside a
session, need not ask for all. An answer holds but for the files that changed since, or whose words were not written
when it was given: those alone are asked for again. Where they are many, the question is asked anew.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Text, bindparam, func, select

from app.library.finding.columns import Array, Mask
from app.library.finding.runs import Sought
from app.library.finding.words.fulltext import LETTERS, NOT_WORDED
from app.library.finding.words.wording import FIELDS
from app.library.prepared import Prepared
from app.library.tables import CHANGES, MEDIA
from app.query.tree import Run, Whole
from app.query.words import coded, runs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# One packed value: fetching a row for each file costs several times as long as finding them.
_IDS = {
    "sqlite": "SELECT group_concat(rowid) FROM media_words WHERE media_words MATCH ?",
    "postgresql": "SELECT string_agg(int8send(media_id), ''::bytea) FROM media_words WHERE words @@ %s::tsquery",
}
_AMONG = {
    "sqlite": " AND rowid IN (SELECT value FROM json_each(?))",
    "postgresql": " AND media_id IN (SELECT value::bigint FROM json_array_elements_text(%s::json))",
}


def is_found_by_words(leaf: Whole) -> bool:
    """Whether the index of words is asked for a leaf: a seed is one word of it."""
    return leaf.field == "seed" and len(leaf.pieces) == 1


def ids_of(connection: Connection, leaf: Whole) -> "NDArray[np.int64]":
    """The ids of the files that a leaf means of which no column in memory knows. Some may have no row any more."""
    if is_found_by_words(leaf):
        return matching(connection, Sought(("seed",), runs_of(leaf.pieces[0], phrase=True)))
    match leaf.field, leaf.pieces:
        case "seed", pieces:
            return _ids(connection, _seed(connection.dialect.name).like(_pattern(pieces), escape="\\"))
        case "sha256", (sha256,):
            return _ids(connection, MEDIA.c.sha256 == sha256)
        case _:
            return _ids(connection, MEDIA.c.sha256.like(_pattern(leaf.pieces), escape="\\"))


def unworded(connection: Connection, most: int | None = None) -> "NDArray[np.int64]":
    """The ids of the files that wait for their words, `most` of them: a search finds them by those that they had."""
    ids = connection.execute(select(CHANGES.c.media_id).where(NOT_WORDED).limit(most)).scalars()
    return np.fromiter(ids, np.int64)


def _seed(engine: str) -> Any:
    """A seed as it is written: as a value, SQLite has only 16 digits of one above 2**63."""
    if engine == "postgresql":
        return MEDIA.c.generation["seed"].as_string()
    return func.trim(MEDIA.c.generation.op("->", return_type=Text())("$.seed"), '"')


def _ids(connection: Connection, condition: Any) -> "NDArray[np.int64]":
    return np.fromiter(connection.execute(select(MEDIA.c.id).where(condition)).scalars(), np.int64)


def _pattern(pieces: tuple[str, ...]) -> str:
    """The pieces as LIKE is asked for them."""
    return "%".join(piece.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for piece in pieces)


def matching(connection: Connection, sought: Sought, among: Sequence[int] | None = None) -> "NDArray[np.int64]":
    """The ids of the files in which every run is found, in ascending order; none where no run is asked for.

    `among` are ids that it is asked of, None for all.
    Files that wait for their words are found by those that they had before. Some ids may have no row any more.
    """
    fields, runs = sought
    if not (runs and fields) or not set(fields) <= set(FIELDS):
        return np.empty(0, np.int64)
    engine = connection.dialect.name
    query = as_match(fields, runs) if engine == "sqlite" else as_tsquery(fields, runs)
    if among is None:
        packed = connection.exec_driver_sql(_IDS[engine], (query,)).scalar_one()
    else:
        packed = connection.exec_driver_sql(_IDS[engine] + _AMONG[engine], (query, json.dumps(among))).scalar_one()
    if not packed:
        return np.empty(0, np.int64)
    if engine == "sqlite":
        ids = np.fromstring(packed, np.int64, sep=",")
    else:
        ids = np.frombuffer(packed, ">i8").astype(np.int64)
    ids.sort(kind="stable")  # which is quick on what is nearly in order
    return ids


def as_match(fields: tuple[str, ...], runs: Sequence[Run]) -> str:
    """The runs in these fields, as FTS5 is asked for them."""
    asked = (f'"{" ".join(_coded(run))}"{" *" if run.prefix else ""}' for run in runs)
    return f"{{{' '.join(fields)}}} : ({' AND '.join(asked)})"


def as_tsquery(fields: tuple[str, ...], runs: Sequence[Run]) -> str:
    """The runs in these fields, as the text of a tsquery."""
    return " & ".join(f"({' | '.join(_as_phrase(LETTERS[field], run) for field in fields)})" for run in runs)


def _as_phrase(letter: str, run: Run) -> str:
    words = [f"'{letter}_{word}'" for word in _coded(run)]
    return f"({' <-> '.join(words)}{':*' if run.prefix else ''})"


def _coded(run: Run) -> list[str]:
    return [coded(word) for word in run.words]


# -- what was asked lately --------------------------------------------------------------------------------------

_KEPT_BYTES = 16 * 2**20
_BYTES_OF_ANY = 1024  # of an answer, besides what it found and the words that were asked for
FEW = 300
"""Files that are asked for again one by one; for more the whole question costs less."""
_FIRST_WAITING = Prepared(select(func.min(CHANGES.c.seq)).where(NOT_WORDED))
_LAST = Prepared(select(func.max(CHANGES.c.seq)))
_CHANGED = Prepared(select(CHANGES.c.media_id).where(CHANGES.c.seq >= bindparam("b_from")).limit(bindparam("b_most")))


class _Answer(NamedTuple):
    """The ids that were found, or the bits of all up to the highest of them, whichever is less.

    Changes from `open_from` on are not in it for good.
    """

    found: Array
    open_from: int

    def by_id(self) -> Mask:
        """Whether an id was found, by id."""
        if self.found.dtype == np.uint8:
            return np.unpackbits(self.found).view(np.bool_)
        return _by_id(self.found)


def _answer(found: Mask, open_from: int) -> _Answer:
    ids, bits = np.flatnonzero(found), np.packbits(found)
    return _Answer(ids if ids.nbytes < bits.nbytes else bits, open_from)


class Answers:
    """The last answers of one library, as many as `most_bytes` hold. Safe for several threads."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._answers: OrderedDict[Sought, _Answer] = OrderedDict()
        self._room = most_bytes
        self._changing = threading.Lock()

    def having(self, connection: Connection, sought: Sought) -> Mask:
        """By id, up to the highest that is found, whether a file has the words; some may have no row any more."""
        with self._changing:
            answer = self._answers.get(sought)
        open_from = _open_from(connection)
        if answer is not None and open_from < answer.open_from:  # words are written anew, or it is another database
            answer = None
        changed = [] if answer is None else _changed(connection, answer.open_from)
        if answer is None or len(changed) > FEW:
            found = _by_id(matching(connection, sought))
            answer = _answer(found, open_from)
        else:
            found = answer.by_id()
            if changed:
                ids = np.array(changed, np.int64)
                found[ids[ids < len(found)]] = False
                found = _with(found, matching(connection, sought, changed))
                answer = _answer(found, open_from)
        self._keep(sought, answer)
        return found

    def _keep(self, sought: Sought, answer: _Answer) -> None:
        with self._changing:
            before = self._answers.pop(sought, None)
            self._room += _bytes_of(sought, before) if before is not None else 0
            self._answers[sought] = answer
            self._room -= _bytes_of(sought, answer)
            while self._room < 0 and len(self._answers) > 1:
                self._room += _bytes_of(*self._answers.popitem(last=False))


def _bytes_of(sought: Sought, answer: _Answer) -> int:
    """About what an answer takes, one that found nothing, too."""
    return _BYTES_OF_ANY + sum(len(word) for run in sought.runs for word in run.words) + answer.found.nbytes


def _open_from(connection: Connection) -> int:
    """The first change of which the words may not be written yet.

    The last one is asked for first: a change that comes between the two questions waits, and is not taken for written.
    """
    (last,) = _LAST.first(connection, {})
    (waiting,) = _FIRST_WAITING.first(connection, {})
    behind = int(last or 0) + 1
    return behind if waiting is None else min(int(waiting), behind)


def _changed(connection: Connection, open_from: int) -> list[int]:
    return [number for (number,) in _CHANGED.all(connection, {"b_from": open_from, "b_most": FEW + 1})]


def _by_id(ids: Array) -> Mask:
    found = np.zeros(int(ids.max(initial=-1)) + 1, np.bool_)
    found[ids] = True
    return found


def _with(found: Mask, ids: Array) -> Mask:
    """The answer with these ids, too."""
    size = max(len(found), int(ids.max(initial=-1)) + 1)
    if size > len(found):
        found = np.concatenate((found, np.zeros(size - len(found), np.bool_)))
    found[ids] = True
    return found
