"""The tables of notifications: each one to each target, and how far of the log each target was told."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.library.tables import Base, BigId, UtcText


class Notification(Base):
    """One thing that happened, to be told to one target. Kept as the log of deliveries, the newest 10,000.

    `target` is a name without secrets. `payload` is what is sent, the same at each try. `state` is `pending` before the
    first try, `failed` while it is tried again at `next_at`, then `sent` or `given_up`.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "target"),
        Index(
            "ix_notifications_waiting",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[str] = mapped_column(String(36))
    event_id: Mapped[int] = mapped_column(BigInteger, doc="The event of the log; no foreign key, for it is kept.")
    target: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    at: Mapped[str] = mapped_column(UtcText)
    next_at: Mapped[str | None] = mapped_column(UtcText)
    sent_at: Mapped[str | None] = mapped_column(UtcText)


class NotifiedUpTo(Base):
    """The newest event of the log that was looked at for a target, by the target's name.

    It begins where the log stood when the target was named first: nobody is told of the past.
    """

    __tablename__ = "notified_up_to"

    target: Mapped[str] = mapped_column(Text, primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger)


NOTIFICATIONS: Table = Notification.__table__  # type: ignore[assignment]
UP_TO: Table = NotifiedUpTo.__table__  # type: ignore[assignment]
