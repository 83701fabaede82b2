"""What was said of the files of a session, over HTTP, as files to keep."""

from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from app.errors import NotFound
from app.export.descriptions.folder import names_in_folder
from app.export.descriptions.formats import check_formats, parse_formats
from app.export.descriptions.zipped import zipped
from app.web.answers import Route, refuses
from app.web.depends import InHouse, InRecords, PathId, only_known

router = APIRouter(prefix="/api/ingest", route_class=Route, dependencies=[only_known], tags=["Sessions"])
_ZIP = "application/zip"


@router.get(
    "/sessions/{session_id}/outputs.zip",
    response_class=StreamingResponse,
    responses={200: {"description": "A file for each description and format.", "content": {_ZIP: {"schema": {}}}}},
)
@refuses("nothing_described", "docx_not_installed", "workers_cannot_start", "lock_lost")
def outputs(
    house: InHouse,
    records: InRecords,
    session_id: PathId,
    formats: Annotated[str, Query(description="`json`, `docx`, or both with a comma between them.")] = "json",
) -> Response:
    """Gives what was said of the files of a session as a zip, of any size; of a session at work what there is by now.

    Its files are named after those that they are about, `IMG_1.jpg.json` and `IMG_1.jpg.docx`, of several with one
    name the second `IMG_1 (2).jpg.json`; as in its folder, where the session wrote files while it ran.
    [What they hold](describing.md#outputs).
    """
    wanted = parse_formats(formats)
    check_formats(wanted)
    records.runner.session(session_id)
    found = records.library.described.in_session(session_id)
    first = next(found, None)
    if first is None:
        raise NotFound("No picture was described in this session.", cause="nothing_described")
    headers = {"Content-Disposition": f'attachment; filename="descriptions-{session_id[:8]}.zip"'}
    names = names_in_folder(house.settings.describe_dir / session_id)
    pieces = zipped(chain([first], found), wanted, house.printed, names)
    return StreamingResponse(pieces, media_type=_ZIP, headers=headers)
