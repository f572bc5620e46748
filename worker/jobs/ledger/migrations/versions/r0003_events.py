"""Events, one per move of a job; a job names its worker, and counts the attempts that were not its fault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add them; jobs that are there have no history."""
    op.create_table(
        "events",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(255)),
        sa.Column("error_code", sa.String(64)),
        sa.Column("reason", sa.Text),
    )
    op.create_index("events_job", "events", ["job_id", "id"])
    op.add_column("jobs", sa.Column("worker", sa.String(255)))
    op.add_column("jobs", sa.Column("setbacks", sa.Integer, nullable=False, server_default="0"))
