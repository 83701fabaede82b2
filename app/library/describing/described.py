"""What was said of files, for those who take it away: the runs that were answered with the rows of their files.

Read in slices, so that no number of files is too large.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, exists, select

from app.descriptions import Describer, Run, RunStatus, Usage, in_usd
from app.library.describing.proposing import Proposed
from app.library.describing.tables import PROPOSALS, REJECTED, RUNS
from app.library.engine import Engines
from app.library.finding.whole import rows_of
from app.library.recording import as_events
from app.library.tables import EVENTS, MEDIA
from app.library.values import Event
from app.media import Outcome, Place, Stage, StageStatus

SLICE = 200
_STAGE = Stage.DESCRIBE.value
_ANSWERED = RUNS.c.status == RunStatus.ANSWERED.value


class DescribedFile(NamedTuple):
    """What was said of one file: the run that said it, where the file was then, and the session that asked.

    `row` is the row of the file as `Finder.rows` gives it; None where the library has none that shows what was
    described. `rejected` are the proposals for the file that a person does not want, by their keys.
    """

    place: Place
    session_id: str
    run: Run
    row: Mapping[str, Any] | None
    rejected: Collection[tuple[str, str]]


class Described:
    """The described files of one library; as `library.described`. All methods raise NeedsAttention."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def in_session(self, session_id: str) -> Iterator[DescribedFile]:
        """The files that a session described, each once, with what was said of it last, in the order of the answers.

        Copies come last, for which a session did not ask because their bytes were described before.
        """
        after = 0
        while page := self._engines.read(partial(_asked, session_id=session_id, after=after)):
            yield from (found for _, found in page)
            after = page[-1][0]
        after = 0
        while events := self._engines.read(partial(_not_asked, session_id=session_id, after=after)):
            yield from self._engines.read(partial(_as_before, events=events))
            after = events[-1].id

    def failed(self, session_id: str) -> list[tuple[bytes, str]]:
        """`ROOT/relative` of the files that a session took in without the description asked for, and the cause."""
        ended = EVENTS.c.detail[("stages", _STAGE, 0)].as_string()
        failed = (
            EVENTS.c.session_id == session_id,
            EVENTS.c.kind == "file_complete",
            ended == StageStatus.FAILED.value,
        )
        taken_in = EVENTS.c.outcome.not_in((Outcome.FAILED.value, Outcome.VANISHED.value))
        statement = select(EVENTS).where(*failed, taken_in).order_by(EVENTS.c.id)
        events = self._engines.read(lambda connection: as_events(connection.execute(statement)))
        causes = ((event.path, cause) for event in events for stage, cause, _ in event.failures if stage == _STAGE)
        return [(path, cause) for path, cause in causes if path is not None]

    def file(self, place: Place, session_id: str) -> DescribedFile | None:
        """What was said last of the file that is there now, asked by this session or before; None where nothing was."""
        return self._engines.read(partial(_of_place, place=place, session_id=session_id))


def _asked(connection: Connection, *, session_id: str, after: int) -> list[tuple[int, DescribedFile]]:
    """A slice of the answered runs of a session, each with its id; of several about one path the last."""
    later = RUNS.alias("later")
    again = exists().where(
        later.c.path == RUNS.c.path,
        later.c.session_id == RUNS.c.session_id,
        later.c.status == RunStatus.ANSWERED.value,
        later.c.id > RUNS.c.id,
    )
    statement = (
        select(RUNS)
        .where(RUNS.c.session_id == session_id, _ANSWERED, RUNS.c.id > after, ~again)
        .order_by(RUNS.c.id)
        .limit(SLICE)
    )
    runs = connection.execute(statement).all()
    rows = {row["id"]: row for row in rows_of(connection, [run.media_id for run in runs if run.media_id])}
    found = _with_proposals(connection, [(run, rows.get(run.media_id)) for run in runs])
    return [(run.id, one) for run, one in zip(runs, found, strict=True)]


def _not_asked(connection: Connection, *, session_id: str, after: int) -> list[Event]:
    """A slice of the events of files of a session that were taken in without an answer of its own."""
    own = exists().where(RUNS.c.path == EVENTS.c.path, RUNS.c.session_id == EVENTS.c.session_id, _ANSWERED)
    statement = (
        select(EVENTS)
        .where(EVENTS.c.session_id == session_id, EVENTS.c.kind == "file_complete", EVENTS.c.id > after, ~own)
        .order_by(EVENTS.c.id)
        .limit(SLICE)
    )
    return as_events(connection.execute(statement))


def _as_before(connection: Connection, *, events: Sequence[Event]) -> list[DescribedFile]:
    """What had been said of the bytes of those files whose stage was done."""
    found = []
    for event in events:
        status, *_ = ((event.detail or {}).get("stages") or {}).get(_STAGE, (None,))
        if event.path is not None and status == StageStatus.DONE:
            one = _of_place(connection, place=Place.from_event(event.path), session_id=event.session_id, at=event.at)
            found += [one] if one else []
    return found


def _of_place(connection: Connection, *, place: Place, session_id: str, at: str | None = None) -> DescribedFile | None:
    """What was said of the bytes that are at a place: to the session, else for the row's stage; until `at`."""
    where = and_(MEDIA.c.root == place.root, MEDIA.c.path == place.path)
    known = connection.execute(select(MEDIA.c.id, MEDIA.c.sha256, MEDIA.c.stages).where(where)).one_or_none()
    if known is None:
        return None
    of_bytes = select(RUNS).where(RUNS.c.sha256 == known.sha256, _ANSWERED).order_by(RUNS.c.id)
    runs = connection.execute(of_bytes if at is None else of_bytes.where(RUNS.c.at <= at)).all()
    if not runs:
        return None
    version = known.stages.get(_STAGE, {}).get("version", "")
    run = max(runs, key=lambda run: (run.session_id == session_id, version.endswith(_asked_by(run)), run.id))
    row = next(iter(rows_of(connection, [known.id])), None)
    return _with_proposals(connection, [(run, row)])[0]._replace(place=place, session_id=session_id)


def _asked_by(run: Row[Any]) -> str:
    """What the version of a stage ends with that asked for a run: template and model."""
    return Describer(run.model, run.template_sha256).fingerprint


def _with_proposals(
    connection: Connection, found: Sequence[tuple[Row[Any], Mapping[str, Any] | None]]
) -> list[DescribedFile]:
    """Runs with the rows of their files, where those show what was described, and what a person rejected for those."""
    ids = [row["id"] for _, row in found if row]
    statement = select(PROPOSALS.c.media_id, PROPOSALS.c.field, PROPOSALS.c.text)
    rejected: dict[int, set[tuple[str, str]]] = {}
    for media_id, *proposed in connection.execute(
        statement.where(PROPOSALS.c.media_id.in_(ids), PROPOSALS.c.state == REJECTED)
    ):
        rejected.setdefault(media_id, set()).add(Proposed(*proposed).key)
    return [
        DescribedFile(
            Place.from_event(run.path),
            run.session_id,
            _as_run(run),
            row if row and _shows(row, run.sha256) else None,
            rejected.get(row["id"], frozenset()) if row else frozenset(),
        )
        for run, row in found
    ]


def _shows(row: Mapping[str, Any], sha256: str) -> bool:
    """Whether a row is about the picture of these bytes: it has them, or only what it says was written into its file.

    Where other bytes were read, the mark of the stage went with the old ones.
    """
    return bool(row["sha256"] == sha256 or row["stages"].get(_STAGE, {}).get("status") == StageStatus.DONE)


def _as_run(row: Row[Any]) -> Run:
    told = row.tokens_in is not None and row.tokens_out is not None
    return Run(
        run=row.run,
        sha256=row.sha256,
        provider=row.provider,
        model=row.model,
        template=row.template,
        template_sha256=row.template_sha256,
        status=RunStatus(row.status),
        at=row.at,
        seconds=row.seconds,
        usage=Usage(row.tokens_in, row.tokens_out, row.tokens_cached or 0) if told else None,
        cost=None if row.cost_usd is None else in_usd(row.cost_usd),
        output=row.output,
        reason=row.reason,
    )
