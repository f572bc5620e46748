"""What keeps the promise that nothing is lost: run at start and every few seconds, by any worker."""

from __future__ import annotations

from worker.errors import NotFound, PagemillError, QueueUnavailable
from worker.jobs import catalogue, change, object_keys
from worker.jobs.app import App
from worker.log import logger

_log = logger(__name__)
_RINGS_AT_ONCE = 5000
_LONGEST_WAIT = 300.0  # seconds; attempts pause for a minute at most
_DAY = 86_400.0
_ERASED_AT_ONCE = 200
_REQUESTS_KEPT = 7 * _DAY
_UPLOADS_KEPT = 2 * _DAY  # beyond the time for which their URLs hold


def sweep(app: App) -> None:
    """Take back jobs whose worker went silent, and ring where jobs are due and no message waits.

    A job whose model no worker has is not rung for; it waits until one comes.
    """
    longest = max(_LONGEST_WAIT, 2 * app.settings.lease_seconds)
    queues = sorted(catalogue.queues())
    expired = app.ledger.jobs.expire(now=app.clock(), longest=longest, queues=queues)
    if expired:
        _log.warning("leases_expired", jobs=expired)
    try:
        models = {model for worker in app.broker.workers().values() for model in worker.models}
    except QueueUnavailable as error:
        _log.warning("ring_failed", reason=str(error))
        return
    for queue in queues:
        try:
            if app.broker.depth(queue) == 0:
                due = app.ledger.jobs.due(queue, now=app.clock(), models=models, limit=_RINGS_AT_ONCE)
                app.broker.wake(queue, due)
        except QueueUnavailable as error:
            _log.warning("ring_failed", queue=queue, reason=str(error))
            return


def tidy(app: App) -> None:
    """Erase what is older than its project keeps, remove and forget what nobody came back for.

    A step that fails leaves the others to be done; raises nothing.
    """
    now = app.clock()
    steps = (
        _erase_old_jobs,
        _finish_erasures,
        _remove_old_uploads,
        _forget_requests,
        _forget_audit,
        _forget_sessions,
    )
    for step in steps:
        try:
            step(app, now)
        except PagemillError as error:
            _log.warning("tidying_failed", step=step.__name__.strip("_"), code=error.code, reason=str(error))


def _erase_old_jobs(app: App, now: float) -> None:
    for project, days in app.ledger.projects.retention().items():
        kept = days if days is not None else app.settings.retention_days
        if kept is None:
            continue
        old = app.ledger.lists.expired(project, before=now - kept * _DAY, limit=_ERASED_AT_ONCE)
        for job_id in old:
            try:
                change.erase(app, job_id, project=project, actor="retention")
            except NotFound:  # another worker tidies, too
                continue


def _forget_audit(app: App, now: float) -> None:
    days = app.settings.audit_days
    if days is not None:
        app.ledger.access.forget_audit(before=now - days * _DAY)


def _finish_erasures(app: App, now: float) -> None:
    """Remove once more what was erased: the first time may have failed, or a worker still had it in hand."""
    for place in app.ledger.erasures.to_remove(now=now):
        change.remove(app, place)
        app.ledger.erasures.removed(place)


def _forget_requests(app: App, now: float) -> None:
    app.ledger.access.forget_requests(before=now - _REQUESTS_KEPT)


def _forget_sessions(app: App, now: float) -> None:
    app.ledger.sessions.forget(before=now)


def _remove_old_uploads(app: App, now: float) -> None:
    """Uploads that were never submitted; their names begin with the second of their URL."""
    for found in app.store.list(object_keys.UPLOADS):
        second = found.key.split("/")[2].partition("-")[0]
        if second.isdigit() and now - int(second) > app.settings.presign_seconds + _UPLOADS_KEPT:
            app.store.delete(found.key)
