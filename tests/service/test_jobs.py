"""Jobs from submission to outcome, worked by a desk in this process; faults where they really happen."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import structlog

from schemas import registry
from schemas.job import Job, JobState
from tests.service.conftest import picture, until
from worker.errors import (
    EmptyDocument,
    LedgerUnavailable,
    ModelUnusable,
    NotFound,
    OutOfMemory,
    RequestInvalid,
    StorageUnavailable,
    TooLarge,
    WrongState,
)
from worker.jobs import change, kinds, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.broker import WorkerReport
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.rebuild import rebuild
from worker.jobs.review import revise
from worker.jobs.store.base import Stat
from worker.jobs.submit import SubmitOptions, submit
from worker.jobs.sweep import sweep, tidy
from worker.process.leases import LeaseKeeper
from worker.process.worker import WorkerState
from worker.reading.engines import registry as engines
from worker.reading.engines.fake import FakeEngine


def send(app: App, document: bytes | None = None, **options: Any) -> Job:
    """Submit a document as a receipt."""
    project = options.pop("project", "default")
    name = options.pop("name", "a.png")
    kind = options.pop("kind", None) or kinds.find(app, project, "receipt")
    submit_options = SubmitOptions(project, kind, "fake", **options)
    return submit(app, io.BytesIO(document or picture()), name, options=submit_options, actor="test")[0]


def state(app: App, job: Job) -> JobState:
    return app.ledger.jobs.get(job.id).state


def stat_keys(app: App, prefix: str = "") -> set[str]:
    """What is in the store but for the schemas of shipped kinds, which stay."""
    return {found.key for found in app.store.list(prefix) if "/schemas/" not in found.key}


def test_a_document_becomes_a_record(app: App, worker_state: WorkerState) -> None:
    job = send(app, name="dir/账单 1.png")
    assert app.broker.depth("cpu") == 1
    worker_state.work("cpu")
    ended = app.ledger.jobs.get(job.id)
    assert (ended.state, ended.attempts, ended.pages, ended.pages_done) == (JobState.DONE, 1, 1, 1)
    record = outcome.current(app, ended)
    assert record["job_id"] == job.id
    assert record["provenance"]["filename"] == "账单 1.png"
    assert stat_keys(app) == {
        object_keys.source(job.spec),
        object_keys.asked(job.spec),
        object_keys.record(job),
    }


def test_the_same_document_is_read_once_in_a_project_and_apart_in_another(
    app: App, worker_state: WorkerState
) -> None:
    document = picture()
    first, again, other = send(app, document), send(app, document), send(app, document, project="other")
    assert first.id == again.id != other.id
    assert app.broker.depth("cpu") == 2
    for _ in range(3):
        worker_state.work("cpu")
    assert app.ledger.lists.counts() == {"done": 2}


def test_what_cannot_be_read_ends_at_once_with_the_reason(app: App, worker_state: WorkerState) -> None:
    job = send(app, b"hello, I am text")
    worker_state.work("cpu")
    ended = app.ledger.jobs.get(job.id)
    assert (ended.state, ended.error_code, ended.attempts) == (JobState.FAILED, "unsupported_type", 1)
    failure = json.loads(app.store.read(object_keys.failure(job)))
    assert (failure["state"], failure["data"]) == ("failed", None)
    assert failure["issues"][0]["code"] == "unsupported_type"


def test_what_is_no_document_is_refused_at_the_door(app: App) -> None:
    with pytest.raises(EmptyDocument):
        submit(
            app,
            io.BytesIO(b""),
            "a",
            options=SubmitOptions("p", kinds.find(app, "p", "receipt"), "fake"),
            actor="t",
        )
    small = App(app.settings.model_copy(update={"max_bytes": 10}), app.store, app.ledger, app.broker)
    with pytest.raises(TooLarge):
        send(small, b"x" * 11)
    submit_options = SubmitOptions("p", kinds.find(app, "p", "receipt"), "magic")
    with pytest.raises(RequestInvalid, match="no engine is called"):
        submit(app, io.BytesIO(b"x"), "a", options=submit_options, actor="t")
    assert stat_keys(app) == set()


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


def test_an_engine_that_fails_for_now_is_asked_again_and_then_given_up(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
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


def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "create", lambda *_: FakeEngine(page_seconds=0.2))


def test_cancelling_a_running_job_stops_it_after_the_page_in_hand(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow(monkeypatch)
    job = send(app, picture(pages=40))
    thread = threading.Thread(target=worker_state.work, args=("cpu",))
    thread.start()
    until(lambda: state(app, job) is JobState.RUNNING)
    change.cancel(app, job.id, project="default", actor="t")
    thread.join(10)
    assert state(app, job) is JobState.CANCELLED
    assert json.loads(app.store.read(object_keys.cancelled(job)))["job_id"] == job.id
    with pytest.raises(WrongState):
        revise.correct(app, job.id, {}, project="default", actor="t")


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


def test_retrying_keeps_how_it_ended_before(app: App, worker_state: WorkerState) -> None:
    job = send(app, b"not a document")
    worker_state.work("cpu")
    with pytest.raises(NotFound):
        change.retry(app, job.id, project="other", actor="t")
    assert change.retry(app, job.id, project="default", actor="t").state is JobState.QUEUED
    kept = {key for key in stat_keys(app) if "failure.json." in key}
    assert len(kept) == 1
    worker_state.work("cpu")
    assert state(app, job) is JobState.FAILED
    assert app.store.stat(object_keys.failure(job)) is not None


def test_a_correction_lies_beside_what_was_read(app: App, worker_state: WorkerState) -> None:
    job = send(app)
    worker_state.work("cpu")
    read = app.store.read(object_keys.record(job))
    data = dict(json.loads(read)["data"])
    record = revise.correct(
        app, job.id, {**data, "company": "Mill Ltd"}, project="default", actor="t"
    ).record.model_dump(mode="json")
    assert record["data"]["company"] == "Mill Ltd"
    assert record["fields"]["/company"]["origin"] == "corrected"
    again = revise.correct(
        app, job.id, {**data, "company": "Mill & Co"}, project="default", actor="t"
    ).record.model_dump(mode="json")
    assert outcome.current(app, job) == again
    assert app.store.read(object_keys.record(job)) == read
    with pytest.raises(RequestInvalid, match="total"):
        revise.correct(app, job.id, {**data, "total": "a lot"}, project="default", actor="t")


def test_erasing_leaves_a_stone_and_what_others_need(app: App, worker_state: WorkerState) -> None:
    document = picture()
    job = send(app, document)
    twin = send(app, document, kind=kinds.find(app, "default", "form"))
    for _ in range(2):
        worker_state.work("cpu")
    change.erase(app, job.id, project="default", actor="t")
    assert stat_keys(app, object_keys.folder(job.spec)) == {object_keys.tombstone(job.spec)}
    assert app.store.stat(object_keys.source(job.spec)) is not None
    change.erase(app, twin.id, project="default", actor="t")
    assert app.store.stat(object_keys.source(job.spec)) is None
    stone = json.loads(app.store.read(object_keys.tombstone(job.spec)))
    assert set(stone) == {"job_id", "erased_at"}


def test_what_a_worker_writes_after_the_erasure_goes_too(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    _slow(monkeypatch)
    job = send(app, picture(pages=3))
    thread = threading.Thread(target=worker_state.work, args=("cpu",))
    thread.start()
    until(lambda: state(app, job) is JobState.RUNNING)
    change.erase(app, job.id, project="default", actor="t")
    thread.join(10)
    assert stat_keys(app) == {object_keys.tombstone(job.spec)}


def test_the_ledger_can_be_made_anew(app: App, worker_state: WorkerState) -> None:
    own = kinds.define(
        app, "default", {"type": "object", "properties": {"a": {"type": "string"}}}, name="own"
    )
    done, failed, waiting = send(app, kind=own, batch="b"), send(app, b"text"), None
    for _ in range(2):
        worker_state.work("cpu")
    waiting = send(app)
    cancelled = send(app)
    change.cancel(app, cancelled.id, project="default", actor="t")
    app.store.write(f"projects/default/jobs/{'f' * 32}/job.json", b"{broken")
    for name, odd in (
        ("0009.json", b"{}"),
        ("0008.json", b"[1]"),
        ("readme.txt", b"{}"),
        ("1.json", b"\xff"),
    ):
        app.store.write(object_keys.kinds("default") + f"own/{name}", odd)
    app.store.write(object_keys.kinds("default") + "own/deeper/0001.json", b"{}")
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    app.broker._redis.flushall()
    result = rebuild(fresh)
    assert (result.found, result.entered, result.unreadable) == (5, 4, 1)
    for job in (done, failed, waiting, cancelled):
        old, new = app.ledger.jobs.get(job.id), fresh.ledger.jobs.get(job.id)
        assert (old.state, old.spec, old.error_code, old.pages) == (
            new.state,
            new.spec,
            new.error_code,
            new.pages,
        )
    assert fresh.ledger.lists.counts(Filter("default", batch="b")) == {"done": 1}
    assert [event.code for event in fresh.ledger.events.of(done.id)] == ["submitted", "done"]
    assert kinds.find(fresh, "default", "own") == own
    assert app.broker.depth("cpu") == 1
    assert rebuild(fresh).entered == 0
    fresh.ledger.close()


def test_every_batch_a_document_was_sent_with_comes_back(app: App, worker_state: WorkerState) -> None:
    document = picture()
    names = ["b", "März/2024 ", "x" * 128]
    job = send(app, document)
    for number, batch in enumerate(names):
        job = send(app, document, name=f"{number}.png", batch=batch)
    worker_state.work("cpu")
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    walked: list[str] = []
    listed = app.store.list

    def walk(prefix: str) -> Iterator[Stat]:
        walked.append(prefix)
        return listed(prefix)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.store, "list", walk)
        assert rebuild(fresh).entered == 1
    assert walked == [object_keys.PROJECTS]
    for batch in names:
        assert fresh.ledger.lists.counts(Filter("default", batch=batch)) == {"done": 1}
    assert rebuild(fresh).entered == 0
    fresh.ledger.close()
    change.erase(app, job.id, project="default", actor="t")
    assert stat_keys(app) == {object_keys.tombstone(job.spec)}


def test_tidying_goes_on_where_one_step_fails(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.ledger.access.remember("default", "k", fingerprint="f", job_ids=[], now=0.0)

    def away(*_: object) -> None:
        raise StorageUnavailable(detail="test")

    monkeypatch.setattr(app.store, "list", away)
    tidy(app)
    assert app.ledger.access.answered("default", "k", fingerprint="f") is None


def test_the_sweep_rings_for_what_the_queue_has_lost(app: App) -> None:
    for _ in range(3):
        send(app)
    app.broker._redis.flushall()
    sweep(app)
    assert app.broker.depth("cpu") == 3
    sweep(app)
    assert app.broker.depth("cpu") == 3


def test_old_jobs_are_erased_where_a_project_says_so(app: App, worker_state: WorkerState) -> None:
    old, kept, running = send(app, project="brief"), send(app, project="long"), send(app, project="brief")
    worker_state.work("cpu")
    worker_state.work("cpu")
    app.ledger.projects.keep_for("brief", 1.0)
    later = App(app.settings, app.store, app.ledger, app.broker, other_clock=lambda: time.time() + 2 * 86400)
    tidy(later)
    with pytest.raises(NotFound):
        app.ledger.jobs.get(old.id)
    assert state(app, kept) is JobState.DONE
    assert state(app, running) is JobState.QUEUED


def test_a_kind_has_versions_and_jobs_keep_theirs(app: App, worker_state: WorkerState) -> None:
    first = kinds.define(
        app, "p", {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}, name="slip"
    )
    same = kinds.define(
        app, "p", {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}, name="slip"
    )
    job = send(app, project="p", kind=first)
    second = kinds.define(app, "p", {"type": "object", "properties": {"b": {"type": "string"}}}, name="slip")
    assert first == same
    assert (first.version, second.version) == (1, 2)
    worker_state.work("cpu")
    assert outcome.current(app, job)["data"] == {"a": None}
    assert kinds.find(app, "p", "slip") == second
    with pytest.raises(NotFound):
        kinds.find(app, "other", "slip")
    own_receipt = kinds.define(app, "p", {"type": "object", "properties": {"x": {}}}, name="receipt")
    assert own_receipt.version == kinds.find(app, "other", "receipt").version + 1


def test_jobs_outlive_an_upgrade_that_changes_their_kind(
    app: App, worker_state: WorkerState, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, waiting = send(app, batch="b"), None
    worker_state.work("cpu")
    waiting = send(app, batch="b")
    shipped = registry.kind("receipt")
    raw: dict[str, Any] = json.loads(json.dumps(shipped.json_schema))
    raw["properties"]["loyalty_points"] = {"type": "integer"}
    changed = replace(registry.from_json_schema(raw, name="receipt"), version=shipped.version + 1)
    monkeypatch.setattr(registry, "kind", lambda name: changed if name == "receipt" else shipped)
    worker_state.work("cpu")
    assert state(app, waiting) is not JobState.FAILED
    provenance = outcome.current(app, waiting)["provenance"]
    assert (provenance["schema_sha256"], provenance["kind_version"]) == (shipped.sha256, shipped.version)
    data = dict(outcome.current(app, read)["data"])
    record = revise.correct(
        app, read.id, {**data, "company": "Mill"}, project="default", actor="t"
    ).record.model_dump(mode="json")
    assert record["data"]["company"] == "Mill"
    lines = http.get("/v1/batches/b/export").text.splitlines()
    assert {json.loads(line)["job_id"] for line in lines} == {read.id, waiting.id}
    table = http.get("/v1/batches/b/export", params={"format": "csv"}).text
    assert "company" in table.splitlines()[0]
    assert "loyalty_points" not in table.splitlines()[0]
    assert send(app).id not in {read.id, waiting.id}


def test_jobs_from_before_there_were_snapshots_are_read_as_their_kind_is_today(
    app: App, worker_state: WorkerState, http: httpx.Client
) -> None:
    receipt = kinds.find(app, "default", "receipt")
    old = send(app, kind=replace(receipt, schema_sha256="0" * 64), batch="b")
    worker_state.work("cpu")
    assert outcome.current(app, old)["provenance"]["schema_sha256"] == receipt.schema_sha256
    assert http.get("/v1/batches/b/export", params={"format": "csv"}).status_code == 200


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


def test_what_could_not_be_removed_goes_with_a_later_sweep(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send(app)
    worker_state.work("cpu")

    def away(*_: object) -> None:
        raise StorageUnavailable(detail="test")

    with monkeypatch.context() as patch:
        patch.setattr(app.store, "delete", away)
        change.erase(app, job.id, project="default", actor="t")
    assert object_keys.record(job) in stat_keys(app)
    with pytest.raises(NotFound):
        change.erase(app, job.id, project="default", actor="t")
    tidy(App(app.settings, app.store, app.ledger, app.broker, other_clock=lambda: time.time() + 3600))
    assert stat_keys(app) == {object_keys.tombstone(job.spec)}


def test_an_erasure_that_was_interrupted_is_finished_by_a_rebuild(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = send(app)
    worker_state.work("cpu")

    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable(detail="test")

    with monkeypatch.context() as patch:
        patch.setattr(type(app.ledger.erasures), "bury", away)
        with pytest.raises(LedgerUnavailable):
            change.erase(app, job.id, project="default", actor="t")
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    assert rebuild(fresh).found == 0  # the tombstone is there: what is left goes, and is not read again
    assert fresh.ledger.erasures.erased_at(job.id, project="default") is not None
    assert stat_keys(app) == {object_keys.source(job.spec), object_keys.tombstone(job.spec)}
    fresh.ledger.close()
    change.erase(app, job.id, project="default", actor="t")
    assert stat_keys(app) == {object_keys.tombstone(job.spec)}


def test_a_document_may_come_again_after_it_was_erased(app: App, worker_state: WorkerState) -> None:
    document = picture()
    job = send(app, document)
    change.erase(app, job.id, project="default", actor="t")
    again = send(app, document)
    assert (again.id, again.spec.incarnation, again.spec.source_incarnation) == (job.id, 1, 1)
    worker_state.work("cpu")
    assert state(app, job) is JobState.DONE
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    assert rebuild(fresh).entered == 1
    assert fresh.ledger.jobs.get(job.id).spec == again.spec
    change.erase(fresh, job.id, project="default", actor="t")
    assert send(fresh, document).spec.incarnation == 2
    fresh.ledger.close()


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


def test_an_erased_twin_does_not_take_the_source_of_a_job_that_just_came(
    app: App, monkeypatch: pytest.MonkeyPatch, worker_state: WorkerState
) -> None:
    document = picture()
    job = send(app, document)
    opened = app.ledger.jobs.open

    def open_after_erasure(*given: Any, **more: Any) -> Any:
        monkeypatch.undo()
        change.erase(app, job.id, project="default", actor="t")
        return opened(*given, **more)

    monkeypatch.setattr(
        type(app.ledger.jobs), "open", lambda _self, *given, **more: open_after_erasure(*given, **more)
    )
    twin = send(app, document, kind=kinds.find(app, "default", "form"))
    worker_state.work("cpu")
    assert state(app, twin) is JobState.DONE


def test_the_log_names_the_job_and_the_page_at_hand(
    app: App, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(FakeEngine):
        def read(self, request: Any) -> Any:
            for page in request.pages:
                if page.number == 3:
                    raise KeyError("x")
                request.after_page()

    monkeypatch.setattr(engines, "create", lambda *_: Broken())
    monkeypatch.setattr(
        "worker.process.attempt._log", structlog.get_logger()
    )  # the other may be bound to a log of before
    job = send(app, picture(pages=4))
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as events:
        worker_state.work("cpu")
    [event] = [event for event in events if event["event"] == "internal_error"]
    assert (event["job"], event["page"], event["attempt"]) == (job.id, 3, 1)
    assert structlog.contextvars.get_contextvars() == {}
