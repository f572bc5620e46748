"""How far the wall clock is ahead of the machine's own, for a ledger whose database has no clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table; its row is written by the first process that asks for the time."""
    op.create_table(
        "clock",
        sa.Column("boot", sa.String(64), primary_key=True),
        sa.Column("ahead", sa.Double, nullable=False),
    )
