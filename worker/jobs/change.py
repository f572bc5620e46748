"""What people do to jobs that are there: cancel, retry, correct, erase. Each is noted in the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from schemas.job import TRANSITIONS, EventCode, Job, JobState
from schemas.record import Record, Severity, State
from worker.checks import validate
from worker.errors import NotFound, RequestInvalid, WrongState
from worker.jobs import audit, correction, kinds, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.kinds import KindRef
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
    for key in (object_keys.failure(job), object_keys.cancelled(job)):
        if app.store.stat(key) is not None:
            app.store.copy(key, f"{key}.{int(app.clock() * 1000)}")
            app.store.delete(key)
    job = app.ledger.jobs.retry(job_id, project=project, now=app.clock(), actor=actor)
    audit.note(app, project=project, actor=actor, action="retry", subject=job.id)
    wake_worker(app, app.ledger.jobs.queue_of(job_id))
    return job


def correct(app: App, job_id: str, data: Any, *, project: str, actor: str) -> Mapping[str, Any]:
    """Lay a person's data beside what was read; the changed values are marked as corrected.

    Raises NotFound, WrongState, RequestInvalid for data the schema does not allow.
    """
    job = app.ledger.jobs.get(job_id, project=project)
    if job.state not in TRANSITIONS[EventCode.CORRECTED].since:
        raise WrongState(state=job.state)
    ref = KindRef(job.spec.kind, job.spec.kind_version, job.spec.schema_sha256)
    schema = kinds.load(app, project, ref)
    if not isinstance(data, dict):
        raise RequestInvalid(detail="the corrected data are not a JSON object")
    issues = validate.check(data, schema)
    broken = [issue for issue in issues if issue.severity is Severity.ERROR]
    if broken:
        raise RequestInvalid(detail="; ".join(f"{i.path or '/'}: {i.message}" for i in broken[:10]))
    read = Record.model_validate(outcome.current(app, job))
    record = read.model_copy(
        update={
            "data": data,
            "issues": issues,
            "state": State.DONE,
            "fields": correction.evidence(read, data),
        }
    )
    _append(app, job, record)
    audit.note(app, project=project, actor=actor, action="correct", subject=job.id)
    try:
        app.ledger.jobs.correct(job_id, project=project, now=app.clock(), actor=actor)
    except NotFound:  # erased meanwhile
        remove_objects(app, job)
        raise
    return outcome.current(app, job)


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


def _append(app: App, job: Job, record: Record) -> None:
    """Write the next correction; of two people at once, the later one comes after."""
    body = record.model_dump_json().encode()
    number = 1 + sum(1 for _ in app.store.list(object_keys.corrections(job)))
    while not app.store.create(f"{object_keys.corrections(job)}{number:06}.json", body):
        number += 1
