"""What belongs to a project: its own kinds, how long it keeps jobs, what it has erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import deliveries, events, found, jobs, kinds, members, projects, tombstones


@dataclass(frozen=True, slots=True)
class KindVersion:
    """A version of a project's own kind; its schema lies in the store by this hash."""

    name: str
    version: int
    schema_sha256: str
    created_at: float


class Projects:
    """The tables of projects, kinds and tombstones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kind(self, project: str, name: str) -> KindVersion | None:
        """The newest version of a kind."""
        versions = select(kinds).where(kinds.c.project == project, kinds.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(versions.order_by(kinds.c.version.desc()).limit(1)).first()
        return None if row is None else KindVersion(row.name, row.version, row.schema_sha256, row.created_at)

    def kinds(self, project: str) -> Sequence[KindVersion]:
        """The newest version of every kind of a project."""
        query = select(kinds).where(kinds.c.project == project).order_by(kinds.c.name, kinds.c.version)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        newest = {r.name: KindVersion(r.name, r.version, r.schema_sha256, r.created_at) for r in rows}
        return list(newest.values())

    def add_kind(self, project: str, kind: KindVersion) -> bool:
        """Enter a version; False when another writer has taken its number."""
        row = {
            "project": project,
            "name": kind.name,
            "version": kind.version,
            "schema_sha256": kind.schema_sha256,
            "created_at": kind.created_at,
        }
        with self._database.write(durable=True) as connection:
            return self._database.insert_new(connection, kinds, **row)

    def retention(self) -> Mapping[str, float | None]:
        """Days each project keeps finished jobs; None where nothing is set."""
        with self._database.read() as connection:
            query = select(projects.c.name, projects.c.retention_days)
            return dict(connection.execute(query).all())

    def keep_for(self, project: str, days: float | None) -> None:
        """Set how long a project keeps finished jobs."""
        with self._database.write(durable=True) as connection:
            self._database.insert_new(connection, projects, name=project)
            named = projects.c.name == project
            connection.execute(update(projects).where(named).values(retention_days=days))

    def bury(self, job_id: str, *, project: str, now: float) -> None:
        """Replace every row about a job by one that says only that it was erased."""
        with self._database.write(durable=True) as connection:
            row = {"job_id": job_id, "project": project, "erased_at": now}
            self._database.insert_new(connection, tombstones, **row)
            connection.execute(delete(members).where(members.c.job_id == job_id))
            connection.execute(delete(events).where(events.c.job_id == job_id))
            connection.execute(delete(found).where(found.c.job_id == job_id))
            connection.execute(delete(deliveries).where(deliveries.c.job_id == job_id))
            connection.execute(delete(jobs).where(jobs.c.id == job_id, jobs.c.project == project))

    def unbury(self, job_id: str) -> None:
        """Take a tombstone away, for its document comes again."""
        with self._database.write() as connection:
            connection.execute(delete(tombstones).where(tombstones.c.job_id == job_id))

    def erased_at(self, job_id: str, *, project: str) -> float | None:
        """When a job was erased; None when it was not."""
        own = (tombstones.c.job_id == job_id, tombstones.c.project == project)
        with self._database.read() as connection:
            found = connection.execute(select(tombstones.c.erased_at).where(*own)).scalar()
        return None if found is None else float(found)
