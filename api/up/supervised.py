"""`pagemill worker --supervised`: a worker, and beside it the process that ends it when it hangs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.process import set_by_signals
from api.up import gpus
from api.up.children import Child
from api.up.signs_of_life import SignsOfLife
from worker.owned_folders import OwnedFolder
from worker.settings import Settings, environment

_LOOK_EVERY = 0.5
_GRACE = 24 * 3600.0  # seconds; who sent SIGTERM knows how long it waits, and a hang ends sooner


def run(settings: Settings, alive: Path | None) -> int:
    """Keep a worker running, or one for each GPU, until SIGTERM or SIGINT; returns the exit status."""
    stop = threading.Event()
    folder = OwnedFolder("pagemill-supervisor-")
    path = alive or folder.path / "worker.alive"
    children = [
        _worker(settings, path.with_name(f"{path.name}{place or ''}"), more, place=place)
        for place, more in enumerate(gpus.environments(settings))
    ]
    with set_by_signals(stop):
        for child in children:
            child.start()
        while not stop.wait(_LOOK_EVERY):
            for child in children:
                child.tend()
        _stop(children)
    folder.close()
    return 0


def _worker(settings: Settings, alive: Path, more: Mapping[str, str], *, place: int) -> Child:
    """One of several, each with a port of its own."""
    port = settings.worker_port + place if settings.worker_port else 0
    env = environment({**more, "PAGEMILL_WORKER_PORT": str(port)})
    command = (sys.executable, "-m", "pagemill", "worker", "--alive", str(alive))
    child = Child("worker", command, env=env, log=sys.stderr.fileno(), folder=Path.cwd())
    child.judge_by(SignsOfLife.of(alive, settings))
    return child


def _stop(children: Sequence[Child]) -> None:
    """All at the same time: each finishes the pages it has in hand."""
    with ThreadPoolExecutor(len(children)) as pool:
        list(pool.map(lambda child: child.stop(_GRACE), children))
