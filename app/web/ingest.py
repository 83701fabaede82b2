"""Sessions over HTTP: plan, process, resume, watch. Thin: each route calls one method and answers with a value."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from typing_extensions import TypedDict

from app.errors import BadCursor
from app.ingest.plan.badges import FolderPage
from app.ingest.plan.planner import Plan, PlannedFile, Walking
from app.ingest.run.undoing import undo as undo_session
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import SessionState, Status
from app.ingest.session.status import SessionStatus
from app.shapes import described
from app.web.answers import Accepted, Answer, Route, refuses
from app.web.bodies import ConfirmBody, PlanBody, ProcessBody, ResumeBody, RetryBody, SessionBody
from app.web.depends import DATABASE, STATE_FOLDER, Cursor, InHouse, InRecords, Limit, PathId, only_known
from app.web.events import Bells, stream
from app.web.marks import Marks, marks_of
from app.wiring import Records

NOBODY_DESCRIBES = ("no_provider", "unknown_template", "price_unknown")
router = APIRouter(prefix="/api/ingest", route_class=Route, dependencies=[only_known], tags=["Sessions"])


@described
class Started(TypedDict):
    """A session that was started."""

    session_id: str
    """UUID of 36 characters."""
    total_files: int | None
    """Files that it answers for; null while it is counted."""
    status: str
    """How it stands."""


@described
class Active(TypedDict):
    """The session that a page should show; nulls where there is none."""

    session_id: str | None
    """UUID of 36 characters."""
    status: str | None
    """How it stands."""


@described
class Resumed(SessionStatus):
    """The whole status of a session that was to go on."""

    resumed: bool
    """Whether this call made it go on; false where there was nothing to do."""


@described
class Sessions(TypedDict):
    """A page of the history."""

    sessions: list[SessionStatus]
    """Newest first."""
    next: str | None
    """The cursor of the next page; null on the last."""


@described
class Undone(TypedDict):
    """What an undo of a session came to, or would come to."""

    removed: int
    """Rows that are removed."""
    kept: int
    """Rows of files that the session took in, and that stay."""


@described
class MarkedPlanFile(PlannedFile, Marks):
    """One file of a class of the plan."""


@described
class MarkedPlanFiles(TypedDict):
    """A page of one class of the plan."""

    files: list[MarkedPlanFile]
    """In path order."""
    next: str | None
    """The cursor of the next page; null on the last."""


@router.post("/plan")
@refuses("bad_cursor", "bad_query", *NOBODY_DESCRIBES)
def plan(
    records: InRecords,
    body: PlanBody,
    wait: Annotated[
        float | None,
        Query(
            ge=0,
            le=60,
            description="Seconds to wait for the walk: an earlier one of up to ten minutes may serve, and one that "
            "takes longer answers 202. Without it the folders are walked anew, however long that takes.",
        ),
    ] = None,
    refresh: Annotated[bool, Query(description="With `wait`: walk anew all the same.")] = False,  # noqa: FBT002
    limit: Limit = 100,
) -> Answer[Plan | MarkedPlanFiles] | Accepted[Walking]:
    """Counts what a session would do, and changes nothing; with `list`, answers with the files of that class."""
    name, cursor = body.pop("list", None), body.pop("cursor", None)
    parameters = records.runner.resolved(parse_parameters(body))
    if name is not None:
        page = records.planner.files(parameters, str(name), cursor=_text(cursor), limit=limit)
        marks = marks_of(records, page["files"])
        files: list[MarkedPlanFile] = [{**file, **mark} for file, mark in zip(page["files"], marks, strict=True)]
        return Answer({"files": files, "next": page["next"]})
    answer = records.planner.plan(parameters, pace=records.runner.pace(), wait_seconds=wait, refresh=refresh)
    return Accepted(answer) if answer["walking"] else Answer(answer)


@router.post("/process")
@refuses("already_active", "illegal_move", "nothing_matches", "bad_query", *NOBODY_DESCRIBES, *STATE_FOLDER)
def process(records: InRecords, body: ProcessBody) -> Accepted[Started]:
    """Starts a session, and answers as soon as one file matches.

    While another session is at work it is queued. A request that is active already is refused with the `session_id` of
    its session, and every request (`illegal_move`) while rows are being removed from the library.
    """
    return _started(records.runner.start(parse_parameters(body)))


@router.post("/resume")
@refuses("illegal_move", "already_active", "lease_lost", "root_differs", *STATE_FOLDER)
def resume(records: InRecords, body: ResumeBody) -> Answer[Resumed]:
    """Makes a paused, interrupted or attention session go on; safe at any time, never a second worker.

    One that stopped at its budget gets a larger one by `budget_usd`; 409 `illegal_move` where it stopped for another
    reason, `already_active` where a session with that budget is under way.
    """
    session, resumed = records.runner.resume(body.session_id, confirm=body.confirm, budget_usd=body.budget_usd)
    return Answer({**session.as_status(), "resumed": resumed})


@router.post("/pause")
@refuses("lease_lost", *STATE_FOLDER)
def pause(records: InRecords, body: SessionBody) -> Answer[SessionStatus]:
    """Stops a session after the file at work; 409 where nothing is being worked on."""
    return Answer(records.runner.pause(body.session_id).as_status())


@router.post("/cancel")
@refuses("lease_lost", *STATE_FOLDER)
def cancel(records: InRecords, body: SessionBody) -> Answer[SessionStatus]:
    """Ends a session; what is committed stays. 409 where it has ended."""
    return Answer(records.runner.cancel(body.session_id).as_status())


@router.post("/retry")
@refuses("already_active", "nothing_matches", *STATE_FOLDER)
def retry(records: InRecords, body: RetryBody) -> Accepted[Started]:
    """Starts a session over the files that failed in another one, or in any, narrowed by `cause` or to `paths`.

    Its parameters name them in `retry_of` (`all`: what failed in any session, was not taken in since, and is `open`),
    `retry_cause` and `retry_chosen`. Files that are `ignored` are left out, unless they are named. 409 while that
    session is under way, 422 `nothing_matches` where no such file failed.

    Of a session that asked for descriptions, pictures that were taken in without one are asked about again, too, with a
    budget as large as that one's. With `all`, descriptions are asked for where every file was to have one, as the last
    of those sessions asked.
    """
    return _started(records.runner.retry(body.session_id, cause=body.cause, paths=body.paths or ()))


@router.post("/dismiss")
@refuses(*STATE_FOLDER)
def dismiss(records: InRecords, body: SessionBody) -> Answer[SessionStatus]:
    """Marks an ended session as seen, so that a fresh page does not open on it."""
    return Answer(records.runner.dismiss(body.session_id).as_status())


@router.get("/status/{session_id}")
def status(records: InRecords, session_id: PathId) -> Answer[SessionStatus]:
    """Tells how a session stands."""
    return Answer(records.runner.session(session_id).as_status())


@router.get("/active-session")
def active_session(house: InHouse) -> Answer[Active]:
    """Tells which session a page should show after a refresh.

    The running one, else attention, paused, interrupted, queued, else the last that ended and was not dismissed.
    """
    records = house.records_or_none
    session = records.runner.active() if records else None
    if session is None:
        return Answer({"session_id": None, "status": None})
    return Answer({"session_id": session.session_id, "status": session.status.value})


@router.get("/sessions")
@refuses("bad_cursor")
def sessions(
    records: InRecords,
    status: Annotated[Status | None, Query(description="Only sessions that stand so.")] = None,
    root: Annotated[str | None, Query(description="Only sessions over folders of this media root.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Answer[Sessions]:
    """Lists the sessions, newest first."""
    return Answer(history_page(records, status, root, cursor=cursor, limit=limit))


def history_page(
    records: Records, status: Status | None, root: str | None, *, cursor: str | None = None, limit: int = 50
) -> Sessions:
    """A page of the sessions, newest first, of one status and one media root, or of any. Raises BadCursor."""
    found = [session for session in records.runner.sessions() if status in (None, session.status)]
    if root is not None:
        found = [session for session in found if root in roots_of(session)]
    if cursor is not None:
        if not re.fullmatch(r"[0-9T:.-]{23}~[0-9a-f-]{36}", cursor):
            raise BadCursor
        found = [session for session in found if _position(session) < cursor]
    more = len(found) > limit
    page = found[:limit]
    return {"sessions": [session.as_status() for session in page], "next": _position(page[-1]) if more else None}


@router.delete(
    "/sessions/{session_id}", status_code=204, response_class=Response, response_description="It is forgotten."
)
@refuses("illegal_move", *STATE_FOLDER)
def forget(records: InRecords, session_id: PathId) -> Response:
    """Forgets an ended session: its files, not its media."""
    records.runner.forget(session_id)
    return Response(status_code=204)


@router.post("/sessions/{session_id}/undo")
@refuses("illegal_move")
def undo(records: InRecords, session_id: PathId, body: ConfirmBody) -> Answer[Undone]:
    """Removes the rows that only this session added and of which nobody said anything; without `confirm`, counts them.

    A row that another session looked at since stays, and so does one of which, or of whose bytes, a person said
    something. No file is touched, and the session's log stays; the files are new again. 409 `count_changed` where it
    would not be so many rows, `illegal_move` while the session has not ended or any is at work.
    """
    counts = undo_session(records.runner, records.library, session_id, body.confirm)
    return Answer({"removed": counts.removed, "kept": counts.kept})


def known_session(records: InRecords, session_id: PathId) -> SessionState:
    """The session of a path. Raises UnknownSession before a stream begins."""
    return records.runner.session(session_id)


@router.get("/events/{session_id}", response_class=EventSourceResponse, response_description="The events.")
async def events(
    request: Request,
    house: InHouse,
    session: Annotated[SessionState, Depends(known_session)],
    last_event_id: Annotated[str | None, Header(description="The id of the last event that the client has.")] = None,
    after: Annotated[
        str | None, Query(alias="last_event_id", description="The same for clients that cannot send the header.")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Streams the session's events as they happen, after those that the client has.

    An id is that of a row in the append-only event table: `Last-Event-ID` replays exactly what was missed, across
    restarts of either side. Events that are views carry no id.
    """
    bells: Bells = request.app.state.bells
    given = last_event_id or after or ""
    start = int(given) if re.fullmatch(r"\d{1,18}", given) else 0
    async for frame in stream(house.records, bells, session.session_id, start):
        yield frame


@router.get("/directories")
@refuses("outside_roots", "no_such_directory", "not_a_directory", "root_missing", *DATABASE)
def directories(
    house: InHouse,
    path: Annotated[
        str | None, Query(description="`ROOT/relative` or absolute inside a root; without one, the roots.")
    ] = None,
    recursive: Annotated[bool, Query(description="Count what is below each folder, too.")] = False,  # noqa: FBT002
    cursor: Cursor = None,
) -> Answer[FolderPage]:
    """Shows a page of the folder tree, each folder with how much of it the library holds."""
    return Answer(house.badges.browse(path, recursive=recursive, cursor=cursor))


def _started(session: SessionState) -> Accepted[Started]:
    return Accepted(
        {"session_id": session.session_id, "total_files": session.total_files, "status": session.status.value}
    )


def roots_of(session: SessionState) -> set[str]:
    """The media roots of the folders of a session."""
    return {shown.partition("/")[0] for shown in session.parameters.directories}


def _position(session: SessionState) -> str:
    """Where a session stands in the history; without the `+` of a zone, which a URL would turn into a space."""
    return f"{session.created_at[:23]}~{session.session_id}"


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadCursor
    return value
