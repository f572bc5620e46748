"""Whole processes: workers that are killed and stopped, servers that go away, `up` and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.client import Client
from schemas.job import FINISHED, JobState
from tests.service.conftest import picture, until
from tests.service.test_jobs import send
from tests.stack import Stack
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.settings import environment

_ROOT = Path(__file__).parent.parent.parent
_LEASE = 6.0  # of the stack


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
        app = stack.app()
        until(lambda: len(app.broker.workers()) == 2, seconds=100)  # both live, so that both take part
        for _ in range(40):
            send(app)
        until(lambda: ended(app, 40), seconds=60)
        assert app.ledger.lists.counts() == {"done": 40}
        app.close()


def test_the_commands_of_a_user(stack: Stack, tmp_path: Path) -> None:
    for name in ("worker", "api"):
        stack.start(name)
    stack.await_api()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.png").write_bytes(picture())
    (tmp_path / "in/b.png").write_bytes(picture())

    def pagemill(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pagemill", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment({**stack.env, "PAGEMILL_URL": stack.url}),
            cwd=_ROOT,
            check=False,
        )

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
    made = pagemill("keys", "new", "scanner", "--project", "office", "--scopes", "submit", "--days", "1")
    assert made.stdout.startswith("pm_")
    listed = pagemill("keys", "list").stdout
    assert "office" in listed
    assert made.stdout.strip() not in listed
    assert pagemill("keys", "revoke", made.stdout.split("_")[1]).returncode == 0
    assert "revoked" in pagemill("keys", "list").stdout
    assert pagemill("keys", "secret").stdout.startswith("whsec_")
    assert pagemill("retention", "office", "30").returncode == 0
    assert "2 jobs in the store, 0 of them new" in pagemill("rebuild").stderr
    assert pagemill("keys", "new", "x", "--scopes", "everything").returncode == 2


def _up(data: Path, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pagemill", "up", "--data", str(data)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment({"PAGEMILL_ENGINE": "fake", **env}),
        cwd=_ROOT,
        start_new_session=True,
    )


def _announced(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    lines: list[str] = []
    while not any(line.startswith("Ctrl-C") for line in lines):
        line = process.stderr.readline()
        assert line, "".join(lines)
        lines.append(line)
    return "".join(lines)


def _descendants(data: Path) -> list[int]:
    """Every process that has this data folder in its command line or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                about = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(data).encode() in about:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_up_serves_and_leaves_nothing_behind(tmp_path: Path, end: int) -> None:
    data = tmp_path / "data"
    process = _up(data)
    said = _announced(process)
    assert "keys are off" in said
    url = next(word for word in said.split() if word.startswith("http://"))
    with Client(url) as client:
        (tmp_path / "a.png").write_bytes(picture())
        job = client.wait(client.submit(tmp_path / "a.png", kind="receipt").jobs[0].id, seconds=30)
        assert job.state is JobState.DONE
    (data / "inbox/receipt/b.png").write_bytes(picture())
    until((data / "outbox/receipt/b.png.json").exists)
    beside = subprocess.run(
        [sys.executable, "-m", "pagemill", "keys", "secret"],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        env=environment({"PAGEMILL_DATA_DIR": str(data)}),
        timeout=60,
        check=False,
    )
    assert beside.stdout.startswith("whsec_"), beside.stderr
    second = _up(data)
    assert second.wait(20) == 2
    assert second.stderr is not None
    assert "already" in second.stderr.read()
    second.stderr.close()
    process.send_signal(end)
    process.wait(40)
    assert process.stderr is not None
    process.stderr.close()
    until(lambda: len(_descendants(data)) == 0)
    if end == signal.SIGINT:
        assert process.returncode == 0
        again = _up(data)
        said = _announced(again)
        url = next(word for word in said.split() if word.startswith("http://"))
        assert httpx.get(f"{url}/v1/jobs").json()["jobs"][-1]["state"] == "done"
        again.terminate()
        again.wait(40)
        assert again.stderr is not None
        again.stderr.close()


def test_up_migrates_the_ledger_it_finds_and_starts_again_what_falls(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "ledger.sqlite")) as old:
        old.executescript((_ROOT / "tests/contracts/ledgers/0001-sqlite.sql").read_text())
    process = _up(data)
    said = _announced(process)
    url = next(word for word in said.split() if word.startswith("http://"))
    for pid in _descendants(data):
        if pid != process.pid and b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    with Client(url) as client:
        (tmp_path / "a.png").write_bytes(picture())
        job = client.wait(client.submit(tmp_path / "a.png", kind="receipt").jobs[0].id, seconds=40)
    assert job.state is JobState.DONE
    process.terminate()
    process.wait(40)
    assert process.stderr is not None
    process.stderr.close()


def test_up_beside_up_is_one_of_its_own(tmp_path: Path) -> None:
    """The settings that the first one wrote down are not those of the second."""
    first = _up(tmp_path / "one", PAGEMILL_DATA_DIR=str(tmp_path / "one"))
    url = next(word for word in _announced(first).split() if word.startswith("http://"))
    second = _up(tmp_path / "two", PAGEMILL_DATA_DIR=str(tmp_path / "one"))
    other = next(word for word in _announced(second).split() if word.startswith("http://"))
    assert url != other
    (tmp_path / "a.png").write_bytes(picture())
    with Client(other) as client:
        job = client.wait(client.submit(tmp_path / "a.png", kind="receipt").jobs[0].id, seconds=30)
        assert job.state is JobState.DONE
    with Client(url) as client:
        assert list(client.jobs()) == []
    for process in (second, first):
        process.terminate()
        process.wait(40)
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"REDIS_URL": "redis://127.0.0.1:9/0"}, "queue cannot be reached"),
        ({"REDIS_URL": "nonsense"}, "settings cannot be used: REDIS_URL"),
        ({"PAGEMILL_QUEUES": "tpu"}, "settings cannot be used: PAGEMILL_QUEUES"),
        ({"LOG_LEVEL": "loud"}, "settings cannot be used: LOG_LEVEL"),
        ({"PAGEMILL_PORT": "PORT"}, "is taken"),
    ],
)
def test_up_says_at_once_what_it_cannot_work_with(tmp_path: Path, env: dict[str, str], said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        started = time.monotonic()
        process = _up(tmp_path / "data", **{name: value.replace("PORT", port) for name, value in env.items()})
        assert process.wait(30) in {1, 2}
        assert time.monotonic() - started < 15
    assert process.stderr is not None
    text = process.stderr.read()
    process.stderr.close()
    assert said in text
    assert "Traceback" not in text


def test_up_ends_with_a_model_that_cannot_be_loaded_and_the_documents_wait(
    tmp_path: Path, tiny: Callable[[str], Path], samples: Path
) -> None:
    model, inbox = tmp_path / "model", tmp_path / "data" / "inbox" / "receipt"
    shutil.copytree(tiny("qwen3_vl"), model)
    (model / "model.safetensors").write_bytes((model / "model.safetensors").read_bytes()[:3000])
    inbox.mkdir(parents=True)
    shutil.copy(samples / "receipt_0_clean.jpg", inbox)
    process = _up(tmp_path / "data", PAGEMILL_ENGINE="transformers", PAGEMILL_MODEL=str(model))
    assert process.wait(90) == 1
    assert process.stderr is not None
    assert "The worker does not stay up" in process.stderr.read()
    process.stderr.close()
    assert "model are not whole" in (tmp_path / "data" / "pagemill.log").read_text(encoding="utf-8")
    assert (inbox / "receipt_0_clean.jpg").is_file()


def test_keys_are_not_off_for_the_network(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pagemill", "api"],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=_ROOT,
        env=environment(
            {"PAGEMILL_AUTH": "off", "PAGEMILL_HOST": "0.0.0.0", "PAGEMILL_DATA_DIR": str(tmp_path)}
        ),
        check=False,
    )
    assert run.returncode == 2
    assert "loopback" in run.stderr
