"""Pages of many jobs, read together: what waits is packed into batches, one after the other.

    submit ─► waiting ─► packed (priority, projects in turn, same group, within the budget) ─► run ─► Future

A batch that does not fit into memory is halved, down to one item, which is then made smaller. An
item that breaks a batch breaks only itself. A device that is lost ends the process: a fresh one
takes its jobs up.
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from worker.errors import Cancelled, DeviceLost, OutOfMemory, PagemillError
from worker.log import logger

_log = logger(__name__)
_GROWTH = 50  # a budget that was cut grows by a fiftieth with every batch that fits
_LOST = 71  # exit status of a worker whose device is lost (EX_OSERR)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Most rows of a batch, most tokens (rows times the longest of them), seconds a row waits for others."""

    rows: int = 8
    tokens: int = 32_768
    wait: float = 0.03
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class BatchItem:
    """How an item is to be batched. Items of different `group` are never read together.

    `tokens` are those of the question and the longest answer; a higher `priority` goes first.
    """

    tokens: int
    group: Hashable = None
    priority: int = 0
    project: str = ""
    cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[Result]):
    """A result, and what had to be done to get it."""

    result: Result
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    ticket: BatchItem
    since: float
    future: Future[BatchResult[Result]]
    notes: tuple[str, ...] = ()


class Batcher(Generic[Item, Result]):
    """Packs and runs. `generate(items, cancelled)` answers items in order; `cancelled(row)` may be polled."""

    def __init__(
        self,
        generate: Callable[[Sequence[Item], Callable[[int], bool]], Sequence[Result]],
        *,
        limits: BatchLimits,
        smaller: Callable[[Item], Item | None] = lambda _item: None,
        lost: Callable[[], None] = lambda: os._exit(_LOST),
    ) -> None:
        self._generate = generate
        self._limits = limits
        self._smaller = smaller
        self._lost = lost
        self._changed = threading.Condition()
        self._waiting: list[_Waiting[Item, Result]] = []
        self._served_at: dict[str, int] = defaultdict(int)
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._tokens = limits.tokens
        self.beats = 0
        """Grows with every step of a running batch."""

    def submit(self, item: Item, ticket: BatchItem) -> Future[BatchResult[Result]]:
        """The result to come; its exception is a PagemillError, Cancelled for a row nobody wants any more."""
        future: Future[BatchResult[Result]] = Future()
        with self._changed:
            if self._closed:
                future.set_exception(Cancelled())
                return future
            self._waiting.append(_Waiting(item, ticket, time.monotonic(), future))
            if len(self._threads) < self._limits.lanes:
                self._threads.append(threading.Thread(target=self._serve, name="batcher", daemon=True))
                self._threads[-1].start()
            self._changed.notify()
        return future

    def close(self) -> None:
        """Take nothing more; what waits is cancelled, what runs is finished."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for waiting in self._waiting:
            waiting.future.set_exception(Cancelled())

    def _serve(self) -> None:
        while (batch := self._next()) is not None:
            if batch:
                self._run(batch)

    def _next(self) -> list[_Waiting[Item, Result]] | None:
        """The next batch, perhaps an empty one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            while not self._closed and (pause := self._pause()) > 0:
                self._changed.wait(timeout=pause)
            if self._closed:
                return None
            batch = pack(
                self._wanted(), limits=replace(self._limits, tokens=self._tokens), served_at=self._served_at
            )
            for waiting in batch:
                self._waiting.remove(waiting)
                self._served_at[waiting.ticket.project] = 1 + max(self._served_at.values(), default=0)
            return batch

    def _pause(self) -> float:
        """Seconds for which the oldest still waits for company; 0 when a batch is full."""
        batch = pack(self._waiting, limits=self._limits, served_at=self._served_at)
        alike = [one for one in self._waiting if batch and one.ticket.group == batch[0].ticket.group]
        if len(batch) >= self._limits.rows or len(batch) < len(alike):
            return 0.0
        oldest = min((waiting.since for waiting in batch), default=0.0)
        return oldest + self._limits.wait - time.monotonic()

    def _wanted(self) -> list[_Waiting[Item, Result]]:
        """What waits, after those that nobody wants any more are told so."""
        unwanted = [waiting for waiting in self._waiting if waiting.ticket.cancelled()]
        for waiting in unwanted:
            self._waiting.remove(waiting)
            waiting.future.set_exception(Cancelled())
        return self._waiting

    def _run(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        """Run a batch; whatever happens, each of its futures has an end."""
        error = self._tried(batch)
        if isinstance(error, OutOfMemory):
            self._run_smaller(batch, error)
        elif isinstance(error, DeviceLost):
            _log.critical("device_lost", reason=str(error))
            _fail(batch, error)
            self._lost()
        elif error is not None:
            self._run_alone(batch, error)

    def _tried(self, batch: Sequence[_Waiting[Item, Result]]) -> PagemillError | None:
        """Answer a batch, or say why not. The handlers are left before anything is tried again."""
        try:
            results = self._generate([waiting.item for waiting in batch], self._polled(batch))
            pairs = list(zip(batch, results, strict=True))
        except PagemillError as error:
            return error
        except Exception as error:  # noqa: BLE001 (the border of a thread: others wait for their batch)
            _log.exception("internal_error")
            return PagemillError(reason=type(error).__name__)
        for waiting, result in pairs:
            waiting.future.set_result(BatchResult(result, waiting.notes))
        self._tokens = min(self._limits.tokens, self._tokens + self._tokens // _GROWTH + 1)
        return None

    def _polled(self, batch: Sequence[_Waiting[Item, Result]]) -> Callable[[int], bool]:
        def cancelled(row: int) -> bool:
            self.beats += 1
            return batch[row].ticket.cancelled()

        return cancelled

    def _run_smaller(self, batch: Sequence[_Waiting[Item, Result]], error: OutOfMemory) -> None:
        """Halve a batch that did not fit; scale down an item that does not fit alone."""
        if len(batch) > 1:
            self._tokens = min(self._tokens, int(0.75 * _padded(batch)))
            _log.warning("batch_halved", rows=len(batch), tokens=self._tokens)
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                note = f"read in a batch of {len(half)} because {len(batch)} pages did not fit into memory"
                self._run([replace(waiting, notes=(*waiting.notes, note)) for waiting in half])
            return
        [waiting] = batch
        item = self._scaled(waiting.item)
        if item is None:
            _fail(batch, error)
            return
        note = "read at a lower resolution because the page did not fit into memory"
        notes = waiting.notes if note in waiting.notes else (*waiting.notes, note)
        self._run([replace(waiting, item=item, notes=notes)])

    def _scaled(self, item: Item) -> Item | None:
        """A smaller item; None where there is none, or no memory to make it in."""
        try:
            return self._smaller(item)
        except Exception:  # noqa: BLE001 (the border of a thread: others wait for their batch)
            _log.exception("internal_error")
            return None

    def _run_alone(self, batch: Sequence[_Waiting[Item, Result]], error: PagemillError) -> None:
        """One item may have broken the batch: the others must not pay for it."""
        if len(batch) == 1:
            _fail(batch, error)
            return
        for waiting in batch:
            self._run([waiting])


def pack(
    waiting: Sequence[_Waiting[Item, Result]], *, limits: BatchLimits, served_at: dict[str, int]
) -> list[_Waiting[Item, Result]]:
    """The next batch: whoever is first, and those of the same group that fit in with it."""
    ordered = _in_turn(waiting, served_at)
    batch: list[_Waiting[Item, Result]] = []
    for candidate in ordered:
        if len(batch) == limits.rows:
            break
        same_group = not batch or candidate.ticket.group == batch[0].ticket.group
        if same_group and (not batch or _padded([*batch, candidate]) <= limits.tokens):
            batch.append(candidate)
    return batch


def _in_turn(
    waiting: Sequence[_Waiting[Item, Result]], served_at: dict[str, int]
) -> Iterator[_Waiting[Item, Result]]:
    """By priority; within one, the oldest of each project, then the next of each, and so on."""
    turns: dict[tuple[int, str], int] = defaultdict(int)
    keyed = []
    for age, one in enumerate(sorted(waiting, key=lambda one: one.since)):
        mine = (one.ticket.priority, one.ticket.project)
        last = served_at.get(one.ticket.project, 0)
        keyed.append(((-one.ticket.priority, turns[mine], last, age), one))
        turns[mine] += 1
    yield from (one for _, one in sorted(keyed, key=lambda pair: pair[0]))


def _padded(batch: Sequence[_Waiting[Item, Result]]) -> int:
    """Tokens of a batch, every row as long as the longest."""
    return len(batch) * max(waiting.ticket.tokens for waiting in batch)


def _fail(batch: Sequence[_Waiting[Item, Result]], error: PagemillError) -> None:
    for waiting in batch:
        waiting.future.set_exception(error)
