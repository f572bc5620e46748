"""Review over real HTTP: what people say of records, the queue they take documents from, lists and pages."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.cli.main import main
from api.client import Client
from api.routes import reviews
from schemas.record import Alternative, Citation, Evidence
from tests.service.conftest import picture
from tests.service.test_api import add_key, bearer, guarded, post, problem
from worker.errors import LedgerUnavailable, Refused
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.rebuild import rebuild
from worker.process.worker import WorkerState
from worker.reading.engines import registry as engines
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine

__all__ = ["guarded"]
SLIP = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "phone": {"type": ["string", "null"]},
        "total": {"type": ["number", "null"]},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"what": {"type": ["string", "null"]}}},
        },
    },
}
PLACE = Citation(page=1, box=(0.1, 0.1, 0.2, 0.2), text="there")


class Doubtful(FakeEngine):
    """Reads the same from every page, some of it unsure; the first document is the least sure one."""

    sure = 0.9
    doubts: Iterator[float] = iter(())

    def read(self, request: Request) -> Reading:
        list(request.pages)
        doubt = next(self.doubts, 0.1)
        data: dict[str, Any] = {
            "name": "Mühle",
            "phone": "555",
            "total": 5.0,
            "items": [{"what": "a"}, {"what": "b"}],
        }
        fields = {
            "/name": Evidence(confidence=self.sure, citations=(PLACE,)),
            "/phone": Evidence(
                confidence=doubt,
                citations=(PLACE,),
                alternatives=(Alternative(value="556", confidence=0.05),),
            ),
            "/total": Evidence(confidence=0.15, citations=(PLACE,)),
            "/items/0/what": Evidence(confidence=0.9, citations=(PLACE,)),
            "/items/1/what": Evidence(confidence=0.9, citations=(PLACE,)),
        }
        return Reading(data=data, evidence=fields)


@pytest.fixture
def doubtful(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> Doubtful:
    engine = Doubtful()
    monkeypatch.setattr(engines, "create", lambda *_: engine)
    assert http.put("/v1/kinds/slip", json=SLIP).status_code == 200
    return engine


def send(http: httpx.Client, worker_state: WorkerState, **form: Any) -> str:
    job = str(post(http, kind="slip", **form).json()["jobs"][0]["id"])
    worker_state.work("cpu")
    return job


def say(http: httpx.Client, job: str, revision: int, *changes: Any, **more: Any) -> httpx.Response:
    body = {"revision": revision, "changes": list(changes), **more}
    return http.post(f"/v1/jobs/{job}/review", json=body)


def state(http: httpx.Client, job: str) -> str:
    return str(http.get(f"/v1/jobs/{job}").json()["state"])


def test_one_correction_does_not_settle_the_other_value(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, app: App
) -> None:
    job = send(http, worker_state)
    view = http.get(f"/v1/jobs/{job}").json()["review"]
    assert view == {
        "open": 2,
        "weakest": {"path": "/phone", "confidence": 0.1},
        "reasons": ["low_confidence"],
        "revision": 0,
    }
    answer = http.get(f"/v1/jobs/{job}/record")
    record = answer.json()
    assert (answer.headers["etag"], record["revision"], record["state"]) == ('"0"', 0, "review")
    assert record["field_states"]["/phone"] == record["field_states"]["/total"] == "open"
    assert record["field_states"]["/name"] == "sure"
    told = {reason["path"]: reason["message"] for reason in record["review_reasons"]}
    assert told["/phone"] == "10% sure; it may also be 556 (5%)"
    drawn = {"page": 1, "box": [0.5, 0.5, 0.6, 0.6]}
    change = {"op": "correct", "path": "/phone", "value": "556", "citation": drawn}
    after = say(http, job, 0, change).json()
    assert (after["state"], state(http, job)) == ("review", "review")
    assert after["fields"]["/phone"]["citations"][0]["box"] == [0.5, 0.5, 0.6, 0.6]
    assert after["field_states"] | {} == {**record["field_states"], "/phone": "corrected"}
    done = say(http, job, 1, {"op": "confirm", "path": "/total"}).json()
    assert (done["state"], state(http, job), done["field_states"]["/total"]) == ("done", "done", "confirmed")
    restored = say(http, job, 2, {"op": "restore", "path": "/phone"}).json()
    assert (restored["state"], restored["data"]["phone"], state(http, job)) == ("review", "555", "review")
    assert http.get(f"/v1/jobs/{job}/record?revision=0").json() == record
    revisions = http.get(f"/v1/jobs/{job}/history").json()["revisions"]
    assert [found["revision"] for found in revisions] == [3, 2, 1]
    assert (revisions[2]["actor"], revisions[2]["changes"][0]["value"]) == ("local", "556")
    codes = [event["code"] for event in http.get(f"/v1/jobs/{job}/events").json()]
    assert codes == ["submitted", "claimed", "review", "checked", "confirmed", "checked"]
    same = http.get(f"/v1/jobs/{job}/record", headers={"If-None-Match": '"3"'})
    assert (same.status_code, same.content) == (304, b"")
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    rebuild(fresh)
    known, again = (ledger.jobs.get(job) for ledger in (app.ledger, fresh.ledger))
    assert (again.state, again.review) == (known.state, known.review)
    fresh.ledger.close()


def test_who_comes_later_is_told_and_nothing_is_overwritten(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, app: App
) -> None:
    job = send(http, worker_state)
    read = app.store.read(object_keys.record(app.ledger.jobs.get(job)))
    answers: list[httpx.Response] = []
    together = [
        threading.Thread(
            target=lambda name=name: answers.append(
                say(http, job, 0, {"op": "correct", "path": "/name", "value": name})
            )
        )
        for name in "abcd"
    ]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    stale = say(http, job, 0, {"op": "confirm", "path": "/total"})
    assert (problem(stale), stale.json()["revision"]) == ((409, "stale_revision"), 1)
    data = http.get(f"/v1/jobs/{job}/record").json()["data"]
    whole = http.put(f"/v1/jobs/{job}/record", json=data, headers={"If-Match": '"0"'})
    assert problem(whole) == (412, "stale_revision")
    assert app.store.read(object_keys.record(app.ledger.jobs.get(job))) == read


def test_what_is_open_is_named_unless_it_is_signed_off(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state)
    refused = say(http, job, 0, {"op": "confirm", "path": "/phone"}, decision="accept")
    assert (problem(refused), refused.json()["open"]) == ((409, "open_flags"), ["/total"])
    assert http.get(f"/v1/jobs/{job}/record").json()["revision"] == 0
    done = say(http, job, 0, decision="accept", sign_off=True).json()
    assert (done["state"], done["field_states"]["/total"]) == ("done", "confirmed")
    [revision] = http.get(f"/v1/jobs/{job}/history").json()["revisions"]
    assert set(revision["signed_off"]) == {"/phone", "/total"}
    assert [entry["action"] for entry in http.get("/v1/audit").json()][-1] == "accept"


def test_a_rejection_has_a_reason_and_can_be_taken_back(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state)
    assert problem(say(http, job, 0, decision="reject")) == (422, "request_invalid")
    assert say(http, job, 0, decision="reject", reason="a menu").json()["state"] == "failed"
    view = http.get(f"/v1/jobs/{job}").json()
    assert (view["state"], view["error"]) == ("failed", {"code": "rejected", "message": "a menu"})
    assert say(http, job, 1, decision="accept", sign_off=True).json()["state"] == "done"
    assert http.get(f"/v1/jobs/{job}").json()["error"] is None
    assert say(http, job, 2, decision="reject", reason="after all").status_code == 200
    assert http.post(f"/v1/jobs/{job}/retry").status_code == 202
    worker_state.work("cpu")
    assert http.get(f"/v1/jobs/{job}/record").json()["revision"] == 0
    assert state(http, job) == "review"


def test_rows_are_put_in_taken_out_and_moved_with_their_evidence(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state)
    steps = (
        {"op": "insert_row", "path": "/items/0", "value": {"what": "new"}},
        {"op": "move_row", "path": "/items/1", "to": 2},
        {"op": "remove_row", "path": "/items/0"},
        {"op": "insert_row", "path": "/items/-"},
    )
    record = say(http, job, 0, *steps).json()
    assert record["data"]["items"] == [{"what": "b"}, {"what": "a"}, {"what": None}]
    assert record["fields"]["/items/1/what"]["citations"]
    changed = say(http, job, 1, {"op": "correct", "path": "/items/1/what", "value": "A"}).json()
    assert changed["fields"]["/items/1/what"]["citations"] == []
    back = say(http, job, 2, {"op": "restore", "path": "/items/1/what"}).json()
    assert (back["data"]["items"][1], back["fields"]["/items/1/what"]["origin"]) == ({"what": "a"}, "read")
    whole = say(http, job, 3, {"op": "restore", "path": "/items"}).json()
    assert whole["data"]["items"] == [{"what": "a"}, {"what": "b"}]
    assert set(whole["fields"]) == set(http.get(f"/v1/jobs/{job}/record?revision=0").json()["fields"])


@pytest.mark.parametrize(
    "change",
    [
        {"op": "correct", "path": "/nothing", "value": 1},
        {"op": "correct", "path": "", "value": {}},
        {"op": "correct", "path": "total", "value": 1},
        {"op": "correct", "path": "/total", "value": "a lot"},
        {"op": "correct", "path": "/total", "value": 1, "citation": {"page": 9, "box": [0, 0, 1, 1]}},
        {"op": "correct", "path": "/items/7/what", "value": "x"},
        {"op": "correct", "path": "/items/²/what", "value": "x"},
        {"op": "remove_row", "path": "/items/-"},
        {"op": "remove_row", "path": "/name"},
        {"op": "move_row", "path": "/items/0", "to": 5},
        {"op": "confirm", "path": "/nothing"},
        {"op": "dance", "path": "/total"},
    ],
)
def test_changes_that_cannot_be_made_change_nothing(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, change: dict[str, Any]
) -> None:
    job = send(http, worker_state)
    assert problem(say(http, job, 0, {"op": "confirm", "path": "/total"}, change)) == (422, "request_invalid")
    assert http.get(f"/v1/jobs/{job}/record").json()["revision"] == 0


def test_a_required_value_that_is_not_on_the_page_may_be_cleared(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state)
    record = say(http, job, 0, {"op": "clear", "path": "/name"}).json()
    assert (record["data"]["name"], record["field_states"]["/name"]) == (None, "corrected")
    found = http.post(f"/v1/jobs/{job}/check", json={"data": {"total": "x"}}).json()["issues"]
    assert {"/name", "/total"} <= {issue["path"] for issue in found}
    assert http.get(f"/v1/jobs/{job}/schema").json() == SLIP


def test_a_ledger_that_was_not_told_of_a_revision_learns_it(
    http: httpx.Client,
    worker_state: WorkerState,
    doubtful: Doubtful,
    app: App,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = send(http, worker_state)
    with monkeypatch.context() as cut:

        def away(*_given: object, **_how: object) -> None:
            raise LedgerUnavailable(detail="cut off")

        cut.setattr(type(app.ledger.reviews), "enter", away)
        assert say(http, job, 0, decision="accept", sign_off=True).status_code == 503
    assert state(http, job) == "review"
    assert http.get(f"/v1/jobs/{job}/record").json()["revision"] == 1
    assert state(http, job) == "done"


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


def test_data_that_no_document_holds_are_refused(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful
) -> None:
    job = send(http, worker_state)
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    wide = {"items": [1] * 100_001}
    for data in (deep, wide):
        assert problem(http.post(f"/v1/jobs/{job}/check", json={"data": data})) == (422, "request_invalid")
        assert problem(http.put(f"/v1/jobs/{job}/record", json=data)) == (422, "request_invalid")


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
