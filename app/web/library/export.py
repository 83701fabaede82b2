"""What a search finds, over HTTP, as a file to keep."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from app.backup import words
from app.errors import InvalidRequest
from app.export.imagefolder import zipped
from app.export.lines import ExportFormat, check_room, pieces
from app.export.selection import selected
from app.library.finding.orders import Sort
from app.web.answers import Route, refuses
from app.web.depends import InHouse, InRecords, only_known
from app.web.library.finding import Direction, Searched

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The files found, in order.",
            "content": {format_.media_type.partition(";")[0]: {"schema": {}} for format_ in ExportFormat},
        }
    },
)
@refuses("too_many_rows")
def export(
    house: InHouse,
    records: InRecords,
    query: Searched,
    sort: Annotated[Sort, Query(description="What they are in the order of.")] = Sort.TAKEN,
    order: Direction = "desc",
    format_: Annotated[ExportFormat, Query(alias="format", description="How it is written.")] = ExportFormat.CSV,
    captions: Annotated[bool, Query(description="In an `imagefolder`: a `.txt` beside each picture.")] = False,  # noqa: FBT002
) -> Response:
    """Gives the files that a search finds as a file to keep, of any size.

    CSV and XLSX have a row for each file, in columns; JSON Lines what `GET /api/library/file` tells, without `raw`;
    `imagefolder` is a zip with the originals. What is not known is empty, or null. In CSV a text that a spreadsheet
    would run as a formula begins with an apostrophe.
    """
    if captions and format_ is not ExportFormat.IMAGEFOLDER:
        raise InvalidRequest("Captions are for the format imagefolder.", field="captions")
    selection = selected(records.library, query, sort, descending=order == "desc")
    check_room(format_, len(selection))
    taken = (
        zipped(selection, house.folders, captions=captions)
        if format_ is ExportFormat.IMAGEFOLDER
        else pieces(format_, selection)
    )
    headers = {"Content-Disposition": f'attachment; filename="{format_.file_name}"'}
    return StreamingResponse(taken, media_type=format_.media_type, headers=headers)


@router.get(
    "/words",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A first line, then one for each file.", "content": {words.MEDIA_TYPE: {"schema": {}}}}
    },
)
@refuses("disk_full", "state_unwritable")
def export_words(house: InHouse, records: InRecords) -> Response:
    """Gives what people said of files as JSON Lines, by the SHA-256 of their bytes: `words import` reads it back."""
    headers = {"Content-Disposition": f'attachment; filename="{words.FILE_NAME}"'}
    return StreamingResponse(
        words.lines_of(records.library, house.store.folder), media_type=words.MEDIA_TYPE, headers=headers
    )
