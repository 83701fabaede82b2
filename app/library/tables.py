"""The tables of the library, the same on SQLite and PostgreSQL.

Owns names, types and indexes; what is written when is decided by the modules that write (`recording`, `presence`, and
the room `saying`). A changed table needs a migration. Times are ISO 8601 text in UTC, which reads and sorts the same on
both engines; paths are bytes, because a file's name need not be UTF-8.
"""

from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from app.metadata import DECLARED, Metadata

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite gives rowids only to INTEGER PRIMARY KEY
UtcText = String(32)
_TYPES: Mapping[Any, TypeEngine[Any]] = {str | None: Text(), float | None: Float(), int | None: Integer()}


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can drop it on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _columns_read() -> Iterator[Column[Any]]:
    """A column for each field of `Metadata`, by its type and declaration; NULL is what was not read."""
    for name, type_ in get_type_hints(Metadata).items():
        declared = DECLARED[name]
        kind = String(declared.characters) if declared.characters else _TYPES.get(type_, JSON(none_as_null=True))
        yield Column(name, BigInteger() if declared.large else kind, doc=declared.meaning)


class MediaFile(Base):
    """One file of a media root, with a column for each field of `Metadata` beside those named here.

    `path` and `folder` are relative to the root; `name` is as shown to people.

    `stages` maps each stage that ran on these bytes to `{"status", "version", "model"?, "cause"?, "reason"?}`; that of
    `thumbnail` says `partial` where a thumbnail shows what can be seen of a damaged file. `phash` is 16 hex digits.
    `width` and `height` are as stored in the file; `values.as_file` shows them upright. `sources` maps the columns of
    stage `metadata` to where they were read, or to `person`; `score_source` does that for the score.
    `pair_id` is set in both rows of a Live Photo: that of the other. A motion photo is one file, and one row:
    `embedded_video_bytes`. `features` are 128 bytes, comparable where `nsfw_model` is the same.
    """

    __tablename__ = "media_files"
    __table_args__ = (
        *_columns_read(),
        UniqueConstraint("root", "path"),
        Index("ix_media_files_root_folder", "root", "folder"),
        Index("ix_media_files_sha256", "sha256"),
        Index("ix_media_files_name", "name"),
        Index(
            "ix_media_files_phash",
            "phash",
            sqlite_where=text("phash IS NOT NULL"),
            postgresql_where=text("phash IS NOT NULL"),
        ),
        Index("ix_media_files_session_id", "session_id"),
        Index(
            "ix_media_files_pair_id",
            "pair_id",
            sqlite_where=text("pair_id IS NOT NULL"),
            postgresql_where=text("pair_id IS NOT NULL"),
        ),
        Index(
            "ix_media_files_content_identifier",
            "content_identifier",
            sqlite_where=text("content_identifier IS NOT NULL"),
            postgresql_where=text("content_identifier IS NOT NULL"),
        ),
        Index(
            "ix_media_files_present",
            "root",
            "path",
            "missing_at",  # said to be null, and still: else SQLite looks it up in each row
            sqlite_where=text("missing_at IS NULL"),
            postgresql_where=text("missing_at IS NULL"),
        ),
        Index(
            "ix_media_files_missing",
            "root",
            "missing_at",
            sqlite_where=text("missing_at IS NOT NULL"),
            postgresql_where=text("missing_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    root: Mapped[str] = mapped_column(Text)
    path: Mapped[bytes] = mapped_column(LargeBinary)
    folder: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger, doc="Bytes.")
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sidecar: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), doc="Of the bytes, 64 hex digits.")
    phash: Mapped[str | None] = mapped_column(String(16), doc="Perceptual hash of 64 bits, 16 hex digits.")
    picture_sha256: Mapped[str | None] = mapped_column(
        String(64),
        doc="Of the picture alone, 64 hex digits; empty where it is not determined, null before it was tried.",
    )
    kind: Mapped[str] = mapped_column(String(8), doc="`image` or `video`.")
    format: Mapped[str] = mapped_column(String(16), doc="What the content is, whatever the suffix says.")
    mode: Mapped[str | None] = mapped_column(String(16), doc="Pillow's mode of the picture, such as `RGB`.")
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    frames: Mapped[int] = mapped_column(
        Integer, doc="Frames of an animation; 1 for a still, however many pages its file has."
    )
    notes: Mapped[list[str]] = mapped_column(JSON, doc="Oddities met, as sentences.")
    score: Mapped[int | None] = mapped_column(Integer, doc="A person's rating, -1 (rejected) to 5; null is not rated.")
    score_source: Mapped[str | None] = mapped_column(String(16))
    nsfw_probability: Mapped[float | None] = mapped_column(Float, doc="0 to 1; of a film the highest of its frames.")
    nsfw_mean: Mapped[float | None] = mapped_column(Float, doc="0 to 1, the mean of the frames.")
    nsfw_frames: Mapped[int | None] = mapped_column(Integer, doc="Frames that were looked at.")
    nsfw_model: Mapped[str | None] = mapped_column(Text, doc="The model that gave the probability.")
    nsfw_said: Mapped[bool | None] = mapped_column(doc="A person's word, above the model; null where nobody said any.")
    features: Mapped[bytes | None] = mapped_column(LargeBinary)
    stages: Mapped[dict[str, Any]] = mapped_column(
        JSON, doc="How each stage ended: its status and version, and why it failed."
    )
    pair_id: Mapped[int | None] = mapped_column(ForeignKey("media_files.id", ondelete="SET NULL"))
    session_id: Mapped[str | None] = mapped_column(String(36), doc="The session that wrote the row last.")
    ingested_at: Mapped[str] = mapped_column(UtcText, doc="When it was taken in first, ISO 8601 in UTC.")
    updated_at: Mapped[str] = mapped_column(UtcText, doc="When the row was written last, ISO 8601 in UTC.")
    missing_at: Mapped[str | None] = mapped_column(
        UtcText, doc="When it was found gone from disk, ISO 8601 in UTC; null while it is there."
    )


class Keyword(Base):
    """One keyword text, shared by all files that carry it."""

    __tablename__ = "keywords"
    __table_args__ = (UniqueConstraint("text"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class MediaKeyword(Base):
    """A keyword of a file, with where it was read and its weight (a prompt's emphasis; NULL elsewhere)."""

    __tablename__ = "media_keywords"
    __table_args__ = (Index("ix_media_keywords_keyword_id", "keyword_id"),)

    media_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete="CASCADE"), primary_key=True)
    keyword_id: Mapped[int] = mapped_column(ForeignKey("keywords.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    weight: Mapped[float | None] = mapped_column(Float)


class PersonWords(Base):
    """What a person said of bytes that no file at hand shows: `words` maps fields, as they are set, to values.

    Of bytes that gave way to others that were known, it is kept, too, that nothing was said.
    """

    __tablename__ = "person_words"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    words: Mapped[dict[str, Any]] = mapped_column(JSON)
    keywords: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[str] = mapped_column(UtcText)


class Edit(Base):
    """What a person changed in one go, in any number of files; `asked` is the request without its paths.

    The id is what an undo names. Only the last 100 are kept.
    """

    __tablename__ = "edits"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id never means another edit than it did

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[str] = mapped_column(UtcText)
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    sentence: Mapped[str] = mapped_column(Text)
    files: Mapped[int] = mapped_column(Integer)
    undone_at: Mapped[str | None] = mapped_column(UtcText)


class EditedFile(Base):
    """What an edit changed in one file: what stood in the fields that it touched, and what stood there then.

    Both are as `saying.deciding` makes them. They go with the row of the file.
    """

    __tablename__ = "edited_files"
    __table_args__ = (Index("ix_edited_files_media_id", "media_id"),)

    edit_id: Mapped[int] = mapped_column(ForeignKey("edits.id", ondelete="CASCADE"), primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete="CASCADE"), primary_key=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)


class FileFailure(Base):
    """The last failure of a stage of a file. `fingerprint` is what the file looked like: size, mtime and sidecars.

    A `fatal` one kept the file out of the library; a file has at most one. `state` is what a person said of it. One
    whose cause passes by itself (`errors.PASSING_CAUSES`) is kept for people, and holds the file back from no session.
    """

    __tablename__ = "file_failures"
    __table_args__ = (
        UniqueConstraint("root", "path", "stage"),
        Index("ix_file_failures_root_folder", "root", "folder"),
        Index(
            "ix_file_failures_fatal",
            "cause",
            "root",
            "id",
            "state",
            "fatal",  # said to be true, and still: else SQLite looks it up in each row
            sqlite_where=text("fatal"),
            postgresql_where=text("fatal"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    root: Mapped[str] = mapped_column(Text)
    path: Mapped[bytes] = mapped_column(LargeBinary)
    folder: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(Text)
    fatal: Mapped[bool] = mapped_column()
    cause: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    session_id: Mapped[str | None] = mapped_column(String(36))
    at: Mapped[str] = mapped_column(UtcText)
    state: Mapped[str] = mapped_column(String(8), server_default="open")


class IngestEvent(Base):
    """Append-only: what happened, in order. The id is the id of the server-sent event.

    `path` is `ROOT/relative` as bytes. A `file_complete` row says in `detail` what it adds to each counter. An `edited`
    row is a person's: it belongs to no session, so its `session_id` is empty, and `detail` says what was set; so does a
    `detected` row, by which a detector looked at one file. The view
    `event_log`, which a migration makes, has a row for each file and stage.
    """

    __tablename__ = "ingest_events"
    __table_args__ = (
        Index("ix_ingest_events_session_id_id", "session_id", "id"),
        Index(
            "uq_ingest_events_file_complete",
            "session_id",
            "path",
            unique=True,
            sqlite_where=text("kind = 'file_complete'"),
            postgresql_where=text("kind = 'file_complete'"),
        ),
        Index(
            "ix_ingest_events_path",
            "path",
            sqlite_where=text("kind = 'file_complete'"),
            postgresql_where=text("kind = 'file_complete'"),
        ),
        Index(
            "ix_ingest_events_edits",
            "path",
            sqlite_where=text("kind = 'edited'"),
            postgresql_where=text("kind = 'edited'"),
        ),
        Index(
            "ix_ingest_events_detected",
            "path",
            sqlite_where=text("kind = 'detected'"),
            postgresql_where=text("kind = 'detected'"),
        ),
        Index(
            "ix_ingest_events_moves",
            "id",
            sqlite_where=text("outcome = 'moved'"),
            postgresql_where=text("outcome = 'moved'"),
        ),
        Index(
            "ix_ingest_events_session_rows",
            "id",
            sqlite_where=text("kind = 'session'"),
            postgresql_where=text("kind = 'session'"),
        ),
        {"sqlite_autoincrement": True},  # an id is never given twice, even after the newest row is gone
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[str] = mapped_column(String(36))
    at: Mapped[str] = mapped_column(UtcText)
    kind: Mapped[str] = mapped_column(String(20))
    path: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[str | None] = mapped_column(String(12))
    cause: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class MediaChange(Base):
    """The newest change of each file, in order. Triggers write it: what they do is in `finding/changes.py`.

    `seq` is a new one, higher than all before, with each change of the file's row or keywords; a file whose row is gone
    keeps its entry. `worded` says that the full-text index has the words of the file as it is now.
    """

    __tablename__ = "media_changes"
    __table_args__ = (
        UniqueConstraint("media_id"),
        Index(
            "ix_media_changes_not_worded",
            "seq",
            sqlite_where=text("NOT worded"),
            postgresql_where=text("NOT worded"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigId, primary_key=True)
    media_id: Mapped[int] = mapped_column(BigInteger, doc="The file; no foreign key, because entries outlive rows.")
    worded: Mapped[bool] = mapped_column()


MEDIA: Table = MediaFile.__table__  # type: ignore[assignment]
KEYWORDS: Table = Keyword.__table__  # type: ignore[assignment]
LINKS: Table = MediaKeyword.__table__  # type: ignore[assignment]
KEPT: Table = PersonWords.__table__  # type: ignore[assignment]
EDITS: Table = Edit.__table__  # type: ignore[assignment]
EDITED_FILES: Table = EditedFile.__table__  # type: ignore[assignment]
FAILURES: Table = FileFailure.__table__  # type: ignore[assignment]
EVENTS: Table = IngestEvent.__table__  # type: ignore[assignment]
CHANGES: Table = MediaChange.__table__  # type: ignore[assignment]
