"""Revisions of a record as objects: numbered from 1, each written once; 0 is what was read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePosixPath

from schemas.job import Job
from schemas.record import Record
from schemas.review import REJECTED, FieldState, Revision, as_read
from worker.errors import NotFound, ObjectMissing
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.store.base import Store


def reading(store: Store, job: Job) -> Record:
    """What was read; of a failed job, why nothing was. Raises ObjectMissing."""
    try:
        return Record.model_validate_json(store.read(object_keys.record(job)))
    except ObjectMissing:
        return Record.model_validate_json(store.read(object_keys.failure(job)))


def newest(app: App, job: Job) -> Revision:
    """The record as it stands; raises ObjectMissing."""
    number = max(_numbers(app, job), default=0)
    return _load(app, job, number)


def at_revision(app: App, job: Job, number: int) -> Revision:
    """The record as it was at a revision; raises NotFound, ObjectMissing."""
    if number not in (0, *_numbers(app, job)):
        raise NotFound(what=f"revision {number} of this record")
    return _load(app, job, number)


def history(app: App, job: Job, *, limit: int) -> Sequence[Revision]:
    """The revisions, the newest first."""
    return [_load(app, job, number) for number in sorted(_numbers(app, job), reverse=True)[:limit]]


def append(app: App, job: Job, revision: Revision) -> bool:
    """Write a revision; False when somebody else has written one of its number."""
    key = f"{object_keys.corrections(job)}{revision.revision:06}.json"
    return app.store.create(key, revision.model_dump_json().encode())


def parsed(raw: bytes, number: int) -> Revision:
    """A stored revision; those of Pagemill 0.1.0 are the record alone, its states in the evidence."""
    found = json.loads(raw)
    if "record" in found:
        return Revision.model_validate(found)
    record = Record.model_validate(found)
    marks = {at: FieldState.CORRECTED for at, item in record.fields.items() if item.origin == "corrected"}
    return Revision(revision=number, marks=marks, record=record)


def is_rejected(job: Job) -> bool:
    """Whether it was read, and a person said that it is of no use."""
    return job.error_code == REJECTED


def _load(app: App, job: Job, number: int) -> Revision:
    if number == 0:
        return as_read(reading(app.store, job), below=app.settings.review_below)
    return parsed(app.store.read(f"{object_keys.corrections(job)}{number:06}.json"), number)


def _numbers(app: App, job: Job) -> list[int]:
    names = (PurePosixPath(stat.key) for stat in app.store.list(object_keys.corrections(job)))
    return [int(name.stem) for name in names if name.suffix == ".json" and name.stem.isdigit()]
