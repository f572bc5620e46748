"""How jobs end, as objects: written once, the first writer wins; and the record as people see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from schemas.job import Job, JobState, KindRef
from schemas.record import Record, State
from schemas.review import Revision
from worker.checks.field_states import searchable, summary
from worker.errors import ObjectMissing
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.ledger.job_rows import End
from worker.jobs.store.base import Store


def write(app: App, job: Job, record: Record) -> Record:
    """Keep a record, or a failure, which is a record without data; the one that is kept.

    An earlier attempt may have written one without being able to tell the ledger: that one counts.
    """
    failed = record.state is State.FAILED
    key = object_keys.failure(job) if failed else object_keys.record(job)
    if (failed and app.store.stat(object_keys.record(job))) or not app.store.create(
        key, record.model_dump_json().encode()
    ):
        return found(app.store, job) or record
    return record


def write_cancelled(app: App, job: Job) -> None:
    """Keep that a job was given up."""
    note = {"job_id": job.id, "state": JobState.CANCELLED, "at": app.clock()}
    app.store.create(object_keys.cancelled(job), json.dumps(note).encode())


def found(store: Store, job: Job) -> Record | None:
    """The outcome that an earlier attempt has left, if any."""
    for key in (object_keys.record(job), object_keys.failure(job)):
        try:
            return Record.model_validate_json(store.read(key))
        except (ObjectMissing, ValidationError):  # none, or none that this version can read
            continue
    return None


def end_of(revision: Revision) -> End:
    """How a job with this record has ended."""
    record, told = revision.record, summary(revision)
    made, found = record.provenance, searchable(record)
    pages = made.pages
    kind = KindRef(record.kind, made.kind_version, made.schema_sha256) if made.kind_told else None
    if record.state is not State.FAILED:
        return End(JobState(record.state), pages, told=kind, review=told, found=found)
    issue = record.issues[0]
    review = replace(told, open=0)
    return End(JobState.FAILED, pages, issue.code, issue.message, told=kind, review=review, found=found)


def current(app: App, job: Job) -> Mapping[str, Any]:
    """The record as people left it, or as it was read; raises ObjectMissing."""
    revisions = (stat.key for stat in app.store.list(object_keys.corrections(job)))
    newest = max((key for key in revisions if key.endswith(".json")), default=None)
    if newest is None and job.state is JobState.FAILED:
        newest = object_keys.failure(job)
    found: Mapping[str, Any] = json.loads(app.store.read(newest or object_keys.record(job)))
    record: Mapping[str, Any] = found.get("record", found)  # of a revision, or of one from before there were
    return record
