"""What is made anew, swept up, tidied and forgotten."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.job import JobState
from tests.service.conftest import picture, until
from tests.service.jobs import _slow, send, stat_keys, state
from worker.errors import LedgerUnavailable, NotFound, StorageUnavailable
from worker.jobs import change, kinds, object_keys
from worker.jobs.app import App
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.rebuild import rebuild
from worker.jobs.store.base import Stat
from worker.jobs.sweep import sweep, tidy
from worker.process.worker import WorkerState


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


KIND = b'{"schema_sha256": "0", "created_at": %s}'


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
        (f"{'9' * 30}.json", KIND % b"1.0"),
        ("0007.json", b"[" * 100_000),
        ("0006.json", KIND % b"NaN"),
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


def test_a_document_for_two_models_is_two_jobs_and_a_new_ledger_knows_them(app: App) -> None:
    document = picture()
    services = [
        App(app.settings.model_copy(update={"model": model}), app.store, app.ledger, app.broker)
        for model in "ab"
    ]
    jobs = [send(service, document) for service in services]
    assert jobs[0].id != jobs[1].id
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    rebuild(fresh)
    assert [fresh.ledger.jobs.get(job.id).spec for job in jobs] == [job.spec for job in jobs]


def test_a_job_whose_time_is_no_number_is_unreadable_and_stops_nothing(app: App) -> None:
    odd, job = send(app), send(app)
    told = json.loads(app.store.read(object_keys.folder(odd.spec) + "job.json"))
    app.store.write(
        object_keys.folder(odd.spec) + "job.json", json.dumps({**told, "created_at": float("nan")}).encode()
    )
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    assert (rebuild(fresh).entered, fresh.ledger.jobs.get(job.id).id) == (1, job.id)
