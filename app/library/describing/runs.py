"""Requests to providers: written in the transaction of their file, asked for by what would be paid again, listed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Connection, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.descriptions import Description, Run, RunStatus, in_usd
from app.library.describing.listing import ShownRun, WantedRuns, page_of
from app.library.describing.tables import RUNS
from app.library.engine import Engines
from app.library.prepared import Prepared
from app.library.tables import KEPT, MEDIA
from app.library.values import NsfwKnown
from app.media import Place
from app.texts import clean_json, clean_text

_A_PAGE = 500
_ANSWERS = [RunStatus.ANSWERED.value, RunStatus.INVALID.value, RunStatus.TRUNCATED.value, RunStatus.REFUSED.value]
_IN_VAIN = (RunStatus.TRUNCATED.value, RunStatus.REFUSED.value)
_NANOS = cast(func.round(RUNS.c.cost_usd * 1e9), BigInteger)  # whole numbers have an exact sum
_ADD = Prepared(
    {
        "sqlite": sqlite.insert(RUNS).on_conflict_do_nothing().inline(),
        "postgresql": postgresql.insert(RUNS).on_conflict_do_nothing().inline(),
    },
    columns=[column.name for column in RUNS.c if column.name != "id"],
)


class Spent(NamedTuple):
    """What a session's requests cost: how many, how many were answered, in USD, and the most that one of them cost.

    `unpriced` are those of which no cost is known.
    """

    runs: int
    answered: int
    usd: Decimal
    largest: Decimal
    unpriced: int


def add_runs(
    connection: Connection, runs: Iterable[Run], *, session_id: str, place: Place, media_id: int | None
) -> None:
    """Writes the requests about one file inside the caller's transaction; those that are there already are left."""
    _ADD.each(connection, (_as_row(run, session_id, place, media_id) for run in runs))


class Runs:
    """The requests of one library; as `library.runs`. All methods raise NeedsAttention, `add` DatabaseBusy, too."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def add(self, runs: Collection[Run], *, session_id: str, place: Place) -> None:
        """Writes requests whose file was not committed with them: it vanished, or its session was stopped."""
        if runs:
            self._engines.write(lambda c: add_runs(c, runs, session_id=session_id, place=place, media_id=None))

    def paid(self, sha256: str, template_sha256: str, model: str) -> Description | None:
        """What a model said of these bytes by this template before; None where it was never answered."""
        columns = RUNS.c.run, RUNS.c.output
        statement = (
            select(*columns)
            .where(
                RUNS.c.sha256 == sha256,
                RUNS.c.template_sha256 == template_sha256,
                RUNS.c.model == model,
                RUNS.c.status == RunStatus.ANSWERED.value,
            )
            .order_by(RUNS.c.id.desc())
            .limit(1)
        )
        found = self._engines.read(lambda connection: connection.execute(statement).one_or_none())
        return None if found is None else Description(run=found.run, output=found.output)

    def in_vain(self, session_id: str, template_sha256: str, model: str) -> dict[str, Run]:
        """Of the bytes (SHA-256) of which a session had an answer: the last one, where it was cut or refused.

        About these nothing more is to be asked. An answer that does not fit is asked about once more, and no row tells
        whether it was the second.
        """
        columns = (RUNS.c.run, RUNS.c.sha256, RUNS.c.provider, RUNS.c.template, RUNS.c.status, RUNS.c.at, RUNS.c.reason)
        asked = (RUNS.c.session_id == session_id, RUNS.c.template_sha256 == template_sha256, RUNS.c.model == model)
        statement = select(*columns).where(*asked, RUNS.c.status != RunStatus.UNKNOWN.value).order_by(RUNS.c.id)
        last = {row.sha256: row for row in self._engines.read(lambda connection: connection.execute(statement).all())}
        return {
            sha256: Run(
                row.run,
                sha256,
                row.provider,
                model,
                row.template,
                template_sha256,
                RunStatus(row.status),
                row.at,
                reason=row.reason,
            )
            for sha256, row in last.items()
            if row.status in _IN_VAIN
        }

    def costs(self, template_sha256: str, model: str) -> list[float]:
        """What the last 50 pictures cost, in USD, that a model described by a template."""
        return self._of_the_last(RUNS.c.cost_usd, template_sha256, model)

    def seconds(self, template_sha256: str, model: str) -> list[float]:
        """How long the answers about them took."""
        return self._of_the_last(RUNS.c.seconds, template_sha256, model)

    def _of_the_last(self, column: Column[float], template_sha256: str, model: str) -> list[float]:
        statement = (
            select(column)
            .where(
                RUNS.c.template_sha256 == template_sha256,
                RUNS.c.model == model,
                RUNS.c.status == RunStatus.ANSWERED.value,
                column.is_not(None),
            )
            .order_by(RUNS.c.id.desc())
            .limit(50)
        )
        return self._engines.read(lambda connection: list(connection.execute(statement).scalars()))

    def nsfw_of(self, place: Place, sha256: str) -> NsfwKnown:
        """What is known of whether a file with these bytes is NSFW.

        Where a person said nothing of it, what they said of others with these bytes counts: a word follows the bytes.
        """
        columns = MEDIA.c.root, MEDIA.c.path, MEDIA.c.nsfw_said, MEDIA.c.nsfw_probability
        rows = select(*columns).where(MEDIA.c.sha256 == sha256)
        kept = select(KEPT.c.words).where(KEPT.c.sha256 == sha256)
        found, words = self._engines.read(lambda c: (c.execute(rows).all(), c.execute(kept).scalar_one_or_none()))
        own = next((row.nsfw_said for row in found if (row.root, row.path) == place), None)
        elsewhere = [(words or {}).get("nsfw"), *(row.nsfw_said for row in found)]
        said = max((word for word in elsewhere if word is not None), default=None) if own is None else own
        probabilities = [row.nsfw_probability for row in found if row.nsfw_probability is not None]
        return NsfwKnown(said, max(probabilities, default=None))

    def page(self, wanted: WantedRuns, *, before: int | None, limit: int) -> tuple[list[ShownRun], int | None]:
        """Up to so many requests, the newest first, and the id to go on before, None on the last page."""
        return self._engines.read(partial(page_of, wanted=wanted, before=before, limit=limit))

    def each(self, wanted: WantedRuns) -> Iterator[ShownRun]:
        """Requests, the newest first, read some at a time."""
        before, more = None, True
        while more:
            found, before = self.page(wanted, before=before, limit=_A_PAGE)
            yield from found
            more = before is not None

    def lost(self, session_id: str) -> Mapping[str, int]:
        """How many answers about which bytes (SHA-256) a session has lost since the last that came."""
        mine = RUNS.c.session_id == session_id
        answers = mine & RUNS.c.status.in_(_ANSWERS)
        last = select(func.coalesce(func.max(RUNS.c.id), 0)).where(answers).scalar_subquery()
        since = mine & (RUNS.c.status == RunStatus.UNKNOWN.value) & (RUNS.c.id > last)
        statement = select(RUNS.c.sha256, func.count()).where(since).group_by(RUNS.c.sha256)
        return dict(self._engines.read(lambda c: [(sha256, lost) for sha256, lost in c.execute(statement)]))

    def spent(self, session_id: str) -> Spent:
        """What the requests of a session come to."""
        mine = RUNS.c.session_id == session_id
        counts = (
            func.count(),
            func.count().filter(RUNS.c.status == RunStatus.ANSWERED.value),
            func.coalesce(func.sum(_NANOS), 0),
            func.coalesce(func.max(_NANOS), 0),
            func.count().filter(RUNS.c.cost_usd.is_(None)),
        )
        row = self._engines.read(lambda c: c.execute(select(*counts).where(mine)).one())
        usd, largest = (in_usd(Decimal(nanos).scaleb(-9)) for nanos in row[2:4])
        return Spent(row[0], row[1], usd, largest, row[4])


def _as_row(run: Run, session_id: str, place: Place, media_id: int | None) -> Mapping[str, Any]:
    return {
        "run": run.run,
        "media_id": media_id,
        "path": place.in_event,
        "sha256": run.sha256,
        "session_id": session_id,
        **run.told,
        "status": run.status.value,
        "output": None if run.output is None else clean_json(run.output),
        "reason": None if run.reason is None else clean_text(run.reason),
    }
