"""What people do to jobs that are there: cancel, retry, erase, keep. Each is noted in the audit log."""

from __future__ import annotations

import json

from schemas.job import TRANSITIONS, EventCode, Job, JobState
from worker.errors import StorageUnavailable, WrongState
from worker.jobs import audit, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.wake import wake_worker
from worker.log import logger

_log = logger(__name__)
_WRITERS_ARE_GONE = 4  # leases, after which no worker can have an erased job in hand


def cancel(app: App, job_id: str, *, project: str, actor: str) -> Job:
    """Give a job up: at once when it waits, after the page in hand when it runs.

    Raises NotFound, WrongState when it has ended otherwise.
    """
    job = app.ledger.jobs.cancel(job_id, project=project, now=app.clock(), actor=actor)
    if job.state is JobState.CANCELLED:
        outcome.write_cancelled(app, job)
    audit.note(app, project=project, actor=actor, action="cancel", subject=job.id)
    return job


def retry(app: App, job_id: str, *, project: str, actor: str) -> Job:
    """Read a failed or cancelled job again; its old end is kept aside. Raises NotFound, WrongState."""
    job = app.ledger.jobs.get(job_id, project=project)
    if job.state not in TRANSITIONS[EventCode.RETRIED].since:
        raise WrongState(state=job.state)
    revisions = [stat.key for stat in app.store.list(object_keys.corrections(job))]
    for key in (object_keys.failure(job), object_keys.cancelled(job), *revisions, object_keys.record(job)):
        if key.endswith(".json") and app.store.stat(key) is not None:  # a record, too, where it was rejected
            app.store.copy(key, f"{key}.{int(app.clock() * 1000)}")
            app.store.delete(key)
    job = app.ledger.jobs.retry(job_id, project=project, now=app.clock(), actor=actor)
    audit.note(app, project=project, actor=actor, action="retry", subject=job.id)
    wake_worker(app, app.ledger.jobs.queue_of(job_id))
    return job


def erase(app: App, job_id: str, *, project: str, actor: str) -> None:
    """Remove source, pages, record and index of a job; a tombstone without content stays. Raises NotFound.

    The tombstone in the store comes first, so that a rebuild does not bring the job back; then the rows go,
    all at once, for a note of what is to be removed. What cannot be removed now, or is written by a worker
    that had the job in hand, goes with a later sweep.
    """
    job, now = app.ledger.jobs.get(job_id, project=project), app.clock()
    note = {"job_id": job_id, "erased_at": now}
    app.store.write(object_keys.tombstone(job.spec), json.dumps(note).encode())
    folder, source = object_keys.folder(job.spec), object_keys.source(job.spec)
    again_at = now + _WRITERS_ARE_GONE * app.settings.lease_seconds
    places = app.ledger.erasures.bury(job.spec, now=now, folder=folder, source=source, again_at=again_at)
    if places:
        audit.note(app, project=project, actor=actor, action="erase", subject=job_id)
    for place in places:
        try:
            remove(app, place)
        except StorageUnavailable as error:
            _log.warning("not_removed_yet", place=place, reason=str(error))


def keep_for(app: App, project: str, days: float | None, *, actor: str) -> None:
    """Set the age at which finished jobs of a project are erased; None: as the service is set."""
    app.ledger.projects.keep_for(project, days)
    audit.note(app, project=project, actor=actor, action="retention", subject=str(days))


def remove_if_erased(app: App, job: Job) -> None:
    """Take back what was written about a job, where somebody erased it meanwhile."""
    found = app.ledger.erasures.opening(job.spec)
    if not found.known or found.incarnation != job.spec.incarnation:
        remove(app, object_keys.folder(job.spec))


def remove(app: App, place: str) -> None:
    """Remove what lies at a place in the store: an object, or all in a folder but its tombstone."""
    if not place.endswith("/"):
        app.store.delete(place)
        return
    for stat in list(app.store.list(place)):
        if stat.key != place + object_keys.TOMBSTONE:
            app.store.delete(stat.key)
