"""What the ledger notes beside jobs: webhooks, requests, the audit log, time, graves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from schemas.job import TRANSITIONS, EventCode, JobSpec, JobState
from schemas.review import REJECTED, ReviewSummary
from tests.contracts.ledger_rows import ledger, put, spec, take
from worker.errors import (
    IncarnationGone,
    KeyReused,
    LeaseLost,
    LedgerUnavailable,
    NeighbourHung,
    NotFound,
    QueueUnavailable,
    SettingsInvalid,
    Stopped,
    WrongState,
)
from worker.jobs.ledger.clock import LedgerClock
from worker.jobs.ledger.erasures import Opening
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.ledger.reviews import Reviewed

__all__ = ["ledger"]


def bury(ledger: Ledger, found: JobSpec, now: float = 9.0) -> Sequence[str]:
    return ledger.erasures.bury(found, now=now, folder="f/", source="s", again_at=now + 60)


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


def test_being_stopped_is_no_setback_and_a_retry_forgets_those_there_were(ledger: Ledger) -> None:
    job = put(ledger, 1)
    for error, due_at, setbacks in ((Stopped(), 1000.0, 0), (QueueUnavailable(), 1060.0, 1)):
        take(ledger)
        ledger.jobs.release(job, token="t", now=1000.0, due_at=due_at, counts=False, error=error)
        assert ledger.jobs.get(job).setbacks == setbacks
    ledger.jobs.cancel(job, project="p", now=1001.0)
    assert ledger.jobs.retry(job, project="p", now=1002.0).setbacks == 0


def test_an_attempt_that_a_neighbour_ended_does_not_count_even_when_its_lease_has_run_out(
    ledger: Ledger,
) -> None:
    held, lost = put(ledger, 1), put(ledger, 2)
    for job in (held, lost):
        assert take(ledger, token=job) == job
    ledger.jobs.renew(held, token=held, now=1000.0, lease_seconds=600)
    ledger.jobs.expire(now=1100.0)
    assert take(ledger, now=1100.0, token="another's") == lost
    assert ledger.jobs.get(lost).attempts == 2
    for job in (held, lost):
        ledger.jobs.forgive(job, token=job, now=1101.0, error=NeighbourHung())
    assert [(ledger.jobs.get(job).state, ledger.jobs.get(job).attempts) for job in (held, lost)] == [
        (JobState.QUEUED, 0),
        (JobState.RUNNING, 1),
    ]
    ledger.jobs.finish(lost, token="another's", end=End(JobState.DONE), now=1102.0)
    ledger.jobs.forgive(lost, token=lost, now=1103.0, error=NeighbourHung())
    assert ledger.jobs.get(lost).attempts == 1
