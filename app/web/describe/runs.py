"""The requests to vision models, each with its cost: over HTTP, and as a page that needs no script."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from typing_extensions import TypedDict

from app.errors import InvalidRequest
from app.library.describing.listing import ShownRun, WantedRuns
from app.media import Place
from app.shapes import described
from app.web.activity import address
from app.web.answers import Answer, Route, refuses
from app.web.depends import Cursor, InHouse, InRecords, Limit, checked_id, only_known, row_cursor
from app.web.templating import show
from app.wiring import Records

router = APIRouter(prefix="/api/describe", route_class=Route, dependencies=[only_known], tags=["Descriptions"])
pages = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
RUNS_A_PAGE = 100


@described
class RunPage(TypedDict):
    """A page of requests to vision models."""

    runs: list[ShownRun]
    """The newest first."""
    next: str | None
    """The cursor of the next page; null on the last."""


@refuses("outside_roots")
def about(
    house: InHouse,
    records: InRecords,
    path: Annotated[str, Query(description="A file, or a folder with all below it, as shown; empty for all.")] = "",
) -> Place | None:
    """What the requests are to be about; None for anything. Raises InvalidRequest.

    What was asked about files of a media root that is no more is told, too.
    """
    if not path:
        return None
    try:
        return house.folders.locate(path)
    except InvalidRequest as error:
        if (once := records.library.run_totals.place_once(path)) is not None:
            return once
        error.field = "path"
        raise


@refuses("bad_session_id")
def wanted_of(
    place: Annotated[Place | None, Depends(about)],
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
    return Answer(_page_of(records, wanted, cursor, limit))


@pages.get("/runs")
def show_runs(
    request: Request,
    records: InRecords,
    wanted: Annotated[WantedRuns, Depends(wanted_of)],
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Shows the requests to vision models, the newest first."""
    page = _page_of(records, wanted, cursor or None, RUNS_A_PAGE)
    narrowed = {"path": wanted.path.shown if wanted.path else None, "session": wanted.session}
    values = {
        "page": page,
        **narrowed,
        "first": address("/runs", narrowed) if cursor else None,
        "next": address("/runs", {**narrowed, "cursor": page["next"]}) if page["next"] else None,
    }
    return show(request, "runs.html", values)


def _page_of(records: Records, wanted: WantedRuns, cursor: str | None, limit: int) -> RunPage:
    before = None if cursor is None else row_cursor(cursor)
    found, last = records.library.runs.page(wanted, before=before, limit=limit)
    return {"runs": found, "next": None if last is None else str(last)}
