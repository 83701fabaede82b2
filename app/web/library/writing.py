"""Write Metadata over HTTP: what would change, and the writing itself; it is undone as edits are."""

from typing import Any

from fastapi import APIRouter
from typing_extensions import TypedDict

from app.errors import Conflict, InvalidRequest, Unavailable
from app.export.selection import selected
from app.library.finding.orders import Sort
from app.query.reading import read
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.bodies import WriteBody
from app.web.depends import STATE_FOLDER, InHouse, InRecords, only_known
from app.wiring import House, Records
from app.writing.planned import LastWrite, Target, Written
from app.writing.words import FIELDS

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
MOST = {Target.SIDECAR_DIR: 10_000, Target.SIDECAR: 10_000, Target.FILE: 1_000}
"""So many files are written by one request."""


@described
class WriteTarget(TypedDict):
    """Where metadata can be written to."""

    to: str
    """`sidecar_dir`, `sidecar` or `file`."""
    available: bool
    """Whether it can be used here and now."""
    why_not: str | None
    """Why it cannot, in one sentence."""


@described
class Writing(TypedDict):
    """What can be written, and what was written last."""

    targets: list[WriteTarget]
    """Where to, the default first."""
    sidecar_dir: str
    """The folder for sidecars, as an absolute path."""
    last: LastWrite | None
    """The newest write that can be undone; null without one."""


@router.get("/write")
def writing(records: InRecords) -> Answer[Writing]:
    """Tells where metadata can be written to, and what was written last."""
    writer = records.writer
    targets = [
        WriteTarget(to=target.value, available=(why := writer.why_not(target)) is None, why_not=why)
        for target in Target
    ]
    return Answer({"targets": targets, "sidecar_dir": writer.shown_dir, "last": writer.last()})


@router.post("/write")
@refuses(
    "bad_query",
    "unknown_file",
    "outside_roots",
    "too_many_files",
    "sidecar_dir_inside_root",
    "exiftool_missing",
    "write_at_work",
    "illegal_move",
    "workers_cannot_start",
    *STATE_FOLDER,
)
def write(house: InHouse, records: InRecords, body: WriteBody) -> Answer[Written]:
    """Writes what a person said of files: into a folder of sidecars, beside the files, or into them. Nothing else.

    With `dry_run` it tells each file's differences and changes nothing. Each file is written whole or stays as it is,
    and has an outcome of its own. Where files of the roots change, no session may be at work.
    """
    target, fields = Target(body.to), FIELDS if body.fields is None else tuple(body.fields)
    if reason := records.writer.why_not(target):
        if target is Target.FILE:
            raise Unavailable(reason, cause="exiftool_missing")
        raise Conflict(reason, cause="sidecar_dir_inside_root")
    rows = _rows(house, records, body.paths, body.q, MOST[target])
    work = records.writer.dry_run if body.dry_run else records.writer.write
    return Answer(work(rows, target, fields))


def _rows(house: House, records: Records, paths: list[str] | None, q: str | None, most: int) -> list[dict[str, Any]]:
    """The rows that are meant, with their keywords. Raises InvalidRequest, UnknownFile."""
    if paths is not None:
        return [records.library.known_file(place) for place in dict.fromkeys(map(house.folders.file, paths))]
    selection = selected(records.library, read(q or ""), Sort.NAME, descending=False)
    if len(selection) > most:
        sentence = f"The search finds {len(selection):,} files; {most:,} at most are written at once: narrow it."
        raise InvalidRequest(sentence, field="q", cause="too_many_files")
    return list(selection.rows())
