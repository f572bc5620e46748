"""The ledger made anew from the store: what `pagemill rebuild` does.

Jobs, batches and kinds come back with how they ended. API keys, pending webhooks and the audit log
are nowhere but in the ledger: back it up for their sake.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import ValidationError

from schemas.job import JobSpec, JobState
from schemas.record import Record
from worker.errors import ObjectMissing, RequestInvalid
from worker.jobs import catalogue, change, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.projects import KindVersion
from worker.jobs.wake import wake_worker
from worker.log import logger

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What was found in the store, and how much of it the ledger did not know."""

    found: int
    entered: int
    unreadable: int


def rebuild(app: App) -> RebuildReport:
    """Enter every job of the store into the ledger; those that are known stay as they are."""
    found = entered = unreadable = 0
    for folder, names in _folders(app):
        if object_keys.TOMBSTONE in names:  # an erasure was interrupted: what it left goes
            change.empty(app, folder)
            continue
        if "job.json" not in names:
            continue
        found += 1
        try:
            entered += _enter(app, folder, names)
        except (ValidationError, ValueError, ObjectMissing, RequestInvalid) as error:
            unreadable += 1
            _log.warning("job_unreadable", folder=folder, reason=type(error).__name__)
    _kinds(app)
    return RebuildReport(found, entered, unreadable)


def _folders(app: App) -> Iterator[tuple[str, set[str]]]:
    """Job folders and the names of what is directly in them."""
    folders: dict[str, set[str]] = defaultdict(set)
    for stat in app.store.list(object_keys.PROJECTS):
        parts = stat.key.split("/")
        if len(parts) == 5 and parts[2] == "jobs":
            folders["/".join(parts[:4]) + "/"].add(parts[4])
    yield from folders.items()


def _enter(app: App, folder: str, names: set[str]) -> bool:
    spec = JobSpec.model_validate_json(app.store.read(folder + "job.json"))
    if app.store.stat(object_keys.source(spec.project, spec.source_sha256)) is None:
        raise ObjectMissing(key="source")  # its submission was interrupted, and never answered
    end = _end(app, folder, names)
    queue = catalogue.entry(spec.engine).queue
    # When it ended is not written anywhere; for its retention it counts from when it came.
    new = app.ledger.jobs.restore(spec, queue=queue, end=end, now=spec.created_at)
    if new and end is None:
        wake_worker(app, queue)
    return new


def _end(app: App, folder: str, names: set[str]) -> End | None:
    if "record.json" in names:
        corrected = any(True for _ in app.store.list(folder + "corrections/"))
        end = outcome.end_of(Record.model_validate_json(app.store.read(folder + "record.json")))
        return replace(end, state=JobState.DONE) if corrected else end
    if "failure.json" in names:
        return outcome.end_of(Record.model_validate_json(app.store.read(folder + "failure.json")))
    return End(JobState.CANCELLED) if "cancelled.json" in names else None


def _kinds(app: App) -> None:
    for stat in app.store.list(object_keys.PROJECTS):
        parts = stat.key.split("/")
        if len(parts) == 5 and parts[2] == "kinds":
            entry = json.loads(app.store.read(stat.key))
            version = int(parts[4].removesuffix(".json"))
            kind = KindVersion(parts[3], version, entry["schema_sha256"], entry["created_at"])
            app.ledger.projects.add_kind(parts[1], kind)
