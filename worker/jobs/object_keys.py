"""Where everything lies in the store. Each object is written once, but for what is in the outbox."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import PurePosixPath

from schemas.job import Job

INBOX = "inbox/"
OUTBOX = "outbox/"
DONE = "done/"
FAILED = "failed/"
UPLOADS = "uploads/"
PROJECTS = "projects/"
TOMBSTONE = "erased.json"
BATCHES = "batches/"
CORRECTIONS = "corrections/"


class Drawing(StrEnum):
    """What a worker makes of a page for those who look at it."""

    PICTURE = "webp"
    THUMBNAIL = "thumb.webp"
    LINES = "lines.json"


def source(project: str, sha256: str) -> str:
    """The bytes of a document."""
    return f"{PROJECTS}{project}/sources/{sha256}"


def schema(project: str, sha256: str) -> str:
    """A JSON Schema that a user brought, or that a shipped kind had when it was used."""
    return f"{PROJECTS}{project}/schemas/{sha256}.json"


def kind(project: str, name: str, version: int) -> str:
    """A version of a project's own kind."""
    return f"{kinds(project)}{name}/{version:04}.json"


def kinds(project: str) -> str:
    """Where a project's own kinds lie."""
    return f"{PROJECTS}{project}/kinds/"


def folder(project: str, job_id: str) -> str:
    """Everything about a job."""
    return f"{PROJECTS}{project}/jobs/{job_id}/"


def spec(project: str, job_id: str) -> str:
    """What was asked for."""
    return folder(project, job_id) + "job.json"


def membership(project: str, job_id: str, batch: str) -> str:
    """That a job was sent with a batch which its spec does not name; names of batches may hold anything."""
    return f"{folder(project, job_id)}{BATCHES}{hashlib.sha256(batch.encode()).hexdigest()[:32]}.json"


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


def tombstone(project: str, job_id: str) -> str:
    """That there was a job, and nothing else about it."""
    return folder(project, job_id) + TOMBSTONE


def upload(project: str, name: str, filename: str) -> str:
    """A file that is sent straight to the store, to be submitted."""
    base = PurePosixPath(filename.replace("\\", "/")).name or "document"
    return f"{UPLOADS}{project}/{name}/{base}"


def _of(job: Job) -> str:
    return folder(job.spec.project, job.id)
