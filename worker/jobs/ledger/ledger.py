"""The ledger as one object. SQLAlchemy makes it swappable: SQLite, also in memory, or PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from worker.jobs.ledger.access import Access
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.deliveries import Deliveries
from worker.jobs.ledger.jobs import Jobs
from worker.jobs.ledger.lists import Lists
from worker.jobs.ledger.projects import Projects

IN_MEMORY = "sqlite:///:memory:"


@dataclass(frozen=True, slots=True)
class Ledger:
    """Jobs and lists of them, deliveries, keys and audit, projects."""

    database: Database
    jobs: Jobs
    lists: Lists
    deliveries: Deliveries
    access: Access
    projects: Projects

    @classmethod
    def open(cls, url: str) -> Self:
        """The ledger at a database URL, its tables made where missing; raises LedgerUnavailable."""
        database = Database(url)
        deliveries = Deliveries(database)
        return cls(
            database,
            Jobs(database, deliveries),
            Lists(database),
            deliveries,
            Access(database),
            Projects(database),
        )

    def check(self) -> None:
        """Raise LedgerUnavailable when nothing can be written."""
        self.database.check()

    def close(self) -> None:
        """Let go of connections."""
        self.database.close()
