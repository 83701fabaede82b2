"""Room for how far a date goes, and for what names the lens; an index of the identifiers of Live Photos.

Both columns are read anew with stage `metadata`. A downgrade drops them; a date that is a year or a month alone stays.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
adds_only = True

_IDENTIFIED = sa.text("content_identifier IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        table.add_column(sa.Column("taken_at_precision", sa.String(8), nullable=True))
        table.add_column(sa.Column("lens_source", sa.Text(), nullable=True))
    op.create_index(
        "ix_media_files_content_identifier",
        "media_files",
        ["content_identifier"],
        sqlite_where=_IDENTIFIED,
        postgresql_where=_IDENTIFIED,
    )


def downgrade() -> None:
    op.drop_index("ix_media_files_content_identifier", table_name="media_files")
    with op.batch_alter_table("media_files") as table:
        table.drop_column("lens_source")
        table.drop_column("taken_at_precision")
