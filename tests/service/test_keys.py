"""Keys and workers over real HTTP, for those who administer a project, and for nobody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from tests.service.calls import add_key, bearer, guarded, post, problem
from worker.jobs.app import App
from worker.jobs.broker import WorkerReport

__all__ = ["guarded"]
Guarded = tuple[App, httpx.Client]


def test_a_key_is_made_used_listed_and_revoked(guarded: Guarded) -> None:
    app, http = guarded
    admin = bearer(add_key(app, project="mine"))
    answer = http.post("/v1/keys", json={"name": "scanner", "scopes": ["submit"], "days": 7}, headers=admin)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    mine = bearer(made["key"])
    assert post(http, headers=mine).status_code == 202
    assert problem(http.get("/v1/jobs", headers=mine)) == (403, "forbidden")
    listed = http.get("/v1/keys", headers=admin).json()
    assert {**listed[0], "key": made["key"]} == made
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert (life.days, made["valid"], made["scopes"]) == (7, True, ["submit"])
    assert made["key"] not in http.get("/v1/keys", headers=admin).text
    assert http.delete(f"/v1/keys/{made['id']}", headers=admin).status_code == 204
    assert problem(post(http, headers=mine)) == (401, "unauthorized")
    assert problem(http.delete(f"/v1/keys/{made['id']}", headers=admin)) == (404, "not_found")
    assert [key["valid"] for key in http.get("/v1/keys", headers=admin).json()] == [False, True]
    actions = [entry.action for entry in app.ledger.access.entries("mine")]
    assert actions == ["key new", "submit", "key revoke"]


def test_a_new_key_may_no_more_than_the_one_that_asks(guarded: Guarded) -> None:
    app, http = guarded
    limits: dict[str, Any] = {
        "expires_at": round(app.clock()) + 1000.0,
        "rate_per_minute": 50,
        "max_bytes": 2**30,
    }
    admin = bearer(add_key(app, scopes="admin read", **limits))
    wanted = {"name": "more", "scopes": ["read", "submit"]}
    assert problem(http.post("/v1/keys", json=wanted, headers=admin)) == (403, "forbidden")
    made = http.post("/v1/keys", json={"name": "as much", "scopes": ["read"]}, headers=admin).json()
    key = app.ledger.access.key(made["id"])
    assert key is not None
    assert {name: getattr(key, name) for name in limits} == limits
    later = {"name": "later", "scopes": ["read"], "days": 365}
    made = http.post("/v1/keys", json=later, headers=admin).json()
    assert datetime.fromisoformat(made["expires_at"]).timestamp() == limits["expires_at"]


def test_keys_of_other_projects_are_neither_seen_nor_ended(guarded: Guarded) -> None:
    app, http = guarded
    ours, theirs = (add_key(app, project=name) for name in ("ours", "theirs"))
    listed = http.get("/v1/keys", headers=bearer(ours)).json()
    assert [key["id"] for key in listed] == [ours.split("_")[1]]
    gone = http.delete(f"/v1/keys/{theirs.split('_')[1]}", headers=bearer(ours))
    assert problem(gone) == (404, "not_found")
    assert http.get("/v1/keys", headers=bearer(theirs)).status_code == 200


def test_without_the_scope_admin_there_is_nothing_to_see(guarded: Guarded) -> None:
    app, http = guarded
    key = add_key(app, scopes="submit read review")
    for method, path in (
        ("GET", "/v1/keys"),
        ("DELETE", f"/v1/keys/{key.split('_')[1]}"),
        ("GET", "/v1/service"),
    ):
        assert problem(http.request(method, path, headers=bearer(key))) == (403, "forbidden")
    wanted = {"name": "n", "scopes": ["read"]}
    assert problem(http.post("/v1/keys", json=wanted, headers=bearer(key))) == (403, "forbidden")


def test_workers_tell_what_they_have_and_what_waits_is_one_s_own(guarded: Guarded) -> None:
    app, http = guarded
    mine, other = (bearer(add_key(app, project=name)) for name in ("mine", "other"))
    before = app.clock()
    app.broker.report("w2", WorkerReport(["embedded"], ["", "m"]), seconds=60)
    app.broker.report("w1", WorkerReport([]), seconds=60)
    job = post(http, headers=mine).json()["jobs"][0]
    found = http.get("/v1/service", headers=mine).json()
    first, second = found["workers"]
    assert (first["name"], first["engines"]) == ("w1", [])
    assert (second["name"], second["engines"], second["models"]) == ("w2", ["embedded"], ["m"])
    heard = datetime.fromisoformat(second["heard_at"]).timestamp()
    assert before - 0.1 <= heard <= app.clock() + 0.1
    assert [(one["queue"], one["count"], one["oldest_at"]) for one in found["waiting"]] == [
        ("cpu", 1, job["created_at"])
    ]
    assert http.get("/v1/service", headers=other).json()["waiting"] == []


def test_a_project_is_told_and_keeps_what_it_is_set_to(guarded: Guarded) -> None:
    app, http = guarded
    admin, other = (bearer(add_key(app, project=name)) for name in ("mine", "theirs"))
    nothing_set = {"name": "mine", "retention_days": None, "service_retention_days": None}
    assert http.get("/v1/project", headers=admin).json() == nothing_set
    changed = http.patch("/v1/project", json={"retention_days": 30}, headers=admin)
    assert changed.json() == {**nothing_set, "retention_days": 30}
    assert http.get("/v1/project", headers=other).json()["retention_days"] is None
    for wrong in ({"retention_days": 0}, {"retention_days": "soon"}, {}, {"retention_days": 1, "name": "x"}):
        assert http.patch("/v1/project", json=wrong, headers=admin).status_code == 422
    assert http.patch("/v1/project", json={"retention_days": None}, headers=admin).json() == nothing_set
    actions = [(entry.action, entry.subject) for entry in app.ledger.access.entries("mine")]
    assert actions == [("retention", "30.0"), ("retention", "None")]
