"""Incarnations of jobs and sources: what comes again after an erasure lies apart from what is removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add them; what is there is the first of its kind."""
    for table, name in (
        ("jobs", "incarnation"),
        ("jobs", "source_incarnation"),
        ("tombstones", "incarnation"),
    ):
        op.add_column(table, sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "erased_sources",
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("project", "source_sha256"),
    )
    op.create_table(
        "removals",
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("due_at", sa.Double, nullable=False),
    )
    op.create_index("removals_due", "removals", ["due_at"])
