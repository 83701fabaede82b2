"""NSFW: the mean and the number of frames beside the probability; versions of stages become texts that name a model.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        table.add_column(sa.Column("nsfw_mean", sa.Float(), nullable=True))
        table.add_column(sa.Column("nsfw_frames", sa.Integer(), nullable=True))
    with op.batch_alter_table("file_failures") as table:
        table.alter_column("version", existing_type=sa.Integer(), type_=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    # A failure that was remembered for a certain model is forgotten: the older program knows no such version.
    op.execute("DELETE FROM file_failures WHERE version LIKE '%:%'")
    with op.batch_alter_table("file_failures") as table:
        table.alter_column(
            "version",
            existing_type=sa.Text(),
            type_=sa.Integer(),
            existing_nullable=False,
            postgresql_using="version::integer",
        )
    with op.batch_alter_table("media_files") as table:
        table.drop_column("nsfw_frames")
        table.drop_column("nsfw_mean")
