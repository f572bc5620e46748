"""The running service under many at once: what its routes take, what it does with many workers, what it costs idle.

    python -m bench.service_load [--seconds 20] [--database postgresql]

A crowd of another process listens to events 200 times and sends 50 documents of 2 MB at the pace of a slow line,
again and again; then the store is frozen while 45 uploads wait for it. Routes are asked one after the other all
the while. Then 400 jobs are drained by 1 × 4 and by 4 × 4 workers, jobs are claimed while few or 10,000 projects
wait, and the processor time of processes that have nothing to do is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from PIL import Image

from bench.load import fill, spec_of
from schemas.job import FINISHED, JobState
from tests.postgres import running
from tests.stack import Stack
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.submit import SubmitOptions, submit

_LISTENERS, _UPLOADS, _FROZEN_UPLOADS = 200, 50, 45
_JOBS = 10_000
_LEASE = "a lease"
_PIECE, _PIECES, _PAUSE = 2**16, 32, 0.3
_FORM = {"kind": "receipt", "engine": "fake"}
Times = Mapping[str, Sequence[float]]


def main() -> int:
    options = _options()
    if options.crowd:
        asyncio.run(_crowd(options.crowd))
        return 0
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        env = {}
        if options.database == "postgresql":
            env["DATABASE_URL"] = held.enter_context(running())
        stack = held.enter_context(Stack(folder / "stack", LOG_LEVEL="WARNING", **env))
        stack.start_servers()
        app = stack.app()
        fill(app.ledger, _JOBS)
        stack.start("api")
        stack.await_api()
        _routes(stack, options.seconds)
        stack.stop("api")
        for processes in (1, 4):
            print(f"{processes} × 4 workers: {_drained(stack, app, processes):.0f} jobs/s", flush=True)
        _idle(stack, options.seconds)
        app.close()
    for projects in (10, 10_000):
        print(f"claim, {projects} projects wait: {_claim(projects):.2f} ms", flush=True)
    return 0


def _routes(stack: Stack, seconds: float) -> None:
    idle = _asked(stack.url, seconds)
    with _crowded(stack.url):
        crowded = _asked(stack.url, seconds)
    with _frozen(stack):
        frozen = _asked(stack.url, seconds)
    print(f"{'ms':<36}" + "".join(f"{what:>18}" for what in ("idle", "crowd", "×", "store frozen", "×")))
    for path in idle:
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            at = [_at(times[path], share) for times in (idle, crowded, frozen)]
            cells = (at[0], at[1], at[1] / at[0], at[2], at[2] / at[0])
            shown = path.split("?")[0].replace(f"{0:031x}", "…")
            print(f"{shown} {name:<8}".ljust(36) + "".join(f"{cell:>18.1f}" for cell in cells), flush=True)


def _asked(url: str, seconds: float) -> Times:
    """Milliseconds of each answer of routes that need no store."""
    paths = ("/livez", "/version", "/v1/jobs?limit=20", f"/v1/jobs/{1:032x}", "/v1/kinds", "/v1/batches/b3")
    times: dict[str, list[float]] = {path: [] for path in paths}
    until = time.monotonic() + seconds
    with httpx.Client(base_url=url, timeout=60) as http:
        while time.monotonic() < until:
            for path in paths:
                since = time.perf_counter()
                http.get(path).raise_for_status()
                times[path].append((time.perf_counter() - since) * 1000)
                time.sleep(0.005)
    return times


def _at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


@contextmanager
def _crowded(url: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "bench.service_load", "--crowd", url])
    time.sleep(5)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _crowd(url: str) -> None:
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(_LISTENERS):
            group.create_task(_listen(http))
        for number in range(_UPLOADS):
            await asyncio.sleep(_PAUSE * _PIECES / _UPLOADS)
            group.create_task(_upload(http, number))


async def _listen(http: httpx.AsyncClient) -> None:
    async with http.stream("GET", "/v1/events") as stream:
        async for _ in stream.aiter_lines():
            pass


async def _upload(http: httpx.AsyncClient, number: int) -> None:
    boundary = "b" * 20
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in _FORM.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'

    async def body(round_: int) -> AsyncIterator[bytes]:
        yield head.encode() + _picture(f"{number}-{round_}")
        for _ in range(_PIECES):
            await asyncio.sleep(_PAUSE)
            yield os.urandom(_PIECE)
        yield f"\r\n--{boundary}--\r\n".encode()

    for round_ in range(10**6):
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = await http.post("/v1/jobs", content=body(round_), headers=headers)
        answer.raise_for_status()


def _picture(words: str) -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("RGB", (4, 4), words.encode().ljust(48, b".")[:48]).save(buffer, "PNG")
    return buffer.getvalue()


@contextmanager
def _frozen(stack: Stack) -> Iterator[None]:
    """The store answers nothing, and uploads wait for it; afterwards every one is taken."""

    def upload(number: int) -> int:
        files = {"files": ("a.png", _picture(f"frozen {number}"))}
        return httpx.post(f"{stack.url}/v1/jobs", data=_FORM, files=files, timeout=180).status_code

    with ThreadPoolExecutor(_FROZEN_UPLOADS) as pool:
        os.kill(stack.pid("store"), signal.SIGSTOP)
        waiting = [pool.submit(upload, number) for number in range(_FROZEN_UPLOADS)]
        time.sleep(2)
        try:
            yield
        finally:
            os.kill(stack.pid("store"), signal.SIGCONT)
        answers = [one.result() for one in waiting]
        print(f"uploads while the store was frozen: {min(answers)} to {max(answers)}", flush=True)


def _drained(stack: Stack, app: App, processes: int) -> float:
    """Jobs per second from the first to the last of 400 that wait, four threads in each process."""
    options = SubmitOptions("default", kinds.find(app, "default", "receipt"), "fake")
    names = [f"worker-{number}" for number in range(processes)]
    for name in names:
        stack.start("worker", as_name=name, PAGEMILL_THREADS="4")
    _wait_for(app, [_sent(app, options, f"first {processes}")])
    began = time.perf_counter()
    _wait_for(app, [_sent(app, options, f"{processes}/{number}") for number in range(400)])
    seconds = time.perf_counter() - began
    for name in names:
        stack.stop(name)
    return 400 / seconds


def _sent(app: App, options: SubmitOptions, words: str) -> str:
    job, _ = submit(app, io.BytesIO(_picture(words)), "a.png", options=options, actor="bench")
    return job.id


def _wait_for(app: App, ids: Sequence[str]) -> None:
    for job_id in ids:
        while (state := app.ledger.jobs.get(job_id).state) not in FINISHED:
            time.sleep(0.02)
        assert state is JobState.DONE, f"{job_id} is {state}"


def _idle(stack: Stack, seconds: float) -> None:
    """What processes take of a core that have nothing to do."""
    parts = {"api": (), "worker": (), "watch": (str(stack.folder), "--bucket")}
    for part, arguments in parts.items():
        stack.start(part, *arguments)
    stack.await_api()
    time.sleep(15)
    names = (*parts, "queue", "store")
    before = {name: _processor_time(stack.pid(name)) for name in names}
    time.sleep(seconds)
    shares = {name: (_processor_time(stack.pid(name)) - before[name]) / seconds for name in names}
    print("idle, % of a core: " + ", ".join(f"{name} {100 * share:.1f}" for name, share in shares.items()))


def _processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _claim(projects: int) -> float:
    """Milliseconds to claim a job while so many projects have one that waits, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        now = time.time()
        for number in range(projects):
            spec = spec_of(number, created_at=now).model_copy(update={"project": f"p{number}"})
            ledger.jobs.open(spec, queue="cpu", now=now)
        took = []
        for _ in range(min(projects, 30)):
            since = time.perf_counter()
            ledger.jobs.claim("cpu", token=_LEASE, now=now, lease_seconds=60)
            took.append((time.perf_counter() - since) * 1000)
        ledger.close()
    return statistics.median(took)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="for which routes are asked in each state")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--crowd", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
