"""A session after its server went: counted again from the log, and made again where its file is lost."""

import logging

from app.ingest.run.describing import settle, with_money
from app.ingest.run.parts import Parts, counted, mend_journal, recounted
from app.ingest.session.state import SessionState
from app.library.library import Library
from app.library.values import Event
from app.texts import path_from_shown

_log = logging.getLogger("media_ingest")


def recovered(parts: Parts, session_id: str, saved: SessionState | None, logged: Event | None) -> SessionState | None:
    """The session as the log has it; None if neither its file nor the log can be read.

    `saved` is its file, None where that is unreadable or lost; `logged` its last `session` row. The file that was being
    read when the server was killed is noted.
    """
    if saved is None:
        parts.store.set_aside(session_id)
    if logged is not None and (saved is None or saved.last_event_id < logged.id):
        saved = _from_log(session_id, logged) or saved
    if saved is None:
        return None
    settle(parts, session_id)
    session, answered = recounted(with_money(parts, saved), parts.library)
    suspect = session.current_file
    session = session.after_death() if suspect and path_from_shown(suspect) not in answered else session.at_rest()
    if session != saved:
        parts.store.save(session, durable=True)
    mend_journal(parts, session_id, len(answered))
    return session


def as_logged(library: Library, session_id: str, logged: Event | None) -> SessionState | None:
    """A session of another server, counted from the log; `logged` is its last `session` row. None if it has none."""
    session = None if logged is None else _from_log(session_id, logged)
    return None if session is None else counted(session, library)


def _from_log(session_id: str, logged: Event) -> SessionState | None:
    try:
        return SessionState.from_log(logged.detail)
    except ValueError as error:
        _log.error("the log of session %s cannot be read: %s", session_id, error)
        return None
