"""What people do to jobs that are there: cancel, retry, erase. Each is noted in the audit log."""

from __future__ import annotations

import json

from schemas.job import TRANSITIONS, EventCode, Job, JobState
from worker.errors import WrongState
from worker.jobs import audit, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.wake import wake_worker


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
    """Remove source, pages, record and index of a job; a tombstone without content stays.

    Raises NotFound. A job that is running is told to stop, and what its worker still writes goes, too.
    The tombstone is written first and the index goes last, so that an erasure that was interrupted
    can be asked for again, and a rebuild does not bring the job back.
    """
    job = app.ledger.jobs.get(job_id, project=project)
    note = {"job_id": job_id, "erased_at": app.clock()}
    app.store.write(object_keys.tombstone(project, job_id), json.dumps(note).encode())
    remove_objects(app, job)
    _remove_source(app, job)
    app.ledger.projects.bury(job_id, project=project, now=app.clock())
    remove_objects(app, job)  # what was written between
    _remove_source(app, job)  # of two erasures at once that share it, the later one sees that nobody does
    audit.note(app, project=project, actor=actor, action="erase", subject=job.id)


def _remove_source(app: App, job: Job) -> None:
    if not app.ledger.lists.shares_source(job):
        app.store.delete(object_keys.source(job.spec.project, job.spec.source_sha256))


def remove_objects(app: App, job: Job) -> None:
    """Remove every object of a job but its source and its tombstone."""
    empty(app, object_keys.folder(job.spec.project, job.id))


def empty(app: App, folder: str) -> None:
    """Remove all that is in a job's folder but its tombstone."""
    for stat in list(app.store.list(folder)):
        if stat.key != folder + object_keys.TOMBSTONE:
            app.store.delete(stat.key)
