"""Pages of many jobs, read together: what waits is packed into batches, one after the other.

    submit ─► waiting ─► packed (priority, projects in turn, same group, within the budget) ─► run ─► Future
                 └──────── whoever is next joins a batch that runs and has room ────────────────┘

A batch that does not fit into memory is halved, down to one item, which is then made smaller. An
item that breaks a batch breaks only itself. A device that is lost ends the process: a fresh one
takes its jobs up.

A batch that takes in others while it runs takes only whoever is next in turn: when that one is of
another group, or does not fit, the batch runs out and the next is packed.
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Generic

from worker.errors import Cancelled, DeviceLost, OutOfMemory, PagemillError
from worker.log import logger
from worker.reading.engines.vision.base import Feed
from worker.reading.engines.vision.packing import (
    BatchItem,
    BatchLimits,
    BatchResult,
    Item,
    Result,
    RunningRows,
    WaitingItem,
    in_turn,
    pack,
    padded,
)

_log = logger(__name__)
_GROWTH = 50  # a budget that was cut grows by a fiftieth with every batch that fits
_LOST = 71  # exit status of a worker whose device is lost (EX_OSERR)


class Batcher(Generic[Item, Result]):
    """Packs and runs. `generate(items, cancelled)` answers items in order; `cancelled(row)` may be polled.

    `stream(feed)`, where there is one, runs batches in its place, and lets others in while they run.
    """

    def __init__(
        self,
        generate: Callable[[Sequence[Item], Callable[[int], bool]], Sequence[Result]],
        *,
        limits: BatchLimits,
        stream: Callable[[Feed[Item, Result]], None] | None = None,
        smaller: Callable[[Item], Item | None] = lambda _item: None,
        lost: Callable[[], None] = lambda: os._exit(_LOST),
    ) -> None:
        self._stream = stream or partial(_all_together, generate)
        self._limits = limits
        self._smaller = smaller
        self._lost = lost
        self._changed = threading.Condition()
        self._waiting: list[WaitingItem[Item, Result]] = []
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
            self._waiting.append(WaitingItem(item, ticket, time.monotonic(), future))
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
                self._run(batch, joined=True)

    def _next(self) -> list[WaitingItem[Item, Result]] | None:
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
            self._taken(batch)
            return batch

    def _pause(self) -> float:
        """Seconds for which the oldest still waits for company; 0 when a batch is full."""
        batch = pack(self._waiting, limits=self._limits, served_at=self._served_at)
        alike = [one for one in self._waiting if batch and one.ticket.group == batch[0].ticket.group]
        if len(batch) >= self._limits.rows or len(batch) < len(alike):
            return 0.0
        oldest = min((waiting.since for waiting in batch), default=0.0)
        return oldest + self._limits.wait - time.monotonic()

    def _wanted(self) -> list[WaitingItem[Item, Result]]:
        """What waits, after those that nobody wants any more are told so."""
        unwanted = [waiting for waiting in self._waiting if waiting.ticket.cancelled()]
        for waiting in unwanted:
            self._waiting.remove(waiting)
            waiting.future.set_exception(Cancelled())
        return self._waiting

    def _run(self, batch: Sequence[WaitingItem[Item, Result]], *, joined: bool = False) -> None:
        """Run a batch, and if it may be `joined` others with it; each of their futures has an end."""
        running = RunningRows(batch, self._joining if joined else None, self._beat)
        error = self._tried(running)
        left = running.left()
        if isinstance(error, OutOfMemory):
            self._run_smaller(left, error)
        elif isinstance(error, DeviceLost):
            _log.critical("device_lost", reason=str(error))
            _fail(left, error)
            self._lost()
        elif error is not None:
            self._run_alone(left, error)

    def _tried(self, running: RunningRows[Item, Result]) -> PagemillError | None:
        """Answer a batch, or say why not. The handlers are left before anything is tried again."""
        try:
            self._stream(running)
        except PagemillError as error:
            return error
        except Exception as error:  # noqa: BLE001 (the border of a thread: others wait for their batch)
            _log.exception("internal_error")
            return PagemillError(reason=type(error).__name__)
        if running.left():
            return PagemillError(reason="not all of a batch was answered")
        self._tokens = min(self._limits.tokens, self._tokens + self._tokens // _GROWTH + 1)
        return None

    def _beat(self) -> None:
        self.beats += 1

    def _joining(
        self, under_way: Sequence[WaitingItem[Item, Result]], free: int
    ) -> list[WaitingItem[Item, Result]]:
        """Who joins a running batch: those next in turn, as long as they fit in with it."""
        joined: list[WaitingItem[Item, Result]] = []
        with self._changed:
            if self._closed:
                return joined
            for candidate in in_turn(self._wanted(), self._served_at):
                together = [*under_way, *joined, candidate]
                alike = candidate.ticket.group == together[0].ticket.group
                full = len(joined) == free or len(together) > self._limits.rows
                if full or not alike or padded(together) > self._tokens:
                    break
                joined.append(candidate)
            self._taken(joined)
        return joined

    def _taken(self, batch: Sequence[WaitingItem[Item, Result]]) -> None:
        """These wait no more, and their projects have had their turn."""
        for waiting in batch:
            self._waiting.remove(waiting)
            self._served_at[waiting.ticket.project] = 1 + max(self._served_at.values(), default=0)

    def _run_smaller(self, batch: Sequence[WaitingItem[Item, Result]], error: OutOfMemory) -> None:
        """Halve a batch that did not fit; scale down an item that does not fit alone."""
        if len(batch) > 1:
            self._tokens = min(self._tokens, int(0.75 * padded(batch)))
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

    def _run_alone(self, batch: Sequence[WaitingItem[Item, Result]], error: PagemillError) -> None:
        """One item may have broken the batch: the others must not pay for it."""
        if len(batch) == 1:
            _fail(batch, error)
            return
        for waiting in batch:
            self._run([waiting])


def _all_together(
    generate: Callable[[Sequence[Item], Callable[[int], bool]], Sequence[Result]],
    running: RunningRows[Item, Result],
) -> None:
    """Run a batch that takes in nobody: all its answers come at once."""
    items = running.newcomers(len(running.left()))
    results = generate(items, running.cancelled)
    for row, (_, result) in enumerate(zip(items, results, strict=True)):
        running.answered(row, result)


def _fail(batch: Sequence[WaitingItem[Item, Result]], error: PagemillError) -> None:
    for waiting in batch:
        waiting.future.set_exception(error)
