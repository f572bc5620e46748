"""A worker's sign of life in a file, for a supervisor outside: inside, a hang can stop every thread.

Whatever keeps the interpreter keeps it from all threads, the watchdog of the leases and the handlers of
signals among them. The file changes every `EVERY` seconds as long as Python runs; it names the jobs in
hand and the threads that read them, so that a supervisor can tell which of them hangs.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from worker.errors import NeighbourHung, PagemillError
from worker.jobs.app import App
from worker.log import logger
from worker.process.leases import LeaseKeeper

_log = logger(__name__)
EVERY = 2.0
"""Seconds between two signs."""


class Heartbeat:
    """Writes the file from a thread of its own, which waits for no part of the service."""

    def __init__(self, path: Path, leases: LeaseKeeper) -> None:
        self._path = path
        self._leases = leases
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Give the first sign."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def end(self) -> None:
        """Give no more."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        while True:
            partial = self._path.with_name(self._path.name + ".part")
            try:
                partial.write_text(json.dumps(self._leases.in_hand()), encoding="utf-8")
                partial.replace(self._path)
            except OSError as error:  # a full disk is no hang: to set the time of a file takes no room
                _log.warning("sign_of_life_not_written", reason=str(error))
                with contextlib.suppress(OSError):
                    self._path.touch()
            if self._ended.wait(EVERY):
                return


def in_hand(path: Path) -> Sequence[Mapping[str, str]]:
    """What a worker had in hand at its last sign: `thread`, `job`, `token`; nothing where that is unknown."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else ()


def spared(path: Path) -> Path:
    """Where a supervisor writes which jobs had no part in the hang of the worker that it ended."""
    return path.with_name(path.name + ".spared")


def give_back_spared(app: App, path: Path) -> None:
    """Let the jobs of the worker before be tried at once, without the attempt that a neighbour ended."""
    for entry in in_hand(spared(path)):
        try:
            app.ledger.jobs.forgive(
                entry["job"], token=entry["token"], now=app.clock(), error=NeighbourHung()
            )
        except (PagemillError, KeyError) as error:
            _log.warning("job_not_released", reason=str(error))
        else:
            _log.info("attempt_forgotten", job=entry["job"])
    spared(path).unlink(missing_ok=True)
