"""What waits to be read, who of it is next, and the rows of a batch that runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

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
class WaitingItem(Generic[Item, Result]):
    """An item, since when it waits, and the result to come; `notes` say what was done to it so far."""

    item: Item
    ticket: BatchItem
    since: float
    future: Future[BatchResult[Result]]
    notes: tuple[str, ...] = ()


def pack(
    waiting: Sequence[WaitingItem[Item, Result]], *, limits: BatchLimits, served_at: dict[str, int]
) -> list[WaitingItem[Item, Result]]:
    """The next batch: whoever is first, and those of the same group that fit in with it."""
    ordered = in_turn(waiting, served_at)
    batch: list[WaitingItem[Item, Result]] = []
    for candidate in ordered:
        if len(batch) == limits.rows:
            break
        same_group = not batch or candidate.ticket.group == batch[0].ticket.group
        if same_group and (not batch or padded([*batch, candidate]) <= limits.tokens):
            batch.append(candidate)
    return batch


def in_turn(
    waiting: Sequence[WaitingItem[Item, Result]], served_at: dict[str, int]
) -> Iterator[WaitingItem[Item, Result]]:
    """By priority; within one, the oldest of each project, then the next of each, and so on."""
    turns: dict[tuple[int, str], int] = defaultdict(int)
    keyed = []
    for age, one in enumerate(sorted(waiting, key=lambda one: one.since)):
        mine = (one.ticket.priority, one.ticket.project)
        last = served_at.get(one.ticket.project, 0)
        keyed.append(((-one.ticket.priority, turns[mine], last, age), one))
        turns[mine] += 1
    yield from (one for _, one in sorted(keyed, key=lambda pair: pair[0]))


def padded(batch: Sequence[WaitingItem[Item, Result]]) -> int:
    """Tokens of a batch, every row as long as the longest."""
    return len(batch) * max(waiting.ticket.tokens for waiting in batch)


class RunningRows(Generic[Item, Result]):
    """A batch under way, as a feed: who is left of it, and who joins."""

    def __init__(
        self,
        batch: Sequence[WaitingItem[Item, Result]],
        joining: Callable[[Sequence[WaitingItem[Item, Result]], int], list[WaitingItem[Item, Result]]] | None,
        beat: Callable[[], None],
    ) -> None:
        self._first = list(batch)
        self._joining = joining
        self._beat = beat
        self._under_way: dict[int, WaitingItem[Item, Result]] = {}
        self._came = 0

    def newcomers(self, free: int) -> list[Item]:
        """Those of the batch, then those who join; nobody joins a batch that is through."""
        new, self._first = self._first[:free], self._first[free:]
        if not new and self._under_way and self._joining is not None:
            new = self._joining(list(self._under_way.values()), free)
        for waiting in new:
            self._under_way[self._came] = waiting
            self._came += 1
        return [waiting.item for waiting in new]

    def cancelled(self, row: int) -> bool:
        """Whether nobody wants the row any more."""
        self._beat()
        return self._under_way[row].ticket.cancelled()

    def answered(self, row: int, result: Result) -> None:
        """Hand the result to whoever waits for it."""
        waiting = self._under_way.pop(row)
        waiting.future.set_result(BatchResult(result, waiting.notes))

    def left(self) -> list[WaitingItem[Item, Result]]:
        """Those without an answer."""
        return [*self._under_way.values(), *self._first]
