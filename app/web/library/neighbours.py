"""The files beside one in a search over HTTP: what its page leads on to."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from app.library.finding.finder import nsfw_checked
from app.library.finding.neighbours import neighbours_of
from app.library.finding.orders import Sort
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InRecords, only_known
from app.web.library.files import Row
from app.web.library.finding import Searched

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])


@described
class Beside(TypedDict):
    """The files beside one in what a search finds."""

    previous: str | None
    """`ROOT/relative` of the one before it as shown; null where there is none."""
    next: str | None
    """`ROOT/relative` of the one behind it as shown; null where there is none."""
    position: int | None
    """Files that come before it; null where the search does not find it."""
    total: int
    """Files found in all."""
    nsfw_checked: int
    """Files of the whole library that have an NSFW probability."""


@router.get("/neighbours")
def neighbours(
    records: InRecords,
    row: Row,
    query: Searched,
    sort: Annotated[Sort, Query(description="What they are in the order of.")] = Sort.TAKEN,
    order: Annotated[Literal["asc", "desc"], Query(description="In which direction.")] = "desc",
) -> Answer[Beside]:
    """Tells which files come before and behind one in what a search finds."""
    finder, threshold = records.library.finder, records.library.nsfw_threshold()
    found = finder.found(query, sort, descending=order == "desc", threshold=threshold, until=None)
    beside = neighbours_of(found, row["id"])
    previous, behind = (
        next((file["path"] for file in finder.files([number], threshold)), None) if number is not None else None
        for number in beside[:2]
    )
    return Answer(
        {
            "previous": previous,
            "next": behind,
            "position": beside.position,
            "total": beside.total,
            "nsfw_checked": nsfw_checked(found.snapshot),
        }
    )
