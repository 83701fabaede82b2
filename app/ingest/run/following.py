"""Sessions of other servers on the same database: shown as the log has them, and taken up where their server is gone.

A session is ours while we hold its lease (`app/library/leasing`). Nothing is written here for one that is not.
"""

import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from app.errors import IllegalMove, LeaseLost, NeedsAttention
from app.ingest.disk.sameness import differs
from app.ingest.run.describing import journal_of, settle
from app.ingest.run.parts import Parts
from app.ingest.run.recovery import as_logged, recovered
from app.ingest.run.sessions import Sessions
from app.ingest.session.state import SessionState, Status, attention_for
from app.library.leasing.leases import Lease
from app.library.values import FORGOTTEN, Event

ROOT_DIFFERS = "root_differs"
LOOK_AGAIN_SECONDS = 30.0  # at folders that were not those of a session whose server is gone
_log = logging.getLogger("media_ingest")


class Following:
    """Keeps the `sessions` of a server up to date with what others do. Used by one thread once it has begun."""

    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions
        self._leases = parts.library.leases
        self._standing = dict[str, Lease]()
        self._seen = 0  # the newest event that was heard
        self._stale: set[str] = set()  # sessions that another server has now, and that must be read anew
        self._stranded: set[str] = set()  # those that are shown as interrupted because their server is gone
        self._refused: dict[str, float] = {}  # the monotonic time at which folders are looked at again

    def begin(self) -> list[SessionState]:
        """Reads every session, and takes back those that are ours; gives these, counted again from the log."""
        store, library, ours = self._parts.store, self._parts.library, []
        store.sweep()
        self._seen = library.history.newest_id()
        logged, self._standing = library.session_rows(), self._leases.standing()
        for session_id in {*store.session_ids(), *logged}:
            session, event = store.load(session_id), logged.get(session_id)
            if event is not None and event.outcome == FORGOTTEN:
                store.forget(session_id)  # again, if the last server died in between
            elif not self._is_taken_back(session_id, session, event):
                with contextlib.suppress(NeedsAttention):
                    settle(self._parts, session_id)
                self._follow(session_id, event)
            else:
                behind = session is None or (event is not None and session.may_be_behind)
                if behind or journal_of(self._parts, session_id).exists():
                    try:
                        session = recovered(self._parts, session_id, session, event)
                    except NeedsAttention as trouble:
                        _log.error("session %s cannot be counted again: %s", session_id, trouble.sentence)
                if session is not None:
                    self._sessions.keep(session)
                    ours.append(session)
        return ours

    def _is_taken_back(self, session_id: str, session: SessionState | None, event: Event | None) -> bool:
        """Whether a session is ours: its lease was, it never had one and its file is here, or it has ended."""
        if not self._leases.entered or (event is not None and has_ended(event)):
            return True
        lease = self._standing.get(session_id)
        ours = session is not None if lease is None else lease.ours
        return ours and self._leases.take(session_id)

    def _follow(self, session_id: str, event: Event | None) -> None:
        """Shows a session as the log has it, whose newest event of kind `session` this is. Raises NeedsAttention."""
        session = as_logged(self._parts.library, session_id, event)
        if session is not None:
            self._show(session)

    def _show(self, session: SessionState) -> None:
        """Publishes a session of another server, with where it goes on."""
        lease = self._standing.get(session.session_id)
        if session.status.under_way and lease is not None and lease.holds and lease.address is not None:
            session = replace(session, activity=f"the session goes on at {lease.address}")
        self._sessions.publish(session)

    def let_go(self, session_id: str) -> None:
        """Follows a session from now on that was ours. What is to be paid for it is still written, by us."""
        self._stale.add(session_id)
        with contextlib.suppress(NeedsAttention):
            settle(self._parts, session_id)
            self._catch_up()

    def _catch_up(self) -> None:
        """Reads those sessions anew that another server has taken. Raises NeedsAttention."""
        if not self._stale:
            return
        self._standing, logged = self._leases.standing(), self._parts.library.session_rows()
        for session_id in tuple(self._stale):
            if not self._leases.holds(session_id):
                self._follow(session_id, logged.get(session_id))
            self._stale.discard(session_id)

    def look(self) -> None:
        """Hears what other servers did since the last call, and notes whose server is gone. Raises NeedsAttention."""
        self._stale |= set(self._leases.lost())
        self._catch_up()
        history, newest = self._parts.library.history, self._parts.library.history.newest_id()
        self._standing = self._leases.standing()
        while page := history.between(self._seen, newest, without=self._leases.held()):
            self._hear(page)
            self._seen = page[-1].id
        self._seen = newest
        for session in self._sessions.sessions():
            if not (session.status.ended or self._leases.holds(session.session_id)):
                self._note_whether_alive(session)

    def _hear(self, events: Sequence[Event]) -> None:
        """Counts what the log says of the sessions of others."""
        changed: dict[str, SessionState] = {}
        known = {session.session_id: session for session in self._sessions.sessions()}
        for event in events:
            session = changed.get(event.session_id, known.get(event.session_id))
            if event.outcome == FORGOTTEN:
                self._sessions.drop(event.session_id)
                changed.pop(event.session_id, None)
            elif session is None and event.kind == "session":
                self._follow(event.session_id, event)
            elif session is not None and event.id > session.last_event_id:
                changed[event.session_id] = session.heard(event)
        for session in changed.values():
            self._show(session)

    def _note_whether_alive(self, session: SessionState) -> None:
        """Shows a session as interrupted while nobody has it, and as the log has it where somebody does again."""
        session_id, lease = session.session_id, self._standing.get(session.session_id)
        alive = lease is not None and lease.holds
        if not alive and session.status.under_way:
            self._stranded.add(session_id)
            self._sessions.publish(replace(session.at_rest(), status=Status.INTERRUPTED, activity=None))
        elif alive and session_id in self._stranded:
            self._stranded.discard(session_id)
            self._stale.add(session_id)

    # -- taking over ---------------------------------------------------------------------------------------------

    def take_over(self) -> SessionState | None:
        """A session whose server is gone, and which is ours from now on; None where there is none.

        One whose files are not here, as the library knows them, is left alone and says so. Raises NeedsAttention.
        """
        waiting = [session for session in self._sessions.sessions() if session.status is Status.INTERRUPTED]
        for session in sorted(waiting, key=lambda s: s.queued_at or s.created_at):
            lease = self._standing.get(session.session_id)
            if self._leases.holds(session.session_id) or (lease is not None and lease.holds):
                continue
            if self._refused.get(session.session_id, 0.0) > time.monotonic():
                continue
            if sentence := self._differs(session):
                self._refused[session.session_id] = time.monotonic() + LOOK_AGAIN_SECONDS
                told = attention_for(IllegalMove(sentence, cause=ROOT_DIFFERS))
                self._sessions.publish(replace(session, attention=told))
                continue
            with contextlib.suppress(LeaseLost):
                return self.take(session.session_id)
        return None

    def why_not_here(self, session_id: str) -> str | None:
        """Why a session of another server cannot go on here: its files are not here; None where it can."""
        lease = self._leases.standing().get(session_id)
        return None if lease is None or lease.ours else self._differs(self._sessions.session(session_id))

    def _differs(self, session: SessionState) -> str | None:
        parts, asked = self._parts, session.parameters
        below, directories = asked.recursive, parts.guarded(asked)
        return differs(parts.folders, parts.library.presence, session.session_id, directories, below=below)

    def take(self, session_id: str) -> SessionState:
        """The session, ours from now on, counted again from the log. Raises LeaseLost where another one has it."""
        if not self._leases.take(session_id):
            raise LeaseLost("Another server has taken the session a moment ago.")
        try:
            logged = self._parts.library.session_rows().get(session_id)
            session = recovered(self._parts, session_id, self._parts.store.load(session_id), logged)
        except NeedsAttention:
            self._leases.release(session_id)
            raise
        session = session or self._sessions.session(session_id)
        self._stranded.discard(session_id)
        self._sessions.publish(session)
        if session.status.ended:
            self._leases.end(session_id)
        return session


def has_ended(event: Event) -> bool:
    """Whether a session has ended by its newest event of kind `session`."""
    return (event.detail or {}).get("status") in (Status.COMPLETED, Status.CANCELLED)
