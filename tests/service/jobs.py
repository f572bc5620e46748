"""Jobs sent, and what became of them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from schemas.job import Job, JobState
from tests.service.conftest import picture
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.submit import SubmitOptions, submit
from worker.reading.engines import registry as engines
from worker.reading.engines.fake import FakeEngine


def send(app: App, document: bytes | None = None, **options: Any) -> Job:
    """Submit a document as a receipt."""
    project = options.pop("project", "default")
    name = options.pop("name", "a.png")
    kind = options.pop("kind", None) or kinds.find(app, project, "receipt")
    submit_options = SubmitOptions(project, kind, "fake", **options)
    return submit(app, io.BytesIO(document or picture()), name, options=submit_options, actor="test")[0]


def state(app: App, job: Job) -> JobState:
    return app.ledger.jobs.get(job.id).state


def stat_keys(app: App, prefix: str = "") -> set[str]:
    """What is in the store but for the schemas of shipped kinds, which stay."""
    return {found.key for found in app.store.list(prefix) if "/schemas/" not in found.key}


def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "create", lambda *_: FakeEngine(page_seconds=0.2))
