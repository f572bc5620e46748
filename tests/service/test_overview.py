"""The sums of a project over real HTTP: what ended, what failed, how right readings were."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from tests.service.calls import add_key, bearer, guarded, post, problem
from tests.service.reviewing import Doubtful, doubtful, say, send
from worker.jobs.app import App
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.ledger.sums import Stretch
from worker.jobs.rebuild import rebuild
from worker.process.worker import WorkerState

__all__ = ["doubtful", "guarded"]


def test_what_people_settled_is_told_by_confidence_and_field_also_after_a_rebuild(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, app: App
) -> None:
    job = send(http, worker_state)
    assert http.get("/v1/overview").json()["fields"] == []
    correction = {"op": "correct", "path": "/phone", "value": "556"}
    say(http, job, 0, correction, {"op": "confirm", "path": "/total"}).raise_for_status()
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    rebuild(fresh)
    found = http.get("/v1/overview", params={"period": "week"}).json()
    assert found["states"] == {**dict.fromkeys(found["states"], 0), "done": 1}
    assert found["confidence"] == [
        {"at_least": 0.1, "judged": 2, "right": 1},
        {"at_least": 0.9, "judged": 3, "right": 3},
    ]
    worst = found["fields"][0]
    assert (worst["kind"], worst["field"], worst["judged"], worst["right"]) == ("slip", "/phone", 1, 0)
    assert [(step["judged"], step["right"]) for step in worst["steps"]] == [(1, 0)]
    assert {field["field"] for field in found["fields"]} == {"/phone", "/name", "/total", "/items/*/what"}
    long_ago = Stretch(since=0.0, step=1e12)
    known, again = (ledger.sums.accuracy("default", long_ago) for ledger in (app.ledger, fresh.ledger))
    assert known == again
    fresh.ledger.close()


@pytest.mark.parametrize(
    ("period", "steps", "seconds"), [("day", 24, 3600), ("week", 28, 21600), ("month", 30, 86400)]
)
def test_every_step_of_a_period_is_there_and_what_has_just_ended_is_in_the_last(
    http: httpx.Client, worker_state: WorkerState, doubtful: Doubtful, period: str, steps: int, seconds: int
) -> None:
    send(http, worker_state)
    found = http.get("/v1/overview", params={"period": period}).json()
    assert (len(found["ended"]), found["step_seconds"]) == (steps, seconds)
    assert [step["documents"] for step in found["ended"]] == [0] * (steps - 1) + [1]
    assert (found["ended"][-1]["pages"], found["ended"][-1]["unaided"]) == (1, 0)
    times = [datetime.fromisoformat(step["at"]) for step in found["ended"]]
    assert times[0] == datetime.fromisoformat(found["since"])
    assert {later - sooner for sooner, later in pairwise(times)} == {timedelta(seconds=seconds)}


def test_failures_are_told_by_code(http: httpx.Client, worker_state: WorkerState) -> None:
    files = {"files": ("broken.pdf", b"%PDF-1.7 no more")}
    http.post("/v1/jobs", files=files, data={"kind": "receipt"}).raise_for_status()
    worker_state.work("cpu")
    assert http.get("/v1/overview").json()["failures"] == {"corrupt_file": 1}


def test_other_projects_and_keys_that_may_not_read_see_nothing(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    mine, other = (bearer(add_key(app, project=name)) for name in ("mine", "other"))
    post(http, kind="receipt", headers=mine)
    assert http.get("/v1/overview", headers=mine).json()["states"]["queued"] == 1
    assert http.get("/v1/overview", headers=other).json()["states"]["queued"] == 0
    blind = bearer(add_key(app, scopes="submit"))
    assert problem(http.get("/v1/overview", headers=blind)) == (403, "forbidden")
