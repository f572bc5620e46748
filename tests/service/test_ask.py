"""Questions about documents that are here: jobs of their own, over real HTTP and by the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import httpx
import pytest

from api.cli.main import main
from api.client import Client
from schemas import question, registry
from schemas.question import Turn
from tests.service.conftest import picture
from worker.errors import Refused
from worker.jobs import ask
from worker.jobs.app import App
from worker.process.worker import WorkerState


def submitted(http: httpx.Client, worker_state: WorkerState) -> str:
    answer = http.post("/v1/jobs", files={"files": ("bill.png", picture())}, data={"kind": "receipt"})
    worker_state.work("cpu")
    return str(answer.json()["jobs"][0]["id"])


def test_a_question_is_a_job_whose_record_is_the_answer(
    http: httpx.Client, worker_state: WorkerState
) -> None:
    job = submitted(http, worker_state)
    asked = {"question": "When is it due?"}
    first = http.post(f"/v1/jobs/{job}/ask", json=asked)
    assert first.status_code == 202
    assert (first.json()["kind"], first.json()["state"]) == ("answer", "queued")
    assert http.post(f"/v1/jobs/{job}/ask", json=asked).status_code == 200
    worker_state.work("cpu")
    record = http.get(first.json()["links"]["record"]).json()
    assert record["data"] == {"answer": None, "quotes": []}
    assert (
        record["provenance"]["source_sha256"]
        == http.get(f"/v1/jobs/{job}/record").json()["provenance"]["source_sha256"]
    )
    [found] = {http.get("/v1/jobs", params={"kind": "answer"}).json()["jobs"][0]["id"]}
    assert found == first.json()["id"]


def test_a_question_may_follow_another_and_have_a_form(
    http: httpx.Client, worker_state: WorkerState, app: App
) -> None:
    job = submitted(http, worker_state)
    with Client(str(http.base_url)) as client:
        first = client.ask(job, "Who sells?")
        with pytest.raises(Refused):  # not answered yet
            client.ask(job, "And when?", after=first.id)
        worker_state.work("cpu")
        form = {"title": "days", "type": "object", "properties": {"days": {"type": "integer"}}}
        second = client.ask(job, "How long?", after=first.id, schema=form)
        worker_state.work("cpu")
        assert client.record(second.id)["data"] == {}  # it may be left out
        assert client.schema(second.id)[question.HINT]["after"] == first.id
        third = client.ask(job, "Since when?", after=second.id)
        wanted = registry.from_json_schema(client.schema(third.id), name="answer")
        asked = question.of_schema(ask.with_history(app, "default", wanted).root)
        assert asked is not None
        assert asked.history == (Turn("Who sells?", ""), Turn("How long?", ""))
        other = submitted(http, worker_state)
        with pytest.raises(Refused, match="another document"):
            client.ask(other, "And?", after=first.id)
        with pytest.raises(Refused, match="no question"):
            client.ask(job, "And?", after=job)


def test_what_cannot_be_asked_is_refused(http: httpx.Client, worker_state: WorkerState, app: App) -> None:
    job = submitted(http, worker_state)
    assert http.post(f"/v1/jobs/{'0' * 32}/ask", json={"question": "x"}).status_code == 404
    for wrong in (
        {"question": ""},
        {"question": "  "},
        {"question": "x", "engine": "none"},
        {"question": "x", "schema": {"type": 7}},
    ):
        assert 400 <= http.post(f"/v1/jobs/{job}/ask", json=wrong).status_code < 500
    http.delete(f"/v1/jobs/{job}")
    assert http.post(f"/v1/jobs/{job}/ask", json={"question": "x"}).status_code == 410


def test_the_command_line_asks_about_files_and_jobs(
    http: httpx.Client,
    worker_state: WorkerState,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "bill.png"
    file.write_bytes(picture())
    assert main(["ask", str(file), "Who sells?", "--engine", "fake", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["data"] == {"answer": None, "quotes": []}
    monkeypatch.setattr("sys.stdin", io.StringIO("Who sells?\n\nTo whom?\n"))
    assert main(["ask", str(file), "--engine", "fake"]) == 0
    assert capsys.readouterr().out == "\n\n"
    assert main(["ask", str(tmp_path / "none.png"), "Who?"]) == 2
    job = submitted(http, worker_state)
    http.post(f"/v1/jobs/{job}/ask", json={"question": "Who sells?"})
    worker_state.work("cpu")
    assert main(["ask", job, "Who sells?", "--json", "--url", str(http.base_url)]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "answer"
