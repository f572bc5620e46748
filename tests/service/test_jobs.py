"""Jobs from submission to outcome, worked by a desk in this process; faults where they really happen."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
import structlog

from schemas.job import JobState
from tests.service.conftest import picture, until
from tests.service.jobs import _slow, send, stat_keys, state
from worker.errors import EmptyDocument, NotFound, RequestInvalid, TooLarge, WrongState
from worker.jobs import change, kinds, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.review import revise
from worker.jobs.submit import SubmitOptions, submit
from worker.process.worker import WorkerState
from worker.reading.engines import registry as engines
from worker.reading.engines.fake import FakeEngine


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
