"""What the ledger keeps to on SQLite, in memory and in a file, and on PostgreSQL."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from schemas.job import JobState
from tests.contracts.ledger_rows import ledger, put, spec, take
from worker.errors import LeaseLost, NotFound, OutOfMemory, QueueUnavailable, Stopped, WrongState
from worker.jobs.ledger import fair_queue
from worker.jobs.ledger.fair_queue import Claimant
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.ledger.lists import Filter

__all__ = ["ledger"]


def test_the_same_job_is_opened_once(ledger: Ledger) -> None:
    first, new = ledger.jobs.open(spec(1), queue="cpu", now=1.0, batch="a", actor="me")
    again, newer = ledger.jobs.open(spec(1), queue="cpu", now=2.0, batch="b", actor="me")
    assert (new, newer) == (True, False)
    assert first == again
    for batch in ("a", "b"):
        assert [job.id for job in ledger.lists.page(Filter("p", batch=batch))] == [first.id]
    assert [entry.action for entry in ledger.access.entries("p")] == ["submit"]


def test_claiming_counts_the_attempt_and_gives_each_job_once(ledger: Ledger) -> None:
    ids = {put(ledger, number) for number in range(3)}
    taken = {take(ledger, token=f"t{number}") for number in range(3)}
    assert taken == ids
    assert take(ledger) is None
    assert {ledger.jobs.get(job_id).attempts for job_id in ids} == {1}


def test_many_claimers_never_take_the_same_job(ledger: Ledger) -> None:
    ids = {put(ledger, number) for number in range(60)}
    taken: list[str | None] = []

    def claim(worker: int) -> None:
        taken.extend(take(ledger, token=f"{worker}-{number}") for number in range(20))

    threads = [threading.Thread(target=claim, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = Counter(job_id for job_id in taken if job_id)
    assert len(counts) > 50  # hardly a claim goes away empty while there is work
    while (rest := take(ledger, token="rest")) is not None:
        counts[rest] += 1
    assert set(counts) == ids
    assert set(counts.values()) == {1}


def test_within_a_project_priority_then_age(ledger: Ledger) -> None:
    old, urgent, young = put(ledger, 1), put(ledger, 3, priority=9), put(ledger, 2)
    assert [take(ledger) for _ in range(3)] == [urgent, old, young]


def test_a_project_with_one_job_does_not_wait_for_one_with_many(ledger: Ledger) -> None:
    for number in range(50):
        put(ledger, number, project="many", priority=9)
    assert take(ledger, now=2000.0) is not None
    alone = put(ledger, 99, project="one", priority=0)
    assert alone in {take(ledger, now=2001.0), take(ledger, now=2002.0)}


def test_of_many_projects_each_has_its_turn_and_a_claim_looks_at_some(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_queue, "_AT_ONCE", 4)
    for number in range(33):
        put(ledger, number, project=f"p{number % 11:02}")
    for round_ in range(3):
        turns = [take(ledger, now=2000.0 + 11 * round_ + turn) for turn in range(11)]
        assert len({job_id[:3] for job_id in turns if job_id}) == 11
    assert take(ledger, now=3000.0) is None


def test_a_job_that_is_due_is_found_behind_many_projects_whose_jobs_are_not(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_queue, "_AT_ONCE", 4)
    for number in range(10):
        put(ledger, 5000 + number, project=f"p{number:02}")
    last = put(ledger, 1, project="q")
    assert [take(ledger, now=2000.0) for _ in range(2)] == [last, None]
    first = put(ledger, 1, project="a")
    assert take(ledger, now=2000.0) == first
    assert len({take(ledger, now=9000.0) for _ in range(10)}) == 10


def test_a_lease_is_renewed_by_its_holder_only(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    take(ledger, token="mine")
    assert not ledger.jobs.renew(job_id, token="mine", now=1005.0, lease_seconds=10)
    with pytest.raises(LeaseLost):
        ledger.jobs.renew(job_id, token="other", now=1005.0, lease_seconds=10)
    assert ledger.jobs.expire(now=1014.0) == 0
    assert ledger.jobs.expire(now=1016.0) == 1
    with pytest.raises(LeaseLost):
        ledger.jobs.finish(job_id, token="mine", end=End(JobState.DONE), now=1016.0)
    assert take(ledger, now=1017.0) == job_id
    assert ledger.jobs.get(job_id).attempts == 2


def test_a_released_job_waits_until_it_is_due(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    take(ledger)
    ledger.jobs.release(job_id, token="t", now=1000.0, due_at=1060.0, counts=False, error=QueueUnavailable())
    assert (ledger.jobs.get(job_id).attempts, ledger.jobs.get(job_id).setbacks) == (0, 1)
    assert take(ledger, now=1059.0) is None
    assert ledger.jobs.due("cpu", now=1059.0) == 0
    assert ledger.jobs.due("cpu", now=1060.0) == 1
    assert ledger.jobs.due("gpu", now=1060.0) == 0
    assert take(ledger, now=1060.0) == job_id


def test_a_job_that_waits_does_not_hide_those_behind_it(ledger: Ledger) -> None:
    first, second = put(ledger, 1), put(ledger, 2)
    take(ledger)
    ledger.jobs.release(first, token="t", now=1000.0, due_at=1060.0, counts=True, error=OutOfMemory())
    assert take(ledger, now=1001.0) == second


def test_cancelling(ledger: Ledger) -> None:
    waiting, running = put(ledger, 2), put(ledger, 1)
    assert take(ledger) == running
    assert ledger.jobs.cancel(waiting, project="p", now=1.0).state is JobState.CANCELLED
    assert ledger.jobs.cancel(running, project="p", now=1.0).state is JobState.RUNNING
    assert ledger.jobs.renew(running, token="t", now=1001.0, lease_seconds=10)
    ledger.jobs.finish(running, token="t", end=End(JobState.DONE), now=1002.0)
    with pytest.raises(WrongState):
        ledger.jobs.cancel(running, project="p", now=1003.0)
    with pytest.raises(NotFound):
        ledger.jobs.cancel(running, project="other", now=1003.0)


def test_events_say_why_a_job_was_tried_again(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    claim = ledger.jobs.claim("cpu", token="a", now=10.0, lease_seconds=5, by=Claimant("one"))
    assert claim is not None
    assert ledger.jobs.expire(now=20.0) == 1
    ledger.jobs.claim("cpu", token="b", now=30.0, lease_seconds=5, by=Claimant("two"))
    ledger.jobs.release(job_id, token="b", now=31.0, due_at=33.0, counts=True, error=OutOfMemory())
    ledger.jobs.claim("cpu", token="c", now=40.0, lease_seconds=5, by=Claimant("two"))
    ledger.jobs.release(job_id, token="c", now=41.0, due_at=41.0, counts=False, error=Stopped())
    ledger.jobs.claim("cpu", token="d", now=50.0, lease_seconds=5, by=Claimant("three"))
    ledger.jobs.finish(job_id, token="d", end=End(JobState.FAILED, 0, "corrupt_file", "no"), now=51.0)
    ledger.jobs.retry(job_id, project="p", now=60.0, actor="key:x")
    told = [
        (event.at, event.code, event.attempt, event.worker, event.error_code)
        for event in ledger.events.of(job_id)
    ]
    assert told == [
        (1.0, "submitted", 0, None, None),
        (10.0, "claimed", 1, "one", None),
        (20.0, "lease_expired", 1, "one", None),
        (30.0, "claimed", 2, "two", None),
        (31.0, "given_back", 2, "two", "out_of_memory"),
        (40.0, "claimed", 3, "two", None),
        (41.0, "given_back", 3, "two", "stopped"),
        (50.0, "claimed", 3, "three", None),
        (51.0, "failed", 3, "three", "corrupt_file"),
        (60.0, "retried", 0, None, None),
    ]
    assert ledger.events.of(job_id)[-1].reason == "key:x"
    assert ledger.jobs.get(job_id).setbacks == 0


def test_pages_of_a_list_hold_every_job_once_in_order(ledger: Ledger) -> None:
    ids = [put(ledger, number) for number in range(25)]
    found, after = [], None
    while page := ledger.lists.page(Filter("p"), after=after, limit=7):
        found += [job.id for job in page]
        after = (page[-1].created_at, page[-1].id)
    assert found == ids[::-1]
    assert [job.id for job in ledger.lists.all(Filter("p", (JobState.RUNNING,)))] == []


def test_a_ledger_goes_on_where_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    first = Ledger.open(url)
    job_id = put(first, 1)
    first.close()
    second = Ledger.open(url)
    assert second.jobs.get(job_id).state is JobState.QUEUED
    second.close()
