"""Wall clocks that are set hours ahead or back while processes work: nothing waits for it, nothing is lost."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from schemas.job import JobState
from tests.service.calls import add_key
from tests.service.conftest import picture, until
from tests.service.jobs import send
from tests.service.test_session import sign_in
from tests.stack import Stack
from tests.wall_clock import WallClock
from worker.errors import Stopped
from worker.jobs.app import App
from worker.jobs.ledger.job_rows import End

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


def test_a_clock_of_the_api_set_by_hours_ends_no_session_no_review_and_no_upload(tmp_path: Path) -> None:
    clock = WallClock(tmp_path)
    with Stack(tmp_path / "stack", PAGEMILL_AUTH="keys") as stack:
        stack.start_servers()
        stack.start("api", **clock.env)
        app = stack.app()
        with closing(app), httpx.Client(base_url=stack.url, timeout=20) as http:
            job = send(app, project="ours")
            assert app.ledger.jobs.claim("cpu", token="t", now=app.clock(), lease_seconds=60)
            app.ledger.jobs.finish(job.id, token="t", end=End(JobState.REVIEW), now=app.clock())
            stack.await_api()
            http.headers["X-CSRF-Token"] = sign_in(http, key=add_key(app, "ours", "submit read review"))
            lent = http.post("/v1/reviews/next", json={}).json()["lease"]
            for ahead in (_HOURS, -_HOURS):
                clock.step(ahead)
                assert http.post("/v1/reviews/next", json={}).status_code == 204  # it is still lent
                renewed = http.post(f"/v1/reviews/{job.id}/renew", json={"token": lent["token"]})
                assert renewed.status_code == 200, renewed.text
                form = http.post("/v1/uploads", json={"filename": "a.png"}).json()
                sent = httpx.post(form["url"], data=form["fields"], files={"file": picture()})
                assert sent.status_code == 204, sent.text
                until_then = json.loads(base64.b64decode(form["fields"]["policy"]))["expiration"]
                left = datetime.fromisoformat(until_then).timestamp() - app.clock()
                assert 0 < left <= stack.settings.presign_seconds
