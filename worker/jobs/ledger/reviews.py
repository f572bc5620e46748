"""Records before people: what they did moves the job; and which document one of them gets next.

A document is lent to one person at a time, for as long as they renew it or until the time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, tuple_, update

from schemas.job import EventCode, Job, JobSpec, JobState
from schemas.review import REJECTED
from worker.errors import NotFound, ReviewLeaseLost, WrongState
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.events import Cause, move
from worker.jobs.ledger.job_rows import End, error, job_of, reviewed
from worker.jobs.ledger.lists import Filter, condition
from worker.jobs.ledger.sums import Judgement, keep_judgements
from worker.jobs.ledger.tables import found, jobs

_IN_TURN = (jobs.c.postponed, jobs.c.weakest, jobs.c.created_at, jobs.c.id)
"""Those that were postponed last, the least sure first, then the oldest."""
_REVIEWABLE = or_(jobs.c.state != JobState.FAILED, jobs.c.error_code == REJECTED)


@dataclass(frozen=True, slots=True)
class Loan:
    """A document that one person has before them, and its place among those that wait (from 1)."""

    job: Job
    position: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a person did to a job: the move, the record that follows, who, when (seconds since 1970).

    `judgements` is what the record says of the reading, once it is settled.
    """

    code: EventCode
    end: End
    actor: str | None
    now: float
    judgements: Sequence[Judgement] = ()


class Reviews:
    """The columns of review in the table of jobs, and the table of what searches find."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, job_id: str, *, project: str, done: Reviewed) -> Job:
        """Move a job as a person's revision says; one that is entered already changes nothing.

        Raises NotFound, WrongState.
        """
        own = and_(jobs.c.id == job_id, jobs.c.project == project)
        news = and_(own, _REVIEWABLE, jobs.c.revision < done.end.review.revision)
        values = {**reviewed(done.end.review), **error(done.end), "worker": None}
        if done.code is EventCode.POSTPONED:
            values["postponed"] = done.now
        if done.code is not EventCode.CHECKED:
            values |= {"review_token": None, "review_until": 0.0}
        cause = Cause(done.end.error_code, done.actor)
        with self._database.write(durable=True) as connection:
            rows = move(connection, done.code, news, now=done.now, values=values, cause=cause)
            if rows:
                job = job_of(rows[0])
                keep_found(self._database, connection, job.spec, done.end.found)
                keep_judgements(connection, job.spec, done.judgements, at=done.now)
                return job
            row = connection.execute(select(jobs).where(own)).first()
        if row is None:
            raise NotFound(what="job with this id")
        if row.revision < done.end.review.revision:
            raise WrongState(state=row.state)
        return job_of(row)

    def describe(self, job_id: str, *, project: str, end: End) -> None:
        """Enter what lists say of a record that ended before lists said it."""
        own = and_(jobs.c.id == job_id, jobs.c.project == project, jobs.c.state == end.state)
        with self._database.write() as connection:
            unknown = ~select(found.c.job_id).where(found.c.job_id == job_id).exists()
            change = update(jobs).where(own, unknown).values(reviewed(end.review)).returning(jobs)
            row = connection.execute(change).first()
            if row is not None:
                keep_found(self._database, connection, job_of(row).spec, end.found)

    def next(
        self, wanted: Filter, *, token: str, now: float, seconds: float, after: str | None = None
    ) -> Loan | None:
        """Lend out the document that needs a person most, or the one that follows on `after`.

        After the last one it begins again; None when all are lent out or none waits.
        """
        waiting = and_(condition(wanted), jobs.c.state == JobState.REVIEW)
        ahead = now + 2 * seconds  # one who asked a moment later may have been served first
        free = and_(waiting, or_(jobs.c.review_until <= now, jobs.c.review_until > ahead))
        with self._database.write() as connection:
            left = connection.execute(select(*_IN_TURN).where(jobs.c.id == (after or ""))).first()
            row = None
            for group in _groups(free, left, after):
                first = select(jobs.c.id).where(group).order_by(*_IN_TURN).limit(1)
                job_id = connection.execute(first.with_for_update(skip_locked=True)).scalar()
                if job_id is not None:
                    lent = {"review_token": token, "review_until": now + seconds}
                    change = update(jobs).where(jobs.c.id == job_id, free).values(lent)
                    row = connection.execute(change.returning(jobs)).first()
                    break
            if row is None:
                return None
            before = tuple_(*_IN_TURN) <= tuple_(*(row._mapping[column.name] for column in _IN_TURN))  # noqa: SLF001 (as in job_rows)
            counts = select(func.count()).select_from(jobs).where(waiting)
            position = connection.execute(counts.where(before)).scalar_one()
            return Loan(job_of(row), position, connection.execute(counts).scalar_one())

    def renew(self, job_id: str, *, project: str, token: str, now: float, seconds: float) -> None:
        """Keep a document longer; raises ReviewLeaseLost, also when the job is not in review any more."""
        held = and_(_held(job_id, project, token), jobs.c.state == JobState.REVIEW)
        with self._database.write() as connection:
            change = update(jobs).where(held).values(review_until=now + seconds)
            if connection.execute(change).rowcount == 0:
                raise ReviewLeaseLost

    def release(self, job_id: str, *, project: str, token: str) -> None:
        """Let others have a document; nothing happens when it is not held any more."""
        with self._database.write() as connection:
            change = update(jobs).where(_held(job_id, project, token))
            connection.execute(change.values(review_token=None, review_until=0.0))


def keep_found(database: Database, connection: Connection, spec: JobSpec, text: str) -> None:
    """Note the text by which a search finds a job."""
    database.put(connection, found, job_id=spec.job_id, project=spec.project, text=text)


def _groups(free: Any, left: Any, after: str | None) -> tuple[Any, ...]:
    """Where to look, in order: behind the one that was left, then from the beginning."""
    if left is None:
        return (free,)
    return (and_(free, tuple_(*_IN_TURN) > tuple_(*left)), and_(free, jobs.c.id != after))


def _held(job_id: str, project: str, token: str) -> Any:
    return and_(jobs.c.id == job_id, jobs.c.project == project, jobs.c.review_token == token)
