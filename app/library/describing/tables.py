"""The tables of descriptions: each request to a provider, and what of its answer is proposed for a file."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.library.tables import Base, BigId, UtcText


class DescribeRun(Base):
    """One request to a provider about one picture; never changed, and kept when the file's row is gone.

    `run` is the UUID that it had before it was sent: what a crash left in the journal is written once. `path` is
    `ROOT/relative` as bytes, as it was then; `media_id` the row that it was about. `cost_usd` is null where no price is
    known, and has nine decimals.
    """

    __tablename__ = "describe_runs"
    __table_args__ = (
        UniqueConstraint("run"),
        Index(
            "ix_describe_runs_answered",
            "sha256",
            "template_sha256",
            "model",
            sqlite_where=text("status = 'answered'"),
            postgresql_where=text("status = 'answered'"),
        ),
        Index("ix_describe_runs_session_id", "session_id"),
        Index("ix_describe_runs_media_id", "media_id"),
        Index("ix_describe_runs_path", "path"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run: Mapped[str] = mapped_column(String(36))
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media_files.id", ondelete="SET NULL"))
    path: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str] = mapped_column(String(36))
    provider: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    template_sha256: Mapped[str] = mapped_column(String(64))
    tokens_in: Mapped[int | None] = mapped_column(Integer)
    tokens_cached: Mapped[int | None] = mapped_column(Integer)
    tokens_out: Mapped[int | None] = mapped_column(Integer)
    cost_usd: Mapped[float | None] = mapped_column(Float)
    seconds: Mapped[float] = mapped_column(Float)
    status: Mapped[str] = mapped_column(String(12))
    output: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[str] = mapped_column(UtcText)


class ModelProposal(Base):
    """What a model proposes for one field of a file: `title`, `caption`, or one `keyword`.

    `state` is `open` until a person accepts or rejects it. Triggers note each change of it as one of its file.
    """

    __tablename__ = "model_proposals"
    __table_args__ = (
        Index("ix_model_proposals_media_id", "media_id"),
        Index(
            "ix_model_proposals_open",
            "media_id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete="CASCADE"))
    run: Mapped[str] = mapped_column(String(36))
    field: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8), server_default="open")
    at: Mapped[str] = mapped_column(UtcText)


RUNS: Table = DescribeRun.__table__  # type: ignore[assignment]
PROPOSALS: Table = ModelProposal.__table__  # type: ignore[assignment]
OPEN, ACCEPTED, REJECTED = "open", "accepted", "rejected"
"""The states of what a model proposes; only a person ends the first."""
IS_OPEN = text("model_proposals.state = 'open'")
"""The condition of proposals that nobody has judged, as the index says it."""
