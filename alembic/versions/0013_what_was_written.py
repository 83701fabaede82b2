"""What was written to sidecars and files, and what an undo of it needs. A downgrade forgets it: nothing can be undone.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
adds_only = True

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_BROKEN_OFF = sa.text("status <> 'written'")


def upgrade() -> None:
    op.create_table(
        "writes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("target", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_writes"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "written_files",
        sa.Column("id", _ID, nullable=False),
        sa.Column("write_id", _ID, nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("temporary", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("former_sha256", sa.String(64), nullable=True),
        sa.Column("former_mtime_ns", sa.BigInteger(), nullable=True),
        sa.Column("former", sa.LargeBinary(), nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("new_sha256", sa.String(64), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["write_id"], ["writes.id"], name="fk_written_files_write_id_writes", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_written_files"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_written_files_write_id", "written_files", ["write_id"])
    op.create_index(
        "ix_written_files_broken_off", "written_files", ["id"], sqlite_where=_BROKEN_OFF, postgresql_where=_BROKEN_OFF
    )


def downgrade() -> None:
    op.drop_index("ix_written_files_broken_off", table_name="written_files")
    op.drop_index("ix_written_files_write_id", table_name="written_files")
    op.drop_table("written_files")
    op.drop_table("writes")
