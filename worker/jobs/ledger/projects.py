"""What belongs to a project: its own kinds, how long it keeps jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import kinds, projects


@dataclass(frozen=True, slots=True)
class KindVersion:
    """A version of a project's own kind; its schema lies in the store by this hash.

    `titles` is what the schema calls it, by language, as far as it says.
    """

    name: str
    version: int
    schema_sha256: str
    created_at: float
    titles: Mapping[str, str] = field(default_factory=dict)


class Projects:
    """The tables of projects and kinds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kind(self, project: str, name: str) -> KindVersion | None:
        """The newest version of a kind."""
        versions = select(kinds).where(kinds.c.project == project, kinds.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(versions.order_by(kinds.c.version.desc()).limit(1)).first()
        return None if row is None else _version(row)

    def kinds(self, project: str) -> Sequence[KindVersion]:
        """The newest version of every kind of a project."""
        query = select(kinds).where(kinds.c.project == project).order_by(kinds.c.name, kinds.c.version)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        newest = {row.name: _version(row) for row in rows}
        return list(newest.values())

    def versions(self, project: str, name: str) -> Sequence[KindVersion]:
        """Every version of a project's own kind, the newest first."""
        query = select(kinds).where(kinds.c.project == project, kinds.c.name == name)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(kinds.c.version.desc())).all()
        return [_version(row) for row in rows]

    def add_kind(self, project: str, kind: KindVersion) -> bool:
        """Enter a version; False when another writer has taken its number."""
        row = {
            "project": project,
            "name": kind.name,
            "version": kind.version,
            "schema_sha256": kind.schema_sha256,
            "created_at": kind.created_at,
            "titles": json.dumps(dict(kind.titles), ensure_ascii=False),
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


def _version(row: Any) -> KindVersion:
    titles = json.loads(row.titles or "{}")  # none were noted before there was a place for them
    return KindVersion(row.name, row.version, row.schema_sha256, row.created_at, titles)
