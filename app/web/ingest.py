"""Sessions over HTTP: plan, process, resume, watch. Thin: each route calls one method and answers with a value."""

import json
import re
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app import reports
from app.errors import FILE_CAUSES, BadCursor, InvalidRequest, WrongContentType
from app.ingest.plan.planner import page_of
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import SessionState
from app.ingest.session.store import as_journal_line, is_session_id
from app.library.values import is_nsfw
from app.media import Outcome, Skip
from app.texts import path_from_shown
from app.web.events import Bells, stream
from app.web.page import InHouse, limited_body
from app.wiring import Records

router = APIRouter(prefix="/api/ingest")
MAX_PAGE = 1_000


def records_of(house: InHouse) -> Records:
    """What needs a database. Raises DatabaseDisabled."""
    return house.records


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises WrongContentType (forms of other sites are not JSON) or InvalidRequest."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise WrongContentType("Send the request as Content-Type: application/json.")
    body = await limited_body(request)
    try:
        values = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise InvalidRequest("The body of the request is not JSON.", cause="bad_json") from None
    if not isinstance(values, dict):
        raise InvalidRequest("The body of the request must be a JSON object.", cause="bad_json")
    return values


def checked_id(session_id: Any) -> str:
    """A session id in the form that they are stored in. Raises InvalidRequest if it is no UUID."""
    if not isinstance(session_id, str) or not is_session_id(session_id.lower()):
        raise InvalidRequest("A session id is a UUID of 36 characters.", field="session_id", cause="bad_session_id")
    return session_id.lower()


def id_in_path(session_id: Annotated[str, Path()]) -> str:
    """The session id of a path. Raises InvalidRequest."""
    return checked_id(session_id)


def id_in_body(body: "Body") -> str:
    """The session id of a body, which may hold nothing else but `confirm`."""
    refuse_unknown(body.keys() - {"session_id", "confirm"})
    return checked_id(body.get("session_id"))


def refuse_unknown(names: Iterable[str]) -> None:
    """Raises InvalidRequest if there are any."""
    if name := min(names, default=None):
        raise InvalidRequest(f"There is no parameter named '{name}'.", field=name, cause="unknown_parameter")


InRecords = Annotated[Records, Depends(records_of)]
Body = Annotated[dict[str, Any], Depends(body_of)]
PathId = Annotated[str, Depends(id_in_path)]
BodyId = Annotated[str, Depends(id_in_body)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


@router.post("/plan")
def plan(
    records: InRecords,
    body: Body,
    wait: Annotated[float | None, Query(ge=0, le=60)] = None,
    refresh: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    limit: Limit = 100,
) -> Response:
    """Counts what a session would do; with `list` a page of one class. `wait` answers 202 while the walk goes on."""
    name, cursor = body.pop("list", None), body.pop("cursor", None)
    parameters = records.runner.resolved(parse_parameters(body))
    if name is not None:
        page = records.planner.files(parameters, str(name), cursor=_text(cursor), limit=limit)
        return JSONResponse(page | {"files": _labelled(records, page["files"])})
    pace = records.runner.pace()
    answer = records.planner.plan(parameters, pace=pace, wait_seconds=wait, refresh=refresh)
    return JSONResponse(answer, 202 if answer["walking"] else 200)


@router.post("/process", status_code=202)
def process(records: InRecords, body: Body) -> dict[str, Any]:
    """Starts a session: 202 as soon as one file matches."""
    session = records.runner.start(parse_parameters(body))
    return {"session_id": session.session_id, "total_files": session.total_files, "status": session.status.value}


@router.post("/resume")
def resume(records: InRecords, body: Body, session_id: BodyId) -> dict[str, Any]:
    """Makes a stopped session go on; `resumed` says whether this call did. `confirm` answers what attention asks."""
    confirm = body.get("confirm", False)
    if not isinstance(confirm, bool):
        raise InvalidRequest("'confirm' must be true or false.", field="confirm")
    session, resumed = records.runner.resume(session_id, confirm=confirm)
    return {**session.as_status(), "resumed": resumed}


@router.post("/pause")
def pause(records: InRecords, session_id: BodyId) -> dict[str, Any]:
    """Stops a session after the file at work."""
    return records.runner.pause(session_id).as_status()


@router.post("/cancel")
def cancel(records: InRecords, session_id: BodyId) -> dict[str, Any]:
    """Ends a session; what is committed stays."""
    return records.runner.cancel(session_id).as_status()


@router.post("/retry", status_code=202)
def retry(records: InRecords, body: Body) -> dict[str, Any]:
    """Starts a session over the files that failed in another one, narrowed by `cause` or to `paths`."""
    session_id = checked_id(body.pop("session_id", None))
    cause, paths = body.pop("cause", None), body.pop("paths", None)
    refuse_unknown(body)
    if cause is not None and not (isinstance(cause, str) and cause in FILE_CAUSES):
        raise InvalidRequest("'cause' must be one of the causes of failed files.", field="cause")
    listed = isinstance(paths, list) and all(isinstance(path, str) for path in paths)
    if paths is not None and not (listed and 1 <= len(paths) <= MAX_PAGE):
        raise InvalidRequest(f"'paths' must be a list of 1 to {MAX_PAGE:,} paths.", field="paths")
    session = records.runner.retry(session_id, cause=cause, paths=paths or ())
    return {"session_id": session.session_id, "total_files": session.total_files, "status": session.status.value}


@router.post("/dismiss")
def dismiss(records: InRecords, session_id: BodyId) -> dict[str, Any]:
    """Marks an ended session as seen, so that a fresh page does not open on it."""
    return records.runner.dismiss(session_id).as_status()


@router.get("/status/{session_id}")
def status(records: InRecords, session_id: PathId) -> dict[str, Any]:
    """A session as it stands."""
    return records.runner.session(session_id).as_status()


@router.get("/active-session")
def active_session(house: InHouse) -> dict[str, str | None]:
    """The session that a page should show after a refresh, nulls where there is none."""
    records = house.records_or_none
    session = records.runner.active() if records else None
    if session is None:
        return {"session_id": None, "status": None}
    return {"session_id": session.session_id, "status": session.status.value}


@router.get("/sessions")
def sessions(records: InRecords, cursor: str | None = None, limit: Limit = 50) -> dict[str, Any]:
    """The history, newest first."""
    found = records.runner.sessions()
    if cursor is not None:
        if not re.fullmatch(r"[0-9T:.-]{23}~[0-9a-f-]{36}", cursor):
            raise BadCursor
        found = [session for session in found if _position(session) < cursor]
    more = len(found) > limit
    page = found[:limit]
    return {
        "sessions": [session.as_status() for session in page],
        "next": _position(page[-1]) if more else None,
    }


@router.delete("/sessions/{session_id}", status_code=204)
def forget(records: InRecords, session_id: PathId) -> Response:
    """Forgets an ended session: its files, not its media."""
    records.runner.forget(session_id)
    return Response(status_code=204)


@router.get("/sessions/{session_id}/files")
def session_files(
    records: InRecords,
    session_id: PathId,
    outcome: Outcome | None = None,
    cause: str | None = None,
    skipped: Skip | None = None,
    incomplete: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    returned: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    prompt_verdict: Literal["parsed", "partly", "raw_only"] | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """The files of one class of a session, page by page.

    `incomplete` are those taken in with a stage that failed, `returned` those that were missing before and are back.
    """
    records.runner.session(session_id)
    if skipped is not None:
        page = page_of(records.runner.survey(session_id), skipped.value, cursor=cursor, limit=limit)
        empty = dict.fromkeys(("outcome", "stage", "cause", "reason", "ms", "at"))
        files = _labelled(records, [{**file, **empty} for file in page["files"]])
        return {"files": files, "next": page["next"]}
    rows = records.library.answers(
        session_id,
        outcome=outcome.value if outcome else None,
        cause=cause,
        incomplete=incomplete,
        returned=returned,
        prompt_verdict=prompt_verdict,
        after=row_cursor(cursor),
        limit=limit + 1,
    )
    files = _labelled(records, [as_journal_line(row) for row in rows[:limit]])
    return {"files": files, "next": str(rows[limit - 1].id) if len(rows) > limit else None}


@router.get("/sessions/{session_id}/report")
def report(
    records: InRecords,
    session_id: PathId,
    format_: Annotated[reports.Format, Query(alias="format")] = reports.Format.CSV,
) -> Response:
    """Every file that the session discovered, with what became of it, as a file to keep."""
    session = records.runner.session(session_id)
    records.library.check()  # once the answer has begun, trouble can only cut it off
    pieces = reports.written(format_, reports.of_session(session, records.ingestor))
    headers = {"Content-Disposition": f'attachment; filename="{reports.named(session, format_)}"'}
    return StreamingResponse(pieces, media_type=format_.media_type, headers=headers)


def known_session(records: InRecords, session_id: PathId) -> SessionState:
    """The session of a path. Raises UnknownSession before a stream begins."""
    return records.runner.session(session_id)


@router.get("/events/{session_id}", response_class=EventSourceResponse)
async def events(
    request: Request,
    house: InHouse,
    session: Annotated[SessionState, Depends(known_session)],
    last_event_id: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """The session's events as they happen, after those that `Last-Event-ID` says the client has."""
    bells: Bells = request.app.state.bells
    given = last_event_id or after or ""
    start = int(given) if re.fullmatch(r"\d{1,18}", given) else 0
    interval = house.settings.ingest_progress_interval
    async for frame in stream(house.records, bells, session.session_id, start, interval):
        yield frame


@router.get("/directories")
def directories(
    house: InHouse,
    path: str | None = None,
    recursive: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    cursor: str | None = None,
) -> dict[str, Any]:
    """A page of the directory browser."""
    return house.badges.browse(path, recursive=recursive, cursor=cursor)


def _labelled(records: Records, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Files of a list with what the library knows of them: `nsfw_probability`, `is_nsfw` (null: it does not).

    `has_thumbnail` says whether one was made.
    What is known of other bytes than those on disk now is not known of this file.
    """
    paths = [path_from_shown(file["path"]) for file in files]
    probabilities, pictured = records.library.nsfw_probabilities(paths), records.library.pictured(paths)
    threshold = records.library.nsfw_threshold()
    labelled = []
    for file, path in zip(files, paths, strict=True):
        other_bytes = file.get("why") in {"new", "changed"} or file.get("outcome") in {"failed", "vanished"}
        probability = None if other_bytes else probabilities.get(path)
        known = {"nsfw_probability": probability, "is_nsfw": is_nsfw(probability, threshold)}
        labelled.append(file | known | {"has_thumbnail": not other_bytes and path in pictured})
    return labelled


def _position(session: SessionState) -> str:
    """Where a session stands in the history; without the `+` of a zone, which a URL would turn into a space."""
    return f"{session.created_at[:23]}~{session.session_id}"


def row_cursor(cursor: str | None) -> int:
    """The id after which a page begins, from the cursor that the page before gave. Raises BadCursor."""
    if cursor is None:
        return 0
    if not re.fullmatch(r"\d{1,18}", cursor):
        raise BadCursor
    return int(cursor)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadCursor
    return value
