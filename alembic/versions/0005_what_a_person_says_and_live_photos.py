"""Room for the other half of a Live Photo, the video inside a motion photo, and what a person sets.

A downgrade drops the identifiers and links of Live Photos, which a later upgrade has to read anew, and what a person
said of bytes that no row shows, for good. What a person set in a row stays there: 0004 does not know that it is theirs,
and overwrites it when it reads the file anew.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("content_identifier", sa.Text()),
    ("embedded_video_bytes", sa.BigInteger()),
    ("pair_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
)
_PAIR = "fk_media_files_pair_id_media_files"
_PAIRED, _EDITS = sa.text("pair_id IS NOT NULL"), sa.text("kind = 'edited'")


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        for name, type_ in _COLUMNS:
            table.add_column(sa.Column(name, type_, nullable=True))
        table.create_foreign_key(_PAIR, "media_files", ["pair_id"], ["id"], ondelete="SET NULL")
    op.create_index(
        "ix_media_files_pair_id", "media_files", ["pair_id"], sqlite_where=_PAIRED, postgresql_where=_PAIRED
    )
    op.create_index("ix_ingest_events_edits", "ingest_events", ["path"], sqlite_where=_EDITS, postgresql_where=_EDITS)
    op.create_table(
        "person_words",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_person_words"),
    )


def downgrade() -> None:
    op.drop_table("person_words")
    op.drop_index("ix_ingest_events_edits", table_name="ingest_events")
    op.drop_index("ix_media_files_pair_id", table_name="media_files")
    with op.batch_alter_table("media_files") as table:
        table.drop_constraint(_PAIR, type_="foreignkey")
        for name, _ in reversed(_COLUMNS):
            table.drop_column(name)
