"""Room for edits, with which a person's changes are taken back, and for a person's word on NSFW.

A downgrade drops both: what the edits said stays in the rows, what was said of NSFW is lost.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
adds_only = True

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        table.add_column(sa.Column("nsfw_said", sa.Boolean(), nullable=True))
    op.create_table(
        "edits",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_edits"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edited_files",
        sa.Column("edit_id", _BIG_ID, nullable=False),
        sa.Column("media_id", _BIG_ID, nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["edit_id"], ["edits.id"], name="fk_edited_files_edit_id_edits", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media_files.id"], name="fk_edited_files_media_id_media_files", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edit_id", "media_id", name="pk_edited_files"),
    )
    op.create_index("ix_edited_files_media_id", "edited_files", ["media_id"])


def downgrade() -> None:
    words = sa.table("person_words", sa.column("sha256", sa.String()), sa.column("words", sa.JSON()))
    connection = op.get_bind()
    for sha256, said in connection.execute(sa.select(words)).all():
        if "nsfw" in said:  # older programs have no column of this name
            others = {name: value for name, value in said.items() if name != "nsfw"}
            connection.execute(words.update().where(words.c.sha256 == sha256).values(words=others))
    op.drop_table("edited_files")
    op.drop_table("edits")
    with op.batch_alter_table("media_files") as table:
        table.drop_column("nsfw_said")
