"""How the copies of a library stand: which there are, when the next is due, which are kept, and what is told of them.

The decisions are pure. A copy's name says of which library it is and when it was made, so that its age outlives
restarts.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.library.engine import parse_url, sqlite_path
from app.settings import Settings
from app.texts import counted

EVERY = timedelta(days=1)
PATIENCE = timedelta(days=1)  # how long a copy that is due waits for the sessions at work
_LATE = EVERY + PATIENCE
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMPED = r"-(\d{8}T\d{6}Z)\.db"
_MARK_DIGITS = 8  # of the hash of where the library is
_UNFINISHED = r"\.[0-9a-f]{16}\.tmp"  # as `copying` names what it writes to


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """A copy that lies in the folder of copies."""

    at: datetime
    file: Path


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told of the copies: a sentence; `late` says that the last one is older than it should be."""

    sentence: str
    late: bool = False


def name_at(at: datetime, library: Path) -> str:
    """The name of a copy of this library that is made at this time; libraries of one name elsewhere get others."""
    return f"{_prefix(library)}-{at.astimezone(UTC).strftime(_STAMP)}.db"


def _prefix(library: Path) -> str:
    """How the names of a library's copies begin: one folder may hold those of several libraries."""
    where = hashlib.sha256(os.fsencode(os.path.realpath(library))).hexdigest()
    return f"{library.stem}-{where[:_MARK_DIGITS]}"


def copies_in(folder: Path, library: Path) -> list[Kept]:
    """The copies of a library in a folder, the newest first; none where there is no folder."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted((Kept(at, folder / name) for name in names if (at := _at(name, library)) is not None), reverse=True)


def unfinished_in(folder: Path, library: Path) -> list[Path]:
    """What a server that was killed left of copies of a library, by the names that it gives alone."""
    pattern = re.compile(r"\." + re.escape(_prefix(library)) + _STAMPED + _UNFINISHED)
    return [folder / name for name in sorted(os.listdir(folder)) if pattern.fullmatch(name)]


def _at(name: str, library: Path) -> datetime | None:
    if (found := re.fullmatch(re.escape(_prefix(library)) + _STAMPED, name)) is None:
        return None
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_due(last: datetime | None, now: datetime, *, since: datetime, at_work: bool) -> bool:
    """Whether to make a copy now; `since` is when the server began, `at_work` says that a session is at work.

    One is due a day after the last, or at once where there is none. It waits for sessions, a day at most.
    """
    due = since if last is None else last + EVERY
    return now >= (max(due, since) + PATIENCE if at_work else due)


def newest(copies: Sequence[Kept], now: datetime) -> datetime | None:
    """When the last copy was made; one from the future is of a clock that was wrong, and counts for nothing."""
    return max((copy.at for copy in copies if copy.at <= now), default=None)


def outdated(copies: Sequence[Kept], kept: int, now: datetime) -> list[Kept]:
    """Those that go: all but so many of the newest; those from the future go first."""
    return sorted(copies, key=lambda copy: (copy.at <= now, copy.at), reverse=True)[kept:]


def how_copies_stand(configured: Settings, now: datetime) -> Standing | None:
    """What is told of the copies of a library; None where there is no database."""
    if not configured.database_enabled:
        return None
    library = sqlite_path(parse_url(configured.database_url))
    if library is None:
        return Standing("A library on PostgreSQL is not copied from here: let pg_dump do it.")
    if configured.ingest_backups == 0:
        return Standing("Off: the server makes no copies of the library.")
    folder = configured.backup_dir
    found = copies_in(folder, library)
    if not found:
        return Standing(f"There is no copy in {folder} yet: the server makes one a day while it runs.")
    last = newest(found, now) or found[0].at
    told = f"Copies in {folder}: {len(found):,}, the last of {last:%Y-%m-%d %H:%M} UTC."
    if (age := now - last) > _LATE:
        ago = f"That is {counted(age.days, 'day')} ago: the server makes one a day while it runs."
        return Standing(f"{told} {ago}", late=True)
    if _on_one_disk(folder, library):
        told += " They are on the disk of the library: INGEST_BACKUP_DIR can name a folder on another one."
    return Standing(told)


def _on_one_disk(folder: Path, file: Path) -> bool:
    try:
        return os.stat(folder).st_dev == os.stat(file).st_dev
    except OSError:
        return False
