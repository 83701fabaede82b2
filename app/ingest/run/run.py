"""The session at work: how it stands now, in memory, on disk, in the log, and before everybody who looks on.

Owns the session's latest value. Planning and processing change it here, so that whatever stops them finds it whole.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from app.errors import MediaIngestError, NeedsAttention
from app.ingest.run.control import Control
from app.ingest.run.parts import Parts, patiently
from app.ingest.session.state import SessionState, Status, attention_for
from app.library.values import now
from app.media import Stage

HEARTBEAT_SECONDS = 1.0
STOP_SECONDS = 3.0  # how long a run that was told to stop waits for a database that another program has locked
T = TypeVar("T")


class Stopped(Exception):
    """Somebody said stop, and there is still work to do."""


class Run:
    """One run of one session; `session` is always what has been counted so far."""

    def __init__(
        self, parts: Parts, session: SessionState, control: Control, publish: Callable[[SessionState], None]
    ) -> None:
        self.parts = parts
        self.session = session
        self.control = control
        self.publish = publish
        self._saved_at = time.monotonic()

    def move(self, status: Status) -> None:
        """Puts the session into another status, in the log and durably on disk."""
        self.session = self.patiently(lambda: self.parts.move(self.session, status))
        self.publish(self.session)

    def stop(self) -> None:
        """Ends the run as was asked; a pause that was asked for while planning is one of a session that processes."""
        status = Status(str(self.control.stop))
        if self.session.status is Status.PLANNING and status is Status.PAUSED:
            self.session = self.session.to(Status.PROCESSING, now())
        try:
            self.session = patiently(lambda: self.parts.move(self.session, status), STOP_SECONDS, self.heartbeat)
        except NeedsAttention:  # what a person wanted is kept wherever it can be
            self.session = self.session.to(status, now())
            self.parts.leave(self.session)
        self.publish(self.session)

    def move_to_attention(self, trouble: MediaIngestError) -> None:
        """Keeps the session's place and says what a person must mend; writes what can still be written."""
        taken_up = replace(self.session, confirmed=False)
        if taken_up.status is Status.QUEUED:  # the very move to `planning` could not be written
            taken_up = taken_up.to(Status.PLANNING, now())
        self.session = replace(taken_up.to(Status.ATTENTION, now()), attention=attention_for(trouble))
        self.parts.leave(self.session)
        self.publish(self.session)

    def log_stages(self, kind: str, details: Mapping[Stage, Mapping[str, object]]) -> None:
        """Logs an event for each stage that was asked for, all of them at once and once in the life of a session."""
        session_id, wanted = self.session.session_id, self.session.parameters.wanted
        rows = [{"stage": stage.value, **details[stage]} for stage in Stage if stage in wanted]
        for event in self.parts.library.append_once(session_id, kind, rows):
            self.session = self.session.advance(event)

    def patiently(self, write: Callable[[], T]) -> T:
        """What `write` gives; while another program holds the database's lock it is tried again. Raises Stopped."""
        began = time.monotonic()

        def beat() -> None:
            self.session = replace(self.session, activity="waiting for another program to give the database free")
            self.live()
            if self.control.stop is not None and time.monotonic() - began > STOP_SECONDS:
                raise Stopped

        return patiently(write, beat=beat)

    def prepare(self, activity: str | None) -> None:
        """Says what is being prepared; None when nothing is any more. Raises Stopped where that must end at once."""
        if activity != self.session.activity:
            self.session = replace(self.session, activity=activity)
            self.publish(self.session)
        self.live()

    def live(self) -> None:
        """Shows that the session is alive. Raises Stopped where that must end at once."""
        if self.control.at_once:
            raise Stopped
        self.heartbeat()

    def heartbeat(self) -> None:
        """Saves and publishes the session, if that was last done a second ago."""
        if time.monotonic() - self._saved_at >= HEARTBEAT_SECONDS:
            self.session = replace(self.session, heartbeat_at=now())
            self.save()
            self.publish(self.session)

    def save(self) -> None:
        """Writes the session file."""
        self._saved_at = time.monotonic()
        self.parts.store.save(self.session)
