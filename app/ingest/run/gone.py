"""Rows whose files are gone from disk: marked when a session ends, or as soon as a person has confirmed it."""

import os
from functools import partial

from app.ingest.disk.guard import Guard
from app.ingest.disk.moves import Lookout, is_absent
from app.ingest.run.parts import Parts
from app.ingest.run.run import Run
from app.ingest.session.parameters import Parameters
from app.ingest.session.store import QUARANTINE
from app.media import Place

ROWS_AT_ONCE = 20_000  # of which the disk is asked in about half a second


def lookout(run: Run) -> Lookout:
    """What looks for the files of other rows, as the session's folders are now."""
    parts, parameters = run.parts, run.session.parameters
    return Lookout(parts.folders, parts.library.presence, parts.folders_of(parameters), below=parameters.recursive)


def mark_missing(run: Run, guard: Guard) -> None:
    """Notes in the library which of the session's files are gone; their rows stay.

    Raises Stopped, and NeedsAttention where a folder is not what it was.
    """
    parts, below, look = run.parts, run.session.parameters.recursive, partial(lookout(run).look, None)
    for folder in parts.folders_of(run.session.parameters):
        after = b""
        while page := parts.library.presence.paths(folder, below=below, after=after):
            gone = [path for path in page if is_absent(parts.folders, Place(folder.root, path))]
            guard.check()
            run.patiently(partial(parts.library.presence.mark_missing, folder.root, gone, look))
            after = page[-1]
            run.live()


def count_quarantined(run: Run) -> int:
    """How many files of the session that are gone lie in the quarantine folder of the state folder.

    Raises Stopped.
    """
    parts, below, found = run.parts, run.session.parameters.recursive, 0
    quarantine = os.fsencode(parts.store.folder / QUARANTINE)
    for folder in parts.folders_of(run.session.parameters):
        if not os.path.isdir(os.path.join(quarantine, folder.root.encode())):
            continue
        after = b""
        while page := parts.library.presence.paths(folder, below=below, after=after):
            places = (Place(folder.root, path) for path in page)
            found += sum(
                os.path.isfile(os.path.join(quarantine, place.in_event)) and is_absent(parts.folders, place)
                for place in places
            )
            after = page[-1]
            run.live()
    return found


def believed_gone(
    parts: Parts, parameters: Parameters, *, after: Place | None = None, limit: int = 100
) -> tuple[list[Place], Place | None]:
    """Files of a session's folders that the library holds and the disk has not, and after which place to go on.

    At most `limit` of them, out of so many rows as can be held against the disk in a moment: fewer are not the end. The
    place is None at the end.
    """
    gone: list[Place] = []
    looked, below = 0, parameters.recursive
    for folder in parts.folders_of(parameters):
        if after is not None and not folder.holds(after):
            continue
        at, after = (after.path if after else b""), None
        while page := parts.library.presence.paths(folder, below=below, after=at):
            for at in page:
                place = Place(folder.root, at)
                looked += 1
                if is_absent(parts.folders, place):
                    gone.append(place)
                if len(gone) == limit or looked == ROWS_AT_ONCE:
                    return gone, place
    return gone, None


def count_missed(run: Run) -> int:
    """How many rows of the session's folders were marked missing since it began, and still are."""
    at, below = run.session.started_at or run.session.created_at, run.session.parameters.recursive
    folders, presence = run.parts.folders_of(run.session.parameters), run.parts.library.presence
    return sum(presence.missed_since(at, folder, below=below) for folder in folders)
