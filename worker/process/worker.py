"""A worker process: Celery's threads take messages, claim jobs from the ledger and read them."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery
from celery.signals import setup_logging, worker_shutting_down
from prometheus_client import start_http_server

from worker.errors import NotFound, PagemillError
from worker.jobs import broker, catalogue
from worker.jobs.app import App, connect
from worker.jobs.broker import WorkerReport
from worker.jobs.ledger.fair_queue import Claimant
from worker.jobs.object_keys import Drawing
from worker.jobs.sweep import sweep, tidy
from worker.jobs.tracing import TRACING
from worker.log import bound, logger
from worker.process import heartbeat, page_pictures
from worker.process.attempt import run
from worker.process.engine_pool import EnginePool
from worker.process.exclusive import SharedExclusiveLock
from worker.process.leases import LeaseKeeper
from worker.reading.engines import registry
from worker.reading.pages import opener
from worker.settings import Settings

_log = logger(__name__)
_TIDY_EVERY = 60.0


def serve(settings: Settings, *, alive: Path | None = None) -> None:
    """Work until SIGTERM: the pages in hand are finished, the rest of their documents given back.

    `alive` is a file whose time changes as long as this process is not hung.
    """
    TRACING.start(settings, process="worker")
    registry.check(settings.engine, settings)  # rather no worker than one that fails every document
    _log.info("documents_are_opened_apart", **opener.confinement())
    with _state(settings) as state, _shown(state, alive):
        state.app.prepare()
        celery = state.app.broker.celery
        register(celery, state)
        worker_shutting_down.connect(state.stop, weak=False)
        if settings.worker_port:
            start_http_server(settings.worker_port, settings.host)
        setup_logging.connect(_leave_logging_alone, weak=False)
        celery.worker_main(
            [
                "--quiet",
                "worker",
                "--pool=threads",
                f"--concurrency={settings.threads}",
                f"--queues={settings.queues}",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                "--loglevel=WARNING",
            ]
        )


def _only_loading_tells(settings: Settings) -> bool:
    """Whether the engine of this worker's queues may turn out unusable: rather now than at every document."""
    own = catalogue.entry(settings.engine).queue in settings.queues.split(",")
    return own and registry.spec(settings.engine).takes_model


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What the threads of a worker share."""

    app: App
    pool: EnginePool
    leases: LeaseKeeper
    exclusive: SharedExclusiveLock
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")

    @property
    def models(self) -> frozenset[str]:
        """The models whose jobs it takes: their key names the model, so no other one may read them."""
        return catalogue.models_served(self.app.settings)

    def work(self, queue: str) -> None:
        """Claim the next job of a queue, if there is one, and run it."""
        self.exclusive.await_open()  # whoever waits to be alone goes first
        if self.leases.stopping.is_set():
            return
        token = secrets.token_hex(16)
        settings = self.app.settings
        try:
            job = self.app.ledger.jobs.claim(
                queue,
                token=token,
                now=self.app.clock(),
                lease_seconds=settings.lease_seconds,
                by=Claimant(self.name, self.models),
            )
        except PagemillError as error:
            _log.warning("claim_failed", reason=str(error))
            return
        if job is None:
            return
        run(self.app, job, pool=self.pool, leases=self.leases, exclusive=self.exclusive)

    def draw(self, job_id: str, page: int, what: str = Drawing.PICTURE) -> None:
        """Draw what somebody wants to see of a page."""
        with bound(job=job_id, page=page):
            try:
                page_pictures.draw(self.app, job_id, page, pool=self.pool, what=Drawing(what))
            except NotFound:
                _log.info("page_not_there")
            except PagemillError as error:
                _log.warning("page_not_drawn", code=error.code, reason=str(error))

    def stop(self, **_signal: object) -> None:
        """Finish the pages in hand and take nothing new."""
        self.leases.stopping.set()


def register(celery: Celery, state: WorkerState) -> None:
    """The tasks, thin: what they do is the WorkerState's."""

    @celery.task(name=broker.WORK)  # type: ignore[untyped-decorator]
    def work(queue: str) -> None:
        state.work(queue)

    @celery.task(name=broker.DRAW)  # type: ignore[untyped-decorator]
    def draw_page(job_id: str, page: int, what: str = Drawing.PICTURE) -> None:
        state.draw(job_id, page, what)


def _leave_logging_alone(**_signal: object) -> None:
    """Celery sets up logging only where nobody listens to this signal."""


@contextmanager
def _state(settings: Settings) -> Iterator[WorkerState]:
    app = connect(settings)
    state = WorkerState(app, _pool(settings), LeaseKeeper(app), SharedExclusiveLock())
    ended = threading.Event()
    keeper = threading.Thread(target=_keep_sweeping, args=(state, ended), name="sweep", daemon=True)
    state.leases.start()
    keeper.start()
    try:
        yield state
    finally:
        ended.set()
        keeper.join(timeout=5)
        state.leases.end()
        state.pool.close()
        app.close()


@contextmanager
def _shown(state: WorkerState, alive: Path | None) -> Iterator[None]:
    """Give signs of life for as long as the block runs."""
    if alive is None:
        yield
        return
    heartbeat.give_back_spared(state.app, alive)
    beat = heartbeat.Heartbeat(alive, state.leases)
    beat.start()
    try:
        yield
    finally:
        beat.end()


def _pool(settings: Settings) -> EnginePool:
    """What to read with, loaded where it should be before anybody hears of this worker."""
    pool = EnginePool(settings)
    with ExitStack() as failing:
        failing.callback(pool.close)
        if settings.warm_up or _only_loading_tells(settings):
            with pool.engine(settings.engine):
                pass
        failing.pop_all()
    return pool


def _keep_sweeping(state: WorkerState, ended: threading.Event) -> None:
    """Sweep at once, then again and again; one worker of many does it at a time."""
    app = state.app
    tidied_at = 0.0
    while True:
        try:
            has = WorkerReport(state.pool.loaded(), sorted(state.models))
            app.broker.report(state.name, has, seconds=3 * app.settings.sweep_seconds)
            if app.broker.take_sweep(app.settings.sweep_seconds * 0.9):
                sweep(app)
                if app.clock() - tidied_at > _TIDY_EVERY:
                    tidied_at = app.clock()
                    tidy(app)
        except PagemillError as error:
            _log.warning("sweep_failed", code=error.code, reason=str(error))
        except Exception:  # noqa: BLE001 (the border of a thread: without it nothing that is lost comes back)
            _log.exception("internal_error")
        if ended.wait(app.settings.sweep_seconds):
            return
