"""Whole processes: workers that are killed and stopped, servers that go away."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schemas.job import FINISHED, JobState
from tests.service.conftest import picture, until
from tests.service.jobs import send
from tests.service.whole_processes import _ROOT
from tests.stack import Stack
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.settings import environment


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "stack") as made:
        made.start_servers()
        yield made


@pytest.fixture
def parts(stack: Stack) -> Iterator[App]:
    made = stack.app()
    yield made
    made.close()


def ended(app: App, count: int) -> bool:
    states = app.ledger.lists.counts()
    return sum(states.get(state, 0) for state in FINISHED) == count


def test_the_job_of_a_killed_worker_is_taken_up_within_30_seconds(stack: Stack, parts: App) -> None:
    stack.start("worker", PAGEMILL_FAKE_SECONDS="3")
    job = send(parts, picture(pages=3))
    until(lambda: parts.ledger.jobs.get(job.id).state is JobState.RUNNING)
    stack.kill("worker")
    killed = time.monotonic()
    stack.start("worker")
    until(lambda: parts.ledger.jobs.get(job.id).attempts == 2)
    assert time.monotonic() - killed < 30
    until(lambda: ended(parts, 1))
    assert parts.ledger.jobs.get(job.id).state is JobState.DONE


def test_another_worker_takes_up_what_a_killed_one_held(stack: Stack, parts: App) -> None:
    for name in ("one", "two"):
        stack.start("worker", as_name=name, PAGEMILL_FAKE_SECONDS="1", PAGEMILL_THREADS="4")
    for _ in range(12):
        send(parts)
    until(lambda: parts.ledger.lists.counts().get("running", 0) >= 5)
    stack.kill("one")
    until(lambda: ended(parts, 12), seconds=60)
    assert parts.ledger.lists.counts() == {"done": 12}


def test_sigterm_ends_a_worker_after_the_page_and_loses_nothing(stack: Stack, parts: App) -> None:
    stack.start("worker", PAGEMILL_FAKE_SECONDS="0.5")
    job = send(parts, picture(pages=60))
    until(lambda: parts.ledger.jobs.get(job.id).pages_done >= 1)
    started = time.monotonic()
    assert stack.stop("worker") == 0
    assert time.monotonic() - started < 8
    waiting = parts.ledger.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    stack.start("worker")
    until(lambda: ended(parts, 1))


def test_a_hung_engine_is_ended_by_the_watchdog(stack: Stack, parts: App) -> None:
    stack.start("worker", PAGEMILL_FAKE_SECONDS="600", PAGEMILL_STALL_SECONDS="1")
    send(parts)
    process = stack._processes["worker"]
    assert process.wait(20) == 70
    assert "engine_stalled" in stack.log


def test_jobs_survive_a_queue_that_forgets_everything(stack: Stack, parts: App) -> None:
    stack.start("worker", PAGEMILL_FAKE_SECONDS="0.1")
    for _ in range(20):
        send(parts)
    stack.wipe_queue()
    for _ in range(5):
        send(parts)
    until(lambda: ended(parts, 25), seconds=60)
    assert parts.ledger.lists.counts() == {"done": 25}


def test_jobs_survive_a_store_that_goes_away(stack: Stack, parts: App) -> None:
    stack.start("worker", PAGEMILL_FAKE_SECONDS="0.2")
    for _ in range(20):
        send(parts)
    stack.kill("store")
    time.sleep(3)
    stack.start_server(stack.store)
    until(lambda: ended(parts, 20), seconds=60)
    assert parts.ledger.lists.counts() == {"done": 20}
    records = [found for found in parts.store.list(object_keys.PROJECTS) if found.key.endswith("record.json")]
    assert len(records) == 20


@pytest.mark.timeout(200)
def test_many_machines_share_a_postgresql(tmp_path: Path, postgres: str) -> None:
    with Stack(tmp_path / "stack", DATABASE_URL=postgres) as stack:
        stack.start_servers()
        for name in ("one", "two"):
            stack.start("worker", as_name=name)
        with closing(stack.app()) as app:
            until(lambda: len(app.broker.workers()) == 2, seconds=100)  # both live, so that both take part
            for _ in range(40):
                send(app)
            until(lambda: ended(app, 40), seconds=60)
            assert app.ledger.lists.counts() == {"done": 40}


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pagemill(stack: Stack) -> Command:
    """Runs `pagemill` with arguments, beside a service."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pagemill", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment({**stack.env, "PAGEMILL_URL": stack.url}),
            cwd=_ROOT,
            check=False,
        )

    return run


def test_the_commands_of_a_user(stack: Stack, tmp_path: Path, pagemill: Command) -> None:
    for name in ("worker", "api"):
        stack.start(name)
    stack.await_api()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.png").write_bytes(picture())
    (tmp_path / "in/b.png").write_bytes(picture())
    sent = pagemill("submit", str(tmp_path / "in"), "--kind", "receipt", "--batch", "b")
    assert sent.returncode == 0, sent.stderr
    ids = [line.split()[0] for line in sent.stdout.splitlines()]
    assert len(ids) == 2
    fetched = pagemill("fetch", *ids)
    assert {json.loads(line)["job_id"] for line in fetched.stdout.splitlines()} == set(ids)
    assert "b: 2 jobs, 2 done" in pagemill("status", "--batch", "b").stdout
    assert "done" in pagemill("status", ids[0]).stdout
    assert all(job in pagemill("status").stdout for job in ids)
    story = pagemill("status", ids[0], "--events").stdout
    assert re.search(r"submitted\n.* claimed +attempt 1  by \S+\n.* done +attempt 1  by ", story)
    table = tmp_path / "b.csv"
    assert pagemill("export", "b", "--format", "csv", "-o", str(table)).returncode == 0
    assert len(table.read_text(encoding="utf-8-sig").splitlines()) == 3
    wrong = pagemill("submit", str(tmp_path / "in"), "--kind", "nonsense")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "no kind 'nonsense'; there are: " in wrong.stderr
    assert pagemill("fetch").returncode == 2
    assert pagemill("--version").stdout.startswith("pagemill ")
    away = pagemill("status", ids[0], "--url", "http://127.0.0.1:9")
    assert away.returncode == 1
    assert "does not answer" in away.stderr
    assert "Traceback" not in wrong.stderr + away.stderr
    once = pagemill("watch", str(tmp_path / "watched"), "--once")
    assert "0 read, 0 failed, 0 left" in once.stderr
    assert "2 jobs in the store, 0 of them new" in pagemill("rebuild").stderr


def test_the_commands_of_who_runs_it(pagemill: Command) -> None:
    made = pagemill("keys", "new", "scanner", "--project", "office", "--scopes", "submit", "--days", "1")
    assert made.stdout.startswith("pm_")
    listed = pagemill("keys", "list").stdout
    assert "office" in listed
    assert made.stdout.strip() not in listed
    assert pagemill("keys", "revoke", made.stdout.split("_")[1]).returncode == 0
    assert "revoked" in pagemill("keys", "list").stdout
    assert pagemill("keys", "secret").stdout.startswith("whsec_")
    assert pagemill("retention", "office", "30").returncode == 0
    assert pagemill("keys", "new", "x", "--scopes", "everything").returncode == 2
