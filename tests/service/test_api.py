"""The HTTP API over a real socket."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import httpx
import pytest

from api.client import Client
from tests.service.calls import post, problem
from tests.service.conftest import picture
from worker.errors import Refused
from worker.jobs.app import App
from worker.process.worker import WorkerState


def test_the_same_again_is_200_and_the_same_job(http: httpx.Client) -> None:
    document = picture()
    first, second = post(http, document), post(http, document)
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["jobs"][0]["id"] == second.json()["jobs"][0]["id"]


def test_of_many_files_the_good_ones_are_taken(http: httpx.Client) -> None:
    files = [("files", ("a.png", picture())), ("files", ("empty.png", b"")), ("files", ("b.png", picture()))]
    answer = http.post("/v1/jobs", files=files, data={"kind": "receipt"})
    assert answer.status_code == 202
    assert [job["filename"] for job in answer.json()["jobs"]] == ["a.png", "b.png"]
    assert [item["code"] for item in answer.json()["rejected"]] == ["empty_document"]


def test_lists_go_on_by_cursor(http: httpx.Client) -> None:
    ids = [post(http).json()["jobs"][0]["id"] for _ in range(5)]
    found, cursor = [], None
    while True:
        page = http.get("/v1/jobs", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [job["id"] for job in page["jobs"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == ids[::-1]
    assert http.get("/v1/jobs", params={"state": "done"}).json() == {"jobs": [], "next": None}


def test_waiting_ends_when_the_job_does(http: httpx.Client, worker_state: WorkerState) -> None:
    job = post(http).json()["jobs"][0]
    threading.Timer(0.7, worker_state.work, args=("cpu",)).start()
    started = time.monotonic()
    assert http.get(f"/v1/jobs/{job['id']}", params={"wait": 20}).json()["state"] == "done"
    assert 0.5 < time.monotonic() - started < 10


def test_waiting_ends_when_the_time_is_over(http: httpx.Client) -> None:
    job = post(http).json()["jobs"][0]
    assert http.get(f"/v1/jobs/{job['id']}", params={"wait": 0.5}).json()["state"] == "queued"


def test_events_tell_every_change_and_go_on_after_a_break(
    http: httpx.Client, worker_state: WorkerState
) -> None:
    def states(since: str | None, count: int) -> list[tuple[str, str]]:
        headers = {"Last-Event-ID": since} if since else {}
        found: list[tuple[str, str]] = []
        event_id = ""
        with http.stream("GET", "/v1/events", headers=headers) as stream:
            ready.set()
            for line in stream.iter_lines():
                if line.startswith("id: "):
                    event_id = line[4:]
                if line.startswith("data: "):
                    found.append((event_id, json.loads(line[6:])["state"]))
                if len(found) == count:
                    return found
        raise AssertionError("the stream ended")

    ready = threading.Event()
    heard: list[list[tuple[str, str]]] = []
    listener = threading.Thread(target=lambda: heard.append(states(None, 1)))
    listener.start()
    ready.wait(5)
    post(http)
    listener.join(10)
    [[(first_id, state)]] = heard
    assert state == "queued"
    worker_state.work("cpu")
    assert "done" in {state for _, state in states(first_id, 1)}


def test_cancel_retry_correct_erase(http: httpx.Client, worker_state: WorkerState) -> None:
    job = post(http).json()["jobs"][0]
    url = f"/v1/jobs/{job['id']}"
    assert problem(http.post(f"{url}/retry")) == (409, "wrong_state")
    assert http.post(f"{url}/cancel").json()["state"] == "cancelled"
    assert problem(http.get(f"{url}/record")) == (409, "wrong_state")
    assert http.post(f"{url}/retry").json()["state"] == "queued"
    worker_state.work("cpu")
    data = http.get(f"{url}/record").json()["data"]
    assert http.put(f"{url}/record", json={**data, "company": "磨坊"}).json()["data"]["company"] == "磨坊"
    assert http.get(f"{url}/record").json()["fields"]["/company"]["origin"] == "corrected"
    assert problem(http.put(f"{url}/record", json={"total": []})) == (422, "request_invalid")
    assert http.delete(url).status_code == 204
    assert problem(http.get(url)) == (410, "erased")
    assert problem(http.delete(url)) == (410, "erased")
    actions = [entry["action"] for entry in http.get("/v1/audit").json()]
    assert actions == ["submit", "cancel", "retry", "read", "correct", "read", "erase"]


def test_the_client_sends_waits_and_fetches(
    app: App, http: httpx.Client, worker_state: WorkerState, tmp_path: Path
) -> None:
    path = tmp_path / "账单.png"
    path.write_bytes(picture())
    with Client(str(http.base_url)) as client:
        job = client.submit(path, kind="receipt", batch="b").jobs[0]
        assert job.filename == "账单.png"
        threading.Timer(0.3, worker_state.work, args=("cpu",)).start()
        assert client.wait(job.id, seconds=20).state == "done"
        assert client.record(job.id)["kind"] == "receipt"
        assert [found.id for found in client.jobs(batch="b")] == [job.id]
        assert client.batch("b").finished
        with client.export("b", form="jsonl") as pieces:
            assert json.loads(b"".join(pieces))["job_id"] == job.id
        with pytest.raises(Refused, match="no job"):
            client.job("0" * 32)
        with pytest.raises(Refused), client.export("none", form="csv"):
            pass
