"""One claimed job, from its lease to its outcome: fetch, read, write once, close."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.job import Job, JobSpec, JobState, KindRef
from schemas.record import Provenance, Record, failed
from schemas.registry import Schema
from schemas.review import as_read
from worker.errors import (
    AttemptsExhausted,
    Cancelled,
    EngineError,
    LeaseLost,
    LedgerUnavailable,
    PagemillError,
    SourceError,
    Stopped,
    StorageUnavailable,
)
from worker.jobs import ask, change, kinds, outcome
from worker.jobs.app import App
from worker.jobs.ledger.job_rows import End
from worker.jobs.tracing import TRACING
from worker.log import at_page, bound, logger
from worker.process.engine_pool import EnginePool
from worker.process.exclusive import SharedExclusiveLock
from worker.process.leases import Lease, LeaseKeeper
from worker.process.metrics import FAILURES, JOBS, PAGES, SECONDS, TOKENS
from worker.reading import pipeline
from worker.reading.engines.base import Engine, RequestContext
from worker.reading.telling.tell import Teller
from worker.reading.telling.words import told_by_signs

_log = logger(__name__)
_PROGRESS_EVERY = 1.0  # seconds between two notes of how far a document is
_LONGEST_PAUSE = 60.0
_NOT_ITS_FAULT = (Stopped, StorageUnavailable, LedgerUnavailable)  # such an attempt does not count


def run(app: App, job: Job, *, pool: EnginePool, leases: LeaseKeeper, exclusive: SharedExclusiveLock) -> None:
    """Read a job that was just claimed, and end it or give it back. Raises nothing.

    The lease is held before the lock is entered: a job may have to wait there for its turn alone.
    """
    about = {"job": job.id, "project": job.spec.project, "attempt": job.attempts}
    with bound(**about, page=1), TRACING.span("job", **about), leases.hold(job) as lease:
        attempt = _Attempt(app, job, pool, leases, lease)
        try:
            with exclusive.enter(alone=job.attempts > 1):
                attempt.make()
        except LeaseLost:
            _log.warning("job_taken_over")
            change.remove_if_erased(app, job)
        except _NOT_ITS_FAULT as error:
            attempt.give_back(error, counts=False)
        except Exception as error:  # noqa: BLE001 (the border of a job: the thread has others to take)
            _log.exception("internal_error")
            attempt.give_back(PagemillError(reason=type(error).__name__), counts=True)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt at one job."""

    app: App
    job: Job
    pool: EnginePool
    leases: LeaseKeeper
    lease: Lease

    def make(self) -> None:
        """Read, then write the outcome once; raises LeaseLost and what is not the document's fault."""
        try:
            self.lease.require()
            record = self._earlier() or self._read()
        except Cancelled:
            self._give_up()
            return
        except (LeaseLost, *_NOT_ITS_FAULT):
            raise
        except PagemillError as error:
            FAILURES.labels(error.code).inc()
            _log.warning("attempt_failed", code=error.code, reason=str(error))
            if self._worth_another(error):
                self.give_back(error, counts=True)
                return
            record = _failure(self.job.spec, error)
        self._end(record)

    def give_back(self, error: PagemillError, *, counts: bool) -> None:
        """Let a worker try later; when the ledger is away, the lease runs out to the same effect."""
        tried = min(self.job.attempts + self.job.setbacks, _LONGEST_PAUSE)
        pause = 0.0 if isinstance(error, Stopped) else min(_LONGEST_PAUSE, 2.0**tried)
        now = self.app.clock()
        _log.info("job_given_back", code=error.code, reason=str(error), seconds=pause)
        try:
            self.app.ledger.jobs.release(
                self.job.id, token=self.lease.token, now=now, due_at=now + pause, counts=counts, error=error
            )
        except LedgerUnavailable:
            _log.warning("job_not_released")

    def _earlier(self) -> Record | None:
        """What an attempt wrote that could not tell the ledger any more."""
        return outcome.found(self.app.store, self.job) if self.job.attempts > 1 else None

    def _read(self) -> Record:
        spec = self.job.spec
        if self.job.attempts > self.app.settings.attempts:
            raise AttemptsExhausted(attempts=self.app.settings.attempts)
        schema = kinds.load(self.app, spec.project, KindRef(spec.kind, spec.kind_version, spec.schema_sha256))
        schema = ask.with_history(self.app, spec.project, schema)
        self._loads()
        with self.pool.engine(spec.engine, while_waiting=self._loads) as engine:
            started = time.perf_counter()
            with self.pool.source(self.app, self.job) as path:
                SECONDS.labels("fetch").observe(time.perf_counter() - started)
                return self._extract(path, schema, engine)

    def _extract(self, path: Path, schema: Schema, engine: Engine) -> Record:
        spec = self.job.spec
        document = self.pool.sandbox.open(path)
        teller = Teller(self.pool.lines_of, self._candidates)
        self._alive()
        try:
            return pipeline.extract(
                pipeline.Source(spec.filename, spec.source_sha256, document, teller),
                schema,
                engine=engine,
                review_below=self.app.settings.review_below,
                progress=self._after_page(),
                context=self._context(),
            )
        except PagemillError:
            raise
        except Exception as error:  # the border of a document: the worker has others to read
            _log.exception("internal_error")
            raise PagemillError(reason=type(error).__name__) from error
        finally:
            self.lease.expects(None)
            document.close()

    def _candidates(self) -> Mapping[str, Schema]:
        """What a document without a kind may be."""
        return kinds.of_project(self.app, self.job.spec.project, shipped=told_by_signs())

    def _context(self) -> RequestContext:
        spec = self.job.spec
        return RequestContext(
            spec.job_id, spec.project, spec.priority, require=self.lease.require, alive=self._alive
        )

    def _loads(self) -> None:
        """A model is waited for, or loaded: it has its time from now on, if it is still wanted."""
        self.lease.require()
        self.lease.expects(self.app.settings.load_seconds)

    def _alive(self) -> None:
        """The engine has made a step, and has time for its next."""
        self.lease.expects(self.app.settings.stall_seconds)

    def _after_page(self) -> Callable[[int, int], None]:
        """Called after every page: notes it, and stops the reading when it should not go on."""
        noted_at = time.monotonic()

        def after_page(done: int, pages: int) -> None:
            nonlocal noted_at
            self._alive()
            PAGES.labels(self.job.spec.engine).inc()
            at_page(done + 1)
            if done == pages:
                return
            self.lease.require()
            if time.monotonic() - noted_at > _PROGRESS_EVERY:
                noted_at = time.monotonic()
                self.app.ledger.jobs.progress(
                    self.job.id, token=self.lease.token, done=done, pages=pages, now=self.app.clock()
                )

        return after_page

    def _worth_another(self, error: PagemillError) -> bool:
        retryable = isinstance(error, EngineError | SourceError) and error.retryable
        return retryable and self.job.attempts < self.app.settings.attempts

    def _end(self, record: Record) -> None:
        self.leases.require_fresh(self.lease)  # what follows is only for the one who holds the lease
        started = time.perf_counter()
        record = outcome.write(self.app, self.job, record)
        made = record.provenance
        if made.kind_told:
            told = KindRef(record.kind, made.kind_version, made.schema_sha256)
            kinds.snapshot(self.app, self.job.spec.project, told)
        end = outcome.end_of(as_read(record, below=self.app.settings.review_below))
        self.app.ledger.jobs.finish(self.job.id, token=self.lease.token, end=end, now=self.app.clock())
        SECONDS.labels("store").observe(time.perf_counter() - started)
        _count(record, self.job.spec.engine)
        _log.info("job_ended", state=record.state, pages=end.pages, kind=record.kind, code=end.error_code)

    def _give_up(self) -> None:
        outcome.write_cancelled(self.app, self.job)
        end = End(JobState.CANCELLED)
        self.app.ledger.jobs.finish(self.job.id, token=self.lease.token, end=end, now=self.app.clock())
        _log.info("job_cancelled")


def _failure(spec: JobSpec, error: PagemillError) -> Record:
    provenance = Provenance(
        source_sha256=spec.source_sha256,
        filename=spec.filename,
        pages=0,
        kind_version=spec.kind_version,
        schema_sha256=spec.schema_sha256,
        engine=spec.engine,
        model=spec.model,
        pipeline_version=spec.pipeline_version,
    )
    return failed(
        job_id=spec.job_id, kind=spec.kind, code=error.code, message=str(error), provenance=provenance
    )


def _count(record: Record, engine: str) -> None:
    for step, milliseconds in record.provenance.timings_ms.items():
        SECONDS.labels(step).observe(milliseconds / 1000)
    for direction, count in record.provenance.tokens.items():
        TOKENS.labels(engine, direction).inc(count)
    JOBS.labels(record.state, engine).inc()
