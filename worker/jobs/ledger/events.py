"""Moves of jobs, each with its event in the same transaction, and the events of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, insert, select, update

from schemas.job import TRANSITIONS, EventCode, JobEvent
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import events, jobs


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a job is moved: the code of an error and its message, or who asked for it.

    `attempts_forgotten` is how many attempts the move takes back.
    """

    error_code: str | None = None
    reason: str | None = None
    attempts_forgotten: int = 0


_NONE = Cause()
THIS = jobs.c.id == bindparam("this")
HELD = and_(THIS, jobs.c.lease_token == bindparam("token"))
_NOTE = insert(events)


class Events:
    """The table of events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, job_id: str) -> Sequence[JobEvent]:
        """What happened to a job, in order."""
        query = select(events).where(events.c.job_id == job_id).order_by(events.c.id)
        with self._database.read() as connection:
            return [
                JobEvent(row.at, EventCode(row.code), row.attempt, row.worker, row.error_code, row.reason)
                for row in connection.execute(query)
            ]


class Move:
    """A move whose statement is made once, for every job takes it: to build one takes longer than to run it.

    `which` names jobs by parameters (THIS, HELD); `computed` are columns set to an expression.
    """

    def __init__(self, code: EventCode, which: Any, **computed: Any) -> None:
        self._code = code
        transition = TRANSITIONS[code]
        there = and_(which, jobs.c.state.in_(transition.since))
        self._change = update(jobs).where(there).values(state=transition.to, **computed).returning(jobs)

    def make(
        self, connection: Connection, *, now: float, given: Mapping[str, Any], cause: Cause = _NONE
    ) -> Sequence[Row[Any]]:
        """Let this happen to those of the jobs whose state allows it, and note it; their rows afterwards.

        `given` are the parameters of `which` and further columns with their values.
        """
        rows = connection.execute(self._change, {**given, "updated_at": now}).all()
        for row in rows:
            attempt = row.attempts + cause.attempts_forgotten
            happened = JobEvent(now, self._code, attempt, row.worker, cause.error_code, cause.reason)
            note(connection, row.id, happened)
        return rows


def move(
    connection: Connection,
    code: EventCode,
    which: Any,
    *,
    now: float,
    values: Mapping[str, Any],
    cause: Cause = _NONE,
) -> Sequence[Row[Any]]:
    """A move that is rare: its statement is made for it, and `values` may hold expressions."""
    return Move(code, which, **values).make(connection, now=now, given={}, cause=cause)


def note(connection: Connection, job_id: str, happened: JobEvent) -> None:
    """Write an event."""
    row = {name: getattr(happened, name) for name in JobEvent.__slots__}
    row["reason"] = happened.reason.replace("\0", "") if happened.reason else None
    connection.execute(_NOTE, {"job_id": job_id, **row})
