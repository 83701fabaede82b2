"""What became of files, over HTTP: one path explained, and the files of a session that others have the bytes of."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.errors import BadCursor
from app.explain import explain
from app.web.ingest import InRecords, Limit, PathId
from app.web.page import InHouse

router = APIRouter(prefix="/api/ingest")


@router.get("/explain")
def explained(house: InHouse, records: InRecords, path: Annotated[str, Query()]) -> dict[str, Any]:
    """What became of a path and why, ever; 200 for every path that can be one, inside the roots or not."""
    return explain(house.folders, records.library, records.runner.sessions(), path)


@router.get("/sessions/{session_id}/same-bytes")
def same_bytes(records: InRecords, session_id: PathId, cursor: str | None = None, limit: Limit = 100) -> dict[str, Any]:
    """The files that a session wrote whose bytes another file has, too, in groups of equal bytes."""
    records.runner.session(session_id)
    if cursor is not None and not re.fullmatch(r"[0-9a-f]{64}", cursor):
        raise BadCursor
    return records.library.history.same_bytes(session_id, after=cursor or "", limit=limit)
