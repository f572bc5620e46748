"""`pagemill worker --supervised`: a worker, and beside it the process that ends it when it hangs."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from api.process import set_by_signals
from api.up.children import Child
from api.up.signs_of_life import SignsOfLife
from worker.owned_folders import OwnedFolder
from worker.settings import Settings, environment

_LOOK_EVERY = 0.5
_GRACE = 24 * 3600.0  # seconds; who sent SIGTERM knows how long it waits, and a hang ends sooner


def run(settings: Settings, alive: Path | None) -> int:
    """Keep a worker running until SIGTERM or SIGINT; returns the exit status."""
    stop = threading.Event()
    folder = OwnedFolder("pagemill-supervisor-")
    path = alive or folder.path / "worker.alive"
    command = (sys.executable, "-m", "pagemill", "worker", "--alive", str(path))
    child = Child("worker", command, env=environment({}), log=sys.stderr.fileno(), folder=Path.cwd())
    child.judge_by(SignsOfLife.of(path, settings))
    with set_by_signals(stop):
        child.start()
        while not stop.wait(_LOOK_EVERY):
            child.tend()
        child.stop(_GRACE)
    folder.close()
    return 0
