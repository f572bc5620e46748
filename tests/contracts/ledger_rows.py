"""A ledger on every database, and jobs for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.job import JobSpec
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger


@pytest.fixture(params=["memory", "file", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = {"memory": IN_MEMORY, "file": f"sqlite:///{tmp_path}/ledger.sqlite"}.get(request.param)
    if url is None:
        url = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")
    made = Ledger.open(url)
    yield made
    made.close()


def spec(number: int, *, project: str = "p", priority: int = 5) -> JobSpec:
    return JobSpec(
        job_id=f"{project:0<4}{number:028x}",
        project=project,
        kind="receipt",
        kind_version=1,
        schema_sha256="s" * 64,
        source_sha256=f"{number:064x}",
        filename=f"{number}.png",
        size=10,
        engine="fake",
        pipeline_version="1",
        priority=priority,
        created_at=float(number),
    )


def put(ledger: Ledger, number: int, **what: object) -> str:
    job, _ = ledger.jobs.open(spec(number, **what), queue="cpu", now=float(number))  # type: ignore[arg-type]
    return job.id


def take(ledger: Ledger, now: float = 1000.0, token: str = "t") -> str | None:
    job = ledger.jobs.claim("cpu", token=token, now=now, lease_seconds=10)
    return job.id if job else None
