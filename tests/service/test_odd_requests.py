"""Requests that are JSON to Python and to nobody else, or hold what no one expects there."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.service.calls import post, problem
from worker.process.worker import WorkerState

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999"])
def test_what_is_no_number_is_refused_and_not_kept_as_none(
    http: httpx.Client, worker_state: WorkerState, number: str
) -> None:
    job = post(http).json()["jobs"][0]["id"]
    worker_state.work("cpu")
    before = http.get(f"/v1/jobs/{job}/record").json()
    change = f'{{"op": "correct", "path": "/total", "value": {number}}}'
    schema = f'{{"type": "object", "properties": {{"a": {{"type": "number", "minimum": {number}}}}}}}'
    for method, path, body in (
        ("PUT", f"/v1/jobs/{job}/record", f'{{"total": {number}}}'),
        ("POST", f"/v1/jobs/{job}/review", f'{{"revision": 0, "changes": [{change}], "decision": "accept"}}'),
        ("POST", f"/v1/jobs/{job}/check", f'{{"data": {{"total": {number}}}}}'),
        ("POST", f"/v1/jobs/{job}/ask", f'{{"question": "How much?", "schema": {schema}}}'),
        ("PUT", "/v1/kinds/mine", schema),
    ):
        answer = http.request(method, path, content=body, headers=JSON)
        assert problem(answer) == (422, "request_invalid"), (method, path)
    assert problem(post(http, kind="", schema=schema)) == (422, "request_invalid")
    assert http.get(f"/v1/jobs/{job}/record").json() == before


@pytest.mark.parametrize("odd", [["pagemill"], {"a": "b"}, 7, True])
def test_a_notification_with_an_odd_bucket_is_none(http: httpx.Client, odd: Any) -> None:
    s3 = {"bucket": {"name": odd}, "object": {"key": "inbox/receipt/a.png"}}
    answer = http.post("/v1/hooks/s3", content=json.dumps({"Records": [{"s3": s3}]}), headers=JSON)
    assert (answer.status_code, answer.json()) == (202, {"keys": []})
