"""The undoing of a session that has ended, while no session is at work: one would know rows that are gone."""

from app.errors import IllegalMove
from app.ingest.run.runner import Runner
from app.library.library import Library
from app.library.undoing import Undoing


def undo(runner: Runner, library: Library, session_id: str, confirmed: int | None = None) -> Undoing:
    """Removes the rows that only this session added and of which nobody said anything; its log stays.

    Without a number that was `confirmed` it only counts. Raises UnknownSession, IllegalMove while the session has not
    ended or any is at work, CountChanged where the number is another one.
    """
    session = runner.session(session_id)
    if not session.status.ended:
        raise IllegalMove(f"The session is {session.status.value}: only one that has ended can be undone.")
    if confirmed is None:
        return library.removal.of_session(session_id)
    with runner.at_rest():
        return library.removal.undo_session(session_id, confirmed)
