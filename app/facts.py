"""All that is known of one path, and what follows from it: a stable verdict, and one sentence for a person.

Pure: `explain.py` collects the facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from typing_extensions import TypedDict

from app.beside.datasets import ANNOTATIONS, NAMED
from app.errors import FILE_CAUSES, PASSING_CAUSES
from app.formats import FORMAT_OF_SUFFIX, suffix_of
from app.ingest.session.state import SessionState, Status
from app.library.history import RememberedFailure
from app.library.regions.detecting import DETECTED
from app.library.saying.edits import EDITED
from app.library.values import Event, FailureState
from app.media import (
    MAX_PATH_BYTES,
    Outcome,
    Place,
    Skip,
    StageStatus,
)
from app.shapes import described
from app.texts import counted, shown_name

_NEXT = "start a session there to take it in"


@described
class DiskEntry(TypedDict):
    """What lies at a path now."""

    size: int
    """Bytes."""
    mtime: str
    """When it was changed last, ISO 8601 in UTC."""
    kind: str
    """`file`, `folder`, `link` or `special`."""


@described
class StageFailure(TypedDict):
    """A stage without which a file was taken in."""

    stage: str
    """The stage that failed."""
    cause: str | None
    """The stable code of the failure."""
    reason: str | None
    """One sentence about this file."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What lies at a path now. `kind` is file, folder, link or special; `size` in bytes."""

    kind: str
    size: int
    mtime_ns: int

    def as_json(self) -> DiskEntry:
        """With the time as ISO 8601 in UTC."""
        at = datetime.fromtimestamp(self.mtime_ns / 1e9, UTC).isoformat(timespec="milliseconds")
        return {"size": self.size, "mtime": at, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one path inside a root.

    `trouble` says why the disk could not be asked, `ignored` by which rule the path is left out, `speaks_for` the files
    whose sidecar it is, `sidecar` the stamp of its own sidecars, `unlike` that it is no media in spite of its suffix.
    `sessions` are those whose directories hold the path, newest first.
    """

    place: Place
    disk: OnDisk | None = None
    trouble: str | None = None
    ignored: str | None = None
    speaks_for: tuple[str, ...] = ()
    sidecar: str = ""
    unlike: bool = False
    row: Mapping[str, Any] | None = None
    failures: tuple[RememberedFailure, ...] = ()
    events: tuple[Event, ...] = ()
    moved_to: Event | None = None
    sessions: tuple[SessionState, ...] = ()

    @property
    def shown(self) -> str:
        """`ROOT/relative` as people see it."""
        return self.place.shown

    @property
    def kind(self) -> str | None:
        """What lies on the disk: file, folder, link or special."""
        return None if self.disk is None else self.disk.kind

    @property
    def size(self) -> int:
        """The bytes that lie on the disk; 0 where nothing does."""
        return 0 if self.disk is None else self.disk.size

    @property
    def fingerprint(self) -> str | None:
        """What the file looks like now, as failures are remembered."""
        return f"{self.disk.size}:{self.disk.mtime_ns}:{self.sidecar}" if self.disk else None

    @property
    def left(self) -> Event | None:
        """The event by which the file that was here moved away, if no session answered for the path since."""
        last, moved = self.last, self.moved_to
        return moved if moved is not None and (last is None or moved.id > last.id) else None

    @property
    def last(self) -> Event | None:
        """The newest answer of a session; what people set is none, nor what they had detected."""
        return next((event for event in reversed(self.events) if event.kind not in (EDITED, DETECTED)), None)


def directories_of(session: SessionState) -> list[Place]:
    """The folders of a session, without a look at the disk: its parameters hold them as shown."""
    return [Place.from_shown(text) for text in session.parameters.directories]


def judged(facts: Facts) -> tuple[str, str]:
    """The verdict and its sentence: the first that applies."""
    if facts.trouble is not None:
        return "unreadable", facts.trouble + _known_since(facts)
    if facts.disk is None:
        return _not_on_disk(facts)
    if facts.kind == "folder":
        sentence = f"{facts.shown} is a folder: ask about a file in it, or make a plan of it to see what is there."
        return "folder", sentence + (f" All of it is left out: {facts.ignored}" if facts.ignored else "")
    if facts.ignored is not None:
        return "ignored", facts.ignored + _known_since(facts)
    if (why := _unsupported(facts)) is not None:
        return "unsupported", why + _known_since(facts)
    if (failed := _failed(facts)) is not None:
        return "failed", failed
    if facts.row is not None:
        return _taken_in(facts, facts.disk, facts.row)
    return _why_not(facts)


def _not_on_disk(facts: Facts) -> tuple[str, str]:
    row, last = facts.row, facts.last
    if row is not None:
        since = row["missing_at"]
        known = f"known since {_when(since)}" if since else "which the next session over its folder will notice"
        return (
            "missing",
            f"{facts.shown} is gone from the disk, {known}; it was taken in on {_last_written(facts, row)}.",
        )
    if (moved := facts.left) is not None:
        return "moved", (
            f"{facts.shown} was moved to {moved.shown_path}: session {moved.session_id} met it there on "
            f"{_when(moved.at)}."
        )
    if last is not None:
        return "missing", (
            f"{facts.shown} is gone from the disk and is not in the library: session {last.session_id} answered "
            f"'{last.outcome}' for it on {_when(last.at)}{_because(last.reason)}"
        )
    if facts.failures:
        return "missing", f"{facts.shown} is gone from the disk; it failed on {_when(facts.failures[0]['at'])}."
    return "not_found", f"There is nothing at {facts.shown}, and nothing is known of it: check how it is written."


def _unsupported(facts: Facts) -> str | None:
    """Why a path on the disk is no file that is taken in, None if it is one."""
    if facts.kind == "link":
        return f"{facts.shown} is a link, and links are not followed: the file that it leads to counts where it lies."
    if facts.kind == "special":
        return f"{facts.shown} is a special file (a pipe, a socket or a device), which is never opened."
    if facts.speaks_for:
        return f"{facts.shown} is a sidecar and counts with what it speaks for: {', '.join(facts.speaks_for)}."
    name, suffix = shown_name(facts.place.name), suffix_of(facts.place.name)
    if suffix not in FORMAT_OF_SUFFIX:
        named = f"the suffix {shown_name(suffix)}, which is not one of media" if suffix else "no suffix"
        alone = ", and no picture beside it has its name" if suffix == b".xmp" else ""
        if ANNOTATIONS.fullmatch(facts.place.name):
            return f"{facts.shown} is read with the pictures it lists, if it is COCO's or Label Studio's."
        other = f" COCO's and Label Studio's annotations are called {NAMED}." if suffix == b".json" else ""
        return (
            f"{facts.shown} has {named}{alone}: only files with a suffix of an image or a video are looked at.{other}"
        )
    length = len(facts.place.in_event)
    if length > MAX_PATH_BYTES:
        return (
            f"The path of {name} is too long: as ROOT/relative it has {length:,} bytes, and no more "
            f"than {MAX_PATH_BYTES:,} can be taken in; move it to a folder nearer to the root."
        )
    if facts.unlike:
        return f"{facts.shown} does not begin as a video of its suffix does: it is a file of another kind."
    return None


def _failed(facts: Facts) -> str | None:
    """With what the file failed and what to do, None if its last attempt did not."""
    fatal = next((failure for failure in facts.failures if failure["fatal"]), None)
    if fatal is not None:
        attempts = fatal["attempts"]
        often = "once" if attempts == 1 else f"{attempts} times, the last time"
        if fatal["fingerprint"] != facts.fingerprint:
            what_to_do = "the file has changed since, so the next session tries it again."
        elif fatal["cause"] in PASSING_CAUSES and fatal["state"] != FailureState.IGNORED:
            what_to_do = f"the next session tries it again.{_advice(fatal['cause'])}"
        else:
            what_to_do = f"sessions leave it out until it changes.{_advice(fatal['cause'])}"
        reason = str(fatal["reason"]).rstrip(".")
        return (
            f"{facts.shown} failed {often} on {_when(fatal['at'])} in session {fatal['session_id']}, at stage "
            f"{fatal['stage']} ({fatal['cause']}): {reason}; {what_to_do}"
        )
    last = facts.last  # older programs kept nothing else of what passes by itself
    if last is not None and last.outcome == Outcome.FAILED and last.cause in PASSING_CAUSES:
        reason = str(last.reason).rstrip(".")
        return (
            f"{facts.shown} failed on {_when(last.at)} in session {last.session_id} ({last.cause}): {reason}; the next "
            f"session tries it again.{_advice(last.cause)}"
        )
    return None


def _taken_in(facts: Facts, disk: OnDisk, row: Mapping[str, Any]) -> tuple[str, str]:
    """A file with a row and no failure: as it was then, or changed since."""
    written = _last_written(facts, row)
    if row["missing_at"]:
        return "changed", (
            f"{facts.shown} was missing on {_when(row['missing_at'])} and is there again: the next session over its "
            f"folder takes it in; it was taken in before on {written}."
        )
    different = {
        "size": row["size"] != disk.size,
        "time of change": row["mtime_ns"] != disk.mtime_ns,
        "sidecar": row["sidecar"] != facts.sidecar,
    }
    if any(different.values()):
        names = " and ".join(name for name, differs in different.items() if differs)
        return "changed", (
            f"{facts.shown} was taken in on {written}, and its {names} changed since: the next session over its folder "
            "takes it in again."
        )
    failed = ", ".join(f"{mark['stage']} ({mark['cause']})" for mark in stages_failed(row))
    without = f"; without {failed}, which failed" if failed else ""
    return "ingested", f"{facts.shown} was taken in on {written}, and has not changed since{without}."


def _why_not(facts: Facts) -> tuple[str, str]:
    """Why a supported file that lies there has neither a row nor a failure."""
    sessions = [session for session in facts.sessions if session.parameters.retry_of is None]  # what failed is theirs
    for session in sessions:
        if (sentence := _pending(facts, session)) is not None:
            return "pending", sentence
    if not sessions:
        return "not_ingested", f"{facts.shown} was not taken in: no session has looked at its folder yet; {_NEXT}."
    session = sessions[0]
    this = f"session {session.session_id} of {_when(session.created_at)}"
    if not _reaches(session, facts.place.folder):
        where = ", ".join(session.parameters.directories)
        return "not_recursive", (
            f"{facts.shown} was not taken in: the newest session over it, {this}, looked at {where} without the "
            "folders below; start one that is recursive."
        )
    if why := session.parameters.why_not(facts.place.name, facts.size):
        return "not_matching", f"{facts.shown} was not taken in: {why} of the newest session over it, {this}."
    if (answered := _answered_before(facts)) is not None:
        return "not_ingested", f"{answered}; {_NEXT}."
    if session.status is Status.CANCELLED:
        return "not_ingested", f"{facts.shown} was not taken in: {this} was cancelled before it came to it; {_NEXT}."
    if session.plan is not None and session.plan.skipped.get(Skip.BEYOND_MAX_FILES, 0):
        return "beyond_max_files", (
            f"{facts.shown} was not taken in: {this} was to take in "
            f"{counted(session.parameters.max_files or 0, 'file')}, and those before it in the order of "
            f"paths were as many; {_NEXT}."
        )
    return "not_ingested", f"{facts.shown} was not there yet when {this}, the newest over it, looked; {_NEXT}."


def _answered_before(facts: Facts) -> str | None:
    """What became of a file that a session answered for and that has no row; None if that does not say why."""
    last = facts.last
    if (moved := facts.left) is not None:
        return (
            f"{facts.shown} was not taken in: the file that was here is {moved.shown_path} since {_when(moved.at)}, "
            "and this is another one"
        )
    if last is not None and last.outcome == Outcome.VANISHED:
        return (
            f"{facts.shown} was gone when its turn came, on {_when(last.at)} in session {last.session_id}, and is "
            "there again"
        )
    if last is not None and last.outcome in [outcome for outcome in Outcome if outcome.taken_in]:
        return (
            f"{facts.shown} was taken in on {_when(last.at)} in session {last.session_id}, and a person had its row "
            "removed since"
        )
    return None


def _pending(facts: Facts, session: SessionState) -> str | None:
    """That a session which has not ended will come to the file, and when; None if it will not."""
    asked_for = session.parameters.takes(facts.place.name, facts.size)
    if session.status.ended or not _reaches(session, facts.place.folder) or not asked_for:
        return None
    if any(event.session_id == session.session_id for event in facts.events):
        return None
    at = session.current_file
    if at is not None and Place.from_shown(at).in_event > facts.place.in_event:
        return None  # files are taken in path order: it is past this one
    this = f"session {session.session_id} of {_when(session.created_at)}, which is {session.status.value}"
    limit = session.parameters.max_files
    among = "" if limit is None else f", if it is among the first {counted(limit, 'file')} in the order of paths"
    resumed = " once it is resumed" if session.status.resumable else ""
    return f"{facts.shown} is not taken in yet: {this}, comes to it{resumed}{among}."


def _reaches(session: SessionState, folder: Place) -> bool:
    """Whether a session looks at the files of a folder, and not only at those above it."""
    directories = directories_of(session)
    return folder in directories or (session.parameters.recursive and any(each.holds(folder) for each in directories))


# -- words -------------------------------------------------------------------------------------------------------


def stages_failed(row: Mapping[str, Any]) -> list[StageFailure]:
    """The stages of a row that failed."""
    return [
        {"stage": stage, "cause": mark.get("cause"), "reason": mark.get("reason")}
        for stage, mark in row["stages"].items()
        if mark["status"] == StageStatus.FAILED
    ]


def _when(at: str) -> str:
    """A time of the library as people read it: `2026-11-20 10:00:00 UTC`."""
    return f"{at[:10]} {at[11:19]} UTC"


def _last_written(facts: Facts, row: Mapping[str, Any]) -> str:
    """When a row was made, when it was changed last, and by whom."""
    at, changed = row["updated_at"], row["updated_at"] != row["ingested_at"]
    updated = f", and last updated on {_when(at)}" if changed else ""
    kinds = {event.kind for event in facts.events if changed and event.at == at}
    who = "a person" if EDITED in kinds else "the detector" if DETECTED in kinds else f"session {row['session_id']}"
    return f"{_when(row['ingested_at'])}{updated} by {who}"


def _known_since(facts: Facts) -> str:
    """What the library knows of a file that it would not take in now."""
    return (
        "" if facts.row is None else f" (In the library all the same: taken in on {_last_written(facts, facts.row)}.)"
    )


def _advice(cause: str) -> str:
    """What a person can do about a cause, as a sentence of its own; nothing where another version knew the cause."""
    known = FILE_CAUSES.get(cause)
    return f" {known.advice}" if known else ""


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else "."
