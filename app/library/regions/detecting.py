"""What a detector found in one file that a person asked it about, outside any session."""

from sqlalchemy import Connection, bindparam, delete, update

from app.errors import NotDetected, UnknownFile
from app.library.recording import append, row_in
from app.library.regions.keeping import replace_regions
from app.library.rows import mark_of
from app.library.tables import FAILURES, MEDIA
from app.library.values import now
from app.media import Analysis, Stage

NO_SESSION = ""
DETECTED = "detected"
"""The kind and the outcome of an event by which a detector looked at one file; it belongs to no session."""
_FAILED_BEFORE = delete(FAILURES).where(
    FAILURES.c.root == bindparam("b_root"),
    FAILURES.c.path == bindparam("b_path"),
    FAILURES.c.stage == Stage.DETECT.value,
)
_STAGES = update(MEDIA).where(MEDIA.c.id == bindparam("b_id"))


def write_detected(analysis: Analysis, connection: Connection) -> None:
    """Writes the regions, the mark of the stage, and an event, inside the caller's transaction.

    Raises UnknownFile without a row, with the cause `file_gone` while it is marked missing; NotDetected where it is of
    other bytes by now.
    """
    place, at, ended = analysis.file.place, now(), analysis.stages[Stage.DETECT]
    row = row_in(connection, place)
    if row is None:
        raise UnknownFile(f"The library has no file {place.shown}.")
    if row["missing_at"]:
        sentence = f"The file {place.shown} was missing: the next session over its folder takes it in again."
        raise UnknownFile(sentence, cause="file_gone")
    if row["sha256"] != analysis.identity.sha256:
        raise NotDetected(f"{place.shown} was changed after it was taken in: take it in again first.")
    changed = replace_regions(connection, row, analysis, at, moved=False)
    stages = {**row["stages"], Stage.DETECT.value: mark_of(Stage.DETECT, ended)}
    values = {"stages": stages, "updated_at": at if changed else row["updated_at"]}
    connection.execute(_STAGES.values(values), {"b_id": row["id"]})
    connection.execute(_FAILED_BEFORE, {"b_root": place.root, "b_path": place.path})
    event = {"session_id": NO_SESSION, "at": at, "kind": DETECTED, "path": place.in_event, "outcome": DETECTED}
    append(connection, event | {"detail": {"stage": Stage.DETECT.value, "version": ended.version}})
