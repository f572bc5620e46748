"""Jobs: opened, claimed under a lease, moved by one compare-and-set each, finished once."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, text, update

from schemas.job import FINISHED, EventCode, Job, JobEvent, JobSpec, JobState
from worker.errors import IncarnationGone, LeaseLost, NotFound, PagemillError, WrongState
from worker.jobs.ledger import fair_queue
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.deliveries import Deliveries
from worker.jobs.ledger.erasures import Opening, Tombstone, opening, raise_source, raise_stone, source_lock
from worker.jobs.ledger.events import HELD, THIS, Cause, Move, move, note
from worker.jobs.ledger.fair_queue import ANYONE, Claimant, NextInTurn
from worker.jobs.ledger.job_rows import OUTSIDE_SPEC, End, anew, ended, job_of, opened, released
from worker.jobs.ledger.reviews import keep_found
from worker.jobs.ledger.tables import audit, jobs, members, projects

_ONE = select(jobs).where(THIS)
_SUBMITTED = insert(audit)
_RENEWED = update(jobs).where(HELD).values(lease_until=bindparam("until")).returning(jobs.c.cancel_requested)
_CLAIMED = Move(EventCode.CLAIMED, THIS, attempts=jobs.c.attempts + 1)
_ENDED = {state: Move(EventCode(state), HELD) for state in FINISHED}


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database, deliveries: Deliveries) -> None:
        self._database = database
        self._deliveries = deliveries
        self._next = NextInTurn(database.skip_locked)
        self._entered: set[str] = set()  # projects with a row of their own, which is never deleted

    def open(
        self, spec: JobSpec, *, queue: str, now: float, batch: str | None = None, actor: str | None = None
    ) -> tuple[Job, bool]:
        """The job of this spec, and whether it is new; a known one joins the batch as it stands.

        That `actor` submitted a new one is noted in the same transaction. Raises IncarnationGone when the job
        is not there, and the objects of this incarnation are not to be relied on any more.
        """
        with self._database.write(durable=True) as connection:
            self._database.lock(connection, source_lock(spec))
            found = opening(connection, spec)
            if not found.known:
                if found != Opening(
                    known=False, incarnation=spec.incarnation, source_incarnation=spec.source_incarnation
                ):
                    raise IncarnationGone
                self._insert(connection, spec, queue, now, actor)
            if batch is not None:
                self._join(connection, spec, batch, spec.filename)
            job = _get(connection, spec.job_id) if found.known else opened(spec, now)
        self._entered.add(spec.project)  # only now that it is committed
        return job, not found.known

    def _insert(
        self, connection: Connection, spec: JobSpec, queue: str, now: float, actor: str | None
    ) -> bool:
        row = spec.model_dump(exclude=OUTSIDE_SPEC) | {
            "id": spec.job_id,
            "queue": queue,
            "state": JobState.QUEUED,
            "due_at": now,
            "updated_at": now,
        }
        if not self._database.insert_new(connection, jobs, **row):
            return False
        if spec.project not in self._entered:
            self._database.insert_new(connection, projects, name=spec.project)
        note(connection, spec.job_id, JobEvent(now, EventCode.SUBMITTED, attempt=0))
        if actor is not None:
            done = {"at": now, "project": spec.project, "actor": actor, "action": "submit"}
            connection.execute(_SUBMITTED, {"subject": spec.job_id, **done})
        return True

    def join(self, spec: JobSpec, batch: str, filename: str) -> None:
        """Enter a known job into a batch, under the name it was sent with."""
        with self._database.write(durable=True) as connection:
            self._join(connection, spec, batch, filename)

    def _join(self, connection: Connection, spec: JobSpec, batch: str, filename: str) -> None:
        member = {"project": spec.project, "batch": batch, "job_id": spec.job_id, "filename": filename}
        self._database.insert_new(connection, members, **member)

    def restore(self, spec: JobSpec, *, queue: str, end: End | None, now: float) -> bool:
        """Enter a job found in the store, ended or not, where it is not known; True when it was not."""
        with self._database.write(durable=True) as connection:
            if spec.incarnation:
                stone = Tombstone(spec.job_id, spec.project, spec.incarnation - 1, now)
                raise_stone(self._database, connection, stone)
            if spec.source_incarnation:
                raise_source(self._database, connection, spec, spec.source_incarnation)
            new = self._insert(connection, spec, queue, now, None)
            if new and spec.batch is not None:
                self._join(connection, spec, spec.batch, spec.filename)
            if new and end is not None:
                values = ended(end, now) | {"state": end.state, "updated_at": now}
                connection.execute(update(jobs).where(jobs.c.id == spec.job_id).values(values))
                keep_found(self._database, connection, spec, end.found)
                code = EventCode(end.state)
                note(
                    connection,
                    spec.job_id,
                    JobEvent(now, code, 0, None, end.error_code, "found in the store"),
                )
        return new

    def get(self, job_id: str, *, project: str | None = None) -> Job:
        """One job; raises NotFound, also for a job of another project."""
        with self._database.read() as connection:
            job = _get(connection, job_id)
        if project is not None and job.spec.project != project:
            raise NotFound(what="job with this id")
        return job

    def claim(
        self, queue: str, *, token: str, now: float, lease_seconds: float, by: Claimant = ANYONE
    ) -> Job | None:
        """Take the next job under a lease: projects in turn, then by priority, then by age.

        The attempt is counted before the work, so that one that kills its worker counts, too.
        """
        given = {
            "worker": by.worker,
            "lease_token": token,
            "lease_until": now + lease_seconds,
            "started_at": now,
            "pages_done": 0,
        }
        with self._database.write() as connection:
            for waiting in self._next.find(connection, queue, now=now, models=by.models):
                for one in waiting:
                    given["this"] = one.job_id
                    taken = _CLAIMED.make(connection, now=now, given=given) if one.job_id else None
                    if not taken:  # it is not due yet, or another worker has it
                        continue
                    if len(waiting) > 1:
                        turn = update(projects).where(projects.c.name == one.project).values(turn=now)
                        connection.execute(turn)
                    return job_of(taken[0])
        return None

    def renew(self, job_id: str, *, token: str, now: float, lease_seconds: float) -> bool:
        """Prolong a lease; True when the job should be cancelled. Raises LeaseLost."""
        given = {"this": job_id, "token": token, "until": now + lease_seconds}
        with self._database.write() as connection:
            found = connection.execute(_RENEWED, given).first()
        if found is None:
            raise LeaseLost
        return bool(found[0])

    def progress(self, job_id: str, *, token: str, done: int, pages: int, now: float) -> None:
        """Note how many pages are read."""
        with self._database.write() as connection:
            values = {"pages": pages, "pages_done": done, "updated_at": now}
            connection.execute(update(jobs).where(_held(job_id, token)).values(values))

    def release(
        self, job_id: str, *, token: str, now: float, due_at: float, counts: bool, error: PagemillError
    ) -> None:
        """Give a job back to be tried from `due_at` on, for this reason.

        An attempt that does not count is forgotten, but as a setback where the job has to wait for it.
        """
        held, values = _held(job_id, token), _given_back(now, due_at, counts=counts)
        cause = Cause(error.code, str(error), attempts_forgotten=int(not counts))
        with self._database.write() as connection:
            move(connection, EventCode.GIVEN_BACK, held, now=now, values=values, cause=cause)

    def forgive(self, job_id: str, *, token: str, now: float, error: PagemillError) -> None:
        """Let an attempt not count that something else has ended, also where its lease has run out since.

        The job is given back where it is still held, and otherwise only has an attempt more.
        """
        held, values = _held(job_id, token), _given_back(now, now, counts=False)
        cause = Cause(error.code, str(error), attempts_forgotten=1)
        active = jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING))
        counted = update(jobs).where(jobs.c.id == job_id, active, jobs.c.attempts > 0)
        with self._database.write() as connection:
            if not move(connection, EventCode.GIVEN_BACK, held, now=now, values=values, cause=cause):
                connection.execute(counted.values(attempts=jobs.c.attempts - 1))

    def finish(self, job_id: str, *, token: str, end: End, now: float) -> Job:
        """End a job, and arm its webhooks in the same transaction; raises LeaseLost."""
        cause = Cause(end.error_code, end.error_message)
        given = {"this": job_id, "token": token, **ended(end, now)}
        with self._database.write() as connection:
            rows = _ENDED[end.state].make(connection, now=now, given=given, cause=cause)
            if not rows:
                raise LeaseLost
            job = job_of(rows[0])
            keep_found(self._database, connection, job.spec, end.found)
            self._deliveries.arm(connection, job, now=now)
            return job

    def queue_of(self, job_id: str) -> str:
        """The queue a job waits in; raises NotFound."""
        with self._database.read() as connection:
            queue = connection.execute(select(jobs.c.queue).where(jobs.c.id == job_id)).scalar()
        if queue is None:
            raise NotFound(what="job with this id")
        return str(queue)

    def cancel(self, job_id: str, *, project: str, now: float, actor: str | None = None) -> Job:
        """Cancel a waiting job at once, ask a running one to stop; raises NotFound, WrongState."""
        own = and_(jobs.c.id == job_id, jobs.c.project == project)
        waiting = and_(own, jobs.c.state == JobState.QUEUED)
        values = ended(End(JobState.CANCELLED), now) | {"worker": None}
        cause = Cause(reason=actor)
        with self._database.write() as connection:
            rows = move(connection, EventCode.CANCELLED, waiting, now=now, values=values, cause=cause)
            if rows:
                job = job_of(rows[0])
                self._deliveries.arm(connection, job, now=now)
                return job
            news, asked = and_(own, ~jobs.c.cancel_requested), {"cancel_requested": True}
            move(connection, EventCode.CANCEL_REQUESTED, news, now=now, values=asked, cause=cause)
            job = _get(connection, job_id, project=project)
        if job.state not in {JobState.RUNNING, JobState.CANCELLED}:
            raise WrongState(state=job.state)
        return job

    def retry(self, job_id: str, *, project: str, now: float, actor: str | None = None) -> Job:
        """Put a job that failed or was cancelled into the queue; its webhooks wait for its next end.

        Raises NotFound, WrongState.
        """
        own, cause = and_(jobs.c.id == job_id, jobs.c.project == project), Cause(reason=actor)
        with self._database.write() as connection:
            rows = move(connection, EventCode.RETRIED, own, now=now, values=anew(now), cause=cause)
            if not rows:
                raise WrongState(state=_get(connection, job_id, project=project).state)
            self._deliveries.rearm(connection, job_id)
            return job_of(rows[0])

    def expire(self, *, now: float, longest: float = math.inf, queues: Collection[str] = ()) -> int:
        """Put jobs whose lease ran out back into the queue; how many there were.

        No lease, and no pause in these queues, lasts longer than `longest` seconds: those that end later
        were written before the clock was put back, and end now.
        """
        over = or_(jobs.c.lease_until < now, jobs.c.lease_until > now + longest)
        gone = and_(text("state = 'running'"), over)
        paused = and_(text("state = 'queued'"), jobs.c.queue.in_(queues), jobs.c.due_at > now + longest)
        with self._database.write() as connection:
            connection.execute(update(jobs).where(paused).values(due_at=now))
            return len(move(connection, EventCode.LEASE_EXPIRED, gone, now=now, values=released(now)))

    def due(self, queue: str, *, now: float, models: Collection[str] | None = None, limit: int = 5000) -> int:
        """How many jobs of a queue could be taken at once by workers with these models, up to a limit."""
        with self._database.read() as connection:
            return fair_queue.due(connection, queue, now=now, models=models, limit=limit)


def _given_back(now: float, due_at: float, *, counts: bool) -> dict[str, Any]:
    """What becomes of a job that waits again, its attempt counted or not."""
    if counts:
        return released(due_at)
    return {
        **released(due_at),
        "attempts": jobs.c.attempts - 1,
        "setbacks": jobs.c.setbacks + int(due_at > now),
    }


def _get(connection: Connection, job_id: str, *, project: str | None = None) -> Job:
    row = connection.execute(_ONE, {"this": job_id}).first()
    if row is None or project not in {None, row.project}:
        raise NotFound(what="job with this id")
    return job_of(row)


def _held(job_id: str, token: str) -> Any:
    return and_(jobs.c.id == job_id, jobs.c.lease_token == token)
