"""Columns for what photos and videos say of themselves, and for where each of these values was read.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("frame_rate", sa.Float()),
    ("video_codec", sa.Text()),
    ("audio_codec", sa.Text()),
    ("taken_at_rule", sa.Text()),
    ("exposure_seconds", sa.Float()),
    ("f_number", sa.Float()),
    ("iso", sa.Integer()),
    ("focal_length_mm", sa.Float()),
    ("focal_length_35mm", sa.Float()),
    ("altitude_m", sa.Float()),
    ("title", sa.Text()),
    ("caption", sa.Text()),
    ("creator", sa.Text()),
    ("copyright", sa.Text()),
    ("label", sa.Text()),
    ("prompt_verdict", sa.String(16)),
    ("sources", sa.JSON()),
)


def upgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        for name, type_ in _COLUMNS:
            table.add_column(sa.Column(name, type_, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("media_files") as table:
        for name, _ in reversed(_COLUMNS):
            table.drop_column(name)
