"""Documents opened in child processes under limits, their pages drawn ahead of the reader.

A child works on one document at a time and blocks on its pipe when it is a page ahead, so memory
stays flat however many pages there are. Children are kept for the next document and replaced
after `_DOCUMENTS_PER_CHILD`, or at once when they fail.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from worker.errors import Cancelled, CorruptFile, DocumentTimeout, DocumentTooDense, PagemillError
from worker.owned_folders import OwnedFolder
from worker.reading.pages import protocol
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.opener import Opener

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
        self._folder = OwnedFolder("pagemill-pages-")
        self._idle: list[Opener] = []
        self._all: set[Opener] = set()
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
        self._folder.close()

    def borrow(self) -> Opener:
        """An idle child that is still alive, or a new one; raises Cancelled after `close`."""
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_alive():
                    return child
                self._all.discard(child)
                child.kill()
        try:
            child = Opener(self._folder.path)
        except FileNotFoundError as error:  # the folder went with `close`
            raise Cancelled from error
        with self._lock:
            if not self._closed:
                self._all.add(child)
                return child
        child.kill()
        raise Cancelled

    def give_back(self, child: Opener, *, healthy: bool) -> None:
        """Keep the child for the next document, or end it."""
        with self._lock:
            if healthy and child in self._all and child.documents < _DOCUMENTS_PER_CHILD:
                child.forget()
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
        self._words = 0
        self._failure: PagemillError | None = None
        self._child: Opener | None = None
        self._first = first
        self._peeked: Page | PageFailed | None = None
        self._request(first=first - 1)

    @property
    def page_count(self) -> int:
        """Number of pages; waits for the child. Raises SourceError when the file cannot be opened."""
        if self._count is None:
            self._count = self._opened()
        return self._count

    @property
    def invoice(self) -> Mapping[str, Any] | None:
        """The invoice that the file carries as XML, in the shape of that kind; waits for the child, too."""
        assert self.page_count
        return self._invoice

    def first_page(self) -> Page | PageFailed:
        """The first page, which iterating gives as well; to be asked for before that."""
        assert self.page_count
        self._peeked = self._page(self._first, hopeless=False)
        return self._peeked

    def __iter__(self) -> Iterator[Page | PageFailed]:
        deaths = 0
        try:
            numbers = range(self._first, self.page_count + 1)
            until = time.monotonic() + self._sandbox.limits.document_seconds
            for number in numbers:
                beyond = self._beyond(until)
                if beyond is not None:
                    yield PageFailed(number, beyond)
                    continue
                page = self._peeked or self._page(number, hopeless=deaths >= _MOST_DEATHS)
                self._peeked = None
                self._words += len(page.words) if isinstance(page, Page) else 0
                deaths = deaths + 1 if self._child is None else 0
                yield page
            self._see_off()
        finally:
            self.close()

    def _beyond(self, until: float) -> PagemillError | None:
        """Why no more pages are read, where the document has taken what it may; its child ends."""
        limits = self._sandbox.limits
        error: PagemillError | None = None
        if time.monotonic() > until:
            error = DocumentTimeout(seconds=f"{limits.document_seconds:g}")
        elif self._words > limits.max_words_in_all:
            error = DocumentTooDense(limit=limits.max_words_in_all)
        if error is not None:
            self._finish(healthy=False)
        return error

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
            return protocol.page_of(header, payload, number=number, limits=self._sandbox.limits)
        except Cancelled:
            raise
        except PagemillError as error:
            return PageFailed(number, error)
        except (KeyError, OverflowError, TypeError, ValueError):  # no message of ours
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
        request = {
            "first": first,
            "limits": self._sandbox.limits.as_json(),
            "pdf_backend": self._sandbox.pdf_backend,
        }
        try:
            self._child.ask(self._path, request)
        except PagemillError as error:  # told when the document is looked at, as every other failure is
            self._failure = error
            self._finish(healthy=True)

    def _reopen(self, *, first: int) -> None:
        self._request(first=first)
        self._opened()

    def _opened(self) -> int:
        """The number of pages the child tells first; raises SourceError, StorageUnavailable."""
        header, _ = self._receive()
        if header.get("event") == "opened":
            self._invoice = protocol.invoice_of(header)
            with contextlib.suppress(KeyError, ValueError):
                return protocol.page_count_of(header, self._sandbox.limits)
        self._finish(healthy=header.get("event") == "failed")
        raise protocol.error_of(header)

    def _receive(self) -> tuple[dict[str, Any], bytearray]:
        if self._failure is not None:
            raise self._failure
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
