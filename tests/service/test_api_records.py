"""Records as they are given out: exports, text, pictures of pages."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote

import httpx
import pyarrow.parquet
import pytest

from api.cli.main import main
from tests.service.calls import post, problem
from tests.service.conftest import picture
from worker.jobs import kinds
from worker.jobs.app import App
from worker.process.worker import WorkerState


def test_the_picture_of_a_page_is_drawn_by_a_worker_and_kept(
    http: httpx.Client, worker_state: WorkerState, app: App
) -> None:
    job = post(http).json()["jobs"][0]
    worker_state.work("cpu")
    url = f"/v1/jobs/{job['id']}/pages/1"
    assert http.get(url, params={"wait": 0}).status_code == 202
    worker_state.draw(job["id"], 1)
    drawn = http.get(url)
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/webp")
    assert drawn.content[8:12] == b"WEBP"
    assert problem(http.get(f"/v1/jobs/{job['id']}/pages/2")) == (404, "not_found")
    assert f"projects/default/jobs/{job['id']}/pages/0001.webp" in {
        s.key for s in app.store.list("projects/")
    }


def test_a_record_of_text_as_markdown_and_as_plain_text(
    http: httpx.Client, worker_state: WorkerState, capsys: pytest.CaptureFixture[str]
) -> None:
    text, other = (post(http, kind=kind).json()["jobs"][0]["id"] for kind in ("text", "receipt"))
    worker_state.work("cpu")
    worker_state.work("cpu")
    url = f"/v1/jobs/{text}/record"
    blocks = [{"type": "title", "level": 1, "text": "Mühle"}, {"type": "list", "items": ["\u2022 eins"]}]
    assert http.put(url, json={"pages": [{"lines": [], "blocks": blocks}]}).status_code == 200
    told = http.get(url, params={"format": "md"})
    assert (told.headers["content-type"], told.text) == (
        "text/markdown; charset=utf-8",
        "# Mühle\n\n- eins\n",
    )
    assert told.headers["etag"] != http.get(url).headers["etag"]
    same = {"If-None-Match": told.headers["etag"]}
    assert http.get(url, params={"format": "md"}, headers=same).status_code == 304
    assert main(["fetch", text, "--format", "txt", "--url", str(http.base_url)]) == 0
    assert capsys.readouterr().out.endswith("Mühle\n\n\u2022 eins\n")
    refused = http.get(f"/v1/jobs/{other}/record", params={"format": "md"})
    assert problem(refused) == (422, "request_invalid")


def test_exports(http: httpx.Client, worker_state: WorkerState) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "total": {"type": "number"},
            "seller": {"type": "object", "properties": {"city": {"type": "string"}}},
            "items": {"type": "array", "items": {"type": "string"}},
        },
    }
    assert http.put("/v1/kinds/slip", json=schema).json()["version"] == 1
    ids = [post(http, kind="slip", batch="b").json()["jobs"][0]["id"] for _ in range(3)]
    post(http, b"no document", kind="slip", batch="b")
    for _ in range(4):
        worker_state.work("cpu")
    data = {"name": "=HYPERLINK()", "total": 12.5, "seller": {"city": "上海"}, "items": ["a", "b"]}
    http.put(f"/v1/jobs/{ids[0]}/record", json=data)
    state = http.get("/v1/batches/b").json()
    assert (state["total"], state["finished"], state["states"]) == (4, True, {"done": 3, "failed": 1})
    lines = http.get("/v1/batches/b/export").text.splitlines()
    assert {json.loads(line)["job_id"] for line in lines} > set(ids)
    assert [json.loads(line)["state"] for line in lines].count("failed") == 1
    table = list(
        csv.DictReader(io.StringIO(http.get("/v1/batches/b/export?format=csv").content.decode("utf-8-sig")))
    )
    [row] = [row for row in table if row["job_id"] == ids[0]]
    assert (row["name"], row["total"], row["seller.city"], row["items"]) == (
        "'=HYPERLINK()",
        "12.5",
        "上海",
        '["a", "b"]',
    )
    parquet = http.get("/v1/batches/b/export?format=parquet").content
    typed = pyarrow.parquet.read_table(io.BytesIO(parquet)).to_pylist()
    assert [row["error"] for row in typed if row["state"] == "failed"] == ["unsupported_type"]
    [row] = [row for row in typed if row["job_id"] == ids[0]]
    assert (row["name"], row["total"], row["seller.city"]) == ("=HYPERLINK()", 12.5, "上海")
    assert problem(http.get("/v1/batches/none/export")) == (404, "not_found")


def test_kinds_in_and_out(http: httpx.Client) -> None:
    names = {kind["name"]: kind["version"] for kind in http.get("/v1/kinds").json()}
    assert "receipt" in names
    receipt = http.get("/v1/kinds/receipt").json()
    assert receipt["schema"]["properties"]["total"]
    assert problem(http.get("/v1/kinds/none")) == (404, "not_found")
    assert problem(http.put("/v1/kinds/Bad%20Name", json={"type": "object"})) == (422, "request_invalid")
    assert problem(http.put("/v1/kinds/slip", json={"type": 5})) == (422, "schema_invalid")


def test_kinds_of_a_schema_sent_along(http: httpx.Client, app: App, worker_state: WorkerState) -> None:
    schema = {"title": "Slip", "type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    answer = http.post("/v1/jobs", files={"files": ("a.png", picture())}, data={"schema": json.dumps(schema)})
    assert answer.json()["jobs"][0]["kind"] == "Slip"
    worker_state.work("cpu")
    assert http.get(f"/v1/jobs/{answer.json()['jobs'][0]['id']}/record").json()["data"] == {"a": None}
    assert "Slip" not in kinds.names(app, "default")


def test_columns_of_the_data_do_not_hide_those_of_the_job(
    http: httpx.Client, worker_state: WorkerState
) -> None:
    nullable = {"type": ["string", "null"]}
    schema = {
        "type": "object",
        "properties": {"state": nullable, "=cmd()": nullable, "n": {"type": ["integer", "null"]}},
    }
    http.put("/v1/kinds/odd", json=schema)
    job = post(http, kind="odd", batch="odd").json()["jobs"][0]["id"]
    worker_state.work("cpu")
    data = {"state": "Texas", "=cmd()": "x", "n": 10**20}
    assert http.put(f"/v1/jobs/{job}/record", json=data).status_code == 200
    parquet = http.get("/v1/batches/odd/export?format=parquet").content
    [row] = pyarrow.parquet.read_table(io.BytesIO(parquet)).to_pylist()
    assert (row["state"], row["data.state"], row["n"]) == ("done", "Texas", None)
    header = http.get("/v1/batches/odd/export?format=csv").content.decode("utf-8-sig").splitlines()[0]
    assert "'=cmd()" in header


def test_a_page_that_cannot_be_drawn_is_said_so_and_asked_for_once(
    http: httpx.Client, app: App, worker_state: WorkerState
) -> None:
    job = post(http).json()["jobs"][0]["id"]
    worker_state.work("cpu")
    app.broker._redis.flushall()
    for _ in range(3):
        assert http.get(f"/v1/jobs/{job}/pages/1", params={"wait": 0}).status_code == 202
    assert app.broker.depth("cpu") == 1
    source = app.ledger.jobs.get(job).spec.source_sha256
    app.store.write(f"projects/default/sources/{source}", b"damaged since")
    worker_state.draw(job, 1)
    assert problem(http.get(f"/v1/jobs/{job}/pages/1")) == (404, "not_found")


@pytest.mark.parametrize("name", ["九月发票", "Märzrechnungen-2024", "2024_03"])
def test_a_batch_is_named_in_any_script(http: httpx.Client, worker_state: WorkerState, name: str) -> None:
    job = post(http, batch=name).json()["jobs"][0]["id"]
    worker_state.work("cpu")
    assert http.get("/v1/jobs", params={"batch": name}).json()["jobs"][0]["id"] == job
    answer = http.get(f"/v1/batches/{quote(name)}/export")
    assert json.loads(answer.text)["job_id"] == job
    assert answer.headers["content-disposition"].endswith(quote(f"{name}.jsonl"))


@pytest.mark.parametrize("name", [".hidden", "a b", "a/b", "-x", "x" * 129, "a\n"])
def test_a_batch_has_no_name_that_a_file_could_not_have(http: httpx.Client, name: str) -> None:
    assert post(http, batch=name).status_code == 422
