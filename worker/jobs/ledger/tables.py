"""The tables. Times are seconds since 1970; `jobs` holds a spec and its state side by side."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # where an INTEGER that is a key has 64 bits


def _some(name: str, *columns: str, where: str) -> Index:
    """An index of some rows; a query that should use it says which in the same words, not by parameter."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("kind_version", Integer, nullable=False),
    Column("schema_sha256", String(64), nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("filename", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("engine", String(128), nullable=False),
    Column("pipeline_version", String(32), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("batch", String(128)),
    Column("created_at", Double, nullable=False),
    Column("queue", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Double, nullable=False, default=0.0),
    Column("lease_token", String(32)),
    Column("lease_until", Double),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("pages", Integer, nullable=False, default=0),
    Column("pages_done", Integer, nullable=False, default=0),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("updated_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("model", String(255)),
    Column("incarnation", Integer, nullable=False, server_default="0"),
    Column("source_incarnation", Integer, nullable=False, server_default="0"),
    Column("worker", String(255)),
    Column("setbacks", Integer, nullable=False, server_default="0"),
    Column("open_values", Integer, nullable=False, server_default="0"),
    Column("weakest", Double, nullable=False, server_default="1"),
    Column("weakest_path", Text),
    Column("review_reasons", Text),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("postponed", Double, nullable=False, server_default="0"),
    Column("review_token", String(32)),
    Column("review_until", Double, nullable=False, server_default="0"),
    Index("jobs_listed", "project", "created_at", "id"),
    Index("jobs_changed", "project", "updated_at", "id"),
    Index("jobs_sources", "project", "source_sha256"),
    Index("jobs_weakest", "project", "weakest", "id"),
    Index("jobs_reviewed", "project", "state", "postponed", "weakest", "created_at", "id"),
    Index("jobs_by_state", "project", "state", "created_at", "id"),
    Index("jobs_by_kind", "project", "kind", "created_at", "id"),
    _some("jobs_due", "queue", "due_at", where="state = 'queued'"),
    _some(
        "jobs_ended", "project", "finished_at", "pages", "state", "revision", where="finished_at IS NOT NULL"
    ),
    _some("jobs_failed", "error_code", where="state = 'failed'"),
    _some("jobs_failed_by", "project", "error_code", where="state = 'failed'"),
    _some("jobs_leased", "lease_until", where="state = 'running'"),
)

Index(  # in the order in which jobs are taken, so that taking one costs the same however many wait
    "jobs_waiting", jobs.c.state, jobs.c.queue, jobs.c.project, jobs.c.priority.desc(), jobs.c.created_at
)

events = Table(
    "events",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("job_id", String(32), nullable=False),
    Column("at", Double, nullable=False),
    Column("code", String(32), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", String(255)),
    Column("error_code", String(64)),
    Column("reason", Text),
    Index("events_job", "job_id", "id"),
)

found = Table(  # apart from `jobs`, whose rows are read whole and often
    "found",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("project", String(64), nullable=False, index=True),
    Column("text", Text, nullable=False),
)

judgements = Table(
    "judgements",
    metadata,
    Column("job_id", String(32), nullable=False),
    Column("field", String(255), nullable=False),
    Column("tenth", Integer, nullable=False),
    Column("project", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("at", Double, nullable=False),
    Column("total", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    PrimaryKeyConstraint("job_id", "field", "tenth"),
    Index("judgements_listed", "project", "at"),
)

members = Table(
    "members",
    metadata,
    Column("project", String(64), nullable=False),
    Column("batch", String(128), nullable=False),
    Column("job_id", String(32), nullable=False, index=True),
    Column("filename", Text, nullable=False),
    PrimaryKeyConstraint("project", "batch", "job_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("job_id", String(32), nullable=False),
    Column("project", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("body", LargeBinary),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Double, nullable=False, default=0.0),
    Column("last_status", Integer),
    UniqueConstraint("job_id", "url"),
    Index("deliveries_due", "state", "due_at"),
)

requests = Table(
    "requests",
    metadata,
    Column("project", String(64), nullable=False),
    Column("key", String(255), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("job_ids", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    PrimaryKeyConstraint("project", "key"),
    Index("requests_by_age", "created_at"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("project", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("rate_per_minute", Integer),
    Column("max_bytes", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("key_id", String(16), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("sessions_by_end", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("project", String(64), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(255), nullable=False),
    Index("audit_project", "project", "id"),
)

projects = Table(
    "projects",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("turn", Double, nullable=False, default=0.0),
    Column("retention_days", Double),
)

kinds = Table(
    "kinds",
    metadata,
    Column("project", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("schema_sha256", String(64), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("titles", Text),
    PrimaryKeyConstraint("project", "name", "version"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("project", String(64), nullable=False),
    Column("erased_at", Double, nullable=False),
    Column("incarnation", Integer, nullable=False, server_default="0"),
)

erased_sources = Table(
    "erased_sources",
    metadata,
    Column("project", String(64), nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("times", Integer, nullable=False),
    PrimaryKeyConstraint("project", "source_sha256"),
)

clock = Table(  # of a database that has none: one row, for this start of its machine
    "clock", metadata, Column("boot", String(64), primary_key=True), Column("ahead", Double, nullable=False)
)

removals = Table(
    "removals",
    metadata,
    Column("place", Text, primary_key=True),
    Column("due_at", Double, nullable=False),
    Index("removals_due", "due_at"),
)
