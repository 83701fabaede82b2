"""Notifications as people and programs are shown them."""

from typing import cast

from sqlalchemy import RowMapping, select
from typing_extensions import TypedDict

from app.library.notifying.tables import NOTIFICATIONS
from app.shapes import described


@described
class ShownNotification(TypedDict):
    """What one target is told of a session, and how the delivery stands."""

    id: int
    """The number that a replay names."""
    session_id: str
    """The session that it is about."""
    type: str
    """`session.completed`, `session.cancelled` or `session.attention`."""
    sentence: str
    """What people are told."""
    target: str
    """Who is told: the service, or the origin of a webhook, and four digits that tell it from others."""
    state: str
    """`pending` before the first try, `failed` while it is tried again, then `sent` or `given_up`."""
    attempts: int
    """How often it was tried since it came, or was replayed."""
    last_error: str | None
    """Why the last try failed, as a sentence."""
    at: str
    """When it happened, ISO 8601 in UTC."""
    next_at: str | None
    """When it is tried next; null where that is over."""
    sent_at: str | None
    """When the target took it."""


_OWN = ("id", "session_id", "target", "state", "attempts", "last_error", "at", "next_at", "sent_at")
ROWS = select(*(NOTIFICATIONS.c[name] for name in (*_OWN, "payload")))
"""The rows that `as_shown` takes."""


def as_shown(row: RowMapping) -> ShownNotification:
    """A row as it is shown."""
    payload = row["payload"]
    shown = {name: row[name] for name in _OWN} | {"type": payload["type"], "sentence": payload["data"]["sentence"]}
    return cast("ShownNotification", shown)
