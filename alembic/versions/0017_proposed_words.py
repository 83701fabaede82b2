"""The words of what models propose go into the full-text index, and open proposals have an index of their own.

On SQLite an index of words cannot be given another column: it is made anew, and a server writes the words of all files
behind its work.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
adds_only = True

_OPEN = sa.text("state = 'open'")
_FIELDS = "name, folder, title, caption, keyword, prompt, negative, camera, lens, creator, model, lora, sampler, seed"


def upgrade() -> None:
    op.create_index(
        "ix_model_proposals_open", "model_proposals", ["media_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    _index_anew(f"{_FIELDS}, proposed")


def downgrade() -> None:
    _index_anew(_FIELDS)
    op.drop_index("ix_model_proposals_open", "model_proposals")


def _index_anew(fields: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TABLE media_words")
    op.execute(
        f"CREATE VIRTUAL TABLE media_words USING fts5({fields}, columnsize=0, tokenize=\"ascii tokenchars '_'\")"
    )
    op.execute("UPDATE media_changes SET worded = false WHERE worded")
