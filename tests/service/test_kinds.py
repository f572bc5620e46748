"""Kinds over real HTTP: what they are called, and their versions."""

from __future__ import annotations

from typing import Any

import httpx

from tests.service.calls import problem
from worker.jobs import kinds
from worker.jobs.app import App
from worker.jobs.ledger.ledger import IN_MEMORY, Ledger
from worker.jobs.rebuild import rebuild

SLIP: dict[str, Any] = {
    "type": "object",
    "title": "Slip",
    "x-title-zh": "小票",
    "properties": {"total": {"type": "number"}},
}


def test_a_list_says_what_kinds_are_called_in_both_languages(http: httpx.Client, app: App) -> None:
    http.put("/v1/kinds/slip", json=SLIP).raise_for_status()
    http.put(
        "/v1/kinds/bare", json={"type": "object", "properties": {"a": {"type": "string"}}}
    ).raise_for_status()
    titles = {kind["name"]: kind["titles"] for kind in http.get("/v1/kinds").json()}
    assert titles["slip"] == {"en": "Slip", "zh": "小票"}
    assert titles["bare"] == {}
    assert titles["receipt"] == {"en": "Receipt", "zh": "收据"}
    fresh = App(app.settings, app.store, Ledger.open(IN_MEMORY), app.broker)
    rebuild(fresh)
    assert kinds.titles(fresh, "default") == titles
    fresh.ledger.close()


def test_every_version_is_listed_and_can_be_asked_for(http: httpx.Client) -> None:
    second = {**SLIP, "title": "Till slip"}
    for schema in (SLIP, second, second):
        http.put("/v1/kinds/slip", json=schema).raise_for_status()
    versions = http.get("/v1/kinds/slip/versions").json()
    assert [one["version"] for one in versions] == [2, 1]
    assert all(one["created_at"] for one in versions)
    assert http.get("/v1/kinds/slip").json()["schema"] == second
    assert http.get("/v1/kinds/slip", params={"version": 1}).json()["schema"] == SLIP
    assert problem(http.get("/v1/kinds/slip", params={"version": 3})) == (404, "not_found")
    assert problem(http.get("/v1/kinds/none/versions")) == (404, "not_found")


def test_the_shipped_version_of_a_kind_stays_beside_a_project_s_own(http: httpx.Client) -> None:
    shipped = http.get("/v1/kinds/receipt").json()
    http.put("/v1/kinds/receipt", json=SLIP).raise_for_status()
    own, first = http.get("/v1/kinds/receipt/versions").json()
    assert (own["version"], first["version"]) == (shipped["version"] + 1, shipped["version"])
    assert (first["schema_sha256"], first["created_at"]) == (shipped["schema_sha256"], None)
    assert http.get("/v1/kinds/receipt", params={"version": first["version"]}).json() == shipped
