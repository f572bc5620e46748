"""The leases of a worker process: renewed by one thread, which also sees cancelling and standstill."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.job import Job
from worker.errors import Cancelled, LeaseLost, NeighbourHung, PagemillError, Stopped
from worker.jobs.app import App
from worker.log import logger
from worker.process.metrics import IN_HAND

_log = logger(__name__)
_STALLED = 70  # exit status of a worker whose engine hangs (EX_SOFTWARE)


class Lease:
    """A lease on one job, as the thread that reads sees it."""

    def __init__(self, job: Job, stopping: threading.Event) -> None:
        self.job = job
        self._stopping = stopping
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._due_at: float | None = None
        if job.cancel_requested:
            self._cancelled.set()
        self.renewed_at = time.monotonic()
        self.thread = threading.get_native_id()

    @property
    def token(self) -> str:
        """What proves to the ledger that this lease is ours."""
        assert self.job.lease_token is not None
        return self.job.lease_token

    def expects(self, seconds: float | None) -> None:
        """From now on the engine has so long for its next step; None when it has none to do."""
        self._due_at = None if seconds is None else time.monotonic() + seconds

    def require(self) -> None:
        """Raise Cancelled, LeaseLost or Stopped when the work should not go on."""
        if self._cancelled.is_set():
            raise Cancelled
        if self._lost.is_set():
            raise LeaseLost
        if self._stopping.is_set():
            raise Stopped

    def cancel(self) -> None:
        """Ask the reading thread to give the job up."""
        self._cancelled.set()

    def lose(self) -> None:
        """Tell the reading thread that the job is another worker's now."""
        self._lost.set()

    def is_overdue(self) -> bool:
        """Whether the engine has been at one step for longer than it may."""
        due_at = self._due_at
        return due_at is not None and time.monotonic() > due_at


class LeaseKeeper:
    """Renews every lease of this process; use as a context manager."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._seconds = app.settings.lease_seconds
        self._held: dict[str, Lease] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def end(self) -> None:
        """Stop renewing; leases that are still held run out."""
        self._ended.set()
        self._thread.join(timeout=5)

    @contextmanager
    def hold(self, job: Job) -> Iterator[Lease]:
        """Keep the lease of a job for as long as the block runs."""
        lease = Lease(job, self.stopping)
        with self._lock:
            self._held[lease.token] = lease
            IN_HAND.set(len(self._held))
        try:
            yield lease
        finally:
            with self._lock:
                self._held.pop(lease.token, None)
                IN_HAND.set(len(self._held))

    def in_hand(self) -> list[dict[str, str]]:
        """The jobs that are held, and the thread of the system that reads each."""
        with self._lock:
            held = list(self._held.values())
        return [{"thread": str(one.thread), "job": one.job.id, "token": one.token} for one in held]

    def renew(self, lease: Lease) -> None:
        """Renew one lease now; raises LeaseLost, LedgerUnavailable."""
        now = self._app.clock()
        cancel = self._app.ledger.jobs.renew(
            lease.job.id, token=lease.token, now=now, lease_seconds=self._seconds
        )
        lease.renewed_at = time.monotonic()
        if cancel:
            lease.cancel()

    def require_fresh(self, lease: Lease) -> None:
        """Be sure that the lease is held, and will be for a while; raises LeaseLost, LedgerUnavailable."""
        if time.monotonic() - lease.renewed_at > self._seconds / 3:
            self.renew(lease)

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            with self._lock:
                all_held = list(self._held.values())  # by token: an old attempt may still be reading
            for lease in all_held:
                self._renew_or_lose(lease)
            overdue = [lease for lease in all_held if lease.is_overdue()]
            if overdue:
                self._give_up(overdue, all_held)

    def _give_up(self, overdue: list[Lease], all_held: list[Lease]) -> None:
        """End this process: a hung call into a GPU cannot be ended from inside. Only what hangs counts."""
        for lease in overdue:
            _log.critical("engine_stalled", job=lease.job.id, attempt=lease.job.attempts)
        now = self._app.clock()
        for lease in all_held:
            if lease not in overdue:
                with contextlib.suppress(PagemillError):
                    self._app.ledger.jobs.release(
                        lease.job.id,
                        token=lease.token,
                        now=now,
                        due_at=now,
                        counts=False,
                        error=NeighbourHung(),
                    )
        os._exit(_STALLED)

    def _renew_or_lose(self, lease: Lease) -> None:
        try:
            self.renew(lease)
        except LeaseLost:
            lease.lose()
            _log.warning("lease_lost", job=lease.job.id)
        except PagemillError as error:
            _log.warning("lease_not_renewed", job=lease.job.id, reason=str(error))
            if time.monotonic() - lease.renewed_at > self._seconds:
                lease.lose()
        except Exception:  # noqa: BLE001 (the border of a thread: without it every lease would run out)
            _log.exception("internal_error")
