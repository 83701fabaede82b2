"""The tables of what was written: a row for each time, and one for each of its files."""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.library.tables import Base, BigId, UtcText


class Write(Base):
    """One time that a person had metadata written; `target` is where to: `sidecar_dir`, `sidecar`, `file`."""

    __tablename__ = "writes"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an undo of an id must never mean another write

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[str] = mapped_column(UtcText)
    target: Mapped[str] = mapped_column(String(12))


class WrittenFile(Base):
    """A file of one write. `place` is where, relative to the root or, of a `sidecar_dir`, to that folder.

    `status` is `begun` until the disk has the new bytes and the library knows them, then `written`; it is `undoing`
    until both have what was there before, and the row goes. It is `left` where other bytes were found there: nothing is
    waited for then, and its undo is not offered any more, but can be tried. `temporary` is the name of what is put
    there until then. `former` are the bytes of a sidecar that was there, `kept` says that the original of a file is
    kept in the state folder; without `former_sha256` there was none.
    """

    __tablename__ = "written_files"
    __table_args__ = (
        Index("ix_written_files_write_id", "write_id"),
        Index(
            "ix_written_files_broken_off",
            "id",
            sqlite_where=text("status <> 'written'"),
            postgresql_where=text("status <> 'written'"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    write_id: Mapped[int] = mapped_column(ForeignKey("writes.id", ondelete="CASCADE"))
    root: Mapped[str] = mapped_column(Text)
    path: Mapped[bytes] = mapped_column(LargeBinary)
    place: Mapped[bytes] = mapped_column(LargeBinary)
    temporary: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(8))
    former_sha256: Mapped[str | None] = mapped_column(String(64))
    former_mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    former: Mapped[bytes | None] = mapped_column(LargeBinary)
    kept: Mapped[bool] = mapped_column()
    new_sha256: Mapped[str | None] = mapped_column(String(64))
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


WRITES: Table = Write.__table__  # type: ignore[assignment]
WRITTEN: Table = WrittenFile.__table__  # type: ignore[assignment]
