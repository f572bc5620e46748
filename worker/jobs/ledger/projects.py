"""What belongs to a project: its own kinds, how long it keeps jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import kinds, projects


@dataclass(frozen=True, slots=True)
class KindVersion:
    """A version of a project's own kind; its schema lies in the store by this hash."""

    name: str
    version: int
    schema_sha256: str
    created_at: float


class Projects:
    """The tables of projects and kinds."""

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

    def versions(self, project: str, name: str) -> Sequence[KindVersion]:
        """Every version of a project's own kind, the newest first."""
        query = select(kinds).where(kinds.c.project == project, kinds.c.name == name)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(kinds.c.version.desc())).all()
        return [KindVersion(r.name, r.version, r.schema_sha256, r.created_at) for r in rows]

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
