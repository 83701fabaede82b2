"""From which NSFW probability a file counts as NSFW: one value of the library, whoever gave it last.

A person sets it, and so does a session that is started with one. It stands in the log, for labels are derived when they
are read: another value runs nothing.
"""

from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from app.library.recording import append
from app.library.tables import EVENTS
from app.library.values import FOLLOWS, FORGOTTEN, now

OF_THE_LIBRARY = "library"
"""In place of a session's id, in rows of the log that are about the library as a whole."""
SETTING = "setting"
"""The kind of a row by which a person set something of the library."""
_NAME = "nsfw_threshold"
_SESSIONS = EVENTS.c.kind == "session"
_REFUSED = and_(  # a start that could not be saved is forgotten while queued
    EVENTS.c.outcome == FORGOTTEN, EVENTS.c.detail["status"].as_string() == "queued"
)
_GAVE_NONE = select(EVENTS.c.session_id).where(_SESSIONS, or_(EVENTS.c.outcome == FOLLOWS, _REFUSED))
_FIRST_ROWS = select(func.min(EVENTS.c.id).label("id")).where(_SESSIONS, EVENTS.c.session_id.not_in(_GAVE_NONE))
_ONE_EACH = EVENTS.c.session_id.concat("")  # else SQLite walks the index of all events, to have them in order
_NEWEST = select(func.max(_FIRST_ROWS.group_by(_ONE_EACH).subquery().c.id)).scalar_subquery()
_BY_A_SESSION = select(EVENTS.c.id, EVENTS.c.detail["parameters"].label("said")).where(EVENTS.c.id == _NEWEST)
_BY_A_PERSON = (
    select(EVENTS.c.id, EVENTS.c.detail.label("said"))
    .where(EVENTS.c.session_id == OF_THE_LIBRARY, EVENTS.c.kind == SETTING)
    .order_by(EVENTS.c.id.desc())
    .limit(1)
)


def threshold_in(connection: Connection) -> float | None:
    """The library's threshold, 0 to 1; None where none was ever given."""
    rows = [row for statement in (_BY_A_SESSION, _BY_A_PERSON) for row in connection.execute(statement)]
    said: Any = max(rows, key=lambda row: row.id).said if rows else None
    threshold = (said or {}).get(_NAME)
    return threshold if isinstance(threshold, int | float) else None


def set_threshold(threshold: float, connection: Connection) -> None:
    """Makes this the library's threshold, 0 to 1."""
    values = {"session_id": OF_THE_LIBRARY, "at": now(), "kind": SETTING, "detail": {_NAME: threshold}}
    append(connection, values)
