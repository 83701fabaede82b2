"""The first schema.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "file_failures",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("folder", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_failures")),
        sa.UniqueConstraint("root", "path", "stage", name=op.f("uq_file_failures_root_path_stage")),
    )
    op.create_index("ix_file_failures_root_folder", "file_failures", ["root", "folder"], unique=False)

    op.create_table(
        "ingest_events",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ingest_events_session_id_id", "ingest_events", ["session_id", "id"], unique=False)
    op.create_index(
        "ix_ingest_events_session_rows",
        "ingest_events",
        ["id"],
        unique=False,
        sqlite_where=sa.text("kind = 'session'"),
        postgresql_where=sa.text("kind = 'session'"),
    )
    op.create_index(
        "uq_ingest_events_file_complete",
        "ingest_events",
        ["session_id", "path"],
        unique=True,
        sqlite_where=sa.text("kind = 'file_complete'"),
        postgresql_where=sa.text("kind = 'file_complete'"),
    )

    op.create_table(
        "keywords",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keywords")),
        sa.UniqueConstraint("text", name=op.f("uq_keywords_text")),
    )
    op.create_table(
        "media_files",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("folder", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("sidecar", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("phash", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        sa.Column("taken_at", sa.String(length=40), nullable=True),
        sa.Column("camera_make", sa.Text(), nullable=True),
        sa.Column("camera_model", sa.Text(), nullable=True),
        sa.Column("lens_model", sa.Text(), nullable=True),
        sa.Column("orientation", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("score_source", sa.String(length=16), nullable=True),
        sa.Column("nsfw_probability", sa.Float(), nullable=True),
        sa.Column("nsfw_model", sa.Text(), nullable=True),
        sa.Column("generator", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=True),
        sa.Column("negative_prompt", sa.Text(), nullable=True),
        sa.Column("generation", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("raw", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("ingested_at", sa.String(length=32), nullable=False),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.Column("missing_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
        sa.UniqueConstraint("root", "path", name=op.f("uq_media_files_root_path")),
    )
    op.create_index("ix_media_files_root_folder", "media_files", ["root", "folder"], unique=False)
    op.create_index("ix_media_files_sha256", "media_files", ["sha256"], unique=False)

    op.create_table(
        "media_keywords",
        sa.Column("media_id", BIG_ID, nullable=False),
        sa.Column("keyword_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["keyword_id"], ["keywords.id"], name=op.f("fk_media_keywords_keyword_id_keywords"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name=op.f("fk_media_keywords_media_id_media_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "keyword_id", "source", name=op.f("pk_media_keywords")),
    )
    op.create_index("ix_media_keywords_keyword_id", "media_keywords", ["keyword_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_media_keywords_keyword_id", table_name="media_keywords")

    op.drop_table("media_keywords")
    op.drop_index("ix_media_files_sha256", table_name="media_files")
    op.drop_index("ix_media_files_root_folder", table_name="media_files")

    op.drop_table("media_files")
    op.drop_table("keywords")
    op.drop_index("uq_ingest_events_file_complete", table_name="ingest_events")
    op.drop_index("ix_ingest_events_session_rows", table_name="ingest_events")
    op.drop_index("ix_ingest_events_session_id_id", table_name="ingest_events")

    op.drop_table("ingest_events")
    op.drop_index("ix_file_failures_root_folder", table_name="file_failures")

    op.drop_table("file_failures")
