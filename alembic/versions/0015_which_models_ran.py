"""Room for which models looked at files, and when.

It is filled as they run from now on. A downgrade drops it, and the failures of stages that older programs do not know:
they cannot read them.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
adds_only = True

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.String(32)
_DETECTED = sa.text("kind = 'detected'")


def upgrade() -> None:
    op.create_table(
        "model_versions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("first_used_at", _UTC, nullable=False),
        sa.Column("last_used_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_versions"),
        sa.UniqueConstraint("stage", "name", name="uq_model_versions_stage_name"),
    )
    op.create_index(
        "ix_ingest_events_detected", "ingest_events", ["path"], sqlite_where=_DETECTED, postgresql_where=_DETECTED
    )


def downgrade() -> None:
    op.execute("DELETE FROM file_failures WHERE stage IN ('barcodes', 'detect')")
    op.drop_index("ix_ingest_events_detected", "ingest_events")
    op.drop_table("model_versions")
