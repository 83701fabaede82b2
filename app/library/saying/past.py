"""What the log says of a picture, whatever names its file had: the way back through its moves.

A name may have been that of another picture before: what was said of that is not told. So the way back ends where the
row was added: what the log says of the name before that was said of another file, or while nobody looked at this one.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from app.library.recording import ANOTHER, as_events
from app.library.tables import EVENTS
from app.library.values import Event
from app.media import Outcome, Place
from app.slices import in_slices
from app.texts import path_from_shown

_SLICE = 500
_EDITS, _ANSWERS = text("kind = 'edited'"), text("kind = 'file_complete'")  # as the indexes say it
_NEW_THERE = (Outcome.ADDED.value, Outcome.MOVED.value, Outcome.UPDATED.value)
_AFTER_ALL = 2**63 - 1


class _Way(NamedTuple):
    """From where on the past of a file is to be read: its events of a path that are older than one."""

    file: Place
    path: bytes
    before: int


def said_of(connection: Connection, files: Collection[Place]) -> dict[Place, list[Event]]:
    """The `edited` events of the pictures that these files are, since their rows were added, oldest first."""
    found: dict[Place, list[Event]] = {file: [] for file in files}
    ways = [_Way(file, file.in_event, _AFTER_ALL) for file in found]
    while ways:
        events = _events_of(connection, {way.path for way in ways})
        further = []
        for way in ways:
            older = (event for event in reversed(events[way.path]) if event.id < way.before)
            if (onward := _walked(found[way.file], older, way.file)) is not None:
                further.append(onward)
        ways = further
    return {file: told[::-1] for file, told in found.items()}


def _walked(told: list[Event], older: Iterable[Event], file: Place) -> _Way | None:
    """Gathers what was said, newest first, and gives the way on where the file was moved; None at its end."""
    for event in older:
        detail = event.detail or {}
        if event.kind == "edited":
            told.append(event)
        elif event.outcome == Outcome.MOVED:
            return _Way(file, path_from_shown(detail["moved_from"]), event.id)
        elif ANOTHER in detail or event.outcome == Outcome.ADDED:
            return None
    return None


def _events_of(connection: Connection, paths: Collection[bytes]) -> dict[bytes, list[Event]]:
    events: dict[bytes, list[Event]] = {path: [] for path in paths}
    for some in in_slices(sorted(paths), _SLICE):
        for which in ((_EDITS,), (_ANSWERS, EVENTS.c.outcome.in_(_NEW_THERE))):
            for event in as_events(connection.execute(select(EVENTS).where(*which, EVENTS.c.path.in_(some))).all()):
                events[event.path or b""].append(event)
    return {path: sorted(found, key=lambda event: event.id) for path, found in events.items()}
