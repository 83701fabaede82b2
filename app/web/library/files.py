"""The library over HTTP: one file, its thumbnail, those that are gone."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from app.analysis.pictures.picture import PREVIEW_SIDE
from app.errors import InvalidRequest, UnknownFile
from app.library.saying.editing import parse_edit
from app.library.shown import File
from app.library.values import NsfwSpread, as_file
from app.media import Place
from app.shapes import described
from app.web.answers import Answer, Route, reads, refuses
from app.web.bodies import EditBody, checked
from app.web.depends import STATE_FOLDER, Cursor, InHouse, InRecords, JsonBody, Limit, only_known, row_cursor
from app.web.library.ranges import knows

router = APIRouter(prefix="/api", route_class=Route, dependencies=[only_known], tags=["Library"])


class ThresholdOfNsfw(BaseModel):
    """From which probability a file counts as NSFW."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    threshold: float = Field(ge=0, le=1, allow_inf_nan=False)
    """0 to 1. A person's word on a file stands above it."""


@reads(ThresholdOfNsfw)
@refuses("invalid_parameter")
def which_threshold(body: JsonBody) -> ThresholdOfNsfw:
    """The threshold that is set. Raises InvalidRequest."""
    return checked(ThresholdOfNsfw, body)


@described
class MissingFile(TypedDict):
    """A file that the library knows and that is gone from disk."""

    path: str
    """`ROOT/relative` as shown."""
    missing_at: str
    """When that was found, ISO 8601 in UTC."""


@described
class MissingFiles(TypedDict):
    """A page of the files that are gone from disk."""

    files: list[MissingFile]
    """In the order in which they were taken in."""
    next: str | None
    """The cursor of the next page; null on the last."""


@refuses("outside_roots")
def place_at(house: InHouse, path: Annotated[str, Query(description="`ROOT/relative` as shown.")]) -> Place:
    """The place of a file. Raises InvalidRequest."""
    try:
        return house.folders.file(path)
    except InvalidRequest as error:
        error.field = "path"
        raise


AtPlace = Annotated[Place, Depends(place_at)]


@refuses("unknown_file")
def row_at(records: InRecords, place: AtPlace) -> dict[str, Any]:
    """The row of the file at a path. Raises UnknownFile."""
    return records.library.known_file(place)


Row = Annotated[dict[str, Any], Depends(row_at)]


@router.get("/library/file")
def file(records: InRecords, row: Row) -> Answer[File]:
    """Tells everything that is known of one file; null where it is not known."""
    return Answer(as_file(row, records.library.nsfw_threshold()))


@router.patch("/library/file")
@refuses("unknown_file")
def edit(records: InRecords, place: AtPlace, body: EditBody) -> Answer[File]:
    """Sets what a person says of one file, null for "there is none", and answers with the file.

    It stays, whatever is read later; `release` gives fields back to the file, and the next session reads them anew.
    """
    records.library.edit(place, parse_edit(body))
    return file(records, row_at(records, place))


@router.get(
    "/library/thumbnail",
    response_class=Response,
    responses={
        200: {
            "description": "At most 320 px a side, upright.",
            "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"ETag": {"description": "The SHA-256 of the file.", "schema": {"type": "string"}}},
        },
        304: {"description": "The thumbnail is the one that `If-None-Match` names."},
    },
)
@refuses("no_thumbnail", "workers_cannot_start", *STATE_FOLDER)
def thumbnail(
    house: InHouse,
    row: Row,
    if_none_match: Annotated[str | None, Header(description="The ETags that the client has.")] = None,
) -> Response:
    """Gives the file's thumbnail as WebP; one that is missing is made again."""
    headers = {"ETag": f'"{row["sha256"]}"', "Cache-Control": "private, no-cache"}
    if knows(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    webp = house.thumbnail(row)
    if webp is None:
        raise UnknownFile(f"There is no thumbnail of {Place(row['root'], row['path']).shown}.", cause="no_thumbnail")
    return Response(webp, media_type="image/webp", headers=headers)


@router.get(
    "/library/preview",
    response_class=Response,
    responses={
        200: {
            "description": "At most 2,048 px a side, upright; of a video a picture that shows something.",
            "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"ETag": {"description": "Of the file and the size.", "schema": {"type": "string"}}},
        },
        304: {"description": "The preview is the one that `If-None-Match` names."},
    },
)
@refuses("no_preview", "workers_cannot_start", "lock_lost")
def preview(
    house: InHouse,
    row: Row,
    if_none_match: Annotated[str | None, Header(description="The ETags that the client has.")] = None,
) -> Response:
    """Gives the file as a large WebP, for what browsers cannot show; it is made when it is first asked for."""
    headers = {"ETag": f'"{row["sha256"]}-{PREVIEW_SIDE}"', "Cache-Control": "private, no-cache"}
    if knows(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(house.preview(row), media_type="image/webp", headers=headers)


@router.get("/library/nsfw")
def nsfw_spread(records: InRecords) -> Answer[NsfwSpread]:
    """Tells how the NSFW probabilities of the library spread, and how many files have none."""
    return Answer(records.library.nsfw_spread())


@router.put("/library/nsfw")
def set_threshold(records: InRecords, body: Annotated[ThresholdOfNsfw, Depends(which_threshold)]) -> Answer[NsfwSpread]:
    """Sets from which probability a file counts as NSFW, and answers as GET. Labels follow at once; nothing runs."""
    records.library.set_nsfw_threshold(body.threshold)
    return Answer(records.library.nsfw_spread())


@router.get("/library/missing")
@refuses("bad_cursor")
def missing(records: InRecords, cursor: Cursor = None, limit: Limit = 100) -> Answer[MissingFiles]:
    """Lists the files that the library knows and that are gone from disk."""
    rows = records.library.presence.missing(after=row_cursor(cursor), limit=limit + 1)
    files = [
        MissingFile(path=Place(row["root"], row["path"]).shown, missing_at=row["missing_at"]) for row in rows[:limit]
    ]
    return Answer({"files": files, "next": str(rows[limit - 1]["id"]) if len(rows) > limit else None})
