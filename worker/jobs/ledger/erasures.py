"""Erasing and coming again, told apart by incarnations.

A job that is erased, and a source that nobody reads any more, are counted. Whoever opens a job names the
counts it has seen when it wrote the objects; where they have changed since, it writes them again under the
new ones. So what an eraser removes is never what a submission relies on, however late it removes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, select, update

from schemas.job import JobSpec
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import (
    deliveries,
    erased_sources,
    events,
    found,
    jobs,
    judgements,
    members,
    removals,
    tombstones,
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A job that is about to be opened: whether it is there, and which incarnation it is or would be."""

    known: bool
    incarnation: int
    source_incarnation: int


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That a job was erased: in which incarnation the last time, and when (seconds since 1970)."""

    job_id: str
    project: str
    incarnation: int
    erased_at: float


_THIS = jobs.c.id == bindparam("job")
_OF_SOURCE = and_(
    erased_sources.c.project == bindparam("project"), erased_sources.c.source_sha256 == bindparam("source")
)
_OPENING = select(  # every document asks this twice: one question, and made once
    select(jobs.c.incarnation).where(_THIS).scalar_subquery(),
    select(jobs.c.source_incarnation).where(_THIS).scalar_subquery(),
    select(tombstones.c.incarnation).where(tombstones.c.job_id == bindparam("job")).scalar_subquery(),
    select(erased_sources.c.times).where(_OF_SOURCE).scalar_subquery(),
)


class Erasures:
    """The tables of tombstones, of erased sources and of what is to be removed from the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opening(self, spec: JobSpec) -> Opening:
        """The job of this spec as it stands, or as it would be opened."""
        with self._database.read() as connection:
            return opening(connection, spec)

    def bury(self, spec: JobSpec, *, now: float, folder: str, source: str, again_at: float) -> Sequence[str]:
        """Replace every row about a job by one that says only that it was erased.

        What to remove from the store: its folder, and its source where no other job reads it; nothing when
        the job is gone already. That is noted, too, to be done once more at `again_at`.
        """
        with self._database.write(durable=True) as connection:
            self._database.lock(connection, source_lock(spec))
            own = and_(jobs.c.id == spec.job_id, jobs.c.incarnation == spec.incarnation)
            if connection.execute(delete(jobs).where(own)).rowcount == 0:
                return ()
            for table in (members, deliveries, events, found, judgements):
                connection.execute(delete(table).where(table.c.job_id == spec.job_id))
            stone = Tombstone(spec.job_id, spec.project, spec.incarnation, now)
            raise_stone(self._database, connection, stone)
            places = [folder]
            if not _is_shared(connection, spec):
                raise_source(self._database, connection, spec, spec.source_incarnation + 1)
                places.append(source)
            for place in places:
                self._database.insert_new(connection, removals, place=place, due_at=again_at)
            return places

    def to_remove(self, *, now: float, limit: int = 500) -> Sequence[str]:
        """Places in the store that are to be emptied once more, for certain."""
        query = select(removals.c.place).where(removals.c.due_at <= now)
        with self._database.read() as connection:
            return connection.execute(query.order_by(removals.c.due_at).limit(limit)).scalars().all()

    def removed(self, place: str) -> None:
        """Nothing is there any more, and nobody is left who could write."""
        with self._database.write() as connection:
            connection.execute(delete(removals).where(removals.c.place == place))

    def restore(self, stone: Tombstone) -> None:
        """Enter a tombstone that was found in the store."""
        with self._database.write(durable=True) as connection:
            raise_stone(self._database, connection, stone)

    def erased_at(self, job_id: str, *, project: str) -> float | None:
        """When a job was erased the last time; None when it never was."""
        own = (tombstones.c.job_id == job_id, tombstones.c.project == project)
        with self._database.read() as connection:
            found = connection.execute(select(tombstones.c.erased_at).where(*own)).scalar()
        return None if found is None else float(found)


def opening(connection: Connection, spec: JobSpec) -> Opening:
    """The job of this spec as it stands, or as it would be opened now."""
    given = {"job": spec.job_id, "project": spec.project, "source": spec.source_sha256}
    own, of_source, erased, times = connection.execute(_OPENING, given).one()
    if own is not None:
        return Opening(known=True, incarnation=own, source_incarnation=of_source)
    incarnation = 0 if erased is None else erased + 1
    return Opening(known=False, incarnation=incarnation, source_incarnation=times or 0)


def source_lock(spec: JobSpec) -> str:
    """What those lock who open or erase jobs with this source."""
    return f"pagemill source {spec.project} {spec.source_sha256}"


def raise_stone(database: Database, connection: Connection, stone: Tombstone) -> None:
    """Note that a job was erased in this incarnation, and thereby in those before it."""
    if not database.insert_new(connection, tombstones, **asdict(stone)):
        older = and_(tombstones.c.job_id == stone.job_id, tombstones.c.incarnation < stone.incarnation)
        values = {"incarnation": stone.incarnation, "erased_at": stone.erased_at}
        connection.execute(update(tombstones).where(older).values(values))


def raise_source(database: Database, connection: Connection, spec: JobSpec, times: int) -> None:
    """Note that a source was erased so often."""
    row = {"project": spec.project, "source_sha256": spec.source_sha256, "times": times}
    if not database.insert_new(connection, erased_sources, **row):
        older = and_(_source(spec), erased_sources.c.times < times)
        connection.execute(update(erased_sources).where(older).values(times=times))


def _source(spec: JobSpec) -> Any:
    same = erased_sources.c.source_sha256 == spec.source_sha256
    return and_(erased_sources.c.project == spec.project, same)


def _is_shared(connection: Connection, spec: JobSpec) -> bool:
    same = and_(
        jobs.c.project == spec.project,
        jobs.c.source_sha256 == spec.source_sha256,
        jobs.c.source_incarnation == spec.source_incarnation,
    )
    return bool(connection.execute(select(exists().where(same))).scalar())
