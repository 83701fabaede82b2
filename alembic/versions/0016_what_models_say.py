"""Room for what vision models say of pictures: each request with its cost, and what of it is proposed.

A downgrade drops it, and the failures of the stage that older programs do not know: they cannot read them.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
adds_only = True

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UTC = sa.String(32)
_ANSWERED = sa.text("status = 'answered'")


def upgrade() -> None:
    op.create_table(
        "describe_runs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("run", sa.String(36), nullable=False),
        sa.Column("media_id", _ID, nullable=True),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_sha256", sa.String(64), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=True),
        sa.Column("tokens_cached", sa.Integer(), nullable=True),
        sa.Column("tokens_out", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("output", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_describe_runs"),
        sa.UniqueConstraint("run", name="uq_describe_runs_run"),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name="fk_describe_runs_media_id_media_files", ondelete="SET NULL"
        ),
    )
    op.create_index(
        "ix_describe_runs_answered",
        "describe_runs",
        ["sha256", "template_sha256", "model"],
        sqlite_where=_ANSWERED,
        postgresql_where=_ANSWERED,
    )
    for column in ("session_id", "media_id", "path"):
        op.create_index(f"ix_describe_runs_{column}", "describe_runs", [column])
    op.create_table(
        "model_proposals",
        sa.Column("id", _ID, nullable=False),
        sa.Column("media_id", _ID, nullable=False),
        sa.Column("run", sa.String(36), nullable=False),
        sa.Column("field", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), server_default="open", nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_proposals"),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name="fk_model_proposals_media_id_media_files", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_model_proposals_media_id", "model_proposals", ["media_id"])


def downgrade() -> None:
    op.execute("DELETE FROM file_failures WHERE stage = 'describe'")
    op.drop_table("model_proposals")
    op.drop_table("describe_runs")
