"""What review needs of a job: how much of it is open, how sure it is, who has it before them, its words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add them; `pagemill rebuild` fills in those of records that are there."""
    for column in (
        sa.Column("open_values", sa.Integer, nullable=False, server_default="0"),
        sa.Column("weakest", sa.Double, nullable=False, server_default="1"),
        sa.Column("weakest_path", sa.Text),
        sa.Column("review_reasons", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("postponed", sa.Double, nullable=False, server_default="0"),
        sa.Column("review_token", sa.String(32)),
        sa.Column("review_until", sa.Double, nullable=False, server_default="0"),
    ):
        op.add_column("jobs", column)
    op.create_index("jobs_weakest", "jobs", ["project", "weakest", "id"])
    in_turn = ["project", "state", "postponed", "weakest", "created_at", "id"]
    op.create_index("jobs_reviewed", "jobs", in_turn)
    op.create_table(
        "found",
        sa.Column("job_id", sa.String(32), primary_key=True),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_found_project", "found", ["project"])
