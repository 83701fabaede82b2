"""What is to become of one file of a write, and what became of it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from typing_extensions import TypedDict

from app.library.writes.writes import TO_FILE, TO_SIDECAR, TO_SIDECAR_DIR
from app.media import Place
from app.shapes import described
from app.writing.words import Difference


class Target(StrEnum):
    """Where metadata are written to."""

    SIDECAR_DIR = TO_SIDECAR_DIR  # a folder outside the roots, which mirrors them
    SIDECAR = TO_SIDECAR  # beside the file
    FILE = TO_FILE  # the file itself


class WriteOutcome(StrEnum):
    """What became of one file of a write."""

    WRITTEN = "written"
    WOULD_WRITE = "would_write"  # of a dry run
    UNCHANGED = "unchanged"  # its target says all that already
    NOTHING_SAID = "nothing_said"  # no person said anything of it that was asked for
    REFUSED = "refused"  # and why


@described
class WrittenChange(TypedDict):
    """A field whose target says one thing now, and another one then."""

    field: str
    """As `PATCH /api/library/file` names it."""
    now: Any
    """What the target says; null for nothing."""
    then: Any
    """What it says when it is written."""


@described
class FileWritten(TypedDict):
    """What became, or would become, of one file."""

    path: str
    """`ROOT/relative` as shown."""
    target: str | None
    """The file that is written: `ROOT/relative`, or the absolute path in the folder for sidecars."""
    outcome: str
    """`written`, `would_write`, `unchanged`, `nothing_said` or `refused`."""
    cause: str | None
    """Why it was refused, as a stable code."""
    reason: str | None
    """Why, in one sentence."""
    changes: list[WrittenChange]
    """What changes, field by field."""


@described
class Written(TypedDict):
    """What became of the files of a write, or would become of them."""

    to: str
    """`sidecar_dir`, `sidecar` or `file`."""
    dry_run: bool
    """Whether nothing was changed."""
    counts: dict[str, int]
    """How many files had each outcome."""
    undo: str | None
    """What `POST /api/library/undo` takes it back by; null where nothing was written, or no original is kept."""
    files: list[FileWritten]
    """Each file, in the order in which they were asked for."""


@described
class TakenBack(TypedDict):
    """What became of the files of an undo."""

    changed: int
    """How many files are again what they were before."""
    left: list[FileWritten]
    """Those that are not, with the reason."""


@described
class LastWrite(TypedDict):
    """The newest write that can be undone."""

    undo: str
    """What it is taken back by."""
    at: str
    """When, ISO 8601 in UTC."""
    to: str
    """Where to."""
    files: int
    """How many files."""


@dataclass(frozen=True, slots=True)
class Told:
    """One file of a write as it is answered. `target` is as shown."""

    place: Place
    outcome: WriteOutcome
    target: str | None = None
    cause: str | None = None
    reason: str | None = None
    changes: tuple[Difference, ...] = ()

    def as_answer(self) -> FileWritten:
        """What a program is told."""
        return {
            "path": self.place.shown,
            "target": self.target,
            "outcome": self.outcome.value,
            "cause": self.cause,
            "reason": self.reason,
            "changes": as_changes(self.changes),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A file whose target says something else than a person: where it is written, what, and what was there.

    `place` is relative to the root or to the folder for sidecars. `packet` are the new bytes of a sidecar, `former`
    those that it has.
    """

    row: Mapping[str, Any]
    words: Mapping[str, Any]
    place: bytes
    shown: str
    changes: tuple[Difference, ...]
    packet: bytes = b""
    former: bytes | None = None

    @property
    def of(self) -> Place:
        """The file that it is about."""
        return Place(self.row["root"], self.row["path"])

    def told(self, outcome: WriteOutcome, *, cause: str | None = None, reason: str | None = None) -> Told:
        """This file with what became of it."""
        return Told(self.of, outcome, self.shown, cause, reason, self.changes)


def as_changes(changes: tuple[Difference, ...]) -> list[WrittenChange]:
    """Differences as they are answered and kept."""
    return [{"field": one.field, "now": one.now, "then": one.then} for one in changes]


def sentence_of(target: Target, shown: str, changes: tuple[Difference, ...]) -> str:
    """What was written, for people."""
    fields = ", ".join(change.field.replace("_", " ") for change in changes)
    where = "into the file itself" if target is Target.FILE else f"to {shown}"
    return f"What a person said was written {where}: {fields}."
