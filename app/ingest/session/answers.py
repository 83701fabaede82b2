"""What became of one file, as people read it: a line of the journal, of a list, of a report or of the stream."""

from collections.abc import Mapping

from typing_extensions import TypedDict

from app.library.values import Event
from app.shapes import described


@described
class JournalLine(TypedDict):
    """What became of one file in a session."""

    path: str | None
    """`ROOT/relative` as shown."""
    outcome: str | None
    """What became of it; null for a file that was skipped."""
    stage: str | None
    """The stage that failed, if one did."""
    cause: str | None
    """The stable code of why something failed."""
    reason: str | None
    """One sentence about it."""
    ms: int | None
    """Time that the analysis took, in milliseconds."""
    at: str | None
    """When it was committed, ISO 8601 in UTC."""


@described
class StageEnded(TypedDict):
    """How a stage ended for a file."""

    status: str
    """`done`, `failed`, `skipped` (not needed, or cannot run here) or `not_reached`."""
    ms: float
    """Time spent in it, in milliseconds."""


@described
class FileAnswer(JournalLine):
    """What became of one file in a session, stage by stage."""

    stages: Mapping[str, StageEnded]
    """How each stage that was asked for ended; empty where no session looked at the file."""


def as_journal_line(event: Event) -> JournalLine:
    """A finished file as people read it."""
    detail = event.detail or {}
    failures = detail.get("failures", [])
    stage, cause, reason = failures[0] if failures else (None, event.cause, event.reason)
    return {
        "path": event.shown_path,
        "outcome": event.outcome,
        "stage": stage,
        "cause": cause,
        "reason": reason,
        "ms": detail.get("ms"),
        "at": event.at,
    }


def as_answer(event: Event) -> FileAnswer:
    """A finished file with what its stages say."""
    told = (event.detail or {}).get("stages", {})
    ends = {stage.value: StageEnded(status=end.status.value, ms=in_ms(end.seconds)) for stage, end in event.ends(told)}
    return {**as_journal_line(event), "stages": ends}


def in_ms(seconds: float) -> float:
    """Seconds as milliseconds, to a tenth."""
    return round(1000 * seconds, 1)
