"""What several sessions say together: which of them a page should show, and how fast files are taken in. Pure."""

from collections.abc import Sequence

from app.ingest.session.state import SessionState, Status

PACE_FILES = 10  # a shorter session says little about the speed
_SHOWN_FIRST = (
    (Status.PROCESSING, Status.PLANNING),
    (Status.ATTENTION,),
    (Status.PAUSED,),
    (Status.INTERRUPTED,),
    (Status.QUEUED,),
)


def to_show(sessions: Sequence[SessionState]) -> SessionState | None:
    """The one of these, newest first, that a page should show after a refresh; None where there is none.

    It is the one at work, else one that waits for somebody or for its turn, else the last that ended, unless that was
    dismissed.
    """
    for statuses in _SHOWN_FIRST:
        for session in sessions:
            if session.status in statuses:
                return session
    ended = [session for session in sessions if session.status.ended]
    last = max(ended, key=lambda session: session.ended_at or "", default=None)
    return last if last is not None and not last.dismissed else None


def pace_of(sessions: Sequence[SessionState]) -> tuple[float, float] | None:
    """Seconds that a file took in the last three sessions of some length, low and high; None before any.

    The sessions are given newest first.
    """
    rates = [
        session.files_per_second
        for session in sessions
        if session.processed_files >= PACE_FILES and session.files_per_second
    ]
    return (0.8 / max(rates[:3]), 1.3 / min(rates[:3])) if rates else None
