"""Where everything lies in the store. Each object is written once, but for what is in the outbox."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import PurePosixPath

from schemas.job import Job, JobSpec

INBOX = "inbox/"
OUTBOX = "outbox/"
DONE = "done/"
FAILED = "failed/"
UPLOADS = "uploads/"
PROJECTS = "projects/"
TOMBSTONE = "erased.json"
_ERASED_BEFORE = "~"
BATCHES = "batches/"
CORRECTIONS = "corrections/"


class Drawing(StrEnum):
    """What a worker makes of a page for those who look at it."""

    PICTURE = "webp"
    THUMBNAIL = "thumb.webp"
    LINES = "lines.json"


def source(spec: JobSpec) -> str:
    """The bytes of a document."""
    return f"{PROJECTS}{spec.project}/sources/{_again(spec.source_sha256, spec.source_incarnation)}"


def schema(project: str, sha256: str) -> str:
    """A JSON Schema that a user brought, or that a shipped kind had when it was used."""
    return f"{PROJECTS}{project}/schemas/{sha256}.json"


def kind(project: str, name: str, version: int) -> str:
    """A version of a project's own kind."""
    return f"{kinds(project)}{name}/{version:04}.json"


def kinds(project: str) -> str:
    """Where a project's own kinds lie."""
    return f"{PROJECTS}{project}/kinds/"


def folder(spec: JobSpec) -> str:
    """Everything about a job in this incarnation."""
    return f"{PROJECTS}{spec.project}/jobs/{_again(spec.job_id, spec.incarnation)}/"


def job_of(folder_name: str) -> tuple[str, int]:
    """The id of a job and its incarnation, of the name of its folder; raises ValueError."""
    job_id, _, incarnation = folder_name.partition(_ERASED_BEFORE)
    return job_id, int(incarnation or 0)


def asked(spec: JobSpec) -> str:
    """What was asked for."""
    return folder(spec) + "job.json"


def membership(spec: JobSpec, batch: str) -> str:
    """That a job was sent with a batch which its spec does not name; names of batches may hold anything."""
    return f"{folder(spec)}{BATCHES}{hashlib.sha256(batch.encode()).hexdigest()[:32]}.json"


def record(job: Job) -> str:
    """What was read."""
    return _of(job) + "record.json"


def failure(job: Job) -> str:
    """Why nothing was read."""
    return _of(job) + "failure.json"


def cancelled(job: Job) -> str:
    """That it was given up."""
    return _of(job) + "cancelled.json"


def drawn(job: Job, number: int, what: Drawing) -> str:
    """What is drawn of a page."""
    return f"{_of(job)}pages/{number:04}.{what}"


def undrawable(job: Job, number: int) -> str:
    """Why there is no picture of a page."""
    return f"{_of(job)}pages/{number:04}.txt"


def corrections(job: Job) -> str:
    """What people changed, in order."""
    return _of(job) + CORRECTIONS


def tombstone(spec: JobSpec) -> str:
    """That there was a job, and nothing else about it."""
    return folder(spec) + TOMBSTONE


def upload(project: str, name: str, filename: str) -> str:
    """A file that is sent straight to the store, to be submitted."""
    base = PurePosixPath(filename.replace("\\", "/")).name or "document"
    return f"{UPLOADS}{project}/{name}/{base}"


def _of(job: Job) -> str:
    return folder(job.spec)


def _again(name: str, incarnation: int) -> str:
    """Apart from what had this name before it was erased; the first has the name alone."""
    return f"{name}{_ERASED_BEFORE}{incarnation}" if incarnation else name
