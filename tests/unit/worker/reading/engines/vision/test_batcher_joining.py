"""Batches that run, which others join."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import OutOfMemory, OutputInvalid, PagemillError
from worker.reading.engines.vision.base import Feed
from worker.reading.engines.vision.batcher import Batcher
from worker.reading.engines.vision.packing import BatchItem, BatchLimits


class Stream:
    """A machine that works on one row at a time, lets others in after each, and notes who was together."""

    def __init__(self, fails: Callable[[Any], Exception | None] = lambda _item: None) -> None:
        self.batches: list[list[Any]] = []
        self.together = 0
        self.begun, self.go = threading.Event(), threading.Event()
        self._fails = fails

    def __call__(self, feed: Feed[Any, Any]) -> None:
        live = dict(enumerate(feed.newcomers(8)))
        came = len(live)
        self.batches.append(list(live.values()))
        self.begun.set()
        if len(self.batches) == 1:
            self.go.wait(5)
        while live:
            self.together = max(self.together, len(live))
            row = min(live)
            error = self._fails(live[row])
            if error is not None:
                raise error
            feed.answered(row, None if feed.cancelled(row) else live.pop(row))
            live.pop(row, None)
            for item in feed.newcomers(8 - len(live)):
                live[came] = item
                came += 1
                self.batches[-1].append(item)


def streamed(machine: Stream, limits: BatchLimits) -> Batcher[Any, Any]:
    return Batcher(lambda _items, _cancelled: [], limits=limits, stream=machine)


def joined(tickets: Sequence[tuple[Any, BatchItem]], limits: BatchLimits) -> list[list[Any]]:
    """Who was in which running batch, when all of them come while a first one runs."""
    machine = Stream()
    made = streamed(machine, limits)
    first = made.submit("first", BatchItem(1))
    beside = made.submit("beside", BatchItem(1))
    assert machine.begun.wait(5)
    rest = [made.submit(item, ticket) for item, ticket in tickets]
    machine.go.set()
    assert [future.result(5).result for future in (first, beside, *rest)] == [
        "first",
        "beside",
        *(item for item, _ in tickets),
    ]
    made.close()
    assert machine.together <= limits.rows
    return machine.batches


def test_whoever_is_next_joins_a_batch_that_runs() -> None:
    tickets = [(n, BatchItem(1)) for n in range(5)]
    assert joined(tickets, BatchLimits(rows=2, wait=0.2)) == [["first", "beside", 0, 1, 2, 3, 4]]


def test_a_batch_runs_out_when_the_next_is_of_another_group_or_does_not_fit() -> None:
    """Else those who fit in would pass by whoever does not, for ever."""
    other = [(0, BatchItem(1)), (1, BatchItem(1, group="other")), (2, BatchItem(1))]
    assert joined(other, BatchLimits(rows=2, wait=0.2)) == [["first", "beside", 0], [1], [2]]
    wide = [(0, BatchItem(1)), ("wide", BatchItem(90)), (2, BatchItem(1))]
    assert joined(wide, BatchLimits(rows=2, tokens=100, wait=0.2)) == [["first", "beside", 0], ["wide"], [2]]


def test_a_higher_priority_and_the_other_project_join_first() -> None:
    tickets = [
        ("low", BatchItem(1, project="a")),
        ("lower", BatchItem(1, project="a")),
        ("fair", BatchItem(1, project="b")),
        ("high", BatchItem(1, project="a", priority=1)),
    ]
    assert joined(tickets, BatchLimits(rows=2, wait=0.2)) == [
        ["first", "beside", "high", "fair", "low", "lower"]
    ]


@given(
    rows=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 2), st.integers(0, 1)), max_size=14),
    most=st.integers(2, 4),
)
def test_everybody_is_answered_once_whoever_joins(rows: list[tuple[int, int, int]], most: int) -> None:
    tickets = [
        (n, BatchItem(tokens, group=group or None, priority=priority))
        for n, (tokens, group, priority) in enumerate(rows)
    ]
    found = joined(tickets, BatchLimits(rows=most, tokens=100, wait=0))
    assert sorted(str(item) for batch in found for item in batch) == sorted(
        ["first", "beside", *(str(n) for n in range(len(rows)))]
    )


@pytest.mark.parametrize("error", [OutOfMemory(), OutputInvalid(detail="x"), ValueError("a fault of ours")])
def test_what_was_answered_before_a_running_batch_broke_is_not_read_again(error: Exception) -> None:
    seen: list[Any] = []

    def fails(item: Any) -> Exception | None:
        seen.append(item)
        return error if item == 2 and seen.count(2) == 1 else None

    machine = Stream(fails)
    made = streamed(machine, BatchLimits(rows=2, wait=0.2))
    futures = [made.submit(n, BatchItem(1)) for n in range(4)]
    machine.go.set()
    assert [future.result(5).result for future in futures] == [0, 1, 2, 3]
    made.close()
    assert (seen.count(0), seen.count(1), seen.count(2), seen.count(3)) == (1, 1, 2, 1)


def test_a_row_that_is_never_answered_fails_and_nobody_waits_for_it() -> None:
    made: Batcher[int, int] = Batcher(
        lambda _items, _cancelled: [],
        limits=BatchLimits(rows=2, wait=0),
        stream=lambda feed: [*feed.newcomers(2)].clear(),
    )
    with pytest.raises(PagemillError):
        made.submit(1, BatchItem(1)).result(5)
    made.close()
