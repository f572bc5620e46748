"""The ledger as one object. SQLAlchemy makes it swappable: SQLite, also in memory, or PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from worker.errors import PagemillError
from worker.jobs.ledger import revisions
from worker.jobs.ledger.access import Access
from worker.jobs.ledger.clock import LedgerClock
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.deliveries import Deliveries
from worker.jobs.ledger.erasures import Erasures
from worker.jobs.ledger.events import Events
from worker.jobs.ledger.jobs import Jobs
from worker.jobs.ledger.lists import Lists
from worker.jobs.ledger.projects import Projects
from worker.jobs.ledger.reviews import Reviews
from worker.jobs.ledger.sessions import Sessions
from worker.jobs.ledger.sums import Sums

IN_MEMORY = "sqlite:///:memory:"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The time, jobs, events, lists, reviews, deliveries, keys, sessions, audit, projects, erasures, sums."""

    database: Database
    clock: LedgerClock
    jobs: Jobs
    events: Events
    lists: Lists
    deliveries: Deliveries
    access: Access
    projects: Projects
    reviews: Reviews
    erasures: Erasures
    sessions: Sessions
    sums: Sums

    @classmethod
    def open(cls, url: str, *, migrate: bool = False) -> Self:
        """The ledger at a database URL, its tables made where there are none; with `migrate` made today's.

        Raises LedgerUnavailable, LedgerOutdated, LedgerTooNew.
        """
        database = Database(url)
        try:
            revisions.prepare(database, migrate=migrate)
        except PagemillError:
            database.close()
            raise
        deliveries = Deliveries(database)
        return cls(
            database,
            LedgerClock(database),
            Jobs(database, deliveries),
            Events(database),
            Lists(database),
            deliveries,
            Access(database),
            Projects(database),
            Reviews(database),
            Erasures(database),
            Sessions(database),
            Sums(database),
        )

    def check(self) -> None:
        """Raise LedgerUnavailable when nothing can be written."""
        self.database.check()

    def close(self) -> None:
        """Let go of connections."""
        self.database.close()
