"""Room for what a picture looks like to the NSFW model, as bits.

A downgrade drops them; they come back only where a file is looked at anew.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
adds_only = True


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        table.add_column(sa.Column("features", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        table.drop_column("features")
