"""What became of files, over HTTP: one path explained, and those of a session that failed or are there twice."""

import re
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from app import reports
from app.errors import BadCursor
from app.explain import Explanation, explain
from app.ingest.plan.planner import PlannedFile, page_of
from app.ingest.run.gone import believed_gone
from app.ingest.session.answers import FileAnswer, as_answer
from app.library.failures import Which
from app.library.history import Pace, SameBytes
from app.media import Outcome, Place, Skip
from app.metadata import PromptVerdict
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.depends import Cursor, InHouse, InRecords, Limit, PathId, only_known, row_cursor
from app.web.failures import FailedByCause, as_cause, changed_among
from app.web.marks import Marks, marks_of
from app.wiring import Records

router = APIRouter(prefix="/api/ingest", route_class=Route, dependencies=[only_known], tags=["Answers for files"])
LOOKED_AT = 1_000  # files of a cause, which take about 10 ms


class Sum(StrEnum):
    """An outcome, or a sum of a session, whose files can be listed."""

    ADDED = "added"
    UPDATED = "updated"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    VANISHED = "vanished"
    COMMITTED = "committed"
    INCOMPLETE = "incomplete"

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes of its files; of the incomplete, each that takes a file in."""
        if self is Sum.COMMITTED:
            return tuple(outcome.value for outcome in Outcome if outcome.committed)
        return tuple(outcome.value for outcome in Outcome if outcome.taken_in) if self is Sum.INCOMPLETE else (self,)


@described
class FailedFiles(FailedByCause):
    """The files of a session that failed with one cause; `files?cause=` lists them."""

    changed: int | None
    """How many of them look otherwise on disk now, so that a retry can help; of a cause, the first 1,000 are looked at.
    Null unless `changed` asks for it."""


@described
class Failures(TypedDict):
    """The files of a session that failed."""

    files: int
    """How many there are."""
    causes: list[FailedFiles]
    """By cause, the most frequent first."""


@described
class SessionFile(FileAnswer, Marks):
    """What became of one file in the session."""


@described
class SkippedFile(SessionFile):
    """A file that the session skipped, as the walk finds it now."""

    size: int | None
    """Bytes; null for what is no media file."""
    why: str | None
    """Null: it is not processed."""


@described
class SessionFiles(TypedDict):
    """A page of the files of one class of a session."""

    files: list[SessionFile | SkippedFile]
    """In the order of the answers; those that were skipped in path order."""
    next: str | None
    """The cursor of the next page; null on the last."""


@described
class GoneFile(TypedDict):
    """A file that the library holds and that is not on disk."""

    path: str
    """`ROOT/relative` as shown."""


@described
class GoneFiles(TypedDict):
    """A page of the files that are believed to be gone."""

    files: list[GoneFile]
    """In path order."""
    next: str | None
    """The cursor of the next page; null on the last."""


@router.get("/explain")
@refuses("invalid_parameter")
def explained(
    house: InHouse,
    records: InRecords,
    path: Annotated[str, Query(description="Any path, as `ROOT/relative` or absolute.")],
) -> Answer[Explanation]:
    """Explains what became of a path and why, ever: 200 for every path that can be one, inside the roots or not."""
    return Answer(explain(house.folders, records.library, records.runner.sessions(), path))


@router.get("/sessions/{session_id}/failures")
def failures(
    house: InHouse,
    records: InRecords,
    session_id: PathId,
    changed: Annotated[bool, Query(description="Also look at the files, whether they have changed since.")] = False,  # noqa: FBT002
) -> Answer[Failures]:
    """Counts the failed files of a session by cause, each with what it means and what to do."""
    records.runner.session(session_id)
    told = failures_of_session(records, session_id)
    if changed:
        for each in told["causes"]:
            which = Which(cause=each["cause"], session_id=session_id)
            each["changed"] = changed_among(house, records, which, first=LOOKED_AT)
    return Answer(told)


def failures_of_session(records: Records, session_id: str) -> Failures:
    """The failed files of a session by cause."""
    counts = records.library.history.failures_by_cause(session_id)
    causes: list[FailedFiles] = [{**as_cause(name, files), "changed": None} for name, files in counts.items()]
    return {"files": sum(counts.values()), "causes": causes}


@router.get("/sessions/{session_id}/same-bytes")
@refuses("bad_cursor")
def same_bytes(records: InRecords, session_id: PathId, cursor: Cursor = None, limit: Limit = 100) -> Answer[SameBytes]:
    """Lists the files that a session wrote whose bytes another file has, too, in groups of equal bytes."""
    records.runner.session(session_id)
    if cursor is not None and not re.fullmatch(r"[0-9a-f]{64}", cursor):
        raise BadCursor
    return Answer(records.library.history.same_bytes(session_id, after=cursor or "", limit=limit))


@router.get("/sessions/{session_id}/files")
@refuses("bad_cursor")
def session_files(
    records: InRecords,
    session_id: PathId,
    outcome: Annotated[
        Sum | None,
        Query(description="Only files of which this became; `committed` and `incomplete` are those of these sums."),
    ] = None,
    cause: Annotated[str | None, Query(description="Only files with this cause.")] = None,
    skipped: Annotated[
        Skip | None, Query(description="Files that were skipped for this instead, found by walking again.")
    ] = None,
    incomplete: Annotated[bool, Query(description="Only files that were taken in without one part.")] = False,  # noqa: FBT002
    returned: Annotated[bool, Query(description="Only files that were missing before and are back.")] = False,  # noqa: FBT002
    prompt_verdict: Annotated[
        PromptVerdict | None,
        Query(description="Only AI images whose prompt was understood so far."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Answer[SessionFiles]:
    """Lists the files of one class of a session, page by page."""
    records.runner.session(session_id)
    if skipped is not None:
        page = page_of(records.runner.survey(session_id), skipped.value, cursor=cursor, limit=limit)
        marked = zip(page["files"], marks_of(records, page["files"]), strict=True)
        return Answer({"files": [_as_skipped(file, mark) for file, mark in marked], "next": page["next"]})
    rows = records.library.answers(
        session_id,
        outcomes=outcome.outcomes if outcome else (),
        cause=cause,
        incomplete=incomplete or outcome is Sum.INCOMPLETE,
        returned=returned,
        prompt_verdict=prompt_verdict,
        after=row_cursor(cursor),
        limit=limit + 1,
    )
    lines = [as_answer(row) for row in rows[:limit]]
    files: list[SessionFile | SkippedFile] = [
        {**line, **mark} for line, mark in zip(lines, marks_of(records, lines), strict=True)
    ]
    return Answer({"files": files, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


@router.get("/sessions/{session_id}/pace")
def pace(records: InRecords, session_id: PathId) -> Answer[Pace]:
    """Tells how many files the session answered for as time went by."""
    records.runner.session(session_id)
    return Answer(records.library.history.pace(session_id))


@router.get("/sessions/{session_id}/gone")
@refuses("bad_cursor", "outside_roots")
def gone(records: InRecords, session_id: PathId, cursor: Cursor = None, limit: Limit = 100) -> Answer[GoneFiles]:
    """Lists the files of a session's folders that the library holds and the disk has not: what attention asks about.

    Nothing is marked missing by it. A page may be short, or empty, before the last.
    """
    parameters = records.runner.session(session_id).parameters
    after = None if cursor is None else _place(cursor)
    files, last = believed_gone(records.ingestor, parameters, after=after, limit=limit)
    return Answer({"files": [{"path": place.shown} for place in files], "next": last.shown if last else None})


@router.get(
    "/sessions/{session_id}/report",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A line for each file that was discovered, with its class, outcome, cause and reason.",
            "content": {format_.media_type.partition(";")[0]: {"schema": {}} for format_ in reports.Format},
        }
    },
)
def report(
    records: InRecords,
    session_id: PathId,
    format_: Annotated[reports.Format, Query(alias="format", description="How it is written.")] = reports.Format.CSV,
) -> Response:
    """Gives every file that the session discovered, with what became of it, as a file to keep.

    Those that were answered for come from the log, the others from the walk as it would go now. In CSV a text that a
    spreadsheet would run as a formula begins with an apostrophe.
    """
    session = records.runner.session(session_id)
    records.library.check()  # once the answer has begun, trouble can only cut it off
    pieces = reports.written(format_, reports.of_session(session, records.ingestor))
    headers = {"Content-Disposition": f'attachment; filename="{reports.named(session, format_)}"'}
    return StreamingResponse(pieces, media_type=format_.media_type, headers=headers)


def _place(shown: str) -> Place:
    try:
        place = Place.from_shown(shown)
    except UnicodeEncodeError:
        raise BadCursor from None
    if not place.path or "\0" in shown:
        raise BadCursor
    return place


def _as_skipped(file: PlannedFile, mark: Marks) -> SkippedFile:
    return {
        **file,
        "outcome": None,
        "stage": None,
        "cause": None,
        "reason": None,
        "ms": None,
        "at": None,
        "stages": {},
        **mark,
    }
