"""Documents opened in child processes under limits, their pages drawn ahead of the reader.

A child works on one document at a time and blocks on its pipe when it is a page ahead, so memory
stays flat however many pages there are. Children are kept for the next document and replaced
after `_DOCUMENTS_PER_CHILD`, or at once when they fail.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from worker.errors import Cancelled, CorruptFile, OpenerKilled, PagemillError, SourceTimeout
from worker.reading.pages import protocol
from worker.reading.pages.base import Page, PageLimits

_MOST_DEATHS = 3  # children in a row that a document may cost before its other pages are given up
_DOCUMENTS_PER_CHILD = 500  # decoders leak a little, and a fresh process, which takes a while, forgets it


class PageFailed(Exception):
    """A page that could not be drawn: its number and the typed reason."""

    def __init__(self, number: int, error: PagemillError) -> None:
        super().__init__(f"page {number}: {error}")
        self.number = number
        self.error = error


class Sandbox:
    """Opens documents; use as a context manager, so that no process stays behind."""

    def __init__(self, limits: PageLimits, *, pdf_backend: str = "auto") -> None:
        self.limits = limits
        self.pdf_backend = pdf_backend
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, path: Path, *, first: int = 1) -> SandboxedDocument:
        """Begin to open a file; returns at once, the child works meanwhile, from page `first` on."""
        return SandboxedDocument(self, path, first=first)

    def close(self) -> None:
        """End every child: idle ones on their own, those in the middle of a page at once."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._all.difference(idle)
            self._all.clear()
        for child in idle:
            child.end()
        for child in busy:
            child.kill()

    def borrow(self) -> _Child:
        """An idle child that is still alive, or a new one; raises Cancelled after `close`."""
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_alive():
                    return child
                self._all.discard(child)
                child.kill()
        child = _Child()
        with self._lock:
            if not self._closed:
                self._all.add(child)
                return child
        child.kill()
        raise Cancelled

    def give_back(self, child: _Child, *, healthy: bool) -> None:
        """Keep the child for the next document, or end it."""
        with self._lock:
            if healthy and child in self._all and child.documents < _DOCUMENTS_PER_CHILD:
                self._idle.append(child)
                return
            self._all.discard(child)
        child.kill()


class SandboxedDocument:
    """A document seen from outside.

    Iterating gives a `Page` or, for a page that fails alone, a `PageFailed` in its place.
    """

    def __init__(self, sandbox: Sandbox, path: Path, *, first: int = 1) -> None:
        self._sandbox = sandbox
        self._path = path
        self._count: int | None = None
        self._invoice: Mapping[str, Any] | None = None
        self._child: _Child | None = None
        self._first = first
        self._request(first=first - 1)

    @property
    def page_count(self) -> int:
        """Number of pages; waits for the child. Raises SourceError when the file cannot be opened."""
        if self._count is None:
            header, _ = self._receive()
            if header["event"] != "opened":
                self._finish(healthy=True)
                raise protocol.error_of(header)
            self._count = int(header["pages"])
            invoice = header.get("invoice")
            self._invoice = invoice if isinstance(invoice, dict) else None
        return self._count

    @property
    def invoice(self) -> Mapping[str, Any] | None:
        """The invoice that the file carries as XML, in the shape of that kind; waits for the child, too."""
        assert self.page_count
        return self._invoice

    def __iter__(self) -> Iterator[Page | PageFailed]:
        deaths = 0
        try:
            for number in range(self._first, self.page_count + 1):
                page = self._page(number, hopeless=deaths >= _MOST_DEATHS)
                deaths = deaths + 1 if self._child is None else 0
                yield page
            self._see_off()
        finally:
            self.close()

    def _page(self, number: int, *, hopeless: bool) -> Page | PageFailed:
        """The next page; when the child is gone, from a new one."""
        try:
            if self._child is None:
                if hopeless:
                    return PageFailed(number, CorruptFile(kind="", detail="too many pages before it failed"))
                self._reopen(first=number - 1)
            header, payload = self._receive()
            if header["event"] == "page_failed":
                return PageFailed(number, protocol.error_of(header))
            return protocol.page_of(header, payload)
        except Cancelled:
            raise
        except PagemillError as error:
            return PageFailed(number, error)
        except (KeyError, TypeError, ValueError):  # no message of ours
            self._finish(healthy=False)
            return PageFailed(number, CorruptFile(kind="", detail="the program that opens it crashed on it"))

    def _see_off(self) -> None:
        """Take the child's last word; pages already read stay read whatever it is."""
        if self._child is not None:
            with contextlib.suppress(PagemillError):
                self._receive()
                self._finish(healthy=True)

    def close(self) -> None:
        """Stop reading, whatever the child is doing."""
        self._finish(healthy=False)

    def _request(self, *, first: int) -> None:
        self._child = self._sandbox.borrow()
        self._child.ask(
            {
                "path": str(self._path.resolve()),
                "first": first,
                "limits": self._sandbox.limits.as_json(),
                "pdf_backend": self._sandbox.pdf_backend,
            }
        )

    def _reopen(self, *, first: int) -> None:
        self._request(first=first)
        header, _ = self._receive()
        if header["event"] != "opened":
            raise protocol.error_of(header)

    def _receive(self) -> tuple[dict[str, Any], bytearray]:
        assert self._child is not None
        try:
            return self._child.answer(self._sandbox.limits)
        except PagemillError:
            self._finish(healthy=False)
            raise

    def _finish(self, *, healthy: bool) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._sandbox.give_back(child, healthy=healthy)


class _Child:
    """One child process and its two pipes."""

    def __init__(self) -> None:
        self.documents = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "worker.reading.pages.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in the terminal is for the parent to handle
            cwd=Path(__file__).parents[3],
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._poll = select.poll()  # select() knows no file numbers above 1023
        self._poll.register(self._stdout, select.POLLIN | select.POLLHUP)

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request; a child that has died meanwhile shows when its answer is awaited."""
        self.documents += 1
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(json.dumps(request).encode() + b"\n")

    def answer(self, limits: PageLimits) -> tuple[dict[str, Any], bytearray]:
        """The next message; raises SourceTimeout or CorruptFile when none comes."""
        deadline = time.monotonic() + limits.page_seconds + 2  # the child's own limit comes first
        try:
            return protocol.receive(
                lambda size: self._read(size, deadline), max_payload=limits.max_pixels * 4
            )
        except TimeoutError as error:
            raise SourceTimeout(seconds=f"{limits.page_seconds:g}") from error
        except (EOFError, ValueError) as error:
            raise self._cause_of_death(limits) from error

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

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
