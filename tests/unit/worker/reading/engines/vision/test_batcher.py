"""Batches: who goes with whom, in which order, and what happens when one breaks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import Cancelled, DeviceLost, OutOfMemory, OutputInvalid, PagemillError
from worker.reading.engines.vision.batcher import Batcher
from worker.reading.engines.vision.packing import BatchItem, BatchLimits, BatchResult


class Machine:
    """Counts what it is given; the first batch waits until it is let go."""

    def __init__(self, fails: Callable[[Sequence[Any]], Exception | None] = lambda _batch: None) -> None:
        self.batches: list[list[Any]] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self._fails = fails

    def __call__(self, batch: Sequence[Any], cancelled: Callable[[int], bool]) -> list[Any]:
        self.batches.append(list(batch))
        self.begun.set()
        if len(self.batches) == 1:
            self.go.wait(5)
        error = self._fails(batch)
        if error is not None:
            raise error
        return [None if cancelled(row) else item for row, item in enumerate(batch)]


def batches(tickets: Sequence[tuple[Any, BatchItem]], limits: BatchLimits) -> list[list[Any]]:
    """How the items are batched when all of them wait behind a first one."""
    machine = Machine()
    made: Batcher[Any, Any] = Batcher(machine, limits=limits)
    first = made.submit("first", BatchItem(1, group="first"))
    assert machine.begun.wait(5)
    rest = [made.submit(item, ticket) for item, ticket in tickets]
    machine.go.set()
    assert [future.result(5).result for future in (first, *rest)] == ["first", *(item for item, _ in tickets)]
    made.close()
    return machine.batches[1:]


def test_items_of_a_group_share_batches_of_limited_rows() -> None:
    tickets = [(n, BatchItem(10, group=n % 2)) for n in range(8)]
    assert batches(tickets, BatchLimits(rows=3, wait=0)) == [[0, 2, 4], [1, 3, 5], [6], [7]]


def test_a_batch_is_as_wide_as_its_longest_row_and_keeps_to_the_budget() -> None:
    tickets = [(n, BatchItem(n)) for n in (50, 40, 10, 10, 30)]
    assert batches(tickets, BatchLimits(rows=8, tokens=100, wait=0)) == [[50, 40], [10, 10, 30]]
    assert batches([("huge", BatchItem(500))], BatchLimits(tokens=100, wait=0)) == [["huge"]]


def test_a_higher_priority_goes_first() -> None:
    tickets = [
        ("low", BatchItem(1, priority=1)),
        ("high", BatchItem(1, priority=9)),
        ("mid", BatchItem(1, priority=5)),
    ]
    assert batches(tickets, BatchLimits(rows=1, wait=0)) == [["high"], ["mid"], ["low"]]


def test_a_project_with_many_pages_does_not_hold_up_one_with_a_single_page() -> None:
    tickets = [(f"a{n}", BatchItem(1, project="a")) for n in range(6)] + [("b0", BatchItem(1, project="b"))]
    assert "b0" in batches(tickets, BatchLimits(rows=2, wait=0))[0]


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 2), st.integers(0, 2), st.sampled_from("abc")),
        max_size=12,
    )
)
def test_every_item_is_read_once_and_within_the_limits(rows: list[tuple[int, int, int, str]]) -> None:
    tickets = [
        (index, BatchItem(tokens, group=group, priority=priority, project=project))
        for index, (tokens, group, priority, project) in enumerate(rows)
    ]
    made = batches(tickets, BatchLimits(rows=4, tokens=100, wait=0))
    assert sorted(item for batch in made for item in batch) == list(range(len(rows)))
    for batch in made:
        assert len(batch) <= 4
        assert len({rows[item][1] for item in batch}) == 1
        assert len(batch) == 1 or len(batch) * max(rows[item][0] for item in batch) <= 100


def test_a_first_item_waits_a_moment_for_company() -> None:
    machine = Machine()
    machine.go.set()
    made: Batcher[int, int] = Batcher(machine, limits=BatchLimits(rows=4, wait=0.3))
    futures = [made.submit(n, BatchItem(1)) for n in range(3)]
    assert [future.result(5).result for future in futures] == [0, 1, 2]
    made.close()
    assert machine.batches == [[0, 1, 2]]


def test_a_batch_that_does_not_fit_is_halved_and_later_batches_are_smaller() -> None:
    machine = Machine(lambda batch: OutOfMemory() if len(batch) > 2 else None)
    machine.go.set()
    made: Batcher[int, int] = Batcher(machine, limits=BatchLimits(rows=4, tokens=1000, wait=0.3))
    served = [made.submit(n, BatchItem(100)) for n in range(4)]
    notes = served[0].result(5).notes
    assert notes == ("read in a batch of 2 because 4 pages did not fit into memory",)
    assert machine.batches == [[0, 1, 2, 3], [0, 1], [2, 3]]
    found: set[tuple[str, ...]] = set()
    for _ in range(2):  # three at a time are tried once more, and are too many as well
        later = [made.submit(n, BatchItem(100)).result for n in range(4)]
        found = {result(5).notes for result in later}
    assert found == {()}
    made.close()


def test_an_item_that_does_not_fit_alone_is_made_smaller_until_it_does_or_cannot_be() -> None:
    machine = Machine(lambda batch: OutOfMemory() if batch[0] > 2 else None)
    machine.go.set()
    made: Batcher[int, int] = Batcher(
        machine, limits=BatchLimits(wait=0), smaller=lambda item: item // 2 if item < 100 else None
    )
    assert made.submit(16, BatchItem(1)).result(5) == BatchResult(
        2, ("read at a lower resolution because the page did not fit into memory",)
    )
    with pytest.raises(OutOfMemory):
        made.submit(1000, BatchItem(1)).result(5)
    made.close()


@pytest.mark.parametrize("error", [OutputInvalid(detail="x"), ValueError("a fault of ours")])
def test_an_item_that_breaks_its_batch_breaks_only_itself(error: Exception) -> None:
    machine = Machine(lambda batch: error if "bad" in batch else None)
    machine.go.set()
    made: Batcher[str, str] = Batcher(machine, limits=BatchLimits(rows=4, wait=0.3))
    futures = {name: made.submit(name, BatchItem(1)) for name in ("good", "bad", "fine")}
    assert futures["good"].result(5).result == "good"
    assert futures["fine"].result(5).result == "fine"
    with pytest.raises(PagemillError):
        futures["bad"].result(5)
    made.close()


def test_a_lost_device_ends_the_process_after_everybody_was_told() -> None:
    ended: list[bool] = []
    machine = Machine(lambda _batch: DeviceLost(detail="CUDA error: device-side assert triggered"))
    machine.go.set()
    made: Batcher[int, int] = Batcher(machine, limits=BatchLimits(wait=0), lost=lambda: ended.append(True))
    with pytest.raises(DeviceLost):
        made.submit(1, BatchItem(1)).result(5)
    made.close()
    assert ended == [True]


def test_what_is_cancelled_is_not_begun_and_is_told_so_when_it_runs() -> None:
    machine = Machine()
    gone = threading.Event()
    made: Batcher[str, Any] = Batcher(machine, limits=BatchLimits(rows=1, wait=0))
    running = made.submit("running", BatchItem(1, cancelled=gone.is_set))
    assert machine.begun.wait(5)
    waiting = made.submit("waiting", BatchItem(1, cancelled=gone.is_set))
    gone.set()
    machine.go.set()
    assert running.result(5).result is None
    with pytest.raises(Cancelled):
        waiting.result(5)
    made.close()
    assert machine.batches == [["running"]]
    assert made.beats > 0


def test_closing_leaves_nobody_waiting() -> None:
    machine = Machine()
    made: Batcher[int, int] = Batcher(machine, limits=BatchLimits(rows=1, wait=0))
    first, second = made.submit(1, BatchItem(1)), made.submit(2, BatchItem(1))
    assert machine.begun.wait(5)
    threading.Timer(0.1, machine.go.set).start()
    made.close()
    assert first.result(1).result == 1
    with pytest.raises(PagemillError):
        second.result(1)


def test_a_result_too_few_breaks_the_batch_and_not_the_batcher() -> None:
    made: Batcher[int, int] = Batcher(lambda batch, _cancelled: list(batch[1:]), limits=BatchLimits(wait=0))
    for _ in range(2):
        with pytest.raises(PagemillError):
            made.submit(1, BatchItem(1)).result(5)
    made.close()
    with pytest.raises(Cancelled):
        made.submit(1, BatchItem(1)).result(5)


def test_groups_that_wait_do_not_end_each_others_window() -> None:
    machine = Machine()
    machine.go.set()
    made: Batcher[str, str] = Batcher(machine, limits=BatchLimits(rows=8, wait=0.4))
    futures = [made.submit(f"{group}{n}", BatchItem(1, group=group)) for n in range(4) for group in "ab"]
    assert {future.result(5).notes for future in futures} == {()}
    made.close()
    assert [len(batch) for batch in machine.batches] == [4, 4]


def test_a_budget_that_was_cut_grows_again() -> None:
    once = iter([OutOfMemory()])
    machine = Machine(lambda _batch: next(once, None))
    machine.go.set()
    made: Batcher[int, int] = Batcher(machine, limits=BatchLimits(rows=4, tokens=400, wait=0.1))
    for future in [made.submit(n, BatchItem(100)) for n in range(4)]:
        future.result(5)
    assert made._tokens < 400
    for _ in range(30):
        for future in [made.submit(n, BatchItem(1)) for n in range(4)]:  # a full batch waits for nobody
            future.result(5)
    made.close()
    assert made._tokens == 400
