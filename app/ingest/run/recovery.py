"""A session after its server went: counted again from the log, and made again where its file is lost."""

import logging

from app.ingest.run.describing import settle, with_money
from app.ingest.run.parts import Parts, mend_journal, recounted
from app.ingest.session.state import SessionState
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
        try:
            saved = SessionState.from_log(logged.detail)
        except ValueError as error:
            _log.error("session %s cannot be read, neither its file nor its log: %s", session_id, error)
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
