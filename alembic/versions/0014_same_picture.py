"""Room for the hash of the picture alone, and an index of perceptual hashes, by which the files are found that need it.

It is computed with stage `thumbnail`, of older rows only where two look alike. A downgrade drops both.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
adds_only = True

_HASHED = sa.text("phash IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        table.add_column(sa.Column("picture_sha256", sa.String(64), nullable=True))
    op.create_index("ix_media_files_phash", "media_files", ["phash"], sqlite_where=_HASHED, postgresql_where=_HASHED)


def downgrade() -> None:
    op.drop_index("ix_media_files_phash", table_name="media_files")
    with op.batch_alter_table("media_files") as table:
        table.drop_column("picture_sha256")
