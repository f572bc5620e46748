"""What the service adds to the bare work: seconds per job against a loop that only moves the bytes.

    python -m bench.overhead [--jobs 200] [--rounds 5]

The bare loop does, per job, what cannot be left out: put the source, send a Celery message, get the
source, put a record of the same size. "All objects" puts a third one, of the size of the service's
`job.json`, without which a ledger could not be made anew. All run on the same queue and store, in
turns, with the same number of threads; a round is the time from the first submission to the last
written record.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import redis
from PIL import Image

from bench import bare, round_trips
from schemas.job import FINISHED, JobSpec, JobState
from tests.stack import Stack
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.ledger.job_rows import End
from worker.jobs.submit import SubmitOptions, submit
from worker.process.engine_pool import EnginePool
from worker.process.exclusive import SharedExclusiveLock
from worker.process.leases import LeaseKeeper
from worker.process.worker import WorkerState
from worker.settings import environment

_SPEC_BYTES = 600
_POLL = 0.004  # seconds between two looks whether a job is done: looking takes time from the worker, too
_POLL_MANY = 0.05  # where many are waited for together


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder)) as stack:
        stack.start_servers()
        app = stack.app()
        _print_round_trips(app)
        for threads in (1, 2, 4):
            stack.start("worker", PAGEMILL_THREADS=str(threads), LOG_LEVEL="WARNING")
            with _bare_worker(stack, threads):
                _service(app, 20)
                _bare(app, 20)
                if threads == 1:
                    _print_rounds("one by one", _rounds(app, options, one_by_one=True))
                _print_rounds(f"{threads} threads", _rounds(app, options))
            stack.stop("worker")
        stack.start("worker", LOG_LEVEL="WARNING")
        _service(app, 20)
        _with_many(app, options)
        app.close()


Round = tuple[float, float, float]
"""Seconds per job: service, bare loop, bare loop with all objects."""


def _rounds(app: App, options: argparse.Namespace, *, one_by_one: bool = False) -> list[Round]:
    return [
        (
            _service(app, options.jobs, one_by_one=one_by_one),
            _bare(app, options.jobs, one_by_one=one_by_one),
            _bare(app, options.jobs, one_by_one=one_by_one, spec_bytes=_SPEC_BYTES),
        )
        for _ in range(options.rounds)
    ]


def _print_rounds(name: str, rounds: list[Round]) -> None:
    service, loop, whole = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(ours / theirs for ours, theirs, _ in rounds)
    to_whole = statistics.median(ours / theirs for ours, _, theirs in rounds)
    print(
        f"{name}: {1000 * service:.1f} ms a job ({1 / service:.0f} jobs/s), bare loop {1000 * loop:.1f} ms, "
        f"ratio {ratio:.2f}; all objects {1000 * whole:.1f} ms, ratio {to_whole:.2f}",
        flush=True,
    )


def _with_many(app: App, options: argparse.Namespace) -> None:
    """The same with 10,000 jobs in the ledger: half of them ended, half waiting in another queue."""
    empty = [_service(app, options.jobs) for _ in range(options.rounds)]
    _fill(app, 10_000)
    full = [_service(app, options.jobs) for _ in range(options.rounds)]
    before, after = statistics.median(empty), statistics.median(full)
    print(
        f"with 10,000 jobs in the ledger: {1000 * after:.1f} ms a job, {1000 * before:.1f} ms before, "
        f"ratio {after / before:.2f}"
    )


def _service(app: App, jobs: int, *, one_by_one: bool = False) -> float:
    """Seconds per job from the first submission to the last written record."""
    documents = [drawn_document() for _ in range(jobs)]
    submit_options = SubmitOptions("default", kinds.find(app, "default", "receipt"), "fake")
    started = time.perf_counter()
    ids = []
    for document in documents:
        job, _ = submit(app, io.BytesIO(document), "a.png", options=submit_options, actor="bench")
        ids.append(job.id)
        if one_by_one:
            _await_end(app, job.id, _POLL)
    for job_id in reversed(ids):
        _await_end(app, job_id, _POLL_MANY)
    return (time.perf_counter() - started) / jobs


def _bare(app: App, jobs: int, *, one_by_one: bool = False, spec_bytes: int = 0) -> float:
    """The same for the bare loop."""
    documents = [drawn_document() for _ in range(jobs)]
    batch = os.urandom(6).hex()
    counter = redis.Redis.from_url(app.settings.redis_url)
    started = time.perf_counter()
    with app.broker.celery.producer_pool.acquire(block=True) as producer:
        for number, document in enumerate(documents):
            app.store.create(f"bare/{batch}/{number}.in", document)
            if spec_bytes:
                app.store.create(f"bare/{batch}/{number}.json", b"x" * spec_bytes)
            app.broker.celery.send_task(bare.TASK, args=(batch, number), queue="bare", producer=producer)
            if one_by_one:
                _await_count(counter, batch, number + 1, _POLL)
    _await_count(counter, batch, jobs, _POLL_MANY)
    return (time.perf_counter() - started) / jobs


def _print_round_trips(app: App) -> None:
    """Of one job that is read in this process, once what is done once is done."""
    state = WorkerState(app, EnginePool(app.settings), LeaseKeeper(app), SharedExclusiveLock())
    options = SubmitOptions("default", kinds.find(app, "default", "receipt"), "fake")

    def work(watched: App) -> None:
        replace(state, app=watched).work("cpu")

    round_trips.of_a_job(app, drawn_document(), options, work=work)
    counts = round_trips.of_a_job(app, drawn_document(), options, work=work)
    state.pool.close()
    print("round trips of a job: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))


def _await_end(app: App, job_id: str, seconds: float) -> None:
    while app.ledger.jobs.get(job_id).state not in FINISHED:
        time.sleep(seconds)


def _await_count(counter: redis.Redis, batch: str, wanted: int, seconds: float) -> None:
    while int(counter.get(f"bare:{batch}") or 0) < wanted:
        time.sleep(seconds)


@contextmanager
def _bare_worker(stack: Stack, threads: int) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.bare", str(threads)]
    process = subprocess.Popen(command, env=environment(stack.env), stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def drawn_document() -> bytes:
    """A small picture of noise, some 20 KB, another one each time."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (80, 80), os.urandom(80 * 80 * 3)).save(buffer, "PNG")
    return buffer.getvalue()


def _fill(app: App, count: int) -> None:
    for number in range(count):
        spec = JobSpec(
            job_id=f"{number:032x}",
            project="other",
            kind="receipt",
            kind_version=1,
            schema_sha256="0" * 64,
            source_sha256="0" * 64,
            filename="a.png",
            size=1,
            engine="fake",
            pipeline_version="0",
            created_at=app.clock(),
        )
        end = End(JobState.DONE) if number % 2 else None
        app.ledger.jobs.restore(spec, queue="elsewhere", end=end, now=app.clock())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
