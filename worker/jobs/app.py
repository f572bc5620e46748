"""What every entrance to the service holds: settings, store, ledger, queue, clock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from worker.errors import StorageUnavailable
from worker.jobs import catalogue
from worker.jobs.broker import Broker
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.store import factory
from worker.jobs.store.base import Store
from worker.log import logger
from worker.settings import Settings

_log = logger(__name__)
Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class App:
    """One per process."""

    settings: Settings
    store: Store
    ledger: Ledger
    broker: Broker
    other_clock: Clock | None = None  # than the ledger's
    snapshots: set[str] = field(default_factory=set)  # schemas this process knows to be in the store
    beside: Executor = field(default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="beside"))

    @property
    def clock(self) -> Clock:
        """The time for everything that is written down or waited for: the same for all processes."""
        return self.other_clock or self.ledger.clock

    def prepare(self) -> None:
        """Make the bucket where it is missing; a store that is away now may come later."""
        try:
            self.store.prepare()
        except StorageUnavailable as error:
            _log.warning("store_not_prepared", reason=str(error))

    def close(self) -> None:
        """Let go of connections."""
        self.beside.shutdown()
        self.broker.close()
        self.store.close()
        self.ledger.close()


def connect(settings: Settings, *, migrate: bool = False) -> App:
    """The parts the settings name; raises RequestInvalid, SettingsInvalid and what the parts raise.

    A ledger that is older than this Pagemill is refused, unless it is to be migrated.
    """
    catalogue.entry(settings.engine)
    ledger = Ledger.open(settings.ledger_url, migrate=migrate)
    return App(settings, factory.create(settings), ledger, Broker(settings))
