"""Jobs through every door while the parts of the service are broken: does each end exactly once?

    python -m bench.faults [--jobs 500] [--seconds 150] [--database postgresql] [--full-disk]

Folder, bucket and API get a third of the jobs each, spread over the time of trouble (`troubles.py`). Beside
them: pages that hang a worker, a schema that would, documents that are erased and sent at the same moment.
`--full-disk` puts everything into a small file system (root, Linux) and fills it at the end. Exit status 1
when a job is lost, doubled, stuck, failed without fault of its own, or work went on too late.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.faults import doors, verdict
from bench.faults.receiver import Heard, listening
from bench.faults.troubles import Troubles, Workers
from schemas.job import FINISHED
from tests.postgres import running
from tests.stack import Stack
from worker.jobs import object_keys
from worker.jobs.app import App

_POISONED = 2
_RACES = 40
_DISK = "1g"


def main() -> int:
    """The exit status."""
    options = _options()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        if options.full_disk:
            held.enter_context(_small_disk(folder))
        env = {}
        if options.database == "postgresql":
            env["DATABASE_URL"] = held.enter_context(running())
        stack = held.enter_context(Stack(folder / "stack", **env))
        return _run(stack, held.enter_context(listening()), options)


def _run(stack: Stack, heard: Heard, options: argparse.Namespace) -> int:
    stack.start_servers()
    workers = Workers(stack)
    watch = (str(stack.folder), "--bucket")
    stack.start("api")
    stack.start("watch", *watch)
    stack.await_api(60)
    app = stack.app()
    troubles = Troubles(stack, app, workers, watch)
    ended = threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        poisoned = doors.poison(stack, _POISONED)
        raced = pool.submit(doors.race, stack, _RACES, seconds=options.seconds)
        trouble = pool.submit(troubles.run, ended, random.Random(options.seed), options.seconds)
        wanted = doors.documents(options.jobs)
        doors.send(stack, app, wanted, heard.url, seconds=options.seconds)
        trouble.result()
        raced_last = raced.result()
        if options.full_disk:
            more = pool.submit(doors.race, stack, 10, seconds=20, mark="full-")
            troubles.fill_disk()
            raced_last |= more.result()
        sent = verdict.Sent(len(wanted), poisoned, raced_last)
    settled = _settle(stack, app, len(wanted))
    print(f"{options.database}, {time.monotonic() - began:.0f} s in all; settled: {settled}")
    good = verdict.report(app, stack.folder, sent, heard, troubles.happened) and settled
    print("all as it should be" if good else "NOT as it should be", flush=True)
    app.close()
    workers.stop()
    return 0 if good else 1


def _settle(stack: Stack, app: App, count: int) -> bool:
    """Wait until everything has ended and every sender has heard of it."""

    def over() -> bool:
        states = app.ledger.lists.counts()
        done = sum(states.get(state, 0) for state in FINISHED)
        return done >= count and done == sum(states.values())

    return all(
        [
            _await(over, 240),
            _await(lambda: not app.ledger.deliveries.counts().get("pending"), 120),
            _await(lambda: _waiting(stack.folder, app) == 0, 120),
        ]
    )


def _await(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.5)
    return False


def _waiting(folder: Path, app: App) -> int:
    files = sum(1 for _ in (folder / "inbox").rglob("*.png"))
    return files + sum(1 for _ in app.store.list(object_keys.INBOX))


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=500, help="5000 for the figures of README")
    parser.add_argument("--seconds", type=float, default=150, help="how long the trouble lasts")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--full-disk", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
