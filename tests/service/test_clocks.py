"""Wall clocks that are set hours ahead or back while processes work: nothing waits for it, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.job import JobState
from tests.service.conftest import picture, until
from tests.service.test_jobs import send
from tests.stack import Stack
from tests.wall_clock import WallClock
from worker.errors import Stopped
from worker.jobs.app import App

_HOURS = 7200.0
_LEASE = 2.0


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """On a store that asks no clock: an S3 store refuses whoever is a quarter of an hour off."""
    database = {"DATABASE_URL": request.getfixturevalue("postgres")} if request.param != "sqlite" else {}
    settings = {"PAGEMILL_STORE": "local", "PAGEMILL_LEASE_SECONDS": f"{_LEASE:g}"}
    with Stack(tmp_path / "stack", **settings, **database) as made:
        made.start_server(made.queue)
        yield made


@pytest.fixture
def parts(stack: Stack) -> Iterator[App]:
    made = stack.app()
    yield made
    made.close()


def test_a_clock_set_by_hours_delays_and_repeats_nothing(stack: Stack, parts: App, tmp_path: Path) -> None:
    clock = WallClock(tmp_path)
    stack.start("worker", PAGEMILL_FAKE_SECONDS="0.5", **clock.env)

    def is_done(job_id: str) -> bool:
        return parts.ledger.jobs.get(job_id).state is JobState.DONE

    for ahead in (_HOURS, -_HOURS):
        long = send(parts, picture(pages=6))  # longer than a lease
        until(lambda: parts.ledger.jobs.get(long.id).state is JobState.RUNNING)  # noqa: B023
        clock.step(ahead)
        short = send(parts)
        until(lambda: is_done(long.id) and is_done(short.id), 15)  # noqa: B023
        ended = [parts.ledger.jobs.get(job.id) for job in (long, short)]
        assert [job.attempts for job in ended] == [1, 1]
        assert all(abs((job.finished_at or 0) - parts.clock()) < 60 for job in ended)


def test_what_a_worker_with_a_wrong_clock_held_is_taken_up_at_once(
    stack: Stack, parts: App, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    clock.step(_HOURS)
    stack.start("worker", PAGEMILL_FAKE_SECONDS="1", **clock.env)
    job = send(parts, picture(pages=4))
    until(lambda: parts.ledger.jobs.get(job.id).state is JobState.RUNNING)
    stack.kill("worker")
    killed = time.monotonic()
    stack.start("worker")
    until(lambda: parts.ledger.jobs.get(job.id).state is JobState.DONE, 20)
    assert time.monotonic() - killed < 20


def test_times_from_before_a_clock_was_put_back_are_none_to_wait_for(stack: Stack, parts: App) -> None:
    held, paused = send(parts), send(parts)
    later = parts.clock() + _HOURS  # what the clock of the database has said until now
    jobs = parts.ledger.jobs
    assert jobs.claim("cpu", token="gone", now=later, lease_seconds=_LEASE)
    taken = jobs.claim("cpu", token="t", now=later, lease_seconds=_LEASE)
    assert taken is not None
    jobs.release(taken.id, token="t", now=later, due_at=later + 60, counts=True, error=Stopped())
    stack.start("worker")
    for job in (held, paused):
        until(lambda: jobs.get(job.id).state is JobState.DONE, 20)  # noqa: B023
