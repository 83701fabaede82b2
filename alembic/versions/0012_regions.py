"""Room for what is where in the pictures, for who looked at them, and for what a person expects there.

The regions are read anew with stage `metadata`, of the files that may have some. A downgrade drops all three tables,
and with them what a person expected.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
adds_only = True

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "detections",
        sa.Column("id", _ID, nullable=False),
        sa.Column("media_id", _ID, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("x", "y", "w", "h")),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name="fk_detections_media_id_media_files", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_detections"),
    )
    op.create_index("ix_detections_media_id", "detections", ["media_id"])
    op.create_index("ix_detections_label", "detections", ["label"])
    op.create_table(
        "region_looks",
        sa.Column("media_id", _ID, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name="fk_region_looks_media_id_media_files", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "source", name="pk_region_looks"),
    )
    op.create_table(
        "planograms",
        sa.Column("id", _ID, nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("q", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_planograms"),
    )


def downgrade() -> None:
    for table in ("planograms", "region_looks", "detections"):
        op.drop_table(table)
