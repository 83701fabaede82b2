"""The library over HTTP: one file, its thumbnail, the totals."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response

from app.errors import InvalidRequest, UnknownFile
from app.library.editing import parse_edit
from app.library.values import as_file
from app.texts import shown_path
from app.web.ingest import Body, InRecords, Limit, row_cursor
from app.web.page import InHouse

router = APIRouter(prefix="/api")


def place_at(house: InHouse, path: str) -> tuple[str, bytes]:
    """Root and relative path of a file. Raises InvalidRequest."""
    try:
        return house.folders.file(path)
    except InvalidRequest as error:
        error.field = "path"
        raise


Place = Annotated[tuple[str, bytes], Depends(place_at)]


def row_at(records: InRecords, place: Place) -> dict[str, Any]:
    """The row of the file at a path. Raises UnknownFile."""
    row = records.library.file(*place)
    if row is None:
        raise UnknownFile(f"The library has no file {shown_path(*place)}.")
    return row


Row = Annotated[dict[str, Any], Depends(row_at)]


@router.get("/library/file")
def file(records: InRecords, row: Row) -> dict[str, Any]:
    """Everything known of one file; 404 without a row."""
    return as_file(row, records.library.nsfw_threshold())


@router.patch("/library/file")
def edit(records: InRecords, place: Place, body: Body) -> dict[str, Any]:
    """Writes what a person says of one file, and answers with the file; 404 without a row."""
    records.library.edit(*place, parse_edit(body))
    return file(records, row_at(records, place))


@router.get("/library/thumbnail")
def thumbnail(house: InHouse, row: Row, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """The file's thumbnail as WebP; a missing one is made again, 404 where none can be."""
    headers = {"ETag": f'"{row["sha256"]}"', "Cache-Control": "private, no-cache"}
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    webp = house.thumbnail(row)
    if webp is None:
        raise UnknownFile(f"There is no thumbnail of {shown_path(row['root'], row['path'])}.", cause="no_thumbnail")
    return Response(webp, media_type="image/webp", headers=headers)


@router.get("/library/nsfw")
def nsfw_spread(records: InRecords) -> dict[str, Any]:
    """How the NSFW probabilities of the library spread, and how many files have none."""
    return records.library.nsfw_spread()


@router.get("/library/missing")
def missing(records: InRecords, cursor: str | None = None, limit: Limit = 100) -> dict[str, Any]:
    """The files that the library knows and that are gone from disk: `{"files": [{"path", "missing_at"}], "next"}`."""
    rows = records.library.presence.missing(after=row_cursor(cursor), limit=limit + 1)
    files = [{"path": shown_path(row["root"], row["path"]), "missing_at": row["missing_at"]} for row in rows[:limit]]
    return {"files": files, "next": str(rows[limit - 1]["id"]) if len(rows) > limit else None}


@router.get("/summary")
def summary(records: InRecords) -> dict[str, Any]:
    """Totals of the library."""
    return records.library.summary()
