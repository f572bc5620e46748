"""Review over real HTTP: what people say of records."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from tests.service.calls import problem
from tests.service.reviewing import SLIP, Doubtful, doubtful, say, send
from worker.errors import LedgerUnavailable
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.rebuild import rebuild
from worker.process.worker import WorkerState

__all__ = ["doubtful"]


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


def test_what_was_said_is_kept_beside_what_was_read_and_is_there_in_a_new_ledger(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, app: App
) -> None:
    job = send(http, worker_state)
    record = http.get(f"/v1/jobs/{job}/record").json()
    say(http, job, 0, {"op": "correct", "path": "/phone", "value": "556"})
    say(http, job, 1, {"op": "confirm", "path": "/total"})
    say(http, job, 2, {"op": "restore", "path": "/phone"})
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
