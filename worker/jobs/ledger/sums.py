"""How a project does, added up by the database: what ended when, why jobs failed, how right values were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, and_, case, cast, delete, func, insert, select, text

from schemas.job import JobSpec, JobState
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import jobs, judgements

NOT_READ = -1
"""The tenth of values that a person gave where none was read."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a settled record says of the reading of a field: how many values it has, how many were right.

    `field` is a JSON Pointer with `*` for indices; `tenth` is that of the confidence (0 to 9), or NOT_READ.
    """

    field: str
    tenth: int
    total: int
    kept: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` (seconds since 1970) on, in steps of so many seconds, which are counted from 0."""

    since: float
    step: float


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended in a step: documents, those of them that are done without a person, pages."""

    step: int
    documents: int
    unaided: int
    pages: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many values of a field were judged in a step, and how many of them were right."""

    kind: str
    field: str
    step: int
    total: int
    kept: int


class Sums:
    """Sums over the tables of jobs and judgements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ended(self, project: str, span: Stretch) -> Sequence[Ended]:
        """What ended in each step in which something did, in order."""
        step = _step(jobs.c.finished_at, span)
        unaided = case((and_(jobs.c.state == JobState.DONE, jobs.c.revision == 0), 1), else_=0)
        query = select(step, func.count(), func.sum(unaided), func.sum(jobs.c.pages))
        query = query.where(jobs.c.project == project, jobs.c.finished_at >= span.since)
        with self._database.read() as connection:
            return [Ended(*map(int, row)) for row in connection.execute(query.group_by(step).order_by(step))]

    def failures(self, project: str) -> Mapping[str, int]:
        """How many jobs are failed, by the code of the failure, the most frequent first."""
        query = select(jobs.c.error_code, func.count()).where(
            jobs.c.project == project, text("state = 'failed'")
        )
        query = query.group_by(jobs.c.error_code).order_by(func.count().desc(), jobs.c.error_code)
        with self._database.read() as connection:
            return {code or "unknown": count for code, count in connection.execute(query)}

    def confidence(self, project: str, span: Stretch) -> Mapping[int, tuple[int, int]]:
        """By the tenth of their confidence: how many values were judged, and how many were right."""
        tenth = judgements.c.tenth
        query = select(tenth, *_SUMS).where(*_judged(project, span), tenth != NOT_READ)
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(tenth).order_by(tenth))
            return {tenth: (int(total), int(kept)) for tenth, total, kept in rows}

    def accuracy(self, project: str, span: Stretch) -> Sequence[Accuracy]:
        """By kind, field and step, in this order."""
        by = (judgements.c.kind, judgements.c.field, _step(judgements.c.at, span))
        query = select(*by, *_SUMS).where(*_judged(project, span)).group_by(*by).order_by(*by)
        with self._database.read() as connection:
            return [
                Accuracy(kind, field, int(step), int(total), int(kept))
                for kind, field, step, total, kept in connection.execute(query)
            ]

    def judge(self, spec: JobSpec, found: Sequence[Judgement], *, at: float) -> None:
        """Note what a settled record says of its reading."""
        with self._database.write() as connection:
            keep_judgements(connection, spec, found, at=at)


def keep_judgements(connection: Connection, spec: JobSpec, found: Sequence[Judgement], *, at: float) -> None:
    """Let these take the place of what was said of the job before."""
    connection.execute(delete(judgements).where(judgements.c.job_id == spec.job_id))
    own = {"job_id": spec.job_id, "project": spec.project, "kind": spec.kind, "at": at}
    rows = [
        own | {"field": one.field, "tenth": one.tenth, "total": one.total, "kept": one.kept} for one in found
    ]
    if rows:
        connection.execute(insert(judgements), rows)


_SUMS = (func.sum(judgements.c.total), func.sum(judgements.c.kept))


def _judged(project: str, span: Stretch) -> tuple[Any, ...]:
    return (judgements.c.project == project, judgements.c.at >= span.since)


def _step(time: Any, span: Stretch) -> Any:
    return cast(func.floor((time - span.since) / span.step), Integer)
