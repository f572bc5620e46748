"""Child processes that end with their parent, however it ends, and are started again when they fall."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from api.up.signs_of_life import SignsOfLife
from worker.log import logger

_log = logger(__name__)
_PR_SET_PDEATHSIG = 1
_PAUSES = (0.2, 1.0, 3.0, 10.0)  # before the first, second … start after a fall: within 30 s work goes on
_LOOK_EVERY = 0.2
_STEADY = 60.0  # a child that has lasted so long starts from the first pause again


class Child:
    """One program, kept running."""

    def __init__(
        self,
        name: str,
        command: tuple[str, ...],
        *,
        env: Mapping[str, str],
        log: int,
        folder: Path,
        keep: int | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._env = dict(env)
        self._log = log
        self._folder = folder
        self._keep = () if keep is None else (keep,)  # a file the child holds open, for the lock on it
        self._signs: SignsOfLife | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._falls = 0
        self._start_at = 0.0

    @property
    def falls(self) -> int:
        """How often it has fallen since it last stood for a while."""
        return self._falls

    @property
    def pid(self) -> int | None:
        """Its process; None between a fall and the next start."""
        return None if self._process is None else self._process.pid

    def judge_by(self, signs: SignsOfLife) -> None:
        """End it from now on when these are missing."""
        self._signs = signs

    def start(self) -> None:
        """Start it; it gets SIGTERM when this process dies, and no Ctrl-C of the terminal."""
        parent = os.getpid()
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 (programs of ours, and of packages we name)
            self._command,
            env=self._env,
            stdout=self._log,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            cwd=self._folder,
            start_new_session=True,
            pass_fds=self._keep,
            preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509 (this process has one thread)
        )
        if self._signs is not None:
            self._signs.begin(self._process.pid)

    def tend(self) -> None:
        """Start it again when it has fallen and its pause is over; end it when it hangs."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self.start()
            return
        status = self._process.poll()
        if status is None:
            self._end_if_hung()
            return
        lasted = time.monotonic() - self._started_at
        self._falls = 0 if lasted > _STEADY else self._falls + 1
        pause = _PAUSES[min(self._falls, len(_PAUSES) - 1)]
        self._start_at = time.monotonic() + pause
        self._process = None
        _log.warning("part_ended", part=self.name, status=status, again_in=pause)

    def begin_anew(self) -> None:
        """End it without waiting for it; `tend` starts it again."""
        if self._process is not None:
            self._process.kill()

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        until = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > until:
                _log.warning("part_killed", part=self.name)
                self._process.kill()
            self._end_if_hung()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK_EVERY)
        self._process = None

    def _end_if_hung(self) -> None:
        """A process that hangs in the interpreter, or below it, takes no other signal."""
        if self._process is not None and self._signs is not None and self._signs.are_missing():
            _log.critical("part_hangs", part=self.name, spared=self._signs.tell_apart())
            self._process.kill()


def _die_with(parent: int) -> None:
    """Runs in the child: end when the parent does (Linux; elsewhere only an orderly end reaches it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            with contextlib.suppress(OSError):
                os.kill(os.getpid(), signal.SIGTERM)
