"""Whether a worker still lives, seen from outside by the file it changes, and which of its jobs hangs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from worker.log import logger
from worker.process import heartbeat
from worker.settings import Settings

_log = logger(__name__)
_SLEPT = 5.0  # seconds between two looks that say that this process was stopped itself, or the machine
_SAMPLE = 5.0  # seconds to find out which thread computes, at most
_ENOUGH = 0.2  # seconds of processor time by which one is known; the machine may be busy otherwise
_IDLE = 0.25  # of what the busiest thread has computed


class SignsOfLife:
    """Those of one process after the other, all in the same file."""

    def __init__(self, path: Path, *, silent_seconds: float, start_seconds: float) -> None:
        self._path = path
        self._silent = silent_seconds
        self._start = start_seconds
        self._process = 0
        self._sign: int | None = None
        self._looked_at = self._changed_at = 0.0

    @classmethod
    def of(cls, path: Path, settings: Settings) -> Self:
        """As the settings have it: until its first sign a worker may load its model."""
        start = settings.load_seconds + settings.silent_seconds
        return cls(path, silent_seconds=settings.silent_seconds, start_seconds=start)

    def begin(self, process: int) -> None:
        """A process was started."""
        self._process = process
        self._path.unlink(missing_ok=True)
        self._sign = None
        self._looked_at = self._changed_at = time.monotonic()

    def are_missing(self) -> bool:
        """Whether the process has given none for too long."""
        now = time.monotonic()
        sign = self._newest()
        if sign != self._sign or now - self._looked_at > _SLEPT:
            self._changed_at = now
        self._sign, self._looked_at = sign, now
        return now - self._changed_at > (self._start if sign is None else self._silent)

    def tell_apart(self) -> int:
        """Write down which jobs in hand are not at fault, where exactly one thread computes; how many."""
        self._changed_at = time.monotonic()  # once is enough
        entries = heartbeat.in_hand(self._path)
        before = self._computed(entries)
        until = time.monotonic() + _SAMPLE
        while True:
            computed = [now - earlier for now, earlier in zip(self._computed(entries), before, strict=True)]
            if max(computed, default=_ENOUGH) >= _ENOUGH or time.monotonic() > until:
                break
            time.sleep(0.1)
        most = max(computed, default=0.0)
        others = [e for e, seconds in zip(entries, computed, strict=True) if seconds < _IDLE * most]
        if len(others) != len(entries) - 1:
            return 0
        try:
            heartbeat.spared(self._path).write_text(json.dumps(others), encoding="utf-8")
        except OSError as error:  # on a full disk they lose an attempt, and whoever looks after them goes on
            _log.warning("spared_not_noted", reason=str(error))
            return 0
        return len(others)

    def _computed(self, entries: Sequence[Mapping[str, str]]) -> list[float]:
        return [_computed(self._process, entry["thread"]) for entry in entries]

    def _newest(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None


def _computed(process: int, thread: str) -> float:
    """Seconds of processor time that a thread has taken; 0 where the system does not tell."""
    try:
        about = Path(f"/proc/{process}/task/{thread}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    user, system = about.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
