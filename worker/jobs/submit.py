"""A document comes in: its bytes to the store, the job to the store and the ledger, a ring to the queue."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from schemas.job import DEFAULT_PRIORITY, Job, JobSpec, JobState, job_key
from worker.errors import (
    DeviceLost,
    EmptyDocument,
    ModelChanged,
    ModelUnavailable,
    ModelUnusable,
    OutOfMemory,
    TooLarge,
    WrongState,
)
from worker.jobs import catalogue, change, kinds, object_keys
from worker.jobs.app import App
from worker.jobs.kinds import KindRef
from worker.jobs.ledger.jobs import KnownAs
from worker.jobs.store.base import CHUNK
from worker.jobs.wake import wake_worker
from worker.settings import version

_LONGEST_NAME = 255
_FOR_WANT_OF_A_MODEL = frozenset(
    error.code for error in (ModelUnavailable, ModelUnusable, ModelChanged, OutOfMemory, DeviceLost)
)


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """How a document should be read, and for whom."""

    project: str
    kind: KindRef
    engine: str
    priority: int = DEFAULT_PRIORITY
    batch: str | None = None
    callback_url: str | None = None


def submit(
    app: App, file: BinaryIO, filename: str, *, options: SubmitOptions, actor: str
) -> tuple[Job, bool]:
    """The job of this document, and whether it is new; the same question twice is one job.

    A job that had failed for want of a model is read again.

    `file` is seekable. Raises EmptyDocument, TooLarge, RequestInvalid, StorageUnavailable,
    LedgerUnavailable; when it returns, nothing can be lost any more.
    """
    entry = catalogue.entry(options.engine)
    sha256, size = measure(file)
    if size == 0:
        raise EmptyDocument
    if size > app.settings.max_bytes:
        raise TooLarge(size=size, limit=app.settings.max_bytes)
    model = entry.model or app.settings.model_key
    spec = _spec(options, filename, sha256=sha256, size=size, model=model, now=app.clock())
    standing = app.ledger.jobs.standing(spec.job_id)
    if standing is KnownAs.ERASED:  # the stone in the store goes first: a rebuild would believe it
        app.store.delete(object_keys.tombstone(spec.project, spec.job_id))
        app.ledger.projects.unbury(spec.job_id)
    had_source = standing is not KnownAs.KNOWN and _store(app, spec, file)
    _store_membership(app, spec, options.batch)
    job, new = app.ledger.jobs.open(
        spec, queue=entry.queue, now=app.clock(), batch=options.batch, actor=actor
    )
    if new and had_source and app.store.stat(object_keys.source(spec.project, sha256)) is None:
        _store(app, spec, file)  # another job with this source was erased while we relied on it
    if options.callback_url is not None:
        app.ledger.deliveries.register(job, options.callback_url, now=app.clock())
    if new:
        wake_worker(app, entry.queue)
    elif job.state is JobState.FAILED and job.error_code in _FOR_WANT_OF_A_MODEL:
        job = _again(app, job, actor)
    return job, new


def _again(app: App, job: Job, actor: str) -> Job:
    try:
        return change.retry(app, job.id, project=job.spec.project, actor=actor)
    except WrongState:  # somebody else has asked for it, too
        return app.ledger.jobs.get(job.id)


def _store(app: App, spec: JobSpec, file: BinaryIO) -> bool:
    """Write the source, the job and the schema of a shipped kind; whether the source was there already.

    A job whose source is missing was never promised.
    """
    file.seek(0)
    body = spec.model_dump_json().encode()
    written = app.beside.submit(app.store.create, object_keys.spec(spec.project, spec.job_id), body)
    kinds.snapshot(app, spec.project, KindRef(spec.kind, spec.kind_version, spec.schema_sha256))
    new = app.store.create(object_keys.source(spec.project, spec.source_sha256), file, size=spec.size)
    written.result()
    return not new


def _store_membership(app: App, spec: JobSpec, batch: str | None) -> None:
    """For a rebuild: the job in the store may be an earlier one, which names another batch or none."""
    if batch is not None:
        note = {"batch": batch, "filename": spec.filename}
        key = object_keys.membership(spec.project, spec.job_id, batch)
        app.store.create(key, json.dumps(note, ensure_ascii=False).encode())


def measure(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size in bytes of a file, from its beginning."""
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(CHUNK):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _spec(
    options: SubmitOptions, filename: str, *, sha256: str, size: int, model: str, now: float
) -> JobSpec:
    key = job_key(
        project=options.project,
        source_sha256=sha256,
        schema_sha256=options.kind.schema_sha256,
        engine=options.engine,
        model=model,
        pipeline_version=version(),
    )
    return JobSpec(
        job_id=key,
        project=options.project,
        kind=options.kind.name,
        kind_version=options.kind.version,
        schema_sha256=options.kind.schema_sha256,
        source_sha256=sha256,
        filename=_base_name(filename),
        size=size,
        engine=options.engine,
        model=model or None,
        pipeline_version=version(),
        priority=options.priority,
        batch=options.batch,
        created_at=now,
    )


def _base_name(filename: str) -> str:
    """The last part of a path, of either kind of slash, in UTF-8 and of bearable length."""
    name = PurePosixPath(filename.replace("\\", "/")).name or "document"
    clean = name.encode("utf-8", "replace").decode().replace("\0", "")
    return clean[:_LONGEST_NAME] or "document"
