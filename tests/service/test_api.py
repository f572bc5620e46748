"""The HTTP API over a real socket."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from api import limits
from api.auth import new_key
from api.cli.main import main
from api.client import Client
from tests.service.conftest import picture, serving
from worker.errors import Refused
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.ledger.access import ApiKey
from worker.jobs.store import factory
from worker.process.worker import WorkerState


def post(http: httpx.Client, document: bytes | None = None, **form: Any) -> httpx.Response:
    files = {"files": ("bill.png", document or picture())}
    headers = form.pop("headers", {})
    return http.post("/v1/jobs", files=files, data={"kind": "receipt", **form}, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"].endswith(".")
    return answer.status_code, body["code"]


def add_key(
    app: App, project: str = "default", scopes: str = "submit read review admin", **limits: Any
) -> str:
    made = new_key()
    app.ledger.access.add_key(
        ApiKey(
            id=made.id,
            project=project,
            name="t",
            hash=made.hash,
            scopes=frozenset(scopes.split()),
            created_at=0,
            **limits,
        )
    )
    return made.text


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def guarded(app: App) -> Iterator[tuple[App, httpx.Client]]:
    """The API with keys."""
    strict = App(app.settings.model_copy(update={"auth": "keys"}), app.store, app.ledger, app.broker)
    with serving(strict) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield strict, client


def test_from_upload_to_record(http: httpx.Client, worker_state: WorkerState) -> None:
    answer = post(http, priority=7, batch="march")
    assert answer.status_code == 202
    [job] = answer.json()["jobs"]
    assert (job["state"], job["priority"], job["batch"]) == ("queued", 7, "march")
    pending = http.get(f"/v1/jobs/{job['id']}/record")
    assert (pending.status_code, pending.json()["state"]) == (202, "queued")
    assert int(pending.headers["retry-after"]) >= 1
    worker_state.work("cpu")
    done = http.get(f"/v1/jobs/{job['id']}").json()
    assert (done["state"], done["progress"]) == ("done", {"pages": 1, "pages_done": 1})
    record = http.get(done["links"]["record"]).json()
    assert record["data"]["company"] is None
    assert http.get(done["links"]["record"]).json() == record
    told = http.get(done["links"]["events"]).json()
    assert [event["code"] for event in told] == ["submitted", "claimed", "done"]
    assert (told[1]["attempt"], told[1]["worker"]) == (1, worker_state.name)
    assert http.get(f"/v1/jobs/{'0' * 32}/events").status_code == 404


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


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"kind": "nonsense"}, (404, "not_found")),
        ({"kind": ""}, (422, "request_invalid")),
        ({"priority": "10"}, (422, "request_invalid")),
        ({"engine": "magic"}, (422, "request_invalid")),
        ({"batch": "../x"}, (422, "request_invalid")),
        ({"colour": "red"}, (422, "request_invalid")),
        ({"schema": "{", "kind": ""}, (422, "request_invalid")),
        ({"schema": '{"type": "nonsense"}', "kind": ""}, (422, "schema_invalid")),
        ({"callback_url": "http://169.254.169.254/latest"}, (422, "request_invalid")),
    ],
)
def test_what_is_asked_wrongly_is_told_in_words(
    app: App, form: dict[str, Any], expected: tuple[int, str]
) -> None:
    public = App(
        app.settings.model_copy(update={"webhook_private": False}), app.store, app.ledger, app.broker
    )
    with serving(public) as url, httpx.Client(base_url=url) as client:
        assert problem(post(client, **form)) == expected
    assert app.ledger.lists.counts() == {}


def test_bodies_of_other_types(http: httpx.Client) -> None:
    assert problem(http.post("/v1/jobs", content=b"x", headers={"content-type": "text/plain"})) == (
        415,
        "unsupported_media",
    )
    assert problem(http.post("/v1/jobs", json=[1, 2])) == (422, "request_invalid")
    assert problem(http.post("/v1/jobs", content=b"{", headers={"content-type": "application/json"})) == (
        422,
        "request_invalid",
    )
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert problem(http.post("/v1/jobs", content=b"nothing of the kind", headers=broken))[0] in {400, 422}
    assert problem(http.get("/v1/nothing")) == (404, "not_found")
    assert problem(http.delete("/v1/kinds")) == (405, "method_not_allowed")
    assert problem(http.get("/v1/jobs/short")) == (422, "request_invalid")
    assert problem(http.get("/v1/jobs?cursor=%00")) == (422, "request_invalid")


def test_an_upload_that_says_it_is_too_large_is_refused_unread(app: App) -> None:
    small = App(app.settings.model_copy(update={"max_upload": 1000}), app.store, app.ledger, app.broker)
    with serving(small) as url, httpx.Client(base_url=url) as client:
        assert problem(post(client, b"x" * 2000)) == (413, "too_large")


def test_an_endless_upload_is_cut_off_when_it_is_too_large(app: App) -> None:
    small = App(app.settings.model_copy(update={"max_upload": 10**6}), app.store, app.ledger, app.broker)
    sent = 0

    def five_gigabytes() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        while sent < 5 * 2**30:
            sent += 2**16
            yield b"x" * 2**16

    with serving(small) as url, httpx.Client(base_url=url) as client:
        try:
            answer = client.post(
                "/v1/jobs",
                content=five_gigabytes(),
                headers={"content-type": "multipart/form-data; boundary=x"},
            )
        except httpx.WriteError:
            pass  # the connection was closed on us, which is an answer, too
        else:
            assert problem(answer) == (413, "too_large")
    assert sent < 100 * 2**20
    assert app.ledger.lists.counts() == {}


def test_other_bodies_are_small(http: httpx.Client) -> None:
    body = b'{"a": "' + b"x" * limits.MOST_ELSEWHERE + b'"}'
    answer = http.put("/v1/kinds/big", content=body, headers={"content-type": "application/json"})
    assert problem(answer) == (413, "too_large")


def test_an_idempotency_key_answers_the_same_and_refuses_another_request(http: httpx.Client) -> None:
    document, headers = picture(), {"Idempotency-Key": "k1"}
    first = post(http, document, headers=headers)
    again = post(http, document, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["jobs"][0]["id"] == again.json()["jobs"][0]["id"]
    assert problem(post(http, picture(), headers=headers)) == (422, "idempotency_key_reused")


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


def test_a_source_of_the_bucket(http: httpx.Client, app: App) -> None:
    app.store.write("inbox/receipt/a.png", picture())
    answer = http.post("/v1/jobs", json={"source": "inbox/receipt/a.png", "kind": "receipt"})
    assert (answer.status_code, answer.json()["jobs"][0]["filename"]) == (202, "a.png")
    app.store.write("projects/other/sources/abc", b"secret")
    for key in (
        "inbox/none.png",
        "projects/other/sources/abc",
        "inbox/../projects/other/sources/abc",
        "uploads/other/1-a/x",
        "/inbox/receipt/a.png",
    ):
        answer = http.post("/v1/jobs", json={"source": key, "kind": "receipt"})
        assert problem(answer) == (404, "not_found")


def test_a_large_file_goes_straight_to_the_store(app: App) -> None:
    bucket = App(app.settings, factory.create(app.settings), app.ledger, app.broker)
    with serving(bucket) as url, httpx.Client(base_url=url, timeout=30) as http:
        ticket = http.post("/v1/uploads", json={"filename": "../big plan.png"}).json()
        assert httpx.post(ticket["url"], data=ticket["fields"], files={"file": picture()}).is_success
        answer = http.post("/v1/jobs", json={"source": ticket["source"], "kind": "receipt"})
        assert answer.json()["jobs"][0]["filename"] == "big plan.png"
        assert bucket.store.stat(ticket["source"]) is None


def test_uploads_by_url_need_a_bucket(http: httpx.Client) -> None:
    assert problem(http.post("/v1/uploads", json={"filename": "a"})) == (501, "unsupported_by_store")


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        (
            {
                "EventName": "s3:ObjectCreated:Put",
                "Key": "test/inbox/receipt/a b.pdf",
                "Records": [
                    {"s3": {"bucket": {"name": "test"}, "object": {"key": "inbox%2Freceipt%2Fa+b.pdf"}}}
                ],
            },
            ["inbox/receipt/a b.pdf"],
        ),
        ({"Records": [{"s3": {"bucket": {"name": "other"}, "object": {"key": "inbox/x"}}}]}, []),
        ({"key": "/buckets/test/inbox/receipt/a.pdf", "event_type": "create"}, ["inbox/receipt/a.pdf"]),
        ({"Key": "test/outbox/receipt/a.json"}, []),
        ({"Records": "nonsense", "Key": 5}, []),
        ({"Records": [None, 3, {"s3": []}]}, []),
    ],
)
def test_notifications_of_stores(
    http: httpx.Client, app: App, event: dict[str, Any], keys: list[str]
) -> None:
    answer = http.post("/v1/hooks/s3", json=event)
    assert (answer.status_code, answer.json()) == (202, {"keys": keys})
    assert app.broker.await_drop(0.1) is bool(keys)


def test_keys_open_what_their_scopes_say(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    pool, full = bearer(add_key(app, scopes="read")), bearer(add_key(app))
    assert problem(http.get("/v1/jobs")) == (401, "unauthorized")
    assert http.get("/v1/jobs").headers["www-authenticate"] == "Bearer"
    for wrong in (
        "Bearer",
        "Bearer pm_x_y",
        "Bearer pm_000000000000_abc",
        "Basic abc",
        f"{full['Authorization']}x",
    ):
        assert problem(http.get("/v1/jobs", headers={"Authorization": wrong})) == (401, "unauthorized")
    assert http.get("/v1/jobs", headers=pool).status_code == 200
    assert problem(post(http, headers=pool)) == (403, "forbidden")
    assert problem(http.get("/v1/audit", headers=pool)) == (403, "forbidden")
    job = post(http, headers=full).json()["jobs"][0]["id"]
    for method, path in (("DELETE", ""), ("POST", "/cancel"), ("POST", "/retry"), ("PUT", "/record")):
        answer = http.request(
            method, f"/v1/jobs/{job}{path}", headers=pool, json={} if method == "PUT" else None
        )
        assert problem(answer) == (403, "forbidden")


def test_keys_end(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    expired = bearer(add_key(app, expires_at=time.time() - 1))
    assert problem(http.get("/v1/jobs", headers=expired)) == (401, "unauthorized")
    text = add_key(app)
    assert http.get("/v1/jobs", headers=bearer(text)).status_code == 200
    app.ledger.access.revoke(text.split("_")[1], now=time.time())
    assert problem(http.get("/v1/jobs", headers=bearer(text))) == (401, "unauthorized")
    assert text not in str(app.ledger.access.all_keys())


def test_a_job_of_another_project_is_not_there(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    ours, theirs = bearer(add_key(app, "ours")), bearer(add_key(app, "theirs"))
    document = picture()
    job = post(http, document, headers=ours, batch="b").json()["jobs"][0]["id"]
    for method, path in (
        ("GET", ""),
        ("GET", "/record"),
        ("PUT", "/record"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("DELETE", ""),
        ("GET", "/pages/1"),
    ):
        answer = http.request(
            method, f"/v1/jobs/{job}{path}", headers=theirs, json={} if method == "PUT" else None
        )
        assert problem(answer) == (404, "not_found")
    assert problem(http.get("/v1/batches/b", headers=theirs)) == (404, "not_found")
    assert http.get("/v1/jobs", headers=theirs).json()["jobs"] == []
    mine = post(http, document, headers=theirs)
    assert mine.status_code == 202  # whether somebody else has it does not show
    assert mine.json()["jobs"][0]["id"] != job
    http.put("/v1/kinds/slip", json={"type": "object"}, headers=ours)
    assert problem(http.get("/v1/kinds/slip", headers=theirs)) == (404, "not_found")


def test_keys_have_limits(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    slow = bearer(add_key(app, rate_per_minute=2))
    codes = [http.get("/v1/jobs", headers=slow).status_code for _ in range(3)]
    if codes == [200, 200, 200]:  # the minute turned in between
        codes = [http.get("/v1/jobs", headers=slow).status_code for _ in range(3)]
    refused = http.get("/v1/jobs", headers=slow)
    assert problem(refused) == (429, "rate_limited")
    assert 0 < int(refused.headers["retry-after"]) <= 61
    small = bearer(add_key(app, max_bytes=500))
    assert problem(post(http, b"x" * 600, headers=small)) == (413, "too_large")


def test_without_keys_no_page_of_another_site_gets_in(http: httpx.Client) -> None:
    assert problem(http.get("/v1/jobs", headers={"Host": "evil.example"})) == (403, "forbidden")
    assert problem(post(http, headers={"Origin": "https://evil.example"})) == (403, "forbidden")
    assert http.get("/v1/jobs", headers={"Origin": "https://evil.example"}).status_code == 200
    assert "access-control-allow-origin" not in http.get("/v1/jobs").headers


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


def test_kinds_of_a_schema_sent_along(http: httpx.Client, app: App, worker_state: WorkerState) -> None:
    schema = {"title": "Slip", "type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    answer = http.post("/v1/jobs", files={"files": ("a.png", picture())}, data={"schema": json.dumps(schema)})
    assert answer.json()["jobs"][0]["kind"] == "Slip"
    worker_state.work("cpu")
    assert http.get(f"/v1/jobs/{answer.json()['jobs'][0]['id']}/record").json()["data"] == {"a": None}
    assert "Slip" not in kinds.names(app, "default")


def test_the_page_loads_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    parts = re.findall(r'"(/web/page-[0-9a-f]{12}\.(?:js|css))"', page.text)
    assert len(parts) == 2
    for part in parts:
        assert "immutable" in http.get(part).headers["cache-control"]
    assert problem(http.get("/web/..%2f..%2fsecret")) == (404, "not_found")


def test_half_characters_are_refused_and_not_stored(http: httpx.Client, worker_state: WorkerState) -> None:
    headers = {"content-type": "application/json"}
    half = b'{"type": "object", "title": "\\ud800"}'
    assert problem(http.put("/v1/kinds/half", content=half, headers=headers)) == (422, "request_invalid")
    assert problem(post(http, schema=half.decode(), kind="")) == (422, "request_invalid")
    job = post(http).json()["jobs"][0]["id"]
    worker_state.work("cpu")
    wrong = http.put(f"/v1/jobs/{job}/record", content=b'{"company": "\\ud800"}', headers=headers)
    assert problem(wrong) == (422, "request_invalid")
    assert problem(http.get("/v1/jobs", headers={"Host": "["}))[0] in {400, 403}


def test_a_body_without_a_length_is_cut_off_too(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"a": "'
        for _ in range(40):
            yield b"x" * 2**20

    answer = http.put("/v1/kinds/big", content=endless(), headers={"content-type": "application/json"})
    assert problem(answer) == (413, "too_large")


def test_an_upload_taken_once_answers_its_idempotency_key_again(app: App, http: httpx.Client) -> None:
    app.store.write("uploads/default/1-a/x.png", picture())
    body = {"source": "uploads/default/1-a/x.png", "kind": "receipt"}
    first, again = (http.post("/v1/jobs", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["jobs"][0]["id"] == again.json()["jobs"][0]["id"]
    assert problem(http.post("/v1/jobs", json=body)) == (404, "not_found")


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


def test_the_document_says_how_keys_are_sent(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert document["paths"]["/v1/jobs"]["post"]["security"]
