"""Waking a worker: work is there."""

from __future__ import annotations

from worker.errors import QueueUnavailable
from worker.jobs.app import App
from worker.log import logger

_log = logger(__name__)


def wake_worker(app: App, queue: str) -> None:
    """Wake a worker; when the queue is away, the sweep will do so later."""
    try:
        app.broker.wake(queue)
    except QueueUnavailable as error:
        _log.warning("ring_failed", queue=queue, reason=str(error))
