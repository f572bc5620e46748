"""Webhooks to deliver: registered with the job, armed when it ends, retried until they arrive.

The body is fixed when the job ends, so that every attempt says the same.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, update

from schemas.job import FINISHED, Job
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.job_rows import job_of
from worker.jobs.ledger.tables import deliveries, jobs

WAITING = "waiting"  # for the job to end
PENDING = "pending"  # to be sent at `due_at`
SENT = "sent"
GIVEN_UP = "given_up"
_OF_JOB = select(deliveries).where(
    deliveries.c.job_id == bindparam("job"), deliveries.c.state == bindparam("in_state")
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to send."""

    id: str
    job_id: str
    project: str
    url: str
    body: bytes
    attempts: int


class Deliveries:
    """The table of deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, job: Job, url: str, *, now: float) -> None:
        """Tell `url` when the job ends, or now when it has; once more, where it was told before.

        The job may have ended since it was looked at: what counts is how it stands now, and until this is
        committed it does not end.
        """
        row = {
            "id": _id(job.id, url, 0.0),
            "job_id": job.id,
            "project": job.spec.project,
            "url": url,
            "state": WAITING,
        }
        with self._database.write(durable=True) as connection:
            found = connection.execute(select(jobs).where(jobs.c.id == job.id).with_for_update()).first()
            if found is None:  # erased
                return
            job = job_of(found)
            new = self._database.insert_new(connection, deliveries, **row)
            if not new and job.state in FINISHED:
                told = deliveries.c.state.in_((SENT, GIVEN_UP))
                this = and_(deliveries.c.job_id == job.id, deliveries.c.url == url, told)
                once_more = {
                    "id": _new_id(),
                    "state": PENDING,
                    "attempts": 0,
                    "due_at": now,
                    "body": _body(job),
                }
                connection.execute(update(deliveries).where(this).values(once_more))
            elif new and job.state in FINISHED:
                self.arm(connection, job, now=now)

    def arm(self, connection: Connection, job: Job, *, now: float) -> None:
        """Make the messages of a job that has just ended ready to be sent."""
        for row in connection.execute(_OF_JOB, {"job": job.id, "in_state": WAITING}).all():
            values = {
                "id": _id(job.id, row.url, job.finished_at or now),
                "state": PENDING,
                "attempts": 0,
                "due_at": now,
                "body": _body(job),
            }
            connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))

    def rearm(self, connection: Connection, job_id: str) -> None:
        """Let the messages of a job that is tried again wait for its next end, as new ones."""
        rows = connection.execute(select(deliveries).where(deliveries.c.job_id == job_id)).all()
        for row in rows:
            values = {"id": _new_id(), "state": WAITING, "body": None, "attempts": 0}
            connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))

    def claim(self, *, now: float, hold_seconds: float, limit: int = 20) -> Sequence[Delivery]:
        """Messages that are due, held back from other senders for a while."""
        due = and_(deliveries.c.state == PENDING, deliveries.c.due_at <= now)
        ready = select(deliveries.c.id).where(due).order_by(deliveries.c.due_at).limit(limit)
        with self._database.write() as connection:
            ids = connection.execute(ready.with_for_update(skip_locked=True)).scalars().all()
            if not ids:
                return ()
            held = update(deliveries).where(deliveries.c.id.in_(ids)).values(due_at=now + hold_seconds)
            return [_delivery(row) for row in connection.execute(held.returning(*deliveries.c))]

    def close(self, delivery: Delivery, *, state: str, status: int | None, due_at: float) -> None:
        """Note how an attempt went; a pending one is tried again at `due_at`."""
        values = {
            "state": state,
            "last_status": status,
            "due_at": due_at,
            "attempts": deliveries.c.attempts + 1,
        }
        with self._database.write() as connection:
            same = and_(deliveries.c.id == delivery.id, deliveries.c.state == PENDING)
            connection.execute(update(deliveries).where(same).values(values))

    def counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        with self._database.read() as connection:
            return dict(connection.execute(query).all())


def _id(job_id: str, url: str, ended_at: float) -> str:
    digest = hashlib.sha256(f"{job_id}|{url}|{ended_at!r}".encode()).hexdigest()[:32]
    return f"msg_{digest}"


def _new_id() -> str:
    """For a message that is sent once more: with the id of the first, its receiver would pass it over."""
    return f"msg_{secrets.token_hex(16)}"


def _body(job: Job) -> bytes:
    """What a receiver is told; the record itself is fetched with a key."""
    ended = datetime.fromtimestamp(job.finished_at or job.updated_at, UTC).isoformat()
    error = None if job.error_code is None else {"code": job.error_code, "message": job.error_message}
    data: dict[str, Any] = {
        "job_id": job.id,
        "state": job.state,
        "kind": job.spec.kind,
        "batch": job.spec.batch,
        "filename": job.spec.filename,
        "pages": job.pages,
        "error": error,
    }
    event = {"type": f"job.{job.state}", "timestamp": ended, "data": data}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _delivery(row: Any) -> Delivery:
    return Delivery(row.id, row.job_id, row.project, row.url, bytes(row.body), row.attempts)
