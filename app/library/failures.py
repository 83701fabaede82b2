"""What is remembered of the failures of a file: the last one of each stage, and how often it came."""

from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.errors import PASSING_CAUSES
from app.library.around import Surroundings
from app.library.tables import FAILURES
from app.media import Analysis, Failure, Place, Stage, StageResult, StageStatus
from app.texts import clean_text

_OF_THE_FILE = (FAILURES.c.root == bindparam("b_root")) & (FAILURES.c.path == bindparam("b_path"))
_DELETE_FAILURES = delete(FAILURES).where(
    _OF_THE_FILE,
    FAILURES.c.stage.in_(bindparam("stages", expanding=True)),
)
_REMEMBERED = select(FAILURES.c.stage, FAILURES.c.fingerprint, FAILURES.c.attempts, FAILURES.c.fatal).where(
    _OF_THE_FILE
)
_FAILURES_FOLLOW = (
    update(FAILURES)
    .where(_OF_THE_FILE, FAILURES.c.fatal.is_(False))
    .values(root=bindparam("b_new_root"), path=bindparam("b_new_path"), folder=bindparam("b_new_folder"))
)


def failures_of(result: Analysis | Failure) -> Sequence[tuple[Stage, StageResult | Failure]]:
    """The stages that failed: the one that failed the file, or those that failed beside a file that was taken in."""
    if isinstance(result, Failure):
        return [(result.stage, result)]
    return [(stage, done) for stage, done in result.stages.items() if done.status is StageStatus.FAILED]


def all_failures_of(result: Analysis | Failure) -> Sequence[tuple[Stage, StageResult | Failure]]:
    """Every stage that failed, of a file that failed first the one that it failed in, then those that failed before."""
    if isinstance(result, Analysis) or result.vanished:
        return failures_of(result)
    before = takewhile(lambda stage: stage is not result.stage, Stage)
    ran = ((stage, result.stages[stage]) for stage in before if stage in result.stages)
    return [*failures_of(result), *(pair for pair in ran if pair[1].status is StageStatus.FAILED)]


def remember_failures(
    connection: Connection,
    session_id: str,
    at: str,
    result: Analysis | Failure,
    *,
    known: Surroundings,
    standing: frozenset[str],
) -> None:
    """Replaces what is remembered of the file's failures by those of this result; the same one again counts up.

    A failure of one of the `standing` stages that did not cost the file its row stays.
    """
    file = result.file
    key = {"b_root": file.root, "b_path": file.path}
    remembered = connection.execute(_REMEMBERED, key).all() if known.failures else ()
    before = {(stage, fingerprint): attempts for stage, fingerprint, attempts, _ in remembered}
    over = [stage for stage, _, _, fatal in remembered if fatal or stage not in standing]
    if over:
        connection.execute(_DELETE_FAILURES, key | {"stages": over})
    failures = [(stage, failed) for stage, failed in failures_of(result) if failed.cause not in PASSING_CAUSES]
    if failures:
        connection.execute(
            insert(FAILURES),
            [
                {
                    "root": file.root,
                    "path": file.path,
                    "folder": file.place.folder.path,
                    "fingerprint": file.fingerprint,
                    "stage": stage.value,
                    "version": failed.version,
                    "fatal": isinstance(result, Failure),
                    "cause": failed.cause,
                    "reason": clean_text(failed.reason or ""),
                    "attempts": before.get((stage.value, file.fingerprint), 0) + 1,
                    "session_id": session_id,
                    "at": at,
                }
                for stage, failed in failures
            ],
        )


def failures_follow(connection: Connection, before: Place, now: Place) -> None:
    """Lets the failures that did not cost a file its row follow it to where it is now, in place of those there."""
    here = {"b_root": now.root, "b_path": now.path, "stages": [*Stage]}
    connection.execute(_DELETE_FAILURES, here)
    new = {"b_new_root": now.root, "b_new_path": now.path, "b_new_folder": now.folder.path}
    connection.execute(_FAILURES_FOLLOW, {"b_root": before.root, "b_path": before.path, **new})
