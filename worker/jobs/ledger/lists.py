"""What is asked about many jobs: pages of a list, changes, counts, the members of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, text, tuple_

from schemas.job import FINISHED, BatchSummary, Job, JobState
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.job_rows import job_of
from worker.jobs.ledger.tables import found, jobs, members

_IDS_AT_ONCE = 500
_LATELY = 600.0  # seconds by which the pace of a batch is told
Cursor = tuple[float, str]
"""Where a list goes on: the time or the confidence of its last job, and that job's id."""


class Order(StrEnum):
    """How a list is sorted."""

    CREATED = "created"  # the newest first
    CONFIDENCE = "confidence"  # the one with the least sure value first


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are wanted; None wants all, and so do no states.

    `ids` are those of the jobs themselves; `since` is in seconds since 1970; `text` stands, without regard to
    case, in the name of the file or the values of the record.
    """

    project: str
    states: tuple[JobState, ...] = ()
    kind: str | None = None
    batch: str | None = None
    since: float | None = None
    text: str | None = None
    ids: tuple[str, ...] | None = None


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

    def page(
        self, wanted: Filter, *, after: Cursor | None = None, limit: int = 100, order: Order = Order.CREATED
    ) -> Sequence[Job]:
        """Jobs in an order, from after the cursor on."""
        key = (jobs.c.created_at if order is Order.CREATED else jobs.c.weakest, jobs.c.id)
        query = _matching(select(jobs), wanted).limit(limit)
        if order is Order.CREATED:
            query = query.order_by(*(column.desc() for column in key))
        else:
            query = query.order_by(*key)
        if after is not None:
            there, here = tuple_(*key), tuple_(*after)
            query = query.where(there < here if order is Order.CREATED else there > here)
        with self._database.read() as connection:
            return [job_of(row) for row in connection.execute(query)]

    def all(self, wanted: Filter) -> Iterator[Job]:
        """Every job, page by page."""
        after: Cursor | None = None
        while page := self.page(wanted, after=after):
            yield from page
            after = (page[-1].created_at, page[-1].id)

    def batches(
        self,
        project: str,
        *,
        now: float,
        name: str | None = None,
        after: tuple[float, str] | None = None,
        limit: int = 1,
    ) -> Sequence[BatchSummary]:
        """Batches of a project, or the one of a name, the newest first, from after a time and a name on."""
        of = members.c.batch
        began, started = func.min(jobs.c.created_at), func.min(jobs.c.started_at)
        lately = func.count().filter(jobs.c.finished_at > now - _LATELY)
        joined = members.join(jobs, jobs.c.id == members.c.job_id)
        query = (
            select(of, began, started, lately)
            .select_from(joined)
            .where(members.c.project == project)
            .group_by(of)
        )
        if name is not None:
            query = query.where(of == name)
        if after is not None:
            query = query.having(tuple_(began, of) < tuple_(*after))
        states = select(of, jobs.c.state, func.count()).select_from(joined).group_by(of, jobs.c.state)
        with self._database.read() as connection:
            page = connection.execute(query.order_by(began.desc(), of.desc()).limit(limit)).all()
            names = [batch for batch, *_ in page]
            own = and_(members.c.project == project, of.in_(names))
            counts: dict[str, dict[str, int]] = {batch: {} for batch in names}
            for batch, state, count in connection.execute(states.where(own)):
                counts[batch][state] = count
        return [
            BatchSummary(batch, at, counts[batch], pace=ended / max(1.0, min(_LATELY, now - (since or now))))
            for batch, at, since, ended in page
        ]

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

    def counts(self, wanted: Filter | None = None) -> Mapping[str, int]:
        """How many jobs are in each state, of all projects if none is named."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        if wanted is not None:
            query = _matching(query, wanted)
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

    def waiting(self, project: str | None = None) -> Sequence[Waiting]:
        """What waits, by queue and model, of all projects if none is named."""
        what = (jobs.c.queue, jobs.c.model)
        query = select(*what, func.count(), func.min(jobs.c.created_at)).group_by(*what)
        if project is not None:
            query = query.where(jobs.c.project == project)
        with self._database.read() as connection:
            rows = connection.execute(query.where(jobs.c.state == JobState.QUEUED))
            return [Waiting(queue, model, count, float(at)) for queue, model, count, at in rows]

    def ahead(self, job: Job) -> int:
        """How many jobs of its project come before a job that waits in its queue."""
        queue = select(jobs.c.queue).where(jobs.c.id == job.id).scalar_subquery()
        waiting = and_(jobs.c.project == job.spec.project, jobs.c.queue == queue, text("state = 'queued'"))
        same = and_(jobs.c.priority == job.spec.priority, jobs.c.created_at < job.created_at)
        query = select(func.count()).where(waiting, or_(jobs.c.priority > job.spec.priority, same))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

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
        query = query.join(members, members.c.job_id == jobs.c.id).where(_of_batch(wanted))
    return query.where(*_clauses(wanted))


def condition(wanted: Filter) -> Any:
    """The same as a condition on the table of jobs, for those who change it."""
    clauses = [jobs.c.project == wanted.project, *_clauses(wanted)]
    if wanted.batch is not None:
        clauses.append(jobs.c.id.in_(select(members.c.job_id).where(_of_batch(wanted))))
    return and_(*clauses)


def _of_batch(wanted: Filter) -> Any:
    return and_(members.c.project == wanted.project, members.c.batch == wanted.batch)


def _clauses(wanted: Filter) -> Iterator[Any]:
    if wanted.states:
        yield jobs.c.state.in_(wanted.states)
    if wanted.kind is not None:
        yield jobs.c.kind == wanted.kind
    if wanted.since is not None:
        yield jobs.c.created_at >= wanted.since
    if wanted.ids is not None:
        yield jobs.c.id.in_(wanted.ids)
    if wanted.text:
        yield _holding(wanted.project, wanted.text)


def _holding(project: str, said: str) -> Any:
    """By name while it is not read, and by what `found` says afterwards, in any alphabet."""
    said = said.replace("\0", "").casefold()
    own = and_(found.c.project == project, found.c.text.contains(said, autoescape=True))
    named = func.lower(jobs.c.filename).contains(said, autoescape=True)
    return or_(named, jobs.c.id.in_(select(found.c.job_id).where(own)))
