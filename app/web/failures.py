"""The failures that stand over all sessions, over HTTP: listed, counted, told what a person says, written out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from app import reports
from app.errors import RETRY_HELPS, BadCursor, InvalidRequest, cause_named
from app.library.failures import Position, Which, position_of
from app.library.values import FailureState
from app.media import Place, storable_ns
from app.shapes import described
from app.texts import clean_text
from app.web.answers import Answer, Route, refuses
from app.web.bodies import FailureStateBody
from app.web.cursors import cursor_of, values_in
from app.web.depends import Cursor, InHouse, InRecords, Limit, only_known
from app.wiring import House, Records

router = APIRouter(prefix="/api/ingest", route_class=Route, dependencies=[only_known], tags=["Answers for files"])
REPORT_COLUMNS = ("path", "cause", "reason", "stage", "state", "attempts", "at", "session_id")


@described
class StandingFailure(TypedDict):
    """A file that failed and was not taken in since."""

    path: str
    """`ROOT/relative` as shown."""
    cause: str
    """The stable code of the failure."""
    reason: str
    """One sentence about this file."""
    stage: str
    """The stage that failed."""
    attempts: int
    """How often it was tried as it was then."""
    at: str
    """When it was tried last, ISO 8601 in UTC."""
    session_id: str | None
    """The session that tried it last."""
    state: FailureState
    """What a person said of it."""
    on_disk: str
    """`as_it_was`; `changed` since, so that the next session looks at it again; `gone`."""


@described
class FailedByCause(TypedDict):
    """How many files failed with one cause."""

    cause: str
    """The stable code."""
    files: int
    """How many of the state and root that were asked for."""
    meaning: str
    """What the cause means, in one sentence."""
    advice: str
    """What a person can do about it."""
    retry_helps: bool
    """Whether another try may come out otherwise though the file is as it was."""


@described
class StandingFailures(TypedDict):
    """A page of the files that failed, in whatever session, and were not taken in since; and how many there are."""

    files: list[StandingFailure]
    """In the order of their causes and roots, and in each as they came."""
    next: str | None
    """The cursor of the next page; null on the last."""
    total: int
    """How many there are of the cause, root and state that were asked for."""
    causes: list[FailedByCause]
    """By cause, the most frequent first, of the root and state that were asked for."""
    states: Mapping[str, int]
    """By state, of the cause and root that were asked for."""
    states_of_all: Mapping[str, int]
    """By state, whatever the cause, of the root that was asked for."""


@described
class FailuresSaid(TypedDict):
    """What became of saying something of failures."""

    changed: int
    """Of how many files it was not said before."""


OfCause: TypeAlias = Annotated[str | None, Query(description="Only files that failed with this cause.")]
OfRoot: TypeAlias = Annotated[str | None, Query(description="Only files of this media root.")]
OfState: TypeAlias = Annotated[FailureState | None, Query(description="Only files of which a person said this.")]


@router.get("/failures")
@refuses("bad_cursor")
def standing_failures(
    house: InHouse,
    records: InRecords,
    cause: OfCause = None,
    root: OfRoot = None,
    state: OfState = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Answer[StandingFailures]:
    """Lists the files that failed, in whatever session, and were not taken in since, page by page and by cause."""
    which = which_of(cause, root, state)
    return Answer(failures_page(house, records, which, after=position_at(cursor) if cursor else None, limit=limit))


@router.post("/failures")
@refuses("outside_roots")
def say_of_failures(house: InHouse, records: InRecords, body: FailureStateBody) -> Answer[FailuresSaid]:
    """Says of failures that they are `open`, `reviewed`, or `ignored`, until their files change.

    An ignored file stays `failed_before` in every session, also where `skip_existing` is false, and is tried again
    only by a retry that names it.
    """
    state = FailureState(body.state)
    if body.paths is None:
        from_state = FailureState(body.from_state) if body.from_state else None
        return Answer(
            {"changed": records.library.failures.set_state(state, which_of(body.cause, body.root, from_state))}
        )
    try:
        places = [house.folders.file(path) for path in body.paths]
    except InvalidRequest as error:
        error.field = "paths"
        raise
    return Answer({"changed": records.library.failures.set_state_of(state, places)})


@router.get(
    "/failures/report",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A line for each file that failed and was not taken in since.",
            "content": {format_.media_type.partition(";")[0]: {"schema": {}} for format_ in reports.Format},
        }
    },
)
def failures_report(
    records: InRecords,
    cause: OfCause = None,
    root: OfRoot = None,
    state: OfState = None,
    format_: Annotated[reports.Format, Query(alias="format", description="How it is written.")] = reports.Format.CSV,
) -> Response:
    """Gives the files that failed, in whatever session, and were not taken in since, as a file to keep."""
    records.library.check()  # once the answer has begun, trouble can only cut it off
    which = which_of(cause, root, state)
    counts = records.library.failures.counts(which.root)
    sums = {name: n for name, n in _by_cause(counts, state) if cause in (None, name)}
    lines = _lines(records.library.failures.every(which))
    report = reports.Report(REPORT_COLUMNS, lines, sheet="Failures", sums=lambda: sums)
    headers = {"Content-Disposition": f'attachment; filename="media-ingest-failures.{format_.value}"'}
    return StreamingResponse(reports.written(format_, report), media_type=format_.media_type, headers=headers)


def which_of(cause: str | None, root: str | None, state: FailureState | None) -> Which:
    """Which failures are meant, of texts that any database can compare."""
    return Which(clean_text(cause) if cause else None, clean_text(root) if root else None, state)


def failures_page(
    house: House, records: Records, which: Which, *, after: Position | None = None, limit: int = 100
) -> StandingFailures:
    """A page of the failures that stand, and the sums over all of them."""
    rows = records.library.failures.page(which, after=after, limit=limit + 1)
    counts = records.library.failures.counts(which.root)
    here = {name: by_state for name, by_state in counts.items() if which.cause in (None, name)}
    states = _by_state(here)
    return {
        "files": [_as_failure(house, row) for row in rows[:limit]],
        "next": cursor_of(*position_of(rows[limit - 1])) if len(rows) > limit else None,
        "total": sum(states.values()) if which.state is None else states[which.state],
        "causes": [as_cause(name, files) for name, files in _by_cause(counts, which.state)],
        "states": states,
        "states_of_all": _by_state(counts),
    }


def changed_among(house: House, records: Records, which: Which, *, first: int) -> int:
    """How many of the first so many of these failures look otherwise on disk than when they came."""
    rows = records.library.failures.page(which, limit=first)
    return sum(_on_disk(house, Place(row["root"], row["path"]), row["fingerprint"]) == "changed" for row in rows)


def _by_state(counts: Mapping[str, Mapping[FailureState, int]]) -> dict[str, int]:
    return {state.value: sum(by_state[state] for by_state in counts.values()) for state in FailureState}


def _by_cause(counts: Mapping[str, Mapping[FailureState, int]], state: FailureState | None) -> list[tuple[str, int]]:
    """How many files there are of each cause that has any, in a state or in all, the most frequent first."""
    files = {name: sum(n.values()) if state is None else n[state] for name, n in counts.items()}
    return sorted(((name, n) for name, n in files.items() if n), key=lambda one: (-one[1], one[0]))


def as_cause(name: str, files: int) -> FailedByCause:
    """So many files that failed with one cause, with what it means and what to do."""
    cause = cause_named(name)
    return {
        "cause": name,
        "files": files,
        "meaning": cause.meaning,
        "advice": cause.advice,
        "retry_helps": name in RETRY_HELPS,
    }


def _as_failure(house: House, row: Mapping[str, Any]) -> StandingFailure:
    place = Place(row["root"], row["path"])
    return {
        "path": place.shown,
        "cause": row["cause"],
        "reason": row["reason"],
        "stage": row["stage"],
        "attempts": row["attempts"],
        "at": row["at"],
        "session_id": row["session_id"],
        "state": FailureState(row["state"]),
        "on_disk": _on_disk(house, place, row["fingerprint"]),
    }


def _on_disk(house: House, place: Place, fingerprint: str) -> str:
    """How a file is now beside how it was when it failed; its sidecars aside, which only a look at its folder finds."""
    if place.root not in house.folders.roots:
        return "gone"
    try:
        found = house.folders.status(place)
    except OSError:
        return "gone"
    return "as_it_was" if fingerprint.startswith(f"{found.st_size}:{storable_ns(found.st_mtime_ns)}:") else "changed"


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[reports.Line]:
    for row in rows:
        yield {**{name: row.get(name) for name in REPORT_COLUMNS}, "path": Place(row["root"], row["path"]).shown}


def position_at(cursor: str) -> Position:
    """Where a page begins, from the cursor that the page before gave. Raises BadCursor."""
    cause, root, number = values_in(cursor, 3)
    good = isinstance(cause, str) and isinstance(root, str) and type(number) is int and 0 <= number < 2**63
    if not good or clean_text(cause + root) != cause + root:
        raise BadCursor
    return cause, root, number
