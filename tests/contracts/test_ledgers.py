"""What the ledger keeps to on SQLite, in memory and in a file, and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from schemas.job import TRANSITIONS, EventCode, JobSpec, JobState
from schemas.review import REJECTED, ReviewSummary
from worker.errors import (
    IncarnationGone,
    KeyReused,
    LeaseLost,
    LedgerUnavailable,
    NotFound,
    OutOfMemory,
    QueueUnavailable,
    SettingsInvalid,
    Stopped,
    WrongState,
)
from worker.jobs.ledger import fair_queue
from worker.jobs.ledger.clock import LedgerClock
from worker.jobs.ledger.erasures import Opening
from worker.jobs.ledger.fair_queue import Claimant
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.ledger.reviews import Reviewed
from worker.jobs.ledger.tables import metadata


@pytest.fixture(params=["memory", "file", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = {"memory": IN_MEMORY, "file": f"sqlite:///{tmp_path}/ledger.sqlite"}.get(request.param)
    if url is None:
        url = request.getfixturevalue("postgres").replace("postgresql://", "postgresql+psycopg://")
    made = Ledger.open(url)
    yield made
    with made.database.write() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    made.close()


def spec(number: int, *, project: str = "p", priority: int = 5) -> JobSpec:
    return JobSpec(
        job_id=f"{project:0<4}{number:028x}",
        project=project,
        kind="receipt",
        kind_version=1,
        schema_sha256="s" * 64,
        source_sha256=f"{number:064x}",
        filename=f"{number}.png",
        size=10,
        engine="fake",
        pipeline_version="1",
        priority=priority,
        created_at=float(number),
    )


def put(ledger: Ledger, number: int, **what: object) -> str:
    job, _ = ledger.jobs.open(spec(number, **what), queue="cpu", now=float(number))  # type: ignore[arg-type]
    return job.id


def bury(ledger: Ledger, found: JobSpec, now: float = 9.0) -> Sequence[str]:
    return ledger.erasures.bury(found, now=now, folder="f/", source="s", again_at=now + 60)


def take(ledger: Ledger, now: float = 1000.0, token: str = "t") -> str | None:
    job = ledger.jobs.claim("cpu", token=token, now=now, lease_seconds=10)
    return job.id if job else None


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


def bring(ledger: Ledger, number: int, state: JobState) -> str:
    """A job in that state."""
    job_id = put(ledger, number)
    if state is not JobState.QUEUED:
        assert take(ledger) == job_id
    if state not in {JobState.QUEUED, JobState.RUNNING}:
        code = REJECTED if state is JobState.FAILED else None  # what a person may take back
        ledger.jobs.finish(job_id, token="t", end=End(state, error_code=code), now=1.0)
    assert ledger.jobs.get(job_id).state is state
    return job_id


SAID = (EventCode.CHECKED, EventCode.CONFIRMED, EventCode.CORRECTED, EventCode.POSTPONED, EventCode.REJECTED)


def said(ledger: Ledger, job: str, *, code: EventCode) -> object:
    end = End(TRANSITIONS[code].to, review=ReviewSummary(revision=1))
    done = Reviewed(code, end, "key:x", 3.0)
    return ledger.reviews.enter(job, project="p", done=done)


MOVES: dict[EventCode, Callable[[Ledger, str], object]] = {
    EventCode.CLAIMED: lambda ledger, job: take(ledger) is not None,
    EventCode.GIVEN_BACK: lambda ledger, job: ledger.jobs.release(
        job, token="t", now=3.0, due_at=3.0, counts=True, error=Stopped()
    ),
    EventCode.LEASE_EXPIRED: lambda ledger, job: ledger.jobs.expire(now=1e9),
    EventCode.DONE: lambda ledger, job: ledger.jobs.finish(job, token="t", end=End(JobState.DONE), now=3.0),
    EventCode.REVIEW: lambda ledger, job: ledger.jobs.finish(
        job, token="t", end=End(JobState.REVIEW), now=3.0
    ),
    EventCode.FAILED: lambda ledger, job: ledger.jobs.finish(
        job, token="t", end=End(JobState.FAILED), now=3.0
    ),
    EventCode.CANCEL_REQUESTED: lambda ledger, job: ledger.jobs.cancel(job, project="p", now=3.0),
    EventCode.CANCELLED: lambda ledger, job: ledger.jobs.cancel(job, project="p", now=3.0),
    EventCode.RETRIED: lambda ledger, job: ledger.jobs.retry(job, project="p", now=3.0),
    **{code: partial(said, code=code) for code in SAID},
}


@pytest.mark.parametrize("code", TRANSITIONS)
def test_only_the_moves_of_the_plan_are_made_and_each_is_told(ledger: Ledger, code: EventCode) -> None:
    for number, state in enumerate(JobState):
        job_id = bring(ledger, number, state)
        with suppress(WrongState, LeaseLost):
            MOVES[code](ledger, job_id)
        told = [event.code for event in ledger.events.of(job_id)]
        wanted = TRANSITIONS[code]
        moved = ledger.jobs.get(job_id).state
        if code is EventCode.CANCELLED and state is JobState.RUNNING:
            assert (told[-1], moved) == (EventCode.CANCEL_REQUESTED, JobState.RUNNING)
        elif state in wanted.since:
            assert (told[-1], moved) == (code, wanted.to)
        else:
            assert moved is (JobState.CANCELLED if told[-1] is EventCode.CANCELLED else state)
        bury(ledger, ledger.jobs.get(job_id).spec)
        assert ledger.events.of(job_id) == []


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


def test_a_webhook_is_armed_when_its_job_ends_and_says_the_same_ever_after(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    ledger.deliveries.register(ledger.jobs.get(job_id), "http://x/", now=1.0)
    ledger.deliveries.register(ledger.jobs.get(job_id), "http://x/", now=1.0)
    take(ledger)
    assert ledger.deliveries.claim(now=2000.0, hold_seconds=60) == ()
    ledger.jobs.finish(job_id, token="t", end=End(JobState.DONE, pages=3), now=1500.0)
    [message] = ledger.deliveries.claim(now=2000.0, hold_seconds=60)
    assert ledger.deliveries.claim(now=2001.0, hold_seconds=60) == ()
    ledger.deliveries.close(message, state="pending", status=500, due_at=2100.0)
    [again] = ledger.deliveries.claim(now=2100.0, hold_seconds=60)
    assert (again.id, again.body) == (message.id, message.body)
    assert again.attempts == 1


def test_a_job_that_has_ended_is_told_at_once(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    take(ledger)
    job = ledger.jobs.finish(job_id, token="t", end=End(JobState.DONE), now=1500.0)
    ledger.deliveries.register(job, "http://x/", now=1501.0)
    assert len(ledger.deliveries.claim(now=1502.0, hold_seconds=60)) == 1


def test_who_asks_to_be_told_while_the_job_ends_is_told(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    take(ledger)
    seen = ledger.jobs.get(job_id)
    ledger.jobs.finish(job_id, token="t", end=End(JobState.DONE), now=1500.0)
    ledger.deliveries.register(seen, "http://x/", now=1501.0)
    assert len(ledger.deliveries.claim(now=1502.0, hold_seconds=60)) == 1


def test_who_sends_a_document_again_is_told_again(ledger: Ledger) -> None:
    job_id = put(ledger, 1)
    take(ledger)
    job = ledger.jobs.finish(job_id, token="t", end=End(JobState.DONE), now=1500.0)
    ledger.deliveries.register(job, "http://x/", now=1501.0)
    ledger.deliveries.register(job, "http://x/", now=1501.0)  # the first is not sent yet: one is enough
    [first] = ledger.deliveries.claim(now=1502.0, hold_seconds=60)
    ledger.deliveries.close(first, state="sent", status=200, due_at=0.0)
    ledger.deliveries.register(job, "http://x/", now=1600.0)
    [second] = ledger.deliveries.claim(now=1601.0, hold_seconds=60)
    assert (second.url, second.body) == (first.url, first.body)
    assert second.id != first.id


def test_an_idempotency_key_leads_to_one_request(ledger: Ledger) -> None:
    assert ledger.access.answered("p", "k", fingerprint="f") is None
    ledger.access.remember("p", "k", fingerprint="f", job_ids=["a", "b"], now=1.0)
    assert ledger.access.answered("p", "k", fingerprint="f") == ["a", "b"]
    assert ledger.access.answered("other", "k", fingerprint="f") is None
    with pytest.raises(KeyReused):
        ledger.access.answered("p", "k", fingerprint="g")
    ledger.access.forget_requests(before=2.0)
    assert ledger.access.answered("p", "k", fingerprint="g") is None


def test_burying_leaves_no_trace_but_the_stone(ledger: Ledger) -> None:
    job, _ = ledger.jobs.open(spec(1), queue="cpu", now=1.0, batch="b")
    ledger.deliveries.register(job, "http://x/", now=1.0)
    assert bury(ledger, job.spec, now=5.0) == ["f/", "s"]
    assert bury(ledger, job.spec, now=6.0) == ()
    with pytest.raises(NotFound):
        ledger.jobs.get(job.id)
    assert ledger.erasures.erased_at(job.id, project="p") == 5.0
    assert ledger.erasures.erased_at(job.id, project="other") is None
    assert ledger.deliveries.counts() == {}
    assert ledger.lists.counts(Filter("p", batch="b")) == {}


def test_a_ledger_goes_on_where_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    first = Ledger.open(url)
    job_id = put(first, 1)
    first.close()
    second = Ledger.open(url)
    assert second.jobs.get(job_id).state is JobState.QUEUED
    second.close()


def test_every_process_has_the_same_time_whatever_its_wall_clock_says(
    request: pytest.FixtureRequest, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = ledger.clock()
    assert abs(began - time.time()) < 5
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() - 7200)
    if request.node.callspec.params["ledger"] == "file":
        other = Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite")
        assert 0 <= other.clock() - began < 5
        other.clock.follow_wall_clock()  # as `pagemill up` does, when nothing else runs yet
        assert abs(other.clock() - time.time()) < 5
        other.close()
    else:
        assert 0 <= LedgerClock(ledger.database)() - began < 5


def test_databases_that_cannot_be_used_are_told_in_words() -> None:
    with pytest.raises(LedgerUnavailable):
        Ledger.open("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(SettingsInvalid):
        Ledger.open("not a url")


def test_what_comes_again_is_another_incarnation(ledger: Ledger) -> None:
    job, _ = ledger.jobs.open(spec(1), queue="cpu", now=1.0)
    twin, _ = ledger.jobs.open(
        spec(2).model_copy(update={"source_sha256": job.spec.source_sha256}), queue="cpu", now=1.0
    )
    assert bury(ledger, job.spec) == ["f/"]  # the twin reads the source
    with pytest.raises(IncarnationGone):
        ledger.jobs.open(spec(1), queue="cpu", now=2.0)
    assert ledger.erasures.opening(spec(1)) == Opening(known=False, incarnation=1, source_incarnation=0)
    again = spec(1).model_copy(update={"incarnation": 1})
    assert ledger.jobs.open(again, queue="cpu", now=2.0)[1]
    assert bury(ledger, job.spec) == ()  # an eraser that comes late finds another one
    assert ledger.jobs.get(job.id).spec == again
    assert bury(ledger, twin.spec) == ["f/"]
    assert bury(ledger, again) == ["f/", "s"]
    assert ledger.erasures.opening(spec(1)) == Opening(known=False, incarnation=2, source_incarnation=1)
    assert ledger.erasures.to_remove(now=68.0) == []
    assert ledger.erasures.to_remove(now=69.0) == ["f/", "s"]
    ledger.erasures.removed("s")
    assert ledger.erasures.to_remove(now=69.0) == ["f/"]


def test_the_audit_log_is_forgotten_from_its_beginning(ledger: Ledger) -> None:
    for at in range(1200):
        ledger.access.note(project="p", actor="a", action="read", subject=str(at), now=float(at))
    ledger.access.forget_audit(before=1100.0)
    assert [entry.subject for entry in ledger.access.entries("p", limit=1000)] == [
        str(at) for at in range(1100, 1200)
    ]
