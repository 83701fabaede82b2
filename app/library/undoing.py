"""Rows taken out of the library again: those that one session alone added, and those of a media root that is no more.

No file is touched, and no thumbnail: one whose bytes no row has any more is found again when they come back. A row of
which a person said something is never taken out with its session; where rows go with their media root, it is kept for
their bytes. The log stays as it is, with events that say what was done.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, text

from app.errors import CountChanged
from app.library.engine import Engines
from app.library.pairs import relink
from app.library.recording import append
from app.library.saying.edits import NO_SESSION
from app.library.saying.personal import SPEAKS, keep_for_its_bytes
from app.library.tables import EVENTS, FAILURES, KEPT, KEYWORDS, LINKS, MEDIA
from app.library.values import now
from app.media import Outcome, Place
from app.slices import in_slices

UNDONE = "undone"
"""The kind and the outcome of the events of a session that was undone; `detail` has the counts of a slice."""
ROOT_FORGOTTEN = "root_forgotten"
"""The kind of the event, of no session, by which the rows of a media root were forgotten."""
_ROWS = 500  # in one statement: SQLite takes so many parameters in any build
_SLICE = 1_000  # files in one transaction of an undo: others write in between
_ANSWERS = text("kind = 'file_complete'")  # as the index says it
_TAKEN_IN = (Outcome.ADDED.value, Outcome.UPDATED.value, Outcome.MOVED.value)
_SAID = or_(SPEAKS, exists().where(KEPT.c.sha256 == MEDIA.c.sha256))
_Answers: TypeAlias = Mapping[bytes, tuple[int, str]]
"""By `ROOT/relative`, the id and outcome of what a session answered for a file."""
T = TypeVar("T")


class Undoing(NamedTuple):
    """How many rows are taken out, or would be, and how many that the session took in stay."""

    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that goes; `paired` says that it is half of a Live Photo."""

    id: int
    place: Place
    paired: bool


class Removal:
    """What takes rows out of one library; as `library.removal`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def of_session(self, session_id: str) -> Undoing:
        """How many rows an undo of this session would remove, and how many that it took in would stay."""
        return self._counted(session_id)[0]

    def undo_session(self, session_id: str, confirmed: int) -> Undoing:
        """Removes the rows that only this session added and of which nobody said anything.

        It does so in slices, each a transaction with an event that has its counts, so that others can write in between;
        if it is broken off, another undo removes the rest. Each row is judged anew when its turn comes.
        Raises CountChanged where they are not as many as were `confirmed`; nothing is changed then.
        """
        counts, answers = self._counted(session_id)
        if counts.removed != confirmed:
            raise CountChanged("rows", counts.removed)
        removed = kept = 0
        for paths in in_slices(answers, _SLICE):
            some = self._engines.write(partial(_undo, session_id, {path: answers[path] for path in paths}))
            removed, kept = removed + some.removed, kept + some.kept
        return Undoing(removed, kept)

    def _counted(self, session_id: str) -> tuple[Undoing, _Answers]:
        def work(connection: Connection) -> tuple[Undoing, _Answers]:
            answers = _taken_in(connection, session_id)
            rows, kept = _judged(connection, session_id, answers)
            return Undoing(len(rows), kept), answers

        return self._engines.read(work)

    def rows_of_root(self, root: str) -> int:
        """How many rows there are of a media root, those marked missing among them."""
        statement = select(func.count()).where(MEDIA.c.root == root)
        return self._engines.read(lambda connection: int(connection.execute(statement).scalar_one()))

    def rows_by_root(self) -> dict[str, int]:
        """How many rows there are of each media root that has any."""
        statement = select(MEDIA.c.root, func.count()).group_by(MEDIA.c.root)
        return self._engines.read(lambda connection: dict(connection.execute(statement).all()))

    def forget_root(self, root: str, confirmed: int) -> int:
        """Removes every row of a media root, in one transaction, and tells how many.

        What a person said of them is kept for their bytes. Raises CountChanged where they are not as many as were
        `confirmed`; nothing is changed then.
        """
        rows = select(MEDIA.c.id, MEDIA.c.root, MEDIA.c.path, SPEAKS.label("speaks")).where(MEDIA.c.root == root)
        at = now()

        def work(connection: Connection) -> int:
            there = connection.execute(rows).all()
            if len(there) != confirmed:
                raise CountChanged("rows", len(there))
            for row in there:
                if row.speaks:
                    keep_for_its_bytes(connection, row.id, at)
            found = [_Row(row.id, Place(row.root, row.path), paired=False) for row in there]
            _remove(connection, found)
            connection.execute(delete(FAILURES).where(FAILURES.c.root == root))
            detail = {"root": root, "removed": len(found)}
            append(connection, {"session_id": NO_SESSION, "at": at, "kind": ROOT_FORGOTTEN, "detail": detail})
            return len(found)

        return self._engines.write(work)


def _taken_in(connection: Connection, session_id: str) -> _Answers:
    """The files that a session took in."""
    answers = select(EVENTS.c.path, EVENTS.c.id, EVENTS.c.outcome).where(
        EVENTS.c.session_id == session_id, _ANSWERS, EVENTS.c.outcome.in_(_TAKEN_IN)
    )
    return {path: (number, outcome) for path, number, outcome in connection.execute(answers)}


def _undo(session_id: str, answers: _Answers, connection: Connection) -> Undoing:
    """Removes the rows of those files that the session alone added, and logs how many."""
    rows, kept = _judged(connection, session_id, answers)
    counts = Undoing(len(rows), kept)
    if rows:
        _remove(connection, rows)
        values = {"session_id": session_id, "at": now(), "kind": UNDONE, "detail": counts._asdict()}
        append(connection, {**values, "outcome": UNDONE})
    return counts


def _judged(connection: Connection, session_id: str, answers: _Answers) -> tuple[list[_Row], int]:
    """Of some files that a session took in, the rows that an undo removes, and how many it keeps."""
    rows: list[_Row] = []
    there = 0
    for paths in in_slices(answers, _ROWS):
        newest = _newest_answers(connection, paths)
        for row in _rows_at(connection, paths):
            there += 1
            place = Place(row.root, row.path)
            number, outcome = answers[place.in_event]
            alone = row.session_id == session_id and newest[place.in_event] == number
            if outcome == Outcome.ADDED.value and alone and not row.said:
                rows.append(_Row(row.id, place, row.pair_id is not None))
    return rows, there - len(rows)


def _newest_answers(connection: Connection, paths: Iterable[bytes]) -> dict[bytes, int]:
    """The id of the newest event of each of these paths by which a session answered for it, whatever it found."""
    answers = select(EVENTS.c.path, func.max(EVENTS.c.id)).where(_ANSWERS, EVENTS.c.path.in_(list(paths)))
    return dict(connection.execute(answers.group_by(EVENTS.c.path)).all())


def _rows_at(connection: Connection, paths: Iterable[bytes]) -> Iterator[Any]:
    by_root: dict[str, list[bytes]] = defaultdict(list)
    for path in paths:
        place = Place.from_event(path)
        by_root[place.root].append(place.path)
    for root, relative in by_root.items():
        columns = (MEDIA.c.id, MEDIA.c.root, MEDIA.c.path, MEDIA.c.session_id, MEDIA.c.pair_id, _SAID.label("said"))
        yield from connection.execute(select(*columns).where(MEDIA.c.root == root, MEDIA.c.path.in_(relative)))


def _remove(connection: Connection, rows: Sequence[_Row]) -> None:
    """Removes rows with their links, the failures of their stages, and keywords that no file has any more.

    The other half of a Live Photo stands alone then, or with another file of its name.
    """
    for some in in_slices(rows, _ROWS):
        ids = [row.id for row in some]
        words = set(connection.execute(select(LINKS.c.keyword_id).where(LINKS.c.media_id.in_(ids))).scalars())
        connection.execute(delete(LINKS).where(LINKS.c.media_id.in_(ids)))
        connection.execute(delete(MEDIA).where(MEDIA.c.id.in_(ids)))
        for page in in_slices(words, _ROWS):
            unused = and_(KEYWORDS.c.id.in_(list(page)), ~exists().where(LINKS.c.keyword_id == KEYWORDS.c.id))
            connection.execute(delete(KEYWORDS).where(unused))
        by_root: dict[str, list[bytes]] = defaultdict(list)
        for row in some:
            by_root[row.place.root].append(row.place.path)
        for root, paths in by_root.items():
            connection.execute(delete(FAILURES).where(FAILURES.c.root == root, FAILURES.c.path.in_(paths)))
    for row in rows:  # when all are gone: else one is paired with another that goes
        if row.paired:
            relink(connection, row.place)
