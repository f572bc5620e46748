"""Long work in one process: does memory, or anything else that a process holds, grow with it?

    python -m bench.soak [--pages 2000] [--requests 20000]

A worker reads small drawn pages by the embedded engine, four in a document; the API answers reads, and takes a
document now and then. Each is looked at when a tenth is done and at the end: resident memory (children, which
open files, among it), descriptors, threads, children, its files in the temporary folder. Exit status 1 when
memory has grown by more than a tenth, or anything else by more than it varies.
"""

from __future__ import annotations

import argparse
import io
import itertools
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import httpx
from PIL import Image, ImageDraw

from schemas.job import FINISHED
from tests.stack import Stack
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter
from worker.jobs.submit import SubmitOptions, submit

_PAGES = 4  # of a document
_GROWS = 1.1
_VARIES = 8  # descriptors, threads or files more or fewer mean nothing
_CLIENTS = 4
_IN_HAND = 40  # documents sent ahead of the worker


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds, its children's memory with it (MB)."""

    memory: float
    descriptors: int
    threads: int
    children: int
    files: int

    @classmethod
    def by(cls, process: int) -> Held:
        """At this moment."""
        about = Path(f"/proc/{process}")
        children = [int(n) for task in about.glob("task/*/children") for n in task.read_text().split()]
        memory = sum(_memory(Path(f"/proc/{one}")) for one in (process, *children))
        files = sum(1 for _ in Path(tempfile.gettempdir()).glob(f"pagemill-*-{process}-*/**/*"))
        descriptors = sum(1 for _ in about.joinpath("fd").iterdir())
        return cls(
            memory, descriptors, sum(1 for _ in about.joinpath("task").iterdir()), len(children), files
        )

    def has_grown(self, since: Held) -> bool:
        """By more than it may since an earlier look."""
        counts = zip(astuple(self)[1:], astuple(since)[1:], strict=True)
        return self.memory > _GROWS * since.memory or any(now > before + _VARIES for now, before in counts)


def _memory(process: Path) -> float:
    """Resident, in MB; 0 when it has just ended."""
    try:
        status = process.joinpath("status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def main() -> int:
    """The exit status."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), PAGEMILL_ENGINE="embedded") as stack:
        stack.start_servers()
        stack.start("worker", LOG_LEVEL="WARNING")
        stack.start("api", LOG_LEVEL="WARNING")
        stack.await_api()
        app = stack.app()
        grown = _watched("worker", stack.pid("worker"), _reading(app), options.pages)
        grown |= _watched("API", stack.pid("api"), _asking(app, stack.url), options.requests)
        app.close()
    return int(grown)


def _watched(name: str, process: int, work: Callable[[int], None], count: int) -> bool:
    """Do so much work, a tenth of it first; whether the process has grown meanwhile."""
    work(count // 10)
    first = Held.by(process)
    print(f"{name} after {count // 10}: {first}", flush=True)
    began = time.monotonic()
    work(count - count // 10)
    last = Held.by(process)
    seconds = time.monotonic() - began
    print(
        f"{name} after {count}: {last}; memory × {last.memory / first.memory:.3f}, {seconds:.0f} s",
        flush=True,
    )
    return last.has_grown(first)


def _reading(app: App) -> Callable[[int], None]:
    numbers = itertools.count()
    options = SubmitOptions("default", kinds.find(app, "default", "receipt"), "embedded")

    def work(pages: int) -> None:
        waiting: list[str] = []
        for _ in range(pages // _PAGES):
            if len(waiting) >= _IN_HAND:
                _await(app, waiting)
            document = io.BytesIO(_document(next(numbers)))
            waiting.append(submit(app, document, "a.tiff", options=options, actor="soak")[0].id)
        _await(app, waiting)

    return work


def _await(app: App, waiting: list[str]) -> None:
    while waiting:
        if app.ledger.jobs.get(waiting[-1]).state in FINISHED:
            waiting.pop()
        else:
            time.sleep(0.1)


def _document(number: int) -> bytes:
    """Slips of paper, each with another number, in several sizes."""
    pages = []
    for page in range(_PAGES):
        picture = Image.new("L", (240 + 20 * (number % 5), 160), "white")
        pen = ImageDraw.Draw(picture)
        for line, text in enumerate(("CORNER SHOP", f"No. {number}-{page}", f"TOTAL {number % 97}.50")):
            pen.text((20, 20 + 40 * line), text, fill="black", font_size=24)
        pages.append(picture)
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def _asking(app: App, url: str) -> Callable[[int], None]:
    job_id = next(app.ledger.lists.all(Filter("default"))).id
    numbers = itertools.count(10**6)
    paths = ("/livez", "/v1/jobs", f"/v1/jobs/{job_id}", "/v1/kinds/receipt", f"/v1/jobs/{job_id}/record")

    def ask(some: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as http:
            for number in range(some):
                if number % 100 == 0:
                    files = {"files": ("a.tiff", _document(next(numbers)))}
                    http.post("/v1/jobs", data={"kind": "receipt", "engine": "fake"}, files=files)
                else:
                    http.get(paths[number % len(paths)])

    def work(requests: int) -> None:
        with ThreadPoolExecutor(_CLIENTS) as pool:
            for one in [pool.submit(ask, requests // _CLIENTS) for _ in range(_CLIENTS)]:
                one.result()

    return work


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=20_000)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
