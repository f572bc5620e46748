"""Workers that hang with the interpreter held: nothing inside them can end them."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from api.up.children import Child
from api.up.signs_of_life import SignsOfLife
from schemas.job import JobState
from tests.service.conftest import until
from tests.service.jobs import send
from tests.stack import Stack
from worker.jobs.app import App
from worker.process import heartbeat
from worker.process.worker import WorkerState
from worker.settings import environment

ROOT = Path(__file__).parent.parent.parent
SILENT = 5.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "stack", PAGEMILL_ATTEMPTS="2", PAGEMILL_THREADS="2") as made:
        made.start_servers()
        yield made


@pytest.fixture
def parts(stack: Stack) -> Iterator[App]:
    made = stack.app()
    yield made
    made.close()


def wide(pixels: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (pixels, 40), "white").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def worker(stack: Stack) -> Iterator[Child]:
    """A worker that hangs on pages of 77 pixels, and whoever looks after it."""
    alive = stack.folder / "worker.alive"
    child = Child(
        "worker",
        (sys.executable, "-m", "tests.hanging", "worker", "--alive", str(alive)),
        env=environment(dict(stack.env)),
        log=os.open(stack.folder / "stack.log", os.O_WRONLY | os.O_APPEND),
        folder=ROOT,
    )
    child.judge_by(SignsOfLife(alive, silent_seconds=SILENT, start_seconds=60))
    child.start()
    yield child
    child.stop(20)


def test_a_hang_costs_its_own_document_and_nothing_else(stack: Stack, parts: App, worker: Child) -> None:
    until((stack.folder / "worker.alive").exists)
    poison, neighbour = send(parts, wide(77)), send(parts, wide(78))

    def ended() -> bool:
        worker.tend()
        jobs = [parts.ledger.jobs.get(job.id) for job in (poison, neighbour)]
        return all(job.finished_at is not None for job in jobs)

    until(ended, 150)
    failed, done = parts.ledger.jobs.get(poison.id), parts.ledger.jobs.get(neighbour.id)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "attempts_exhausted")
    assert (done.state, done.attempts) == (JobState.DONE, 1), stack.log[-3000:]
    assert "attempt_forgotten" in stack.log


def test_a_hung_worker_ends_in_time_when_it_is_asked_to(stack: Stack, parts: App, worker: Child) -> None:
    until((stack.folder / "worker.alive").exists)
    job = send(parts, wide(77))
    until(lambda: parts.ledger.jobs.get(job.id).state is JobState.RUNNING)
    time.sleep(4)  # now it hangs
    started = time.monotonic()
    worker.stop(600)
    assert time.monotonic() - started < SILENT + 10


def test_the_command_of_the_container_does_the_same(stack: Stack, parts: App) -> None:
    stack.start("worker", "--supervised")
    job = send(parts, wide(40))
    until(lambda: parts.ledger.jobs.get(job.id).state is JobState.DONE)
    assert stack.stop("worker") == 0


def test_a_supervisor_that_slept_itself_ends_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    signs = SignsOfLife(tmp_path / "alive", silent_seconds=10, start_seconds=10)
    signs.begin(os.getpid())
    (tmp_path / "alive").touch()
    for seconds, missing in ((1, False), (60, False), (4, False), (4, False), (4, True)):
        now[0] += seconds
        assert signs.are_missing() is missing


def test_a_worker_stopped_by_a_debugger_is_taken_for_hung_only_after_its_time(
    stack: Stack, parts: App, worker: Child
) -> None:
    until((stack.folder / "worker.alive").exists)
    assert worker._process is not None
    os.kill(worker._process.pid, signal.SIGSTOP)

    def tended(done: Callable[[], bool]) -> bool:
        worker.tend()
        return done()

    until(lambda: tended(lambda: worker.falls == 1), 30)
    until(lambda: tended((stack.folder / "worker.alive").exists))


def test_a_disk_without_room_is_no_hang(tmp_path: Path, worker_state: WorkerState) -> None:
    alive, ended = tmp_path / "alive", threading.Event()
    alive.with_name("alive.part").mkdir()  # nothing can be written there, as on a full disk
    heartbeat.spared(alive).mkdir()
    beat = heartbeat.Heartbeat(alive, worker_state.leases)
    beat.start()
    until(alive.exists)
    first = alive.stat().st_mtime_ns
    until(lambda: alive.stat().st_mtime_ns > first, 3 * heartbeat.EVERY)
    beat.end()

    def compute() -> None:
        while not ended.is_set():
            pass

    busy = threading.Thread(target=compute)
    busy.start()
    signs = SignsOfLife(alive, silent_seconds=3.0, start_seconds=10)
    signs.begin(os.getpid())
    alive.write_text(json.dumps([{"thread": str(busy.native_id)}, {"thread": "1"}]), encoding="utf-8")
    assert signs.tell_apart() == 0  # it cannot note whom to spare, and goes on
    ended.set()
    busy.join()
