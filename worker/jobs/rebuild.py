"""The ledger made anew from the store: what `pagemill rebuild` does.

Jobs, batches and kinds come back, with how jobs ended. API keys, pending webhooks and the audit log
are nowhere but in the ledger: back it up for their sake.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from pydantic import BaseModel, FiniteFloat, ValidationError

from schemas.job import JobSpec, JobState
from schemas.record import Record
from schemas.review import as_read
from worker.errors import ObjectMissing, RequestInvalid
from worker.jobs import catalogue, change, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.ledger.erasures import Tombstone
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.projects import KindVersion
from worker.jobs.review import stored
from worker.jobs.review.judgement import judged
from worker.jobs.wake import wake_worker
from worker.log import logger

_log = logger(__name__)
_REVISION = re.compile(rf"{object_keys.CORRECTIONS}(\d+)\.json")
_VERSION = re.compile(r"(\d{1,9})\.json")
_MOST_ERASURES = 100  # of one source that are looked for
_ODD = (ValidationError, ValueError, LookupError, TypeError)  # what an object that is none of ours leads to


class _Kind(BaseModel):
    schema_sha256: str
    created_at: FiniteFloat
    titles: dict[str, str] = {}


class _Batch(BaseModel):
    batch: str
    filename: str


class _Erased(BaseModel):
    erased_at: FiniteFloat


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What was found in the store, and how much of it the ledger did not know."""

    found: int
    entered: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class _Listing:
    """What lies in the store: the folders of jobs with the names in each, sources, versions of kinds."""

    jobs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    sources: set[str] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)


def rebuild(app: App) -> RebuildReport:
    """Enter every job of the store into the ledger; those that are known stay as they are."""
    found = entered = unreadable = 0
    listing = _listed(app)
    erased = {folder for folder, names in listing.jobs.items() if object_keys.TOMBSTONE in names}
    for folder in sorted(erased):
        _bury(app, folder, listing.jobs[folder])
    for folder, names in listing.jobs.items():
        if folder in erased:
            continue
        if "job.json" not in names:
            continue
        found += 1
        try:
            entered += _enter(app, folder, names, listing.sources)
        except (*_ODD, ObjectMissing, RequestInvalid) as error:
            unreadable += 1
            _log.warning("job_unreadable", folder=folder, reason=type(error).__name__)
    for key in listing.kinds:
        try:
            _enter_kind(app, key)
        except (*_ODD, ObjectMissing, RequestInvalid) as error:
            _log.warning("kind_unreadable", key=key, reason=type(error).__name__)
    return RebuildReport(found, entered, unreadable)


def _listed(app: App) -> _Listing:
    """Everything that rebuilding needs to know is there, in one walk."""
    listing = _Listing()
    for stat in app.store.list(object_keys.PROJECTS):
        parts = stat.key.split("/", 4)
        match parts[2:]:
            case ["jobs", job_id, name]:
                listing.jobs[f"{object_keys.PROJECTS}{parts[1]}/jobs/{job_id}/"].add(name)
            case ["sources", _]:
                listing.sources.add(stat.key)
            case ["kinds", _, name] if "/" not in name:
                listing.kinds.append(stat.key)
    return listing


def _enter(app: App, folder: str, names: set[str], sources: set[str]) -> bool:
    spec = JobSpec.model_validate_json(app.store.read(folder + "job.json"))
    spec = _with_source(app, spec, sources)
    end = _end(app, folder, names)
    queue = catalogue.entry(spec.engine).queue
    # When it ended is not written anywhere; for its retention it counts from when it came.
    new = app.ledger.jobs.restore(spec, queue=queue, end=end, now=spec.created_at)
    if end is not None and not new:  # a ledger from before lists said how sure records are
        app.ledger.reviews.describe(spec.job_id, project=spec.project, end=end)
    if end is not None and end.review.revision:
        _judge(app, spec, folder, end.review.revision)
    for name in sorted(names):
        if name.startswith(object_keys.BATCHES):
            note = _Batch.model_validate_json(app.store.read(folder + name))
            app.ledger.jobs.join(spec, note.batch, note.filename)
    if new and end is None:
        wake_worker(app, queue)
    return new


def _with_source(app: App, spec: JobSpec, sources: set[str]) -> JobSpec:
    """The spec with the incarnation of its source that is there; raises ObjectMissing."""
    for incarnation in (spec.source_incarnation, *range(_MOST_ERASURES)):
        found = spec.model_copy(update={"source_incarnation": incarnation})
        if object_keys.source(found) in sources:
            return found
    if app.store.stat(object_keys.source(spec)) is None:  # it may have come since
        raise ObjectMissing(key="source")  # its submission was interrupted, and never answered
    return spec


def _bury(app: App, folder: str, names: set[str]) -> None:
    """An erasure may have been interrupted: what it left goes, and that there was a job is known again."""
    if len(names) > 1:
        change.remove(app, folder)
    try:
        job_id, incarnation = object_keys.job_of(folder.split("/")[3])
        note = _Erased.model_validate_json(app.store.read(folder + object_keys.TOMBSTONE))
        project = folder.split("/")[1]
        app.ledger.erasures.restore(Tombstone(job_id, project, incarnation, note.erased_at))
    except (*_ODD, ObjectMissing, RequestInvalid) as error:
        _log.warning("tombstone_unreadable", folder=folder, reason=type(error).__name__)


def _end(app: App, folder: str, names: set[str]) -> End | None:
    revisions = [int(m[1]) for m in map(_REVISION.fullmatch, names) if m]
    if "record.json" in names and revisions:
        number = max(revisions)
        raw = app.store.read(f"{folder}{object_keys.CORRECTIONS}{number:06}.json")
        return outcome.end_of(stored.parsed(raw, number))
    for name in ("record.json", "failure.json"):
        if name in names:
            record = Record.model_validate_json(app.store.read(folder + name))
            return outcome.end_of(as_read(record, below=app.settings.review_below))
    return End(JobState.CANCELLED) if "cancelled.json" in names else None


def _judge(app: App, spec: JobSpec, folder: str, number: int) -> None:
    """What people settled tells how right the reading was."""
    read = Record.model_validate_json(app.store.read(f"{folder}record.json"))
    settled = stored.parsed(app.store.read(f"{folder}{object_keys.CORRECTIONS}{number:06}.json"), number)
    app.ledger.sums.judge(spec, judged(read, settled), at=settled.at or spec.created_at)


def _enter_kind(app: App, key: str) -> None:
    _, project, _, name, number = key.split("/")
    version = _VERSION.fullmatch(number)
    if version is None:
        raise ValueError(number)
    note = _Kind.model_validate_json(app.store.read(key))
    kind = KindVersion(name, int(version[1]), note.schema_sha256, note.created_at, note.titles)
    app.ledger.projects.add_kind(project, kind)
