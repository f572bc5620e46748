"""The ledger's clock: one for every process that uses a ledger, and moved by no step of a wall clock.

Leases, pauses and the order of changes are times that one process writes and others compare, so all of
them ask one clock. On PostgreSQL it is the server's. SQLite has none of its own, but all its processes run
on one machine: there it is the time since that machine started, which nobody sets, and how far the wall
clock was ahead of it when the ledger was first asked after that start. Between two looks at the database a
process goes on by the time since the start of its machine.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from sqlalchemy import Connection, delete, func, select, update

from worker.errors import LedgerUnavailable
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import clock
from worker.log import logger

_log = logger(__name__)
_LOOK_EVERY = 10.0  # seconds
_BLURRED = 1.0  # seconds; an answer that took longer does not say when it was given
_STEPPED = 5.0  # seconds by which the wall clock may be wrong before the ledger follows it at a start
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SINCE_START = getattr(time, "CLOCK_BOOTTIME", None)  # counts while the machine sleeps, too


class LedgerClock:
    """Seconds since 1970, when called; raises LedgerUnavailable where it was never answered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking = threading.Lock()
        self._ahead: float | None = None  # of the time since the machine started
        self._looked_at = 0.0

    def __call__(self) -> float:
        """The time now, for all who use this ledger."""
        if self._ahead is None or _steady() - self._looked_at > _LOOK_EVERY:
            self._look()
        assert self._ahead is not None
        return _steady() + self._ahead

    def follow_wall_clock(self) -> None:
        """Take over the wall clock of a machine whose ledger is on SQLite; before its processes start.

        Until the next such start, or that of the machine, a step of the wall clock is not followed.
        """
        boot = _boot()
        if self._database.has_clock or boot is None:
            return
        gap = time.time() - self()
        if abs(gap) > _STEPPED:
            with self._database.write(durable=True) as connection:
                this = update(clock).where(clock.c.boot == boot)
                connection.execute(this.values(ahead=clock.c.ahead + gap))
            self._ahead = None
            _log.warning("clock_followed", seconds=round(gap, 1))

    def _look(self) -> None:
        with self._looking:
            asked = _steady()
            if self._ahead is not None and asked - self._looked_at <= _LOOK_EVERY:
                return  # another thread has looked meanwhile
            try:
                ahead = self._read()
            except LedgerUnavailable:
                if self._ahead is None:
                    raise
                ahead = self._ahead
            answered = _steady()
            if self._ahead is None or answered - asked <= _BLURRED:
                self._ahead = ahead
            self._looked_at = answered

    def _read(self) -> float:
        boot = _boot()
        if self._database.has_clock:
            with self._database.read() as connection:
                return _server_ahead(connection)
        if boot is None:
            return time.time() - _steady()
        with self._database.read() as connection:
            ahead = connection.execute(select(clock.c.ahead).where(clock.c.boot == boot)).scalar()
        return self._begin(boot) if ahead is None else float(ahead)

    def _begin(self, boot: str) -> float:
        """The first to ask after the machine started says for all how far its wall clock is ahead."""
        with self._database.write(durable=True) as connection:
            self._database.insert_new(connection, clock, boot=boot, ahead=time.time() - _steady())
            connection.execute(delete(clock).where(clock.c.boot != boot))
            return float(connection.execute(select(clock.c.ahead)).scalar_one())


def _server_ahead(connection: Connection) -> float:
    connection.execute(select(1))  # a connection may have to be made first, and that takes time
    asked = _steady()
    at = float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
    return at - (asked + _steady()) / 2


def _steady() -> float:
    """Seconds since the machine started, or since something else that no setting of a clock moves."""
    return time.monotonic() if _SINCE_START is None else time.clock_gettime(_SINCE_START)


def _boot() -> str | None:
    """Which start of the machine this is; None where that is not told: the wall clock is all there is."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip() if _SINCE_START is not None else None
    except OSError:
        return None
