"""Room for notifications: what each target is told, how the delivery stands, and how far of the log it was told.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
adds_only = True

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.String(32)
_WAITING = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", _ID, nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("next_at", _UTC, nullable=True),
        sa.Column("sent_at", _UTC, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint("event_id", "target", name="uq_notifications_event_id_target"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_notifications_waiting", "notifications", ["next_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_table(
        "notified_up_to",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_notified_up_to"),
    )


def downgrade() -> None:
    op.drop_table("notified_up_to")
    op.drop_table("notifications")
