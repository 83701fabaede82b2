"""What is remembered of the failures of a file: the last of each stage, how often it came, what a person said of it.

A failure that kept a file out of the library stands until the file is taken in, or fails otherwise. One of a cause that
passes stands, too, so that people find it, but holds no file back: the next session tries it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, or_, select, text, tuple_, update

from app.errors import PASSING_CAUSES
from app.library.around import Surroundings
from app.library.engine import Engines
from app.library.tables import FAILURES
from app.library.values import FailureState
from app.media import Analysis, Failure, Place, Stage, StageResult, StageStatus
from app.texts import clean_text

_OF_THE_FILE = (FAILURES.c.root == bindparam("b_root")) & (FAILURES.c.path == bindparam("b_path"))
_DELETE_FAILURES = delete(FAILURES).where(
    _OF_THE_FILE,
    FAILURES.c.stage.in_(bindparam("stages", expanding=True)),
)
_REMEMBERED = select(
    FAILURES.c.stage, FAILURES.c.fingerprint, FAILURES.c.attempts, FAILURES.c.fatal, FAILURES.c.state
).where(_OF_THE_FILE)
_FAILURES_FOLLOW = (
    update(FAILURES)
    .where(_OF_THE_FILE, FAILURES.c.fatal.is_(False))
    .values(root=bindparam("b_new_root"), path=bindparam("b_new_path"), folder=bindparam("b_new_folder"))
)
HOLDS_BACK = and_(
    FAILURES.c.fatal.is_(True),
    or_(FAILURES.c.cause.not_in(sorted(PASSING_CAUSES)), FAILURES.c.state == FailureState.IGNORED.value),
)
"""The condition for failures for which a file is left out until it changes: lasting ones, and those to be ignored."""
_FATAL = text("fatal")  # as the index says it: with another word for it, SQLite would not see that it applies
_ORDER = (FAILURES.c.cause, FAILURES.c.root, FAILURES.c.id)
_PAGE = 1_000

Position: TypeAlias = tuple[str, str, int]
"""Where a failure stands among all: its cause, its root, its id."""


def failures_of(result: Analysis | Failure) -> Sequence[tuple[Stage, StageResult | Failure]]:
    """The stages that failed: the one that failed the file, or those that failed beside a file that was taken in."""
    if isinstance(result, Failure):
        return [(result.stage, result)]
    return [(stage, done) for stage, done in result.stages.items() if done.status is StageStatus.FAILED]


def all_failures_of(result: Analysis | Failure) -> Sequence[tuple[Stage, StageResult | Failure]]:
    """Every stage that failed, of a file that failed first the one that it failed in, then those that failed before."""
    if isinstance(result, Analysis) or result.vanished:
        return failures_of(result)
    before = takewhile(lambda stage: stage is not result.stage, Stage)
    ran = ((stage, result.stages[stage]) for stage in before if stage in result.stages)
    return [*failures_of(result), *(pair for pair in ran if pair[1].status is StageStatus.FAILED)]


def remember_failures(
    connection: Connection,
    session_id: str,
    at: str,
    result: Analysis | Failure,
    *,
    known: Surroundings,
    standing: frozenset[str],
) -> None:
    """Replaces what is remembered of the file's failures by those of this result; the same one again counts up.

    A failure of one of the `standing` stages that did not cost the file its row stays. What a person said of one that
    cost it its row holds for the next one, too, if the file looks as it did.
    """
    file = result.file
    key = {"b_root": file.root, "b_path": file.path}
    remembered = connection.execute(_REMEMBERED, key).all() if known.failures else ()
    before = {(row.stage, row.fingerprint): row.attempts for row in remembered}
    said = next((row.state for row in remembered if row.fatal and row.fingerprint == file.fingerprint), None)
    over = [row.stage for row in remembered if row.fatal or row.stage not in standing]
    if over:
        connection.execute(_DELETE_FAILURES, key | {"stages": over})
    fatal = isinstance(result, Failure)
    failures = [(stage, failed) for stage, failed in failures_of(result) if fatal or failed.cause not in PASSING_CAUSES]
    if failures:
        connection.execute(
            insert(FAILURES),
            [
                {
                    "root": file.root,
                    "path": file.path,
                    "folder": file.place.folder.path,
                    "fingerprint": file.fingerprint,
                    "stage": stage.value,
                    "version": failed.version,
                    "fatal": fatal,
                    "cause": failed.cause,
                    "reason": clean_text(failed.reason or ""),
                    "attempts": before.get((stage.value, file.fingerprint), 0) + 1,
                    "session_id": session_id,
                    "at": at,
                    "state": (said if fatal else None) or FailureState.OPEN.value,
                }
                for stage, failed in failures
            ],
        )


def failures_follow(connection: Connection, before: Place, now: Place) -> None:
    """Lets the failures that did not cost a file its row follow it to where it is now, in place of those there."""
    here = {"b_root": now.root, "b_path": now.path, "stages": [*Stage]}
    connection.execute(_DELETE_FAILURES, here)
    new = {"b_new_root": now.root, "b_new_path": now.path, "b_new_folder": now.folder.path}
    connection.execute(_FAILURES_FOLLOW, {"b_root": before.root, "b_path": before.path, **new})


@dataclass(frozen=True, slots=True)
class Which:
    """Which of the failures that stand are meant: of a cause, a root, a state, that a session came to; None for any."""

    cause: str | None = None
    root: str | None = None
    state: FailureState | None = None
    session_id: str | None = None

    @property
    def condition(self) -> Any:
        """As a condition of a statement over all failures."""
        state = self.state and self.state.value
        asked = {"cause": self.cause, "root": self.root, "state": state, "session_id": self.session_id}
        return and_(_FATAL, *(FAILURES.c[name] == value for name, value in asked.items() if value is not None))


class StandingFailure(NamedTuple):
    """A failure that stands: of which file, what a person said of it, its stage, and the session that came to it."""

    place: Place
    state: FailureState
    stage: Stage
    session_id: str


class Failures:
    """The failures that keep files out of the library, over all sessions; a file has one. As `library.failures`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def page(self, which: Which, *, after: Position | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """A page of them as rows, in the order of cause, root and the time when they came, after a position."""
        statement = select(FAILURES).where(which.condition).order_by(*_ORDER).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(*_ORDER) > tuple_(*after))
        return self._engines.read(lambda c: [dict(row) for row in c.execute(statement).mappings()])

    def every(self, which: Which) -> Iterator[dict[str, Any]]:
        """All of them as rows in the same order, read in pages."""
        after: Position | None = None
        while page := self.page(which, after=after, limit=_PAGE):
            yield from page
            after = position_of(page[-1])

    def standing(self, cause: str | None = None) -> list[StandingFailure]:
        """All of them, or those with one cause."""
        columns = (FAILURES.c.root, FAILURES.c.path, FAILURES.c.state, FAILURES.c.stage, FAILURES.c.session_id)
        statement = select(*columns).where(Which(cause=cause).condition)
        return self._engines.read(
            lambda c: [
                StandingFailure(Place(root, path), FailureState(state), Stage(stage), session_id)
                for root, path, state, stage, session_id in c.execute(statement)
            ]
        )

    def counts(self, root: str | None = None) -> dict[str, dict[FailureState, int]]:
        """How many there are of each cause, by state; of one root, or of all.

        The root is no condition of the statement, but of its sums: so one index answers, and no row is looked up.
        """
        here = [] if root is None else [FAILURES.c.root == root]
        by_state = [
            func.sum(case((and_(FAILURES.c.state == state.value, *here), 1), else_=0)) for state in FailureState
        ]
        statement = select(FAILURES.c.cause, *by_state).where(_FATAL).group_by(FAILURES.c.cause)

        def work(connection: Connection) -> dict[str, dict[FailureState, int]]:
            rows = connection.execute(statement).all()
            return {cause: dict(zip(FailureState, map(int, n), strict=True)) for cause, *n in rows if any(n)}

        return self._engines.read(work)

    def open_by_root(self) -> dict[str, dict[str, int]]:
        """How many there are of each cause of which nothing was said, by root."""
        statement = (
            select(FAILURES.c.root, FAILURES.c.cause, func.count())
            .where(Which(state=FailureState.OPEN).condition)
            .group_by(FAILURES.c.cause, FAILURES.c.root)  # in the order of the index
        )
        by_root: dict[str, dict[str, int]] = {}
        for root, cause, files in self._engines.read(lambda connection: connection.execute(statement).all()):
            by_root.setdefault(root, {})[cause] = files
        return by_root

    def set_state(self, state: FailureState, which: Which) -> int:
        """Says something of failures until their files change, and tells of how many it was not said before."""
        statement = update(FAILURES).where(which.condition, FAILURES.c.state != state.value)
        return self._engines.write(lambda c: c.execute(statement.values(state=state.value)).rowcount)

    def set_state_of(self, state: FailureState, places: Sequence[Place]) -> int:
        """Says something of the failures of some files, and tells of how many it was not said before."""
        by_root: dict[str, list[bytes]] = {}
        for place in places:
            by_root.setdefault(place.root, []).append(place.path)

        def work(connection: Connection) -> int:
            changed = 0
            for root, paths in by_root.items():
                files = (FAILURES.c.root == root, FAILURES.c.path.in_(paths), _FATAL, FAILURES.c.state != state.value)
                changed += connection.execute(update(FAILURES).where(*files).values(state=state.value)).rowcount
            return changed

        return self._engines.write(work)


def position_of(row: Mapping[str, Any]) -> Position:
    """Where a row stands among all."""
    return row["cause"], row["root"], row["id"]
