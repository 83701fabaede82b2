"""When a session that needs attention is tried again by itself: soon at first, then less and less often."""

import time

from app.ingest.session.state import SessionState, Status, goes_on_by_itself

RETRY_SECONDS = (5.0, 10.0, 30.0, 60.0)


class Backoff:
    """The sessions that are to be tried again, each with how often it was and the monotonic time of the next try."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[int, float]] = {}

    def plan(self, session: SessionState) -> None:
        """Plans the next try of a session where waiting can help; one that needs none, or a person, has none."""
        if session.status is not Status.ATTENTION or not goes_on_by_itself(session.attention):
            self.drop(session.session_id)
            return
        tries, _ = self._tries.get(session.session_id, (0, 0.0))
        pause = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
        self._tries[session.session_id] = (tries + 1, time.monotonic() + pause)

    def drop(self, session_id: str) -> None:
        """Forgets a session: it goes on, has ended, or is gone."""
        self._tries.pop(session_id, None)

    def due(self) -> list[str]:
        """The sessions whose time has come."""
        return [session_id for session_id, (_, at) in list(self._tries.items()) if at <= time.monotonic()]

    def seconds_to_next(self) -> float | None:
        """Until the next try, 0 where one is due; None where none is planned."""
        first = min((at for _, at in self._tries.values()), default=None)
        return None if first is None else max(0.0, first - time.monotonic())
