"""What is asked about many jobs: pages of a list, changes, counts, the members of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select, text, tuple_

from schemas.job import FINISHED, Job, JobState
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.job_rows import job_of
from worker.jobs.ledger.tables import jobs, members

_IDS_AT_ONCE = 500
Cursor = tuple[float, str]
"""Where a list goes on: a time and a job id."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are wanted; None wants all."""

    project: str
    state: JobState | None = None
    kind: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The jobs in a queue that wait for a model, or for none in particular; when the oldest came."""

    queue: str
    model: str | None
    count: int
    oldest: float


class Lists:
    """Queries over the table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: Filter, *, after: Cursor | None = None, limit: int = 100) -> Sequence[Job]:
        """Jobs, the newest first, from after the cursor on."""
        query = _matching(select(jobs), wanted)
        if after is not None:
            query = query.where(tuple_(jobs.c.created_at, jobs.c.id) < after)
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [job_of(row) for row in connection.execute(query)]

    def all(self, wanted: Filter) -> Iterator[Job]:
        """Every job, page by page."""
        after: Cursor | None = None
        while page := self.page(wanted, after=after):
            yield from page
            after = (page[-1].created_at, page[-1].id)

    def kinds(self, wanted: Filter) -> Sequence[tuple[str, int, str]]:
        """The kinds of these jobs: name, version, hash of the schema."""
        query = _matching(select(jobs.c.kind, jobs.c.kind_version, jobs.c.schema_sha256), wanted)
        with self._database.read() as connection:
            return [tuple(row) for row in connection.execute(query.distinct())]

    def changes(self, project: str, *, after: Cursor, limit: int = 200) -> Sequence[Job]:
        """Jobs that changed after the cursor, in the order of their changes."""
        later = tuple_(jobs.c.updated_at, jobs.c.id) > after
        query = select(jobs).where(jobs.c.project == project, later)
        query = query.order_by(jobs.c.updated_at, jobs.c.id).limit(limit)
        with self._database.read() as connection:
            return [job_of(row) for row in connection.execute(query)]

    def counts(self, *, project: str | None = None, batch: str | None = None) -> Mapping[str, int]:
        """How many jobs are in each state."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        if project is not None:
            query = _matching(query, Filter(project, batch=batch))
        with self._database.read() as connection:
            return dict(connection.execute(query).all())

    def ended(self, ids: Sequence[str]) -> Mapping[str, Job | None]:
        """Of these jobs, those that have ended, and as None those that are not there any more."""
        found: dict[str, Job | None] = {}
        with self._database.read() as connection:
            for at in range(0, len(ids), _IDS_AT_ONCE):
                some = ids[at : at + _IDS_AT_ONCE]
                known = dict(
                    connection.execute(select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_(some))).all()
                )
                found |= {job_id: None for job_id in some if job_id not in known}
                ended = [job_id for job_id, state in known.items() if state in FINISHED]
                rows = connection.execute(select(jobs).where(jobs.c.id.in_(ended)))
                found |= {row.id: job_of(row) for row in rows}
        return found

    def failures(self) -> Mapping[str, int]:
        """How many jobs failed, by the code of the failure."""
        failed = text("state = 'failed'")
        query = select(jobs.c.error_code, func.count()).where(failed).group_by(jobs.c.error_code)
        with self._database.read() as connection:
            return {code or "unknown": count for code, count in connection.execute(query)}

    def waiting(self) -> Sequence[Waiting]:
        """What waits, by queue and model."""
        what = (jobs.c.queue, jobs.c.model)
        query = select(*what, func.count(), func.min(jobs.c.created_at)).group_by(*what)
        with self._database.read() as connection:
            rows = connection.execute(query.where(jobs.c.state == JobState.QUEUED))
            return [Waiting(queue, model, count, float(at)) for queue, model, count, at in rows]

    def expired(self, project: str, *, before: float, limit: int) -> Sequence[str]:
        """Finished jobs of a project that ended before a time."""
        old = and_(jobs.c.project == project, jobs.c.finished_at < before)
        query = select(jobs.c.id).where(old).order_by(jobs.c.finished_at).limit(limit)
        with self._database.read() as connection:
            return connection.execute(query).scalars().all()


def _matching(query: Select[Any], wanted: Filter) -> Select[Any]:
    """The query for the jobs that are wanted; those of a batch are found from its members."""
    if wanted.batch is None:
        query = query.where(jobs.c.project == wanted.project)
    else:  # to name the project of the jobs, too, would lead a database to walk through all of them
        own = and_(members.c.project == wanted.project, members.c.batch == wanted.batch)
        query = query.join(members, members.c.job_id == jobs.c.id).where(own)
    if wanted.state is not None:
        query = query.where(jobs.c.state == wanted.state)
    if wanted.kind is not None:
        query = query.where(jobs.c.kind == wanted.kind)
    return query
