"""`make demo`: read the shipped samples here, then let the whole service read them from its inbox.

Pictures with every value framed go to out/demo/, what the service made of them to out/demo/service/.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from api.cli import overlay
from api.cli.evaluate import load
from api.cli.scoring import Labelled
from schemas import pointer
from schemas.record import Record
from worker.reading.documents import read_all
from worker.reading.engines import registry
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings, environment

SAMPLES = Path(__file__).parent / "samples" / "manifest.jsonl"
OUT = Path("out/demo")
DATA = OUT / "service"
MOST = 12  # values printed per document
PATIENCE = 300  # seconds


def main() -> None:
    documents = load(SAMPLES)
    if sys.argv[1:] == ["here"]:
        read_here(documents)
        return
    # In a process of its own: this one is to be interrupted safely, without an OCR runtime in it.
    subprocess.run([sys.executable, "-m", "bench.demo", "here"], check=True)
    read_by_service(documents)


def read_here(documents: Sequence[Labelled]) -> None:
    """Without a server, as `pagemill extract` does."""
    settings = Settings()
    files = [(document.path, document.schema) for document in documents]
    engine = registry.create("embedded", settings)
    started = time.perf_counter()
    with Sandbox(PageLimits.of(settings)) as sandbox:
        outcomes = read_all(files, engine=engine, sandbox=sandbox, review_below=settings.review_below)
        for outcome in outcomes:
            show(outcome.record)
            overlay.draw(outcome.path, outcome.record, OUT, sandbox)
    engine.close()
    seconds = time.perf_counter() - started
    print(f"\n{len(documents)} documents in {seconds:.1f} s; every value is framed in {OUT}/*.png")


def read_by_service(documents: Sequence[Labelled]) -> None:
    """Queue, store, worker, API and watcher are started; the samples dropped; everything stopped."""
    shutil.rmtree(DATA, ignore_errors=True)
    print("\nthe same through the service: pagemill up …")
    with running():
        for document in documents:
            folder = DATA / "inbox" / document.schema.name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(document.path, folder)
        started = time.perf_counter()
        seen: set[Path] = set()
        while len(seen) < len(documents) and time.perf_counter() - started < PATIENCE:
            for result in sorted(
                {*(DATA / "outbox").rglob("*.json"), *(DATA / "failed").rglob("*.txt")} - seen
            ):
                seen.add(result)
                summarise(result)
            time.sleep(0.2)
        seconds = time.perf_counter() - started
    read = len(list((DATA / "outbox").rglob("*.json")))
    print(
        f"{read} of {len(documents)} documents from {DATA}/inbox to {DATA}/outbox in {seconds:.1f} s; "
        "everything is stopped again"
    )
    if read < len(documents):
        raise SystemExit(1)


@contextmanager
def running() -> Iterator[None]:
    """`pagemill up`, ready."""
    command = [sys.executable, "-m", "pagemill", "up", "--data", str(DATA)]
    env = environment({"PAGEMILL_ENGINE": "embedded", "PAGEMILL_SETTLE_SECONDS": "0.5"})
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            print(f"  {line.rstrip()}")
            if line.startswith("Ctrl-C"):
                break
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        process.stderr.close()


def summarise(result: Path) -> None:
    """A line about a file of the outbox or of `failed`."""
    name = result.relative_to(DATA)
    if result.suffix == ".txt":
        print(f"  {name}: {result.read_text(encoding='utf-8').strip()}")
        return
    record = json.loads(result.read_text(encoding="utf-8"))
    values = [value for _, value in pointer.leaves(record["data"]) if value is not None]
    print(f"  {name}: {record['state']}, {len(values)} values, {len(record['issues'])} issues")


def show(record: Record) -> None:
    """The first values of a record, each with its confidence and its place."""
    print(f"\n{record.provenance.filename}  ({record.kind}, {record.state})")
    read = [
        (at, value)
        for at, value in pointer.leaves(record.data)
        if value is not None and at in record.fields and record.fields[at].citations
    ]
    for at, value in read[:MOST]:
        found = record.fields[at]
        place = found.citations[0]
        box = " ".join(f"{edge:.2f}" for edge in place.box)
        print(
            f"  {at:<26}{' '.join(str(value).split())[:40]:<42}{found.confidence:.2f}   page {place.page} [{box}]"
        )
    if len(read) > MOST:
        print(f"  … and {len(read) - MOST} more")
    for issue in record.issues:
        print(f"  ! {issue.code} {issue.path}: {issue.message}")


if __name__ == "__main__":
    main()
