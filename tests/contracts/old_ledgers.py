"""Ledgers as each released revision left them, with jobs in every state, keys, webhooks, an audit log.

`ledgers/` holds what the first release made, and for each later revision the statements of its step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import ColumnClause, Engine, column, event, insert, select, table

from schemas.job import JobState
from worker.jobs.ledger import revisions

JOBS = 1000
_FOLDER = Path(__file__).parent / "ledgers"
_STEPS = Path(revisions.__file__).parent / "migrations"


def make(engine: Engine, revision: str) -> None:
    """A ledger that was begun with the first release and brought to a revision, in use since."""
    for step in revisions.REVISIONS[: revisions.REVISIONS.index(revision) + 1]:
        with engine.begin() as connection:
            for statement in script(engine, step):
                connection.exec_driver_sql(statement)
            for name, made in rows(step).items():
                into = table(name, *(column(field) for field in made[0]))
                connection.execute(insert(into), made)


def script(engine: Engine, revision: str) -> Sequence[str]:
    """The statements of a revision's step, as they were released."""
    text = (_FOLDER / f"{revision}-{engine.dialect.name}.sql").read_text(encoding="utf-8")
    statements = (part.strip() for part in text.partition("\n")[2].split(";\n"))
    return [statement for statement in statements if statement]


def upgrade(engine: Engine, revision: str) -> Sequence[str]:
    """Take the next step with today's code; gives what it asked of the database."""
    with engine.begin() as connection, _changes(engine) as statements:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(_STEPS))
        command.upgrade(config, revision)
    return statements


@contextmanager
def _changes(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith(("CREATE", "ALTER", "DROP", "UPDATE", "INSERT")):
            found.append("\n".join(line.rstrip() for line in statement.strip().splitlines()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def rows(revision: str) -> dict[str, list[dict[str, Any]]]:
    """What is put into the tables that a revision has brought, by table."""
    return _FIRST if revision == "0001" else _LATER.get(revision, {})


def _job(number: int, state: JobState) -> dict[str, Any]:
    runs = state is JobState.RUNNING
    return {
        "id": f"{number:032x}",
        "project": f"p{number % 3}",
        "kind": "receipt",
        "kind_version": 1,
        "schema_sha256": "s" * 64,
        "source_sha256": f"{number:064x}",
        "filename": f"账单 {number}.png",
        "size": 2**40 + number,
        "engine": "fake",
        "pipeline_version": "0.1.0",
        "priority": number % 10,
        "batch": "march" if number % 2 else None,
        "created_at": 1.5 + number,
        "queue": "cpu",
        "state": str(state),
        "attempts": number % 4,
        "due_at": 1.5 + number,
        "lease_token": "t" if runs else None,
        "lease_until": 2.0 if runs else None,
        "cancel_requested": False,
        "pages": 2,
        "pages_done": 1,
        "error_code": None,
        "error_message": None,
        "updated_at": 2.5 + number,
        "started_at": None,
        "finished_at": None,
    }


def _delivery(number: int) -> dict[str, Any]:
    return {
        "id": f"msg_{number:032x}",
        "job_id": f"{number:032x}",
        "project": "p0",
        "url": "https://example.com/",
        "state": "pending",
        "body": b"\x00\xff{}",
        "attempts": 2,
        "due_at": 7.0,
        "last_status": 500,
    }


def _key(number: int) -> dict[str, Any]:
    return {
        "id": f"key{number}",
        "project": "p0",
        "name": "somebody",
        "hash": f"{number:064x}",
        "scopes": "read submit",
        "created_at": 1.0,
        "expires_at": None,
        "revoked_at": 5.0 if number % 2 else None,
        "rate_per_minute": 60,
        "max_bytes": 2**33,
    }


def _of_first_release() -> dict[str, list[dict[str, Any]]]:
    states = list(JobState)
    jobs = [_job(number, states[number % len(states)]) for number in range(JOBS)]
    return {
        "jobs": jobs,
        "members": [
            {"project": job["project"], "batch": "march", "job_id": job["id"], "filename": job["filename"]}
            for job in jobs
            if job["batch"]
        ],
        "deliveries": [_delivery(number) for number in range(50)],
        "requests": [
            {"project": "p0", "key": "k", "fingerprint": "f", "job_ids": '["a"]', "created_at": 1.0}
        ],
        "keys": [_key(number) for number in range(20)],
        "audit": [
            {"at": 1.0, "project": "p0", "actor": "key:x", "action": "read", "subject": f"{number:032x}"}
            for number in range(300)
        ],
        "projects": [{"name": f"p{number}", "turn": 1.0, "retention_days": None} for number in range(3)],
        "kinds": [
            {"project": "p0", "name": "slip", "version": 1, "schema_sha256": "s" * 64, "created_at": 1.0}
        ],
        "tombstones": [{"job_id": "f" * 32, "project": "p0", "erased_at": 3.0}],
    }


_FIRST = _of_first_release()
_LATER: dict[str, dict[str, list[dict[str, Any]]]] = {
    "0003": {
        "events": [
            {"job_id": f"{number:032x}", "at": 1.0, "code": "retried", "attempt": 2, "worker": "w"}
            | {"error_code": "source_timeout", "reason": "it took too long"}
            for number in range(100)
        ]
    },
    "0005": {
        "erased_sources": [{"project": "p0", "source_sha256": "a" * 64, "times": 2}],
        "removals": [{"place": "p0/jobs/x", "due_at": 2.0**40}],
    },
    "0007": {"found": [{"job_id": f"{1:032x}", "project": "p1", "text": "合计 12.00"}]},
    "0008": {"clock": [{"boot": "another", "ahead": 3.5}]},
    "0009": {
        "sessions": [
            {"hash": "c" * 64, "key_id": "key0", "purpose": "session", "created_at": 1.0, "expires_at": 9.0}
        ]
    },
    "0010": {
        "judgements": [
            {"job_id": f"{1:032x}", "field": "/total", "tenth": 9, "project": "p1", "kind": "receipt"}
            | {"at": 4.0, "total": 1, "kept": 1}
        ]
    },
}


def dump(engine: Engine, revision: str = "0001") -> dict[str, list[tuple[Any, ...]]]:
    """What was put in up to a revision, as it stands there."""
    found = {}
    steps = revisions.REVISIONS[: revisions.REVISIONS.index(revision) + 1]
    with engine.connect() as connection:
        for name, made in [pair for step in steps for pair in rows(step).items()]:
            columns: list[ColumnClause[Any]] = [column(field) for field in sorted(made[0])]
            query = select(*columns).select_from(table(name))
            found[name] = sorted(tuple(row) for row in connection.execute(query))
    return found
