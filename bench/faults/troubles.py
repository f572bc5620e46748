"""What is done to the parts, one thing after the other, and when."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from api.up.children import Child
from api.up.free_space import FreeSpace
from api.up.signs_of_life import SignsOfLife
from tests.stack import Stack
from tests.wall_clock import WallClock
from worker.jobs.app import App
from worker.settings import environment

_WORKERS = ("first", "second")
_SILENT = 6.0
_LOADS = 40.0
_HOURS = 7200.0


@dataclass(slots=True)
class Happened:
    """One trouble: what it was, when it was over (by the ledger's clock)."""

    what: str
    over_at: float


class Workers:
    """Two workers, each looked after as `pagemill up` does, and a clock for both that can be set."""

    def __init__(self, stack: Stack) -> None:
        self._ended = threading.Event()
        made = stack.folder / "clock"
        made.mkdir()
        self.clock = WallClock(made)
        log = os.open(stack.folder / "stack.log", os.O_WRONLY | os.O_APPEND)
        env = environment({**stack.env, **self.clock.env, "PAGEMILL_FAKE_SECONDS": "0.05"})
        self._children = []
        for name in _WORKERS:
            alive = stack.folder / f"{name}.alive"
            command = (sys.executable, "-m", "bench.faults.worker", "worker", "--alive", str(alive))
            child = Child(name, command, env=env, log=log, folder=Path.cwd())
            child.judge_by(SignsOfLife(alive, silent_seconds=_SILENT, start_seconds=_LOADS))
            child.start()
            self._children.append(child)
        self._thread = threading.Thread(target=self._tend)
        self._thread.start()

    def signal(self, number: int, *, one: bool = True) -> None:
        """To one of them, or to both."""
        for child in self._children[: 1 if one else None]:
            if child.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, number)
        self._children.reverse()

    def stop(self) -> None:
        """End them in order."""
        self._ended.set()
        self._thread.join()
        for child in self._children:
            child.stop(20)

    def _tend(self) -> None:
        while not self._ended.wait(0.3):
            for child in self._children:
                child.tend()


@dataclass(frozen=True, slots=True)
class Troubles:
    """Everything that can be done to a stack."""

    stack: Stack
    app: App
    workers: Workers
    watch: tuple[str, ...]
    happened: list[Happened] = field(default_factory=list)

    def run(self, ended: threading.Event, rng: random.Random, seconds: float) -> None:
        """All of them in turn, each time in another order, until the time is over."""
        until = time.monotonic() + seconds
        while not ended.is_set() and time.monotonic() < until:
            some = self._all()
            rng.shuffle(some)
            for what, make in some:
                if time.monotonic() > until or ended.is_set():
                    break
                make()
                self.happened.append(Happened(what, self.app.clock()))
                time.sleep(rng.uniform(3, 6))

    def fill_disk(self, seconds: float = 65.0) -> None:
        """Let nothing be written any more, until the store has noticed; afterwards the store is looked after as by `up`."""
        filler = self.stack.folder / "filler"
        room = FreeSpace(self.stack.folder)
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(2**20))
        time.sleep(seconds)
        room.is_back()
        filler.unlink()
        self.happened.append(Happened("disk full", self.app.clock()))
        if room.is_back():
            self.stack.kill("store")
            self.stack.start_server(self.stack.store)

    def _all(self) -> list[tuple[str, Callable[[], None]]]:
        stack, workers = self.stack, self.workers
        only_servers = [("database crashed", self._crash_database)] if "DATABASE_URL" in stack.env else []
        return [
            *only_servers,
            ("a worker killed", lambda: workers.signal(signal.SIGKILL)),
            ("a worker ended by SIGTERM", lambda: workers.signal(signal.SIGTERM)),
            ("both workers killed", lambda: workers.signal(signal.SIGKILL, one=False)),
            ("a worker frozen", self._freeze_worker),
            ("API killed", lambda: self._again("api")),
            ("API frozen", lambda: self._freeze("api")),
            ("watcher killed", lambda: self._again("watch", *self.watch)),
            ("queue killed and emptied", stack.wipe_queue),
            ("queue frozen", lambda: self._freeze("queue")),
            ("store killed", self._kill_store),
            ("store frozen", lambda: self._freeze("store")),
            ("store slow", self._slow_store),
            ("database frozen", self._freeze_database),
            ("workers' clock ahead", lambda: self._step(_HOURS)),
            ("workers' clock behind", lambda: self._step(-_HOURS)),
        ]

    def _again(self, part: str, *arguments: str) -> None:
        self.stack.kill(part)
        time.sleep(1)
        self.stack.start(part, *arguments)

    def _freeze(self, part: str, seconds: float = 6.0) -> None:
        _hold([self.stack.pid(part)], seconds)

    def _freeze_worker(self) -> None:
        """For longer than a lease, but not so long that it is taken for hung."""
        self.workers.signal(signal.SIGSTOP)
        time.sleep(_SILENT - 1)
        self.workers.signal(signal.SIGCONT, one=False)

    def _kill_store(self) -> None:
        self.stack.kill("store")
        time.sleep(6)
        self.stack.start_server(self.stack.store)

    def _slow_store(self) -> None:
        """It runs a twentieth of the time."""
        for _ in range(40):
            _hold([self.stack.pid("store")], 0.19)
            time.sleep(0.01)

    def _freeze_database(self, seconds: float = 8.0) -> None:
        url = self.stack.env.get("DATABASE_URL")
        if url is None:
            with closing(sqlite3.connect(self.stack.folder / "ledger.sqlite", timeout=30)) as ledger:
                ledger.execute("BEGIN EXCLUSIVE")
                time.sleep(seconds)
            return
        _hold(_server_processes(url), seconds)

    def _crash_database(self) -> None:
        """One process of PostgreSQL is killed: the server ends all others, and recovers."""
        os.kill(_server_processes(self.stack.env["DATABASE_URL"])[-1], signal.SIGKILL)

    def _step(self, seconds: float) -> None:
        self.workers.clock.step(seconds)
        time.sleep(6)
        self.workers.clock.step(0)


def _hold(processes: list[int], seconds: float) -> None:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    time.sleep(seconds)
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


def _server_processes(url: str) -> list[int]:
    """The server's first process, and those it has started."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    first = int(Path(row[0], "postmaster.pid").read_text(encoding="ascii").split()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
    return [first, *map(int, children)]
