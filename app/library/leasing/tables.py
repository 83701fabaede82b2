"""The tables of the servers of a database, and of what each of them may write. Times are s by the database's clock."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.library.tables import Base


class Server(Base):
    """A process that may run sessions, as it last gave a sign of life. Its id is that of its state folder."""

    __tablename__ = "servers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    address: Mapped[str] = mapped_column(Text, doc="Where its pages are, or `the command line`.")
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[float] = mapped_column(Float)
    seen_at: Mapped[float] = mapped_column(Float)


class SessionLease(Base):
    """The right of one server to write for one session, until a time; it is 0 where the right was given up.

    `fence` rises each time that the session is taken. `asked` is what a person wants of it who looks at it elsewhere.
    """

    __tablename__ = "session_leases"

    session_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    server_id: Mapped[str] = mapped_column(String(36))
    fence: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[float] = mapped_column(Float)
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


SERVERS: Table = Server.__table__  # type: ignore[assignment]
LEASES: Table = SessionLease.__table__  # type: ignore[assignment]
