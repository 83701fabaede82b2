"""The sessions that a server knows, as they stand, and who looks on: asked, waited for, told of each change."""

import threading
from collections.abc import Callable

from app.errors import AlreadyActive, UnknownSession
from app.ingest.run.several import pace_of, to_show
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import SessionState, Status

Listener = Callable[[SessionState], None]


class Sessions:
    """The sessions of one server or command, its own and those of others. Every method may be called by any thread."""

    def __init__(self) -> None:
        self._sessions: dict[str, SessionState] = {}
        self._listeners: set[Listener] = set()
        self._changed = threading.Condition()
        self._awaited: list[Callable[[SessionState], bool]] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` with every change, on the thread that made it; returns what ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def session(self, session_id: str) -> SessionState:
        """The session as it stands. Raises UnknownSession."""
        try:
            return self._sessions[session_id]
        except KeyError:
            raise UnknownSession(f"There is no session {session_id}.") from None

    def sessions(self) -> list[SessionState]:
        """All sessions, newest first."""
        with self._changed:
            found = list(self._sessions.values())
        return sorted(found, key=lambda s: (s.created_at, s.session_id), reverse=True)

    def active(self) -> SessionState | None:
        """The one that the page should show after a refresh."""
        return to_show(self.sessions())

    def pace(self) -> tuple[float, float] | None:
        """Seconds that a file takes, low and high, by the last sessions; None before any."""
        return pace_of(self.sessions())

    def wait(self, session_id: str, done: Callable[[SessionState], bool], seconds: float | None = None) -> SessionState:
        """Waits until the session is as wanted, or the time is over; returns it as it stands then."""
        with self._changed:
            self._awaited.append(done)
            try:
                self._changed.wait_for(lambda: done(self.session(session_id)), timeout=seconds)
            finally:
                self._awaited.remove(done)
            return self.session(session_id)

    def once_taken_up(self, session_id: str) -> SessionState:
        """Gives the thread a moment to take a session up, so that `queued` means: behind another one."""
        busy = any(session.status.working for session in self.sessions())
        return self.wait(session_id, lambda s: s.status is not Status.QUEUED, 0 if busy else 0.25)

    def refuse_twin(self, parameters: Parameters) -> None:
        """Raises AlreadyActive where a session with these parameters has not ended."""
        for session in self.sessions():
            if not session.status.ended and session.parameters == parameters:
                sentence = f"The same request is {session.status.value} already, as session {session.session_id}."
                raise AlreadyActive(sentence, session_id=session.session_id)

    def publish(self, session: SessionState) -> None:
        """Takes a session as it stands now, and tells everybody who looks on."""
        with self._changed:
            before = self._sessions.get(session.session_id)
            self._sessions[session.session_id] = session
            moved = before is None or before.status is not session.status
            if moved or any(done(session) for done in self._awaited):  # else to wake them would cost each file
                self._changed.notify_all()
        self._tell(session)

    def _tell(self, session: SessionState) -> None:
        for listener in tuple(self._listeners):
            listener(session)

    def keep(self, session: SessionState) -> None:
        """Takes a session as it stands, without a word."""
        with self._changed:
            self._sessions[session.session_id] = session

    def drop(self, session_id: str) -> None:
        """Knows a session no more, if it did."""
        with self._changed:
            self._sessions.pop(session_id, None)
