"""How often values were right, by field and confidence; indexes for overviews; what kinds are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table; `pagemill rebuild` fills it with what people have settled before."""
    op.create_table(
        "judgements",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("field", sa.String(255), nullable=False),
        sa.Column("tenth", sa.Integer, nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "field", "tenth"),
    )
    op.create_index("judgements_listed", "judgements", ["project", "at"])
    op.add_column("kinds", sa.Column("titles", sa.Text))
    op.drop_index("jobs_ended", "jobs")
    for name, columns, where in (
        ("jobs_ended", ["project", "finished_at", "pages", "state", "revision"], "finished_at IS NOT NULL"),
        ("jobs_failed_by", ["project", "error_code"], "state = 'failed'"),
    ):
        some = sa.text(where)
        op.create_index(name, "jobs", columns, sqlite_where=some, postgresql_where=some)
