"""The regions of the library over HTTP: what is where in the pictures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from typing_extensions import TypedDict

from app.errors import InvalidRequest
from app.library.regions.listing import Detection, Wanted
from app.media import Place
from app.query.tree import EVERYTHING, Whole
from app.query.words import fold
from app.regions import RegionKind, RegionSource
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.depends import Cursor, InHouse, InRecords, Limit, only_known, row_cursor
from app.web.library.finding import Searched

router = APIRouter(prefix="/api", route_class=Route, dependencies=[only_known], tags=["Library"])


@described
class DetectionPage(TypedDict):
    """A page of regions."""

    detections: list[Detection]
    """In the order in which they were written."""
    next: str | None
    """The cursor of the next page; null on the last."""


def label_of(text: str) -> Whole | None:
    """The labels that a text means, in which `*` stands for any text; None for all."""
    return Whole("label", tuple(fold(piece) for piece in text.split("*")), text) if text else None


@refuses("outside_roots")
def within(
    house: InHouse,
    path: Annotated[str, Query(description="A file, or a folder with all below it, as shown; empty for all.")] = "",
) -> Place | None:
    """The place that regions are narrowed to; None without one. Raises InvalidRequest."""
    if not path:
        return None
    try:
        return house.folders.locate(path)
    except InvalidRequest as error:
        error.field = "path"
        raise


def wanted_of(
    place: Annotated[Place | None, Depends(within)],
    label: Annotated[str, Query(description="The label; `*` stands for any text.")] = "",
    kind: Annotated[RegionKind | None, Query(description="What kind of thing it is.")] = None,
    source: Annotated[RegionSource | None, Query(description="Where it was read, or who found it.")] = None,
    min_confidence: Annotated[float | None, Query(ge=0, le=1, description="The least confidence, 0 to 1.")] = None,
    session: Annotated[str, Query(description="The session that wrote the row of the file last.")] = "",
) -> Wanted:
    """Which regions are asked for."""
    return Wanted(label_of(label), kind, source, place, min_confidence, session or None)


@router.get("/detections")
@refuses("bad_cursor")
def detections(
    records: InRecords,
    query: Searched,
    wanted: Annotated[Wanted, Depends(wanted_of)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Answer[DetectionPage]:
    """Lists faces, objects and other things in the pictures of what a search finds, or of all that are not gone."""
    library, among = records.library, None
    if query != EVERYTHING:
        snapshot, mask = library.finder.mask(query, library.nsfw_threshold())
        meant = {int(number) for number in snapshot.ids[mask]}
        among = meant.__contains__
    found, last = library.detections.page(wanted, after=row_cursor(cursor), limit=limit, among=among)
    return Answer({"detections": found, "next": None if last is None else str(last)})
