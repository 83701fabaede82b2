"""What is asked of the past: what became of one path, over all sessions, and which files have the same bytes.

Only reads. Each question is answered from an index, however many files the library knows.
"""

import heapq
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Text, and_, func, literal_column, not_, or_, select, text
from typing_extensions import TypedDict

from app.library.engine import Engines
from app.library.recording import as_events
from app.library.tables import EVENTS, FAILURES, MEDIA
from app.library.values import Event
from app.media import Outcome, Place
from app.shapes import described
from app.texts import path_from_shown, shown_name

MAX_EVENTS = 200
MAX_COPIES = 100
MAX_PARTS = 240
_AFTER_ALL = 2**63 - 1
_ANSWERS = text("kind = 'file_complete'")  # as the indexes say it: with a parameter they would not be seen to apply
_EDITS = text("kind = 'edited'")
_DETECTED = text("kind = 'detected'")
_MOVES = text("outcome = 'moved'")
_FATAL = text("fatal")
_PRESENT = MEDIA.c.missing_at.is_(None)


@described
class RememberedFailure(TypedDict):
    """The last failure of a stage of a file."""

    stage: str
    """The stage that failed."""
    cause: str
    """The stable code of the failure."""
    reason: str
    """One sentence about this file."""
    attempts: int
    """How often it was tried as it was then."""
    fingerprint: str
    """What the file looked like: size in bytes, mtime in nanoseconds, stamp of its sidecars."""
    at: str
    """When, ISO 8601 in UTC."""
    fatal: bool
    """Whether the file was not taken in."""
    version: str
    """The stage's version."""
    session_id: str | None
    """The session in which it failed."""
    state: str
    """What a person said of it: `open`, `reviewed`, `ignored`."""


class Copies(TypedDict):
    """Files that have something in common: at most `MAX_COPIES` paths as shown, in their order, and their number."""

    files: list[str]
    count: int


@described
class EqualFiles(TypedDict):
    """Files with equal bytes, whichever session wrote them."""

    sha256: str
    """Of their bytes, 64 hex digits."""
    size: int
    """Bytes of one of them."""
    files: list[str]
    """`ROOT/relative` as shown, at most 100."""
    count: int
    """How many there are."""


@described
class SameBytes(TypedDict):
    """The files of a session whose bytes another file has, too."""

    files: int
    """How many the session wrote."""
    groups: list[EqualFiles]
    """A page of them, in the order of the SHA-256."""
    next: str | None
    """The cursor of the next page; null on the last."""


@described
class Pace(TypedDict):
    """How many files a session answered for as time went by, in parts of equal length."""

    began_at: str | None
    """When the first part begins, ISO 8601 in UTC; null before the first answer."""
    seconds: int
    """How long a part is."""
    files: list[int]
    """Files in each part, at most 240, in the order of time."""


class History:
    """The past of single files, reachable as `library.history`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def events(self, place: Place) -> list[Event]:
        """What sessions answered for a path, and what people set of it, oldest first: the newest `MAX_EVENTS`.

        What happened under an older name, before the file was moved to this one, belongs to it.
        """
        return self._engines.read(lambda connection: _followed(connection, place.in_event))

    def newest_id(self) -> int:
        """The id of the newest event of all, 0 without one."""
        newest = select(func.max(EVENTS.c.id))
        return self._engines.read(lambda connection: connection.execute(newest).scalar_one_or_none() or 0)

    def between(self, after: int, last: int, *, without: Collection[str], limit: int = 1_000) -> list[Event]:
        """The events of all sessions but these, with an id above `after` and up to `last`, oldest first."""
        wanted = (EVENTS.c.id > after, EVENTS.c.id <= last, EVENTS.c.session_id.not_in(["", *without]))
        statement = select(EVENTS).where(*wanted).order_by(EVENTS.c.id).limit(limit)
        return self._engines.read(lambda connection: as_events(connection.execute(statement)))

    def moved_to(self, place: Place) -> Event | None:
        """The newest event by which a file moved away from a path; None where none did."""
        moved_from = EVENTS.c.detail["moved_from"].as_string() == place.shown
        statement = select(EVENTS).where(_MOVES, moved_from).order_by(EVENTS.c.id.desc()).limit(1)
        return self._engines.read(lambda connection: next(iter(as_events(connection.execute(statement))), None))

    def failures(self, place: Place) -> list[RememberedFailure]:
        """What is remembered of the failures of a path, one for each stage, the newest first."""
        columns = (FAILURES.c[name] for name in RememberedFailure.__annotations__)
        statement = select(*columns).where(FAILURES.c.root == place.root, FAILURES.c.path == place.path)
        statement = statement.order_by(FAILURES.c.at.desc(), FAILURES.c.id.desc())
        return self._engines.read(
            lambda c: [cast("RememberedFailure", dict(row)) for row in c.execute(statement).mappings()]
        )

    def copies(self, place: Place) -> Copies:
        """The other files that have the bytes of this one and are not missing."""
        this = and_(MEDIA.c.root == place.root, MEDIA.c.path == place.path)
        sha256 = select(MEDIA.c.sha256).where(this).scalar_subquery()
        others = (MEDIA.c.sha256 == sha256, _PRESENT, not_(this))
        statement = select(MEDIA.c.root, MEDIA.c.path).where(*others).order_by(MEDIA.c.root, MEDIA.c.path)

        def work(connection: Connection) -> Copies:
            files = [Place(*row).shown for row in connection.execute(statement.limit(MAX_COPIES))]
            return {"files": files, "count": connection.execute(select(func.count()).where(*others)).scalar_one()}

        return self._engines.read(work)

    def named(self, name: bytes) -> Copies:
        """The files of this name, in whatever folder, that the library holds, or that failed and are not in since."""
        held = select(MEDIA.c.root, MEDIA.c.path).where(MEDIA.c.name == shown_name(name))
        tail, end = b"/" + name, func.length(FAILURES.c.path) - len(name)
        of_name = or_(FAILURES.c.path == name, func.substr(FAILURES.c.path, end) == tail)
        failed = select(FAILURES.c.root, FAILURES.c.path).where(_FATAL, of_name)
        places = self._engines.read(lambda c: {Place(*row) for one in (held, failed) for row in c.execute(one)})
        files = [place.shown for place in sorted(places, key=lambda place: place.in_event)]
        return {"files": files[:MAX_COPIES], "count": len(files)}

    def pace(self, session_id: str) -> Pace:
        """How many files a session answered for as time went by."""
        # A literal, for what is selected by one parameter and grouped by another are two things to PostgreSQL.
        second = literal_column("substr(at, 1, 19)", Text()).label("second")
        statement = select(second, func.count()).where(EVENTS.c.session_id == session_id, _ANSWERS)
        statement = statement.group_by(second).order_by(second)
        return self._engines.read(
            lambda c: paced([(datetime.fromisoformat(f"{at}+00:00"), files) for at, files in c.execute(statement)])
        )

    def failures_by_cause(self, session_id: str) -> dict[str, int]:
        """How many files failed in a session, by cause, the most frequent first."""
        statement = (
            select(EVENTS.c.cause, func.count().label("files"))
            .where(EVENTS.c.session_id == session_id, _ANSWERS, EVENTS.c.outcome == Outcome.FAILED.value)
            .group_by(EVENTS.c.cause)
            .order_by(func.count().desc(), EVENTS.c.cause)
        )
        return self._engines.read(lambda connection: dict(connection.execute(statement).all()))

    def same_bytes(self, session_id: str, *, after: str = "", limit: int = 100) -> SameBytes:
        """The files that a session wrote whose bytes another file that is not missing has, too.

        The page begins after the SHA-256 `after` and has at most `limit` groups.
        """
        other = MEDIA.alias("other")
        has_other = (
            select(other.c.id)
            .where(other.c.sha256 == MEDIA.c.sha256, other.c.id != MEDIA.c.id, other.c.missing_at.is_(None))
            .exists()
        )
        written = (MEDIA.c.session_id == session_id, _PRESENT, has_other)
        hashes = (
            select(MEDIA.c.sha256)
            .distinct()
            .where(*written, MEDIA.c.sha256 > after)
            .order_by(MEDIA.c.sha256)
            .limit(limit + 1)
        )

        def work(connection: Connection) -> SameBytes:
            files = connection.execute(select(func.count()).where(*written)).scalar_one()
            found = list(connection.execute(hashes).scalars())
            groups = _groups(connection, found[:limit])
            return {"files": files, "groups": groups, "next": found[limit - 1] if len(found) > limit else None}

        return self._engines.read(work)


def _followed(connection: Connection, path: bytes) -> list[Event]:
    """The newest events of a path and of the paths that it was moved from, each up to the move; oldest first.

    The way back is gone newest move first, so that each path is read once, from its newest event that counts.
    """
    found: list[Event] = []
    seen: set[bytes] = set()
    ways = [(-_AFTER_ALL, path)]  # the id before which events of a path count, negative: a heap gives its smallest
    while ways:
        before, at = heapq.heappop(ways)
        if at in seen or (len(found) == MAX_EVENTS and -before < found[0].id):
            continue
        seen.add(at)
        events = _events_of(connection, at, -before)
        found = sorted((*found, *events), key=lambda event: event.id)[-MAX_EVENTS:]
        for event in events:
            if moved_from := (event.detail or {}).get("moved_from"):
                heapq.heappush(ways, (-event.id, path_from_shown(moved_from)))
    return found


def _events_of(connection: Connection, path: bytes, before: int) -> list[Event]:
    found: list[Event] = []
    for kind in (_ANSWERS, _EDITS, _DETECTED):
        statement = select(EVENTS).where(kind, EVENTS.c.path == path, EVENTS.c.id < before)
        found += as_events(connection.execute(statement.order_by(EVENTS.c.id.desc()).limit(MAX_EVENTS)))
    return found


def _groups(connection: Connection, hashes: list[str]) -> list[EqualFiles]:
    """The files with each of these SHA-256, by hash, and within a hash by path."""
    place = func.row_number().over(partition_by=MEDIA.c.sha256, order_by=(MEDIA.c.root, MEDIA.c.path)).label("place")
    ranked = (
        select(
            MEDIA.c.sha256,
            MEDIA.c.size,
            MEDIA.c.root,
            MEDIA.c.path,
            place,
            func.count().over(partition_by=MEDIA.c.sha256).label("all"),
        )
        .where(MEDIA.c.sha256.in_(hashes), _PRESENT)
        .subquery()
    )
    rows = select(ranked).where(ranked.c.place <= MAX_COPIES).order_by(ranked.c.sha256, ranked.c.place)
    groups: dict[str, EqualFiles] = {}
    for sha256, size, root, path, _, count in connection.execute(rows):
        group = groups.setdefault(sha256, {"sha256": sha256, "size": size, "files": [], "count": count})
        group["files"].append(Place(root, path).shown)
    return list(groups.values())


def paced(counts: Sequence[tuple[datetime, int]]) -> Pace:
    """Files by second, in the order of time, as parts of equal length: a second, or what makes at most `MAX_PARTS`."""
    if not counts:
        return {"began_at": None, "seconds": 1, "files": []}
    began = counts[0][0]
    after = [int((at - began).total_seconds()) for at, _ in counts]
    length = after[-1] // MAX_PARTS + 1
    files = [0] * (after[-1] // length + 1)
    for seconds, (_, number) in zip(after, counts, strict=True):
        files[seconds // length] += number
    return {"began_at": began.isoformat(), "seconds": length, "files": files}
