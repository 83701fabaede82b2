"""The requests to vision models over HTTP, each with its cost."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from typing_extensions import TypedDict

from app.library.describing.listing import ShownRun, WantedRuns
from app.media import Place
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.depends import Cursor, InRecords, Limit, checked_id, only_known, row_cursor
from app.web.library.regions import within

router = APIRouter(prefix="/api/describe", route_class=Route, dependencies=[only_known], tags=["Descriptions"])


@described
class RunPage(TypedDict):
    """A page of requests to vision models."""

    runs: list[ShownRun]
    """The newest first."""
    next: str | None
    """The cursor of the next page; null on the last."""


@refuses("bad_session_id")
def wanted_of(
    place: Annotated[Place | None, Depends(within)],
    session: Annotated[str, Query(description="The session that asked.")] = "",
) -> WantedRuns:
    """Which requests are asked for."""
    return WantedRuns(place, checked_id(session, "session") if session else None)


@router.get("/runs")
@refuses("bad_cursor")
def runs(
    records: InRecords,
    wanted: Annotated[WantedRuns, Depends(wanted_of)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Answer[RunPage]:
    """Lists requests to vision models, the newest first, also those about files that are gone."""
    before = None if cursor is None else row_cursor(cursor)
    found, last = records.library.runs.page(wanted, before=before, limit=limit)
    return Answer({"runs": found, "next": None if last is None else str(last)})
