"""The files beside one in a search over HTTP: what its page leads on to."""

from typing import Annotated

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from app.library.finding.finder import nsfw_checked
from app.library.finding.listing import PairedFile
from app.library.finding.neighbours import neighbours_of
from app.library.finding.orders import Sort
from app.library.finding.pairing import Pairs
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InRecords, only_known
from app.web.library.files import Row
from app.web.library.finding import Direction, Searched, Together

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
    pairs: list[PairedFile]
    """The files that are one picture with it, found or not."""
    nsfw_checked: int
    """Files of the whole library that have an NSFW probability."""


@router.get("/neighbours")
def neighbours(
    records: InRecords,
    row: Row,
    query: Searched,
    sort: Annotated[Sort, Query(description="What they are in the order of.")] = Sort.TAKEN,
    order: Direction = "desc",
    pairs: Together = Pairs.BOTH,
) -> Answer[Beside]:
    """Tells which files come before and behind one in what a search finds."""
    finder, threshold = records.library.finder, records.library.nsfw_threshold()
    found = finder.found(query, sort, descending=order == "desc", threshold=threshold, pairs=pairs)
    beside = neighbours_of(found, row["id"], finder.pairing(found.snapshot))
    previous, behind = (
        next(iter(finder.paths([number])), None) if number is not None else None for number in beside[:2]
    )
    return Answer(
        {
            "previous": previous,
            "next": behind,
            "position": beside.position,
            "total": beside.total,
            "pairs": [pair for file in finder.files(found.snapshot, [row["id"]], threshold) for pair in file["pairs"]],
            "nsfw_checked": nsfw_checked(found.snapshot),
        }
    )
