"""The regions of the library over HTTP: what is where in the pictures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from app.errors import InvalidRequest
from app.library.regions.listing import Detection, Wanted
from app.library.regions.versions import ShownModel
from app.media import Place
from app.models_here import ModelsHere
from app.query.tree import EVERYTHING, Whole
from app.query.words import fold
from app.regions import RegionKind, RegionSource
from app.shapes import described
from app.web.answers import Answer, Route, reads, refuses
from app.web.bodies import checked
from app.web.depends import Cursor, InHouse, InRecords, JsonBody, Limit, checked_id, only_known, row_cursor
from app.web.library.files import place_at
from app.web.library.finding import Searched

NOT_USABLE = (
    "detector_not_named",
    "detector_not_installed",
    "detector_missing",
    "detector_being_looked_at",
    "detector_unreadable",
    "detector_labels_missing",
    "detector_input_unknown",
    "detector_layout_unknown",
    "detector_memory",
    "detector_too_slow",
)
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


@refuses("bad_session_id")
def wanted_of(
    place: Annotated[Place | None, Depends(within)],
    label: Annotated[str, Query(description="The label; `*` stands for any text.")] = "",
    kind: Annotated[RegionKind | None, Query(description="What kind of thing it is.")] = None,
    source: Annotated[RegionSource | None, Query(description="Where it was read, or who found it.")] = None,
    min_confidence: Annotated[float | None, Query(ge=0, le=1, description="The least confidence, 0 to 1.")] = None,
    session: Annotated[str, Query(description="The session that wrote the row of the file last.")] = "",
) -> Wanted:
    """Which regions are asked for."""
    if session:
        session = checked_id(session, "session")
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


class DetectMeant(BaseModel):
    """Which file the detector is run on."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    path: str
    """`ROOT/relative` as shown."""


@reads(DetectMeant)
@refuses("invalid_parameter", "outside_roots")
def what_to_look_at(house: InHouse, body: JsonBody) -> Place:
    """The file that is meant. Raises InvalidRequest."""
    return place_at(house, checked(DetectMeant, body).path)


@router.post("/detect")
@refuses("unknown_file", "file_gone", "not_detected", "workers_cannot_start", "lock_lost", *NOT_USABLE)
def detect(house: InHouse, place: Annotated[Place, Depends(what_to_look_at)]) -> Answer[DetectionPage]:
    """Runs the detector on one file that the library knows, in a worker, keeps what it finds, and answers with that."""
    return Answer({"detections": house.detect(place), "next": None})


@described
class Models(ModelsHere):
    """What looks for regions here, and which models ran when."""

    models: list[ShownModel]
    """Every model that looked at files of the library, the one that was used last first."""


@router.get("/models")
def models(house: InHouse, records: InRecords) -> Answer[Models]:
    """Tells whether the detector and the reader of barcodes can be used, and which models ran when."""
    return Answer({**house.models_here(), "models": records.library.models.all()})
