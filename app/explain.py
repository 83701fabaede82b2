"""What became of a path and why, for any text that a person or a program asks about, on disk or not.

Owns what is asked of disk, library and sessions; what follows from their answers, `facts.py` decides.
"""

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from typing_extensions import TypedDict

from app.errors import InvalidRequest, OutsideRoots
from app.facts import DiskEntry, Facts, OnDisk, StageFailure, directories_of, judged, stages_failed
from app.formats import promised
from app.ingest.disk.folders import Entry, EntryKind, Folders
from app.ingest.disk.sidecars import picture_of_score, spoken_for
from app.ingest.session.answers import FileAnswer, as_answer
from app.ingest.session.state import SessionState
from app.library.history import Copies, RememberedFailure
from app.library.library import Library
from app.library.values import Event
from app.media import Place, storable_ns
from app.shapes import described
from app.texts import path_from_shown, shown_name

MAX_CHARACTERS = 65_536
_NONE: Copies = {"files": [], "count": 0}
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


@described
class RowInBrief(TypedDict):
    """What the library knows of a file, in brief."""

    sha256: str
    """Of its bytes, 64 hex digits."""
    size: int
    """Bytes."""
    format: str
    """What the content is."""
    ingested_at: str
    """When it was taken in first, ISO 8601 in UTC."""
    updated_at: str
    """When its row was written last."""
    missing_at: str | None
    """When it was found gone from disk; null while it is there."""
    session_id: str | None
    """The session that wrote the row last."""
    stages_failed: list[StageFailure]
    """What it was taken in without."""


@described
class PastEvent(FileAnswer):
    """What a session, a person or a detector did with a file."""

    session_id: str | None
    """Null for what a person set, and for what a detector found in one file."""
    moved_from: str | None
    """The path that it had before, for the outcome `moved`."""


@described
class Explanation(TypedDict):
    """What became of a path and why."""

    path: str
    """`ROOT/relative` as shown; outside the roots, the text that was asked about."""
    verdict: str
    """The stable code: `outside_roots`, `several` (files have this name; `matches` lists them), `not_found`,
    `unreadable`, `missing`, `moved` (its row is elsewhere now), `folder`, `ignored` (by which rule), `unsupported`,
    `failed` (with what, and what to do), `ingested`, `changed` (since it was taken in), `pending`, `not_matching`
    (which pattern or size), `beyond_max_files`, `not_recursive` or `not_ingested`."""
    sentence: str
    """The verdict for a person."""
    on_disk: DiskEntry | None
    """What lies there now; null where nothing does."""
    row: RowInBrief | None
    """What the library knows of it."""
    failures: list[RememberedFailure]
    """What is remembered of its failures, one for each stage, the newest first."""
    events: list[PastEvent]
    """What became of it over all sessions, oldest first: the newest 200."""
    duplicates: list[str]
    """Other files with its bytes, at most 100."""
    duplicates_count: int
    """How many those are."""
    matches: list[str]
    """The files that a bare name can mean, at most 100; empty for any other path."""
    matches_count: int
    """How many those are."""
    sessions: list[str]
    """The sessions whose directories hold it, newest first."""


def explain(folders: Folders, library: Library, sessions: Iterable[SessionState], text: str) -> Explanation:
    """What became of the path that a text names: `verdict` is the stable code, `sentence` says it to a person.

    A bare name, without a root and folders, is that of the one file that has it; of several, they are told. Reads one
    folder at most. Raises InvalidRequest, naming the field `path`, for a text that no path can be, and
    NeedsAttention if the database cannot be reached.
    """
    _check(text)
    try:
        place = _place_of(folders, text)
    except OutsideRoots as error:
        name = text.strip()
        if "/" in name or name in {".", ".."}:
            return _nothing_known(text, "outside_roots", error.sentence, _NONE)
        found = library.history.named(path_from_shown(name))
        if found["count"] != 1:
            told = _of_no_file(folders, name)
            if found["count"]:
                told = ("several", f"{found['count']:,} files are named {name}: which one is meant?")
            return _nothing_known(text, *told, found)
        return {**explain(folders, library, sessions, found["files"][0]), "matches": found["files"], "matches_count": 1}
    facts = gathered(folders, library, sessions, place)
    verdict, sentence = judged(facts)
    copies = library.history.copies(place) if facts.row else _NONE
    return {
        "path": facts.shown,
        "verdict": verdict,
        "sentence": sentence,
        "on_disk": facts.disk.as_json() if facts.disk else None,
        "row": _of_the_row(facts.row) if facts.row else None,
        "failures": list(facts.failures),
        "events": [_as_line(event) for event in facts.events],
        "duplicates": copies["files"],
        "duplicates_count": copies["count"],
        "matches": [],
        "matches_count": 0,
        "sessions": [session.session_id for session in facts.sessions],
    }


def _of_no_file(folders: Folders, name: str) -> tuple[str, str]:
    """Verdict and sentence for a bare name that neither the library nor a failure knows."""
    roots = ", ".join(sorted(folders.roots))
    return "not_found", (
        f"No file that was taken in, or that failed, is named {name}. Of any other, give the whole path, as "
        f"ROOT/relative/path; the roots are: {roots}."
    )


def _nothing_known(shown: str, verdict: str, sentence: str, matches: Copies) -> Explanation:
    return {
        "path": shown,
        "verdict": verdict,
        "sentence": sentence,
        "on_disk": None,
        "row": None,
        "failures": [],
        "events": [],
        "duplicates": [],
        "duplicates_count": 0,
        "matches": matches["files"],
        "matches_count": matches["count"],
        "sessions": [],
    }


def _of_the_row(row: Mapping[str, Any]) -> RowInBrief:
    return {
        "sha256": row["sha256"],
        "size": row["size"],
        "format": row["format"],
        "ingested_at": row["ingested_at"],
        "updated_at": row["updated_at"],
        "missing_at": row["missing_at"],
        "session_id": row["session_id"],
        "stages_failed": stages_failed(row),
    }


def _as_line(event: Event) -> PastEvent:
    moved_from = (event.detail or {}).get("moved_from")
    return {**as_answer(event), "session_id": event.session_id or None, "moved_from": moved_from}


# -- the facts ---------------------------------------------------------------------------------------------------


def _check(text: str) -> None:
    """Raises InvalidRequest for a text that cannot be a path."""
    if not text.strip():
        raise InvalidRequest("Give a path to explain, as ROOT/relative/path.", field="path")
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequest(f"The path is longer than {MAX_CHARACTERS:,} characters.", field="path")
    try:
        possible = b"\0" not in path_from_shown(text)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        sentence = "The path holds characters that no file name can have."
        raise InvalidRequest(sentence, field="path")


def _place_of(folders: Folders, text: str) -> Place:
    """What a text names, there or not. Raises OutsideRoots.

    Spaces around it are left away only where nothing is there with them: names may have them.
    """
    places: list[Place] = []
    for candidate in dict.fromkeys((text, text.strip())):
        with suppress(OutsideRoots):
            places.append(_named(folders, candidate))
    there = (place for place in places if _look(folders, place)[0] is not None)
    return next(there, None) or (places[0] if places else _named(folders, text))


def _named(folders: Folders, text: str) -> Place:
    """A file whose own link is not followed, or a root, or what a path with dots at its end leads to."""
    text = re.sub("(?<=.)/{2,}", "/", text).removeprefix("./")
    try:
        return folders.file(text)
    except InvalidRequest:
        return folders.locate(text)


def gathered(folders: Folders, library: Library, sessions: Iterable[SessionState], place: Place) -> Facts:
    """What disk, library and sessions know of a place."""
    disk, trouble = _look(folders, place)
    row = library.file(place)
    events = tuple(library.history.events(place))
    facts = Facts(
        place,
        disk,
        trouble,
        row=row,
        failures=tuple(library.history.failures(place)),
        events=events,
        moved_to=library.history.moved_to(place) if row is None and (disk is None or events) else None,
        sessions=covering(sessions, place),
    )
    return _judged_by_its_folder(folders, facts) if disk is not None and place.path else facts


def _look(folders: Folders, place: Place) -> tuple[OnDisk | None, str | None]:
    """What lies at a place, and a sentence where that cannot be told."""
    try:
        status = folders.status(place)
    except OSError as error:
        base = folders.roots[place.root]
        if not os.path.isdir(base):
            return None, f"The media root '{place.root}' is not there: {shown_name(base)} is no directory now."
        if error.errno in _NOTHING_THERE:
            return None, None
        return None, f"{place.shown} cannot be looked at: {error.strerror}."
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "special")
    return OnDisk(kind, status.st_size, storable_ns(status.st_mtime_ns)), None


def _is_of_another_kind(entry: Entry) -> bool:
    """Whether an entry is no media, whatever its suffix says; one whose path is too long still is."""
    format_ = promised(entry.name)
    return format_ is None or (format_.doubtful and entry.kind is EntryKind.UNSUPPORTED)


def _judged_by_its_folder(folders: Folders, facts: Facts) -> Facts:
    """With what a reading of its folder says of a path: the rule that leaves it out, and sidecars."""
    listing = folders.read(facts.place.folder)
    ignored = listing.ignores.why(facts.place.path, directory=facts.kind == "folder")
    if facts.kind != "file":
        return replace(facts, ignored=ignored)
    entry = next((entry for entry in listing.entries if entry.name == facts.place.name), None)
    if entry is not None:
        unlike = entry.kind is EntryKind.UNSUPPORTED
        return replace(facts, ignored=ignored, sidecar=entry.sidecar, unlike=unlike)
    if picture := picture_of_score(facts.place.path):  # it counts with its picture, though its folder is hidden
        spoken = Place(facts.place.root, picture)
        return replace(facts, ignored=folders.ignores_of(spoken.folder).sentence, speaks_for=(spoken.shown,))
    named = (entry.name for entry in listing.entries if not _is_of_another_kind(entry))
    speaks_for = spoken_for(facts.place.name, named)
    shown = tuple(facts.place.folder.below(name).shown for name in speaks_for)
    return replace(facts, ignored=ignored, speaks_for=shown)


def covering(sessions: Iterable[SessionState], place: Place) -> tuple[SessionState, ...]:
    """The sessions whose directories hold a place, or are it, newest first."""
    found = [session for session in sessions if any(folder.holds(place) for folder in directories_of(session))]
    return tuple(sorted(found, key=lambda session: (session.created_at, session.session_id), reverse=True))
