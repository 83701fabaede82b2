"""What became of files, over HTTP: one path explained, and those of a session that failed or are there twice."""

import re
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.errors import FILE_CAUSES, BadCursor, Cause
from app.explain import explain
from app.web.ingest import InRecords, Limit, PathId
from app.web.page import InHouse

router = APIRouter(prefix="/api/ingest")


@router.get("/explain")
def explained(house: InHouse, records: InRecords, path: Annotated[str, Query()]) -> dict[str, Any]:
    """What became of a path and why, ever; 200 for every path that can be one, inside the roots or not."""
    return explain(house.folders, records.library, records.runner.sessions(), path)


@router.get("/sessions/{session_id}/failures")
def failures(records: InRecords, session_id: PathId) -> dict[str, Any]:
    """The failed files of a session by cause, each with what it means and what to do; `files?cause=` lists them."""
    records.runner.session(session_id)
    counts = records.library.history.failures_by_cause(session_id)
    unknown = Cause("This version does not know what it means.", "Retry these files.")  # told by another version
    causes = [
        {"cause": name, "files": count, **asdict(FILE_CAUSES.get(name, unknown))} for name, count in counts.items()
    ]
    return {"files": sum(counts.values()), "causes": causes}


@router.get("/sessions/{session_id}/same-bytes")
def same_bytes(records: InRecords, session_id: PathId, cursor: str | None = None, limit: Limit = 100) -> dict[str, Any]:
    """The files that a session wrote whose bytes another file has, too, in groups of equal bytes."""
    records.runner.session(session_id)
    if cursor is not None and not re.fullmatch(r"[0-9a-f]{64}", cursor):
        raise BadCursor
    return records.library.history.same_bytes(session_id, after=cursor or "", limit=limit)
