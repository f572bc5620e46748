"""Jobs whose store, engine or worker fails, and jobs that are taken over."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from schemas.job import JobState
from tests.service.conftest import picture, until
from tests.service.jobs import _slow, send, state
from worker.errors import ModelUnusable, OutOfMemory, StorageUnavailable
from worker.jobs import change, object_keys
from worker.jobs.app import App
from worker.jobs.broker import WorkerReport
from worker.jobs.sweep import sweep
from worker.process.leases import LeaseKeeper
from worker.process.worker import WorkerState
from worker.reading.engines import registry as engines
from worker.reading.engines.fake import FakeEngine


def test_an_attempt_that_killed_its_worker_counts_and_three_are_enough(
    app: App, worker_state: WorkerState
) -> None:
    job = send(app)
    for attempt in range(1, 4):  # three workers that take it and are never heard of again
        assert app.ledger.jobs.claim("cpu", token="x", now=time.time(), lease_seconds=-1) is not None
        assert app.ledger.jobs.get(job.id).attempts == attempt
        sweep(app)
    assert app.broker.depth("cpu") > 0
    worker_state.work("cpu")
    ended = app.ledger.jobs.get(job.id)
    assert (ended.state, ended.error_code) == (JobState.FAILED, "attempts_exhausted")
    assert "None of 3 attempts" in str(ended.error_message)


def test_an_outcome_written_before_the_worker_died_is_not_read_again(
    app: App, worker_state: WorkerState
) -> None:
    job = send(app)
    worker_state.work("cpu")
    written = app.store.read(object_keys.record(job))
    with app.ledger.database.write() as connection:  # the ledger never heard of the end
        connection.exec_driver_sql("UPDATE jobs SET state = 'queued', attempts = 0, finished_at = NULL")
    app.ledger.jobs.claim("cpu", token="x", now=time.time(), lease_seconds=-1)
    sweep(app)
    worker_state.work("cpu")
    assert state(app, job) is JobState.DONE
    assert app.store.read(object_keys.record(job)) == written


def test_an_engine_that_fails_for_now_is_asked_again_and_then_given_up_and_each_time_is_told(
    app: App, worker_state: WorkerState, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    class Full(FakeEngine):
        def read(self, request: Any) -> Any:
            nonlocal calls
            calls += 1
            raise OutOfMemory

    monkeypatch.setattr(engines, "create", lambda *_: Full())
    job = send(app)
    for _ in range(3):
        with app.ledger.database.write() as connection:
            connection.exec_driver_sql("UPDATE jobs SET due_at = 0")  # skip the pause
        worker_state.work("cpu")
    assert calls == 3
    assert app.ledger.jobs.get(job.id).error_code == "out_of_memory"
    told = [event for event in http.get(f"/v1/jobs/{job.id}/events").json() if event["error"]]
    assert [(one["code"], one["attempt"], one["error"], one["reason"]) for one in told] == [
        (code, attempt, "out_of_memory", str(OutOfMemory()))
        for attempt, code in enumerate(("given_back", "given_back", "failed"), 1)
    ]


def test_a_job_that_failed_for_want_of_a_model_is_read_when_it_is_sent_again(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unusable(FakeEngine):
        def warm_up(self) -> None:
            raise ModelUnusable(detail="test")

    document = picture()
    with monkeypatch.context() as patch:
        patch.setattr(engines, "create", lambda *_: Unusable())
        job = send(app, document)
        worker_state.work("cpu")
        assert app.ledger.jobs.get(job.id).error_code == "model_unusable"
    assert send(app, document).id == job.id
    worker_state.work("cpu")
    assert state(app, job) is JobState.DONE


def test_a_fault_of_our_own_is_a_failure_with_a_code_and_the_next_job_is_read(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(FakeEngine):
        def read(self, request: Any) -> Any:
            raise KeyError("secret value of a document")

    monkeypatch.setattr(engines, "create", lambda *_: Broken())
    job = send(app)
    worker_state.work("cpu")
    ended = app.ledger.jobs.get(job.id)
    assert ended.error_code == "internal"
    assert "secret value" not in str(ended.error_message)


def test_when_the_store_is_away_the_job_waits_and_the_attempt_does_not_count(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send(app)

    def away(*_: object) -> None:
        raise StorageUnavailable(detail="test")

    with monkeypatch.context() as patch:
        patch.setattr(app.store, "fetch", away)
        worker_state.work("cpu")
    waiting = app.ledger.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    with app.ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET due_at = 0")
    worker_state.work("cpu")
    assert state(app, job) is JobState.DONE


def test_the_pause_grows_while_the_store_is_away(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send(app)

    def away(*_: object) -> None:
        raise StorageUnavailable(detail="test")

    monkeypatch.setattr(app.store, "fetch", away)
    pauses = []
    for _ in range(8):
        worker_state.work("cpu")
        with app.ledger.database.write() as connection:
            [[pause]] = connection.exec_driver_sql("SELECT due_at - updated_at FROM jobs")
            connection.exec_driver_sql("UPDATE jobs SET due_at = 0")
        pauses.append(round(pause))
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    told = app.ledger.events.of(job.id)
    assert [event.code for event in told[-2:]] == ["claimed", "given_back"]
    assert (told[-1].error_code, told[-1].worker) == ("storage_unavailable", worker_state.name)
    assert "test" in str(told[-1].reason)


def test_a_worker_that_stops_finishes_the_page_and_gives_the_document_back(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow(monkeypatch)
    job = send(app, picture(pages=40))
    thread = threading.Thread(target=worker_state.work, args=("cpu",))
    thread.start()
    until(lambda: app.ledger.jobs.get(job.id).pages_done >= 2)
    worker_state.stop()
    thread.join(2)
    assert not thread.is_alive()
    waiting = app.ledger.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    worker_state.work("cpu")  # it takes nothing new
    assert state(app, job) is JobState.QUEUED


def test_a_job_that_was_taken_over_is_left_to_the_other_worker(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow(monkeypatch)
    job = send(app, picture(pages=40))
    thread = threading.Thread(target=worker_state.work, args=("cpu",))
    thread.start()
    until(lambda: state(app, job) is JobState.RUNNING)
    app.ledger.jobs.expire(now=time.time() + 1000)
    other = app.ledger.jobs.claim("cpu", token="other", now=time.time() + 1000, lease_seconds=1000)
    assert other is not None
    thread.join(10)
    assert not thread.is_alive()
    assert state(app, job) is JobState.RUNNING
    assert app.store.stat(object_keys.record(job)) is None


@pytest.mark.parametrize(
    ("asked", "name", "another"),
    [
        ({"model": "a"}, "a", {"model": "b"}),
        ({"model": "a", "model_revision": "1"}, "a@1", {"model": "a", "model_revision": "2"}),
        ({"model": "a", "model_revision": "1"}, "a@1", {"model": "a"}),
    ],
)
def test_a_worker_set_to_another_model_leaves_a_job_to_one_that_has_it(
    app: App, worker_state: WorkerState, asked: dict[str, str], name: str, another: dict[str, str]
) -> None:
    first = App(app.settings.model_copy(update=asked), app.store, app.ledger, app.broker)
    job = send(first)
    assert (job.spec.model, app.ledger.jobs.get(job.id).spec) == (name, job.spec)
    anything = send(app)
    other = App(app.settings.model_copy(update=another), app.store, app.ledger, app.broker)
    wrong = WorkerState(other, worker_state.pool, worker_state.leases, worker_state.exclusive)
    for _ in range(3):
        wrong.work("cpu")
    assert (state(app, job), state(app, anything)) == (JobState.QUEUED, JobState.DONE)
    app.broker._redis.flushall()
    app.broker.report("w", WorkerReport([], sorted(wrong.models)), seconds=30)
    sweep(app)
    assert app.broker.depth("cpu") == 0  # nobody is woken in vain
    assert [(found.model, found.count) for found in app.ledger.lists.waiting()] == [(name, 1)]
    right = WorkerState(first, worker_state.pool, worker_state.leases, worker_state.exclusive)
    app.broker.report("v", WorkerReport([], sorted(right.models)), seconds=30)
    sweep(app)
    assert app.broker.depth("cpu") == 1
    right.work("cpu")
    assert state(app, job) is JobState.DONE


def test_a_job_that_names_no_revision_is_read_by_a_worker_set_to_one(
    app: App, worker_state: WorkerState
) -> None:
    older = App(app.settings.model_copy(update={"model": "a"}), app.store, app.ledger, app.broker)
    job = send(older)
    update = {"model": "a", "model_revision": "1"}
    today = App(app.settings.model_copy(update=update), app.store, app.ledger, app.broker)
    WorkerState(today, worker_state.pool, worker_state.leases, worker_state.exclusive).work("cpu")
    assert state(app, job) is JobState.DONE


def test_a_job_that_waits_to_be_alone_keeps_its_lease_and_the_others_theirs(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow(monkeypatch)
    quick = App(app.settings.model_copy(update={"lease_seconds": 0.6}), app.store, app.ledger, app.broker)
    hasty = WorkerState(quick, worker_state.pool, LeaseKeeper(quick), worker_state.exclusive)
    hasty.leases.start()
    suspect = send(app)
    app.ledger.jobs.claim("cpu", token="x", now=time.time(), lease_seconds=-1)
    app.ledger.jobs.expire(now=time.time())
    with app.ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET due_at = 9e12")
    long = send(app, picture(pages=12))
    first = threading.Thread(target=hasty.work, args=("cpu",))
    first.start()
    until(lambda: state(app, long) is JobState.RUNNING)
    with app.ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE jobs SET due_at = 0")
    others = [threading.Thread(target=hasty.work, args=("cpu",)) for _ in range(2)]
    fresh = send(app)
    for thread in others:
        thread.start()
        time.sleep(0.1)
    for thread in (first, *others):
        while thread.is_alive():
            app.ledger.jobs.expire(now=time.time())
            time.sleep(0.05)
    assert {state(app, job) for job in (suspect, long, fresh)} == {JobState.DONE}
    assert [app.ledger.jobs.get(job.id).attempts for job in (suspect, long, fresh)] == [2, 1, 1]
    hasty.leases.end()


def test_a_wish_to_cancel_outlives_the_worker_that_was_asked(app: App, worker_state: WorkerState) -> None:
    job = send(app)
    app.ledger.jobs.claim("cpu", token="x", now=time.time(), lease_seconds=-1)
    change.cancel(app, job.id, project="default", actor="t")
    sweep(app)
    worker_state.work("cpu")
    assert state(app, job) is JobState.CANCELLED


def test_a_record_nobody_can_read_does_not_go_round_for_ever(app: App, worker_state: WorkerState) -> None:
    job = send(app)
    app.store.write(object_keys.record(job), b'{"record_version": 99}')
    for _ in range(5):
        app.ledger.jobs.claim("cpu", token="x", now=time.time(), lease_seconds=-1)
        sweep(app)
    worker_state.work("cpu")
    assert app.ledger.jobs.get(job.id).state in {JobState.FAILED, JobState.DONE}
