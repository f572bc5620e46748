"""What the page shows of many jobs: kinds told, places in the queue, batches on their way, files of chosen records."""

from __future__ import annotations

import io
import json
from pathlib import Path

import httpx
import pyarrow.parquet

from tests.service.calls import post, problem
from worker.jobs.app import App
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.rebuild import rebuild
from worker.process.worker import WorkerState

SAMPLES = Path(__file__).parents[2] / "bench" / "samples"
LETTER = SAMPLES / "handwriting_0.jpg"
RECEIPT = SAMPLES / "receipt_0_clean.jpg"


def test_auto_becomes_the_kind_that_is_told_and_stays_it_after_a_rebuild(
    app: App, http: httpx.Client, worker_state: WorkerState
) -> None:
    sent = post(http, RECEIPT.read_bytes(), kind="auto").json()["jobs"][0]
    assert sent["kind"] == "auto"
    worker_state.work("cpu")
    job = http.get(f"/v1/jobs/{sent['id']}").json()
    receipt = http.get("/v1/kinds/receipt").json()
    assert (job["kind"], job["kind_version"]) == ("receipt", receipt["version"])
    record = http.get(f"/v1/jobs/{sent['id']}/record").json()
    assert record["kind"] == "receipt"
    assert record["provenance"]["kind_told"]
    assert record["provenance"]["schema_sha256"] == receipt["schema_sha256"]
    assert [one["id"] for one in http.get("/v1/jobs?kind=receipt").json()["jobs"]] == [sent["id"]]
    again = post(http, RECEIPT.read_bytes(), kind="auto")
    assert (again.status_code, again.json()["jobs"][0]["id"]) == (200, sent["id"])
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    rebuild(fresh)
    assert fresh.ledger.jobs.get(sent["id"]).spec == app.ledger.jobs.get(sent["id"]).spec
    fresh.ledger.close()


def test_auto_that_nothing_tells_fails_and_says_what_to_choose(
    http: httpx.Client, worker_state: WorkerState
) -> None:
    sent = post(http, LETTER.read_bytes(), kind="auto").json()["jobs"][0]
    worker_state.work("cpu")
    job = http.get(f"/v1/jobs/{sent['id']}").json()
    assert (job["state"], job["kind"], job["error"]["code"]) == ("failed", "auto", "kind_unclear")
    assert "handwriting" in job["error"]["message"]
    assert problem(http.put("/v1/kinds/auto", json={"type": "object"})) == (422, "request_invalid")


def test_a_kind_of_the_project_is_told_as_well(http: httpx.Client, worker_state: WorkerState) -> None:
    labels = ("Subtotal", "Rounding", "Total", "Cash", "Change", "Receipt")
    fields = {f"f{at}": {"type": "string", "x-labels": [label]} for at, label in enumerate(labels)}
    schema = {"type": "object", "title": "Slip", "properties": fields}
    http.put("/v1/kinds/slip", json=schema).raise_for_status()
    sent = post(http, RECEIPT.read_bytes(), kind="auto").json()["jobs"][0]
    worker_state.work("cpu")
    record = http.get(f"/v1/jobs/{sent['id']}/record").json()
    assert record["kind"] in {"slip", "receipt"}
    assert "kind_unsure" in [issue["code"] for issue in record["issues"]]
    assert record["state"] == "review"


def test_a_job_that_waits_knows_how_many_come_before_it(
    http: httpx.Client, worker_state: WorkerState
) -> None:
    ids = [post(http).json()["jobs"][0]["id"] for _ in range(3)]
    urgent = post(http, priority=9).json()["jobs"][0]["id"]
    ahead = [http.get(f"/v1/jobs/{job}").json()["ahead"] for job in (*ids, urgent)]
    assert ahead == [1, 2, 3, 0]
    for _ in range(2):
        worker_state.work("cpu")
    ahead = [http.get(f"/v1/jobs/{job}").json()["ahead"] for job in (*ids, urgent)]
    assert ahead == [None, 0, 1, None]


def test_a_batch_says_how_long_it_will_take(http: httpx.Client, worker_state: WorkerState) -> None:
    for _ in range(3):
        post(http, batch="b")
    assert http.get("/v1/batches/b").json()["seconds_left"] is None
    worker_state.work("cpu")
    assert 0 < http.get("/v1/batches").json()["batches"][0]["seconds_left"] < 600
    for _ in range(2):
        worker_state.work("cpu")
    assert http.get("/v1/batches/b").json()["seconds_left"] == 0


def test_chosen_records_come_as_any_table(http: httpx.Client, worker_state: WorkerState) -> None:
    ids = [post(http).json()["jobs"][0]["id"] for _ in range(3)]
    for _ in ids:
        worker_state.work("cpu")
    wanted = {"jobs": ids[:2]}
    lines = http.post("/v1/exports", json=wanted).text.splitlines()
    assert {json.loads(line)["job_id"] for line in lines} == set(ids[:2])
    parquet = http.post("/v1/exports", json=wanted | {"format": "parquet"}).content
    rows = pyarrow.parquet.read_table(io.BytesIO(parquet)).to_pylist()
    assert {row["job_id"] for row in rows} == set(ids[:2])
    workbook = http.post("/v1/exports", json=wanted | {"format": "xlsx"})
    assert workbook.content.startswith(b"PK")
    assert workbook.headers["content-disposition"].endswith("filename*=UTF-8''pagemill.xlsx")
    assert problem(http.post("/v1/exports", json={"jobs": ["0" * 32]})) == (404, "not_found")
    assert problem(http.post("/v1/exports", json={"jobs": ["../x"]}))[0] == 422


def test_engines_are_listed_with_the_one_that_is_set(app: App, http: httpx.Client) -> None:
    found = {one["name"]: one for one in http.get("/v1/engines").json()["engines"]}
    assert found["embedded"]["queue"] == "cpu"
    assert [name for name, one in found.items() if one["preset"]] == [app.settings.engine]
