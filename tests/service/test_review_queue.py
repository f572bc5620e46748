"""The queue of review, its leases and lists."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.cli.main import main
from api.client import Client
from api.routes import reviews
from tests.service.calls import add_key, bearer, guarded, post, problem
from tests.service.conftest import picture
from tests.service.reviewing import Doubtful, doubtful, say, send
from worker.errors import Refused
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter
from worker.process.worker import WorkerState

__all__ = ["doubtful", "guarded"]


def test_the_queue_gives_the_least_sure_first_and_each_to_one(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    doubtful.doubts = iter((0.12, 0.02, 0.14))
    ids = [send(http, worker_state) for _ in range(3)]
    first = http.post("/v1/reviews/next", json={}).json()
    assert (first["job"]["id"], first["position"], first["waiting"]) == (ids[1], 1, 3)
    second = http.post("/v1/reviews/next", json={"after": ids[1]}).json()
    assert (second["job"]["id"], second["position"]) == (ids[0], 2)
    assert http.post("/v1/reviews/next", json={}).json()["job"]["id"] == ids[2]
    assert http.post("/v1/reviews/next", json={}).status_code == 204
    token = first["lease"]["token"]
    assert http.post(f"/v1/reviews/{ids[1]}/renew", json={"token": token}).status_code == 200
    assert problem(http.post(f"/v1/reviews/{ids[1]}/renew", json={"token": "x"})) == (
        409,
        "review_lease_lost",
    )
    assert http.post(f"/v1/reviews/{ids[1]}/release", json={"token": token}).status_code == 204
    assert say(http, ids[1], 0, decision="postpone").json()["state"] == "review"
    token = second["lease"]["token"]
    http.post(f"/v1/reviews/{ids[0]}/release", json={"token": token})
    assert http.post("/v1/reviews/next", json={}).json()["job"]["id"] == ids[0]
    assert http.post("/v1/reviews/next", json={}).json()["job"]["id"] == ids[1]  # behind the others now
    assert say(http, ids[0], 0, decision="accept", sign_off=True).status_code == 200
    lost = http.post(f"/v1/reviews/{ids[0]}/renew", json={"token": token})
    assert problem(lost) == (409, "review_lease_lost")


def test_a_lease_runs_out_and_many_at_once_get_different_documents(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {send(http, worker_state) for _ in range(6)}
    monkeypatch.setattr(reviews, "LEASE_SECONDS", 0.2)
    held = http.post("/v1/reviews/next", json={}).json()["job"]["id"]
    monkeypatch.setattr(reviews, "LEASE_SECONDS", 120.0)
    got: list[str] = []
    time.sleep(0.3)

    def take() -> None:
        while (answer := http.post("/v1/reviews/next", json={})).status_code == 200:
            got.append(answer.json()["job"]["id"])

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(ids)
    assert held in got


def test_who_asks_a_moment_before_the_last_does_not_get_what_the_last_got(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state)
    queue, among = worker_state.app.ledger.reviews, Filter("default")
    lent = queue.next(among, token="a", now=1000.5, seconds=120)
    assert lent is not None
    assert lent.job.id == job
    assert queue.next(among, token="b", now=1000.4, seconds=120) is None
    taken = queue.next(among, token="b", now=500.0, seconds=120)  # a clock that was set back waits for nobody
    assert taken is not None


def test_lists_search_sort_and_count_on_the_server(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    doubtful.doubts = iter((0.12, 0.02, 0.14))
    ids = [send(http, worker_state, batch="b") for _ in range(3)]
    waiting = post(http, kind="slip").json()["jobs"][0]["id"]

    def listed(**params: Any) -> list[str]:
        return [job["id"] for job in http.get("/v1/jobs", params=params).json()["jobs"]]

    assert listed(state="review,failed") == ids[::-1]
    assert listed(state="review", sort="confidence") == [ids[1], ids[0], ids[2]]
    page = http.get("/v1/jobs", params={"sort": "confidence", "limit": 2}).json()
    assert listed(sort="confidence", limit=2, cursor=page["next"]) == [ids[2], waiting]
    assert set(listed(q="MÜHLE")) == set(ids)
    assert listed(q="100%") == []
    assert set(listed(q="bill.PNG")) == {*ids, waiting}
    say(http, ids[0], 0, {"op": "correct", "path": "/name", "value": "Brücke_7"})
    assert listed(q="brücke_7") == [ids[0]]
    assert listed(since="2100-01-01T00:00:00Z") == []
    assert problem(http.get("/v1/jobs", params={"state": "review,odd"})) == (422, "request_invalid")
    counts = http.get("/v1/counts").json()["states"]
    assert counts == {"queued": 1, "running": 0, "done": 0, "review": 3, "failed": 0, "cancelled": 0}
    assert http.get("/v1/counts", params={"q": "brücke", "batch": "b"}).json()["states"]["review"] == 1
    [batch] = http.get("/v1/batches").json()["batches"]
    assert (batch["name"], batch["total"], batch["states"]) == ("b", 3, {"review": 3})


def test_source_lines_and_thumbnails(http: httpx.Client, worker_state: WorkerState, samples: Any) -> None:
    document = (samples / "receipt_0_clean.jpg").read_bytes()
    files = {"files": ('"; filename=evil.html\r\n账单.jpg', document)}
    job = http.post("/v1/jobs", files=files, data={"kind": "receipt"}).json()["jobs"][0]["id"]
    worker_state.work("cpu")
    source = http.get(f"/v1/jobs/{job}/source")
    assert source.content == document
    assert source.headers["content-type"] == "application/octet-stream"
    assert source.headers["x-content-type-options"] == "nosniff"
    assert source.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    for path, what in (("1/lines", "lines.json"), ("1?size=thumb", "thumb.webp")):
        url = f"/v1/jobs/{job}/pages/{path}"
        assert http.get(url, params={"wait": 0, "size": "thumb"}).status_code == 202
        worker_state.draw(job, 1, what)
    lines = http.get(f"/v1/jobs/{job}/pages/1/lines").json()
    with Image.open(samples / "receipt_0_clean.jpg") as picture_:
        assert {lines["width"], lines["height"]} == set(picture_.size)
    assert len(lines["lines"]) > 3
    assert all(len(line["edges"]) == len(line["text"]) + 1 for line in lines["lines"])
    small = http.get(f"/v1/jobs/{job}/pages/1", params={"size": "thumb"})
    assert max(Image.open(io.BytesIO(small.content)).size) == 240
    assert problem(http.get(f"/v1/jobs/{job}/pages/2/lines")) == (404, "not_found")


def test_review_is_for_those_who_may(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    reader, theirs = bearer(add_key(app, scopes="read submit")), bearer(add_key(app, "theirs"))
    job = post(http, picture(), headers=bearer(add_key(app))).json()["jobs"][0]["id"]
    body: dict[str, Any] = {"revision": 0, "decision": "accept"}
    for path, given in (
        (f"/v1/jobs/{job}/review", body),
        (f"/v1/jobs/{job}/check", {"data": {}}),
        ("/v1/reviews/next", {}),
        (f"/v1/reviews/{job}/renew", {"token": "x"}),
    ):
        assert problem(http.post(path, json=given, headers=reader)) == (403, "forbidden")
    for path in ("source", "history", "schema", "pages/1/lines", "record"):
        assert problem(http.get(f"/v1/jobs/{job}/{path}", headers=theirs)) == (404, "not_found")
    assert problem(http.post(f"/v1/jobs/{job}/review", json=body, headers=theirs)) == (404, "not_found")
    assert http.get("/v1/counts", headers=theirs).json()["states"]["queued"] == 0
    assert http.get("/v1/batches", headers=theirs).json()["batches"] == []
    assert http.post("/v1/reviews/next", json={}, headers=theirs).status_code == 204


def test_tables_for_spreadsheets_run_nothing(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state, batch="b")
    say(http, job, 0, {"op": "correct", "path": "/name", "value": "=1+1"})
    answer = http.get("/v1/batches/b/export?format=xlsx")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in sheet
    assert "<v>5</v>" in sheet


def test_corrections_are_a_manifest_that_eval_reads(
    http: httpx.Client,
    worker_state: WorkerState,
    doubtful: Doubtful,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = picture()
    job = send(http, worker_state, document=document)
    send(http, worker_state)  # nobody settled it
    say(http, job, 0, {"op": "correct", "path": "/phone", "value": "556"}, decision="accept", sign_off=True)
    folder = tmp_path / "settled"
    assert main(["export", "--corrections", str(folder), "--url", str(http.base_url)]) == 0
    [row] = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert (row["expected"]["phone"], row["read"]["data"]["phone"]) == ("556", "555")
    assert (folder / row["file"]).read_bytes() == document
    assert main(["eval", "--corrections", str(folder / "manifest.jsonl")]) == 0
    out = capsys.readouterr().out
    assert (
        main(["export", "--corrections", str(folder), "--format", "swift", "--url", str(http.base_url)]) == 0
    )
    [example] = [json.loads(line) for line in (folder / "swift.jsonl").read_text("utf-8").splitlines()]
    assert json.loads(example["messages"][1]["content"])["phone"] == "556"
    assert (folder / example["images"][0]).is_file()
    assert main(["export", "--corrections", str(folder), "--format", "csv", "--url", str(http.base_url)]) == 2
    assert re.search(r"slip /phone +1 +0\.000", out)
    assert re.search(r"slip /name +1 +1\.000", out)


def test_the_client_reviews(http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful) -> None:
    job = send(http, worker_state)
    with Client(str(http.base_url)) as client:
        loan = client.next_review()
        assert loan is not None
        assert loan["job"]["id"] == job
        assert client.next_review() is None
        assert client.check(job, {"name": "a"}) == []
        client.review(job, 0, [{"op": "confirm", "path": "/phone"}])
        client.review(job, 1, decision="accept", sign_off=True)
        assert [revision["decision"] for revision in client.history(job)] == ["accept", None]
        assert client.counts()["done"] == 1
        with pytest.raises(Refused, match="revision 2"):
            client.review(job, 0, decision="accept")
