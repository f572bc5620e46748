"""A document comes in: its bytes to the store, the job to the store and the ledger, a ring to the queue."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from schemas.job import DEFAULT_PRIORITY, Job, JobSpec, JobState, KindRef, job_key
from worker.errors import (
    DeviceLost,
    EmptyDocument,
    IncarnationGone,
    ModelChanged,
    ModelUnavailable,
    ModelUnusable,
    OutOfMemory,
    TooLarge,
    WrongState,
)
from worker.jobs import catalogue, change, kinds, object_keys
from worker.jobs.app import App
from worker.jobs.store.base import CHUNK
from worker.jobs.wake import wake_worker
from worker.settings import version

_LONGEST_NAME = 255
_ERASURES_BETWEEN = 5
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
    LedgerUnavailable, IncarnationGone; when it returns, nothing can be lost any more.
    """
    entry = catalogue.entry(options.engine)
    sha256, size = measure(file)
    if size == 0:
        raise EmptyDocument
    if size > app.settings.max_bytes:
        raise TooLarge(size=size, limit=app.settings.max_bytes)
    model = entry.model or app.settings.model_key
    spec = _spec(options, filename, sha256=sha256, size=size, model=model, now=app.clock())
    job, new = _open(app, spec, file, queue=entry.queue, batch=options.batch, actor=actor)
    if options.batch is not None:
        _store_membership(app, job.spec, options.batch, spec.filename)
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


def _open(
    app: App, spec: JobSpec, file: BinaryIO, *, queue: str, batch: str | None, actor: str
) -> tuple[Job, bool]:
    """Write the objects of a job that is not there, then open it; once more where an erasure came between."""
    for _ in range(_ERASURES_BETWEEN):
        found = app.ledger.erasures.opening(spec)
        now = {"incarnation": found.incarnation, "source_incarnation": found.source_incarnation}
        spec = spec.model_copy(update=now)
        if not found.known:
            _store(app, spec, file)
        with contextlib.suppress(IncarnationGone):
            return app.ledger.jobs.open(spec, queue=queue, now=app.clock(), batch=batch, actor=actor)
        _remove_outdated(app, spec)
    raise IncarnationGone


def _remove_outdated(app: App, spec: JobSpec) -> None:
    """Of what was written, that on which nobody will rely any more."""
    found = app.ledger.erasures.opening(spec)
    if found.incarnation > spec.incarnation:
        change.remove(app, object_keys.folder(spec))
    if found.source_incarnation > spec.source_incarnation:
        change.remove(app, object_keys.source(spec))


def _store(app: App, spec: JobSpec, file: BinaryIO) -> None:
    """Write the source, the job and the schema of a shipped kind.

    A job whose source is missing was never promised.
    """
    file.seek(0)
    body = spec.model_dump_json().encode()
    written = app.beside.submit(app.store.create, object_keys.asked(spec), body)
    kinds.snapshot(app, spec.project, KindRef(spec.kind, spec.kind_version, spec.schema_sha256))
    app.store.create(object_keys.source(spec), file, size=spec.size)
    written.result()


def _store_membership(app: App, spec: JobSpec, batch: str, filename: str) -> None:
    """For a rebuild: the job in the store may be an earlier one, which names another batch or none."""
    note = json.dumps({"batch": batch, "filename": filename}, ensure_ascii=False)
    app.store.create(object_keys.membership(spec, batch), note.encode())


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
