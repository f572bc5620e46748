"""How the service does: /livez, /readyz, /version for everybody, /metrics for operators.

What costs something is made at most so often, however many ask.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from pydantic import BaseModel

from api.auth import AppDep, is_operator
from api.fresh import Fresh
from api.problems import responses
from api.store_threads import in_store_thread
from worker.errors import PagemillError, Unauthorized
from worker.jobs import catalogue
from worker.jobs.app import App
from worker.settings import version

_READY_SECONDS = 1.0
_METRICS_SECONDS = 5.0
_SHARE_OF_COUNTING = 0.01  # of the time; with a million jobs it takes a quarter of a second
router = APIRouter(tags=["operation"])


class Readiness(BaseModel):
    """Whether each part answers."""

    ready: bool
    queue: str
    store: str
    ledger: str
    model: str


class Version(BaseModel):
    """What is running."""

    version: str


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers, also when every thread waits for a part that does not."""
    return {"status": "alive"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz(request: Request, app: AppDep) -> Response:
    """Queue, store and ledger answer, so documents are taken; `model` says what workers have loaded.

    Which part it is that does not answer is told on this machine, or with the token for metrics.
    """
    told: Readiness = await in_store_thread(request.app.state.readiness.get)
    shown = told.model_dump()
    if not is_operator(request, app.settings):
        shown = {name: value if name == "ready" else "not shown" for name, value in shown.items()}
    return JSONResponse(shown, 200 if told.ready else 503)


@router.get("/version")
def running_version() -> Version:
    """The version of the service."""
    return Version(version=version())


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **responses()}
)
def metrics(request: Request, app: AppDep) -> Response:
    """Jobs by state, failures by code, queues, for Prometheus; workers have a port of their own.

    Asked from another machine it takes PAGEMILL_METRICS_TOKEN as a bearer token.
    """
    if not is_operator(request, app.settings):
        raise Unauthorized
    return Response(request.app.state.metrics.get(), media_type=CONTENT_TYPE_LATEST)


def readiness(app: App) -> Fresh[Readiness]:
    """How the parts are."""

    def look() -> Readiness:
        parts = {"queue": app.broker.check, "store": app.store.check, "ledger": app.ledger.check}
        found = {name: _tried(check) for name, check in parts.items()}
        ready = all(answer == "ok" for answer in found.values())
        return Readiness(ready=ready, model=_model(app), **found)

    return Fresh(look, seconds=_READY_SECONDS)


def figures(app: App) -> Fresh[bytes]:
    """The metrics, as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(_Service(app))
    return Fresh(lambda: generate_latest(registry), seconds=_METRICS_SECONDS)


class _Service(Collector):
    """What the ledger and the queue say at the time of asking."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._counts = Fresh(self._counted, seconds=0, share=_SHARE_OF_COUNTING)

    def collect(self) -> Any:
        up = GaugeMetricFamily("pagemill_up", "Whether a part answers.", labels=["part"])
        for part, families in (("ledger", self._ledger), ("queue", self._queue)):
            try:
                yield from families()
            except PagemillError:
                up.add_metric([part], 0)
            else:
                up.add_metric([part], 1)
        yield up

    def _counted(self) -> Any:
        lists = self._app.ledger.lists
        return lists.counts(), lists.failures()

    def _ledger(self) -> list[GaugeMetricFamily]:
        lists = self._app.ledger.lists
        waiting, now = lists.waiting(), self._app.clock()
        states, failures = self._counts.get()
        ages: dict[str, float] = {}
        models = GaugeMetricFamily("pagemill_waiting_jobs", "Jobs that wait.", labels=["queue", "model"])
        for found in waiting:
            ages[found.queue] = max(ages.get(found.queue, 0.0), now - found.oldest)
            models.add_metric([found.queue, found.model or ""], found.count)
        return [
            _family("pagemill_jobs", "Jobs by state.", "state", states),
            _family("pagemill_failed_jobs", "Failed jobs by code.", "code", failures),
            _family("pagemill_webhooks", "Webhooks by state.", "state", self._app.ledger.deliveries.counts()),
            _family("pagemill_oldest_waiting_seconds", "Age of the oldest job in a queue.", "queue", ages),
            models,
        ]

    def _queue(self) -> list[GaugeMetricFamily]:
        queues = catalogue.queues()
        depths = {queue: self._app.broker.depth(queue) for queue in sorted(queues)}
        workers = {"alive": len(self._app.broker.workers())}
        return [
            _family("pagemill_queue_messages", "Messages that wait.", "queue", depths),
            _family("pagemill_workers", "Workers that have lately been heard of.", "state", workers),
        ]


def _family(name: str, text: str, label: str, values: Any) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], float(value))
    return family


def _tried(check: Any) -> str:
    try:
        check()
    except PagemillError as error:
        return error.code
    return "ok"


def _model(app: App) -> str:
    try:
        workers = app.broker.workers()
    except PagemillError:
        return "unknown"
    if not workers:
        return "no worker"
    loaded = sorted({engine for worker in workers.values() for engine in worker.engines})
    return ", ".join(loaded) if loaded else "not loaded yet"
