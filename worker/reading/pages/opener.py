"""The child process that opens documents, seen from outside."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from worker.errors import CorruptFile, OpenerKilled, PagemillError, SourceTimeout, StorageUnavailable
from worker.reading.pages import protocol
from worker.reading.pages.base import PageLimits

_ENVIRONMENT: Mapping[str, str] = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""All that a child is told of this process's environment: nothing. Threads take address space."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Opener:
    """One child process, its two pipes, and the folder from which alone it can read documents."""

    def __init__(self, folder: Path) -> None:
        self.documents = 0
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self._process = start(str(self._folder))
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._poll = select.poll()  # select() knows no file numbers above 1023
        self._poll.register(self._stdout, select.POLLIN | select.POLLHUP)

    def ask(self, path: Path, request: dict[str, Any]) -> None:
        """Send a request; a child that has died meanwhile shows when its answer is awaited.

        Raises StorageUnavailable where there is no room for a copy of the document.
        """
        self.documents += 1
        place = self._folder / str(self.documents)
        _put(path, place)
        request = {"path": str(place), **request}
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(json.dumps(request).encode() + b"\n")

    def answer(self, limits: PageLimits) -> tuple[dict[str, Any], bytearray]:
        """The next message; raises SourceTimeout or CorruptFile when none comes."""
        deadline = time.monotonic() + limits.page_seconds + 2  # the child's own limit comes first
        try:
            return protocol.receive(
                lambda size: self._read(size, deadline),
                max_header=protocol.most_header(limits),
                max_payload=limits.max_pixels * 4,
            )
        except TimeoutError as error:
            raise SourceTimeout(seconds=f"{limits.page_seconds:g}") from error
        except (EOFError, ValueError) as error:
            raise self._cause_of_death(limits) from error

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def forget(self) -> None:
        """Take the document away, which has been read."""
        (self._folder / str(self.documents)).unlink(missing_ok=True)

    def end(self) -> None:
        """Let the process end by itself, and see to it that it does."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        self.kill()

    def kill(self) -> None:
        """End the process and wait until it is gone."""
        self._process.kill()
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self, size: int, deadline: float) -> bytearray:
        """Exactly `size` bytes; raises TimeoutError at the deadline, EOFError at the end."""
        buffer = bytearray(size)
        view, filled = memoryview(buffer), 0
        while filled < size:
            left = max(0.0, deadline - time.monotonic())
            if not self._poll.poll(left * 1000):
                raise TimeoutError
            count = os.readv(self._stdout.fileno(), [view[filled:]])
            if count == 0:
                raise EOFError
            filled += count
        return buffer

    def _died_of(self, number: signal.Signals) -> bool:
        """Whether a signal that is not ours has ended it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=0.2) == -number
        return False

    def _cause_of_death(self, limits: PageLimits) -> PagemillError:
        killed = self._died_of(signal.SIGKILL)
        self._process.kill()
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return SourceTimeout(seconds=f"{limits.page_seconds:g}")
        if killed:
            return OpenerKilled()
        return CorruptFile(kind="", detail="the program that opens it crashed on it")


def start(argument: str, *, module: str = "worker.reading.pages.child") -> subprocess.Popen[bytes]:
    """A Python process that has nothing of this one: no environment, no open file, no terminal."""
    return subprocess.Popen(  # noqa: S603 (this interpreter, and a module of ours)
        [sys.executable, "-B", "-m", module, argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=_ENVIRONMENT,
        close_fds=True,
        start_new_session=True,  # Ctrl-C in the terminal is for the parent to handle
        cwd=Path(__file__).parents[3],
    )


def confinement() -> Mapping[str, str]:
    """Which layers of confinement hold on this machine: per layer `yes`, or why it does not."""
    with start("--confinement") as process:
        told, _ = process.communicate()
    try:
        return {str(layer): str(holds) for layer, holds in json.loads(told).items()}
    except ValueError:
        return {"process": "no: it does not start"}


def _put(path: Path, place: Path) -> None:
    """The document where a child can read it: linked where that is possible, else copied.

    One that cannot be read is left out, which the child tells; raises StorageUnavailable on a full disk.
    """
    try:
        os.link(path.resolve(), place)
    except OSError:
        try:
            shutil.copyfile(path, place)
        except OSError as error:
            place.unlink(missing_ok=True)
            if error.errno in _FULL:
                raise StorageUnavailable(detail=f"no room for a copy in {tempfile.gettempdir()}") from error
