"""Room for what a person says of a failure (`open`, `reviewed`, `ignored`), and indexes by cause and by file name.

A downgrade drops what people said. The failures stay, except those of causes that pass by themselves: older programs,
which keep none of them, would leave out their files.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
adds_only = True

_FATAL = sa.text("fatal")
_PASSING = "DELETE FROM file_failures WHERE fatal AND cause IN ('unreadable', 'still_changing', 'model_unusable')"


def upgrade() -> None:
    with op.batch_alter_table("file_failures") as table:
        table.add_column(sa.Column("state", sa.String(8), nullable=False, server_default="open"))
    op.create_index(
        "ix_file_failures_fatal",
        "file_failures",
        ["cause", "root", "id", "state", "fatal"],
        sqlite_where=_FATAL,
        postgresql_where=_FATAL,
    )
    op.create_index("ix_media_files_name", "media_files", ["name"])


def downgrade() -> None:
    op.drop_index("ix_media_files_name", table_name="media_files")
    op.drop_index("ix_file_failures_fatal", table_name="file_failures")
    op.execute(_PASSING)
    with op.batch_alter_table("file_failures") as table:
        table.drop_column("state")
