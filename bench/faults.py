"""Jobs through every door while the parts of the service are killed: does each end exactly once?

    python -m bench.faults [--jobs 500] [--seconds 60]

Folder, bucket and API get a third of the jobs each. Meanwhile the worker is killed with SIGKILL
every few seconds, the queue is started again empty, the store is stopped for 10 s. Exit status 1
when a job is missing, ended twice or differently, or a lease stays behind.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

from api.client import Client
from schemas.job import FINISHED, JobState
from tests.stack import Stack
from worker.errors import PagemillError
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.ledger.tables import jobs as jobs_table

_KIND = "receipt"


def main() -> int:
    options = _options()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder)) as stack, _receiver() as heard:
        stack.start_servers()
        for part in ("worker", "api"):
            stack.start(part, PAGEMILL_FAKE_SECONDS="0.2")
        stack.start("watch", folder, "--bucket")
        stack.await_api()
        app = stack.app()
        wanted = _documents(options.jobs)
        started = time.monotonic()
        ended = threading.Event()
        trouble = threading.Thread(target=_trouble, args=(stack, ended, rng, options.seconds))
        trouble.start()
        _send(stack, app, wanted, heard.url, pause=3 * options.seconds / options.jobs)
        settled = _await_end(app, len(wanted), seconds=options.seconds + 240)
        ended.set()
        trouble.join()
        _await(lambda: not app.ledger.deliveries.counts().get("pending"), 120)
        _await(lambda: _waiting(Path(folder), app) == 0, 120)
        seconds = time.monotonic() - started
        return _report(app, Path(folder), len(wanted), heard, settled=settled, seconds=seconds)


def _trouble(stack: Stack, ended: threading.Event, rng: random.Random, seconds: float) -> None:
    """Kill the worker every 3 to 6 s; a third of the way empty the queue, at two thirds stop the store."""
    started, wiped, stopped = time.monotonic(), False, False
    kills = 0
    while not ended.wait(rng.uniform(3, 6)):
        at = time.monotonic() - started
        if at > seconds:
            break
        stack.kill("worker")
        kills += 1
        if at > seconds / 3 and not wiped:
            wiped = True
            stack.wipe_queue()
            print(f"  {at:5.1f} s  queue killed and started empty", flush=True)
        if at > 2 * seconds / 3 and not stopped:
            stopped = True
            stack.kill("store")
            print(f"  {at:5.1f} s  store killed", flush=True)
            time.sleep(10)
            stack.start_server(stack.store)
            print(f"  {at + 10:5.1f} s  store started", flush=True)
        stack.start("worker", PAGEMILL_FAKE_SECONDS="0.2")
    print(f"  worker killed {kills} times", flush=True)


def _documents(count: int) -> list[bytes]:
    """Small pictures, each another one."""
    documents = []
    for number in range(count):
        buffer = io.BytesIO()
        Image.new("L", (40, 40), number % 256).save(buffer, "PNG")
        documents.append(buffer.getvalue() + b"\0" * 4 + number.to_bytes(4, "big"))
    return documents


def _send(stack: Stack, app: App, documents: list[bytes], hook: str, *, pause: float) -> None:
    """A third of them through each door, spread over the time of trouble."""
    thirds = [documents[start::3] for start in range(3)]
    inbox = stack.folder / "inbox" / _KIND
    inbox.mkdir(parents=True, exist_ok=True)

    def by_folder() -> None:
        for number, document in enumerate(thirds[0]):
            partial = inbox / f"{number}.png.part"
            partial.write_bytes(document)
            partial.rename(inbox / f"{number}.png")
            time.sleep(pause)

    def by_bucket() -> None:
        for number, document in enumerate(thirds[1]):
            _insist(partial(app.store.write, f"{object_keys.INBOX}{_KIND}/{number}.png", document))
            time.sleep(pause)

    def by_api() -> None:
        with tempfile.TemporaryDirectory() as folder, Client(stack.url) as client:
            for number, document in enumerate(thirds[2]):
                path = Path(folder) / f"{number}.png"
                path.write_bytes(document)
                _insist(partial(client.submit, path, kind=_KIND, callback_url=hook))
                time.sleep(pause)

    with ThreadPoolExecutor(3) as pool:
        for door in [pool.submit(by_folder), pool.submit(by_bucket), pool.submit(by_api)]:
            door.result()


def _insist(attempt: Callable[[], object]) -> None:
    """What a careful client does: the same again until it was taken."""
    while True:
        try:
            attempt()
        except PagemillError:
            time.sleep(0.5)
        else:
            return


def _await_end(app: App, count: int, *, seconds: float) -> bool:
    def over() -> bool:
        states = app.ledger.lists.counts()
        return sum(states.get(state, 0) for state in FINISHED) >= count

    return _await(over, seconds)


def _await(condition: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.5)
    return False


def _waiting(folder: Path, app: App) -> int:
    files = sum(1 for path in (folder / "inbox").rglob("*.png"))
    return files + sum(1 for _ in app.store.list(object_keys.INBOX))


def _report(app: App, folder: Path, count: int, heard: Heard, *, settled: bool, seconds: float) -> int:
    """Print the counts, and whether all is as it should be."""
    states = app.ledger.lists.counts()
    with app.ledger.database.read() as connection:
        leases = connection.execute(jobs_table.select().where(jobs_table.c.lease_token.is_not(None))).all()
        rows = connection.execute(jobs_table.select()).all()
    outcomes: dict[str, list[str]] = defaultdict(list)
    for stat in app.store.list(object_keys.PROJECTS):
        name = stat.key.rsplit("/", 1)[-1]
        if name in {"record.json", "failure.json"}:
            outcomes[stat.key.split("/")[3]].append(name)
    missing = [row.id for row in rows if row.id not in outcomes]
    double = [job_id for job_id, names in outcomes.items() if len(names) > 1]
    failed = {job_id for job_id, names in outcomes.items() if names == ["failure.json"]}
    wrong = [row.id for row in rows if (row.state == JobState.FAILED) != (row.id in failed)]
    out_folder = sum(1 for _ in (folder / "outbox").rglob("*.json"))
    failed_folder = sum(1 for _ in (folder / "failed").rglob("*.txt"))
    out_bucket = sum(1 for _ in app.store.list(object_keys.OUTBOX))
    failed_bucket = sum(1 for s in app.store.list(object_keys.FAILED) if s.key.endswith(".txt"))
    print(f"attempts: {dict(sorted(Counter(row.attempts for row in rows).items()))}")
    two_bodies = sum(1 for bodies in heard.bodies.values() if len(bodies) > 1)
    print(f"{count} jobs, {len(rows)} in the ledger, {seconds:.0f} s: {dict(states)}")
    print(
        f"outcomes in the bucket: {len(outcomes)}; missing {len(missing)}, double {len(double)}, "
        f"other than the ledger says {len(wrong)}; leases left: {len(leases)}"
    )
    print(
        f"folder: {out_folder} results, {failed_folder} failed; bucket: {out_bucket} results, "
        f"{failed_bucket} failed; left in inboxes: {_waiting(folder, app)}"
    )
    print(
        f"webhooks: {len(heard.bodies)} messages, {heard.received} received, {two_bodies} with two bodies; "
        f"{app.ledger.deliveries.counts()}"
    )
    delivered = [out_folder + failed_folder, out_bucket + failed_bucket, len(heard.bodies)]
    good = settled and len(rows) == count and delivered == [len(range(start, count, 3)) for start in range(3)]
    good = good and not (missing or double or wrong or leases or two_bodies)
    print("all as it should be" if good else "NOT as it should be")
    app.close()
    return 0 if good else 1


class Heard:
    """What a receiver of webhooks was told: bodies by message id."""

    def __init__(self) -> None:
        self.url = ""
        self.received = 0
        self.bodies: dict[str, set[str]] = defaultdict(set)
        self.lock = threading.Lock()


@contextmanager
def _receiver() -> Iterator[Heard]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with heard.lock:
                heard.received += 1
                heard.bodies[self.headers["webhook-id"]].add(hashlib.sha256(body).hexdigest())
            assert json.loads(body)["type"].startswith("job.")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield heard
    server.shutdown()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60, help="how long the trouble lasts")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
