"""Indexes for what is asked of the past: what became of a path, where it went, what a session wrote, what is missing.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ingest_events_path",
        "ingest_events",
        ["path"],
        unique=False,
        sqlite_where=sa.text("kind = 'file_complete'"),
        postgresql_where=sa.text("kind = 'file_complete'"),
    )
    op.create_index(
        "ix_ingest_events_moves",
        "ingest_events",
        ["id"],
        unique=False,
        sqlite_where=sa.text("outcome = 'moved'"),
        postgresql_where=sa.text("outcome = 'moved'"),
    )
    op.create_index("ix_media_files_session_id", "media_files", ["session_id"], unique=False)
    op.create_index(
        "ix_media_files_present",
        "media_files",
        ["root", "path"],
        unique=False,
        sqlite_where=sa.text("missing_at IS NULL"),
        postgresql_where=sa.text("missing_at IS NULL"),
    )
    op.create_index(
        "ix_media_files_missing",
        "media_files",
        ["missing_at"],
        unique=False,
        sqlite_where=sa.text("missing_at IS NOT NULL"),
        postgresql_where=sa.text("missing_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_media_files_missing", table_name="media_files")
    op.drop_index("ix_media_files_present", table_name="media_files")
    op.drop_index("ix_media_files_session_id", table_name="media_files")
    op.drop_index("ix_ingest_events_moves", table_name="ingest_events")
    op.drop_index("ix_ingest_events_path", table_name="ingest_events")
