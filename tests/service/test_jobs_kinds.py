"""Jobs and the versions of the kinds that they name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from schemas import registry
from schemas.job import JobState
from tests.service.jobs import send, state
from worker.errors import NotFound
from worker.jobs import kinds, object_keys, outcome
from worker.jobs.app import App
from worker.jobs.review import revise
from worker.process.worker import WorkerState


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


def test_records_are_exported_as_lines_without_the_schema_that_they_were_read_by(
    app: App, worker_state: WorkerState, http: httpx.Client
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    own = kinds.define(app, "default", schema, name="own")
    job = send(app, kind=own, batch="b")
    worker_state.work("cpu")
    app.store.delete(object_keys.schema("default", own.schema_sha256))
    answer = http.get("/v1/batches/b/export")
    assert (answer.status_code, json.loads(answer.text)["job_id"]) == (200, job.id)
