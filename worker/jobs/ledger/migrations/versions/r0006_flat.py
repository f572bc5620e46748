"""Indexes by which no call costs more in a ledger of a million jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make them: for lists by state and by kind, what is due, retention, failures, old requests."""
    op.create_index("jobs_by_state", "jobs", ["project", "state", "created_at", "id"])
    op.create_index("jobs_by_kind", "jobs", ["project", "kind", "created_at", "id"])
    for name, columns, rows in (
        ("jobs_due", ["queue", "due_at"], "state = 'queued'"),
        ("jobs_ended", ["project", "finished_at"], "finished_at IS NOT NULL"),
        ("jobs_failed", ["error_code"], "state = 'failed'"),
        ("jobs_leased", ["lease_until"], "state = 'running'"),
    ):
        some = sa.text(rows)
        op.create_index(name, "jobs", columns, sqlite_where=some, postgresql_where=some)
    op.create_index("requests_by_age", "requests", ["created_at"])
