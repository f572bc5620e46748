"""A job names the model it waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it; for jobs that are there it is not known, and any worker of their queue may read them."""
    op.add_column("jobs", sa.Column("model", sa.String(255)))
