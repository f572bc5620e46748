"""Uploads: what is taken, what is refused, what comes from a store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api import limits
from tests.service.calls import post, problem
from tests.service.conftest import picture, serving
from worker.jobs.app import App
from worker.jobs.store import factory
from worker.process.worker import WorkerState


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
