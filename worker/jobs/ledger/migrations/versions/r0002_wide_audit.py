"""Ids of the audit log of 64 bits: every look at a record takes one, and 32 bits last for months only."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Widen them on PostgreSQL; those of SQLite are so already."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit ALTER COLUMN id TYPE BIGINT")
        op.execute("ALTER SEQUENCE audit_id_seq AS BIGINT")
