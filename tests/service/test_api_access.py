"""Keys, projects and what other sites may do."""

from __future__ import annotations

import re
import time

import httpx

from tests.service.calls import add_key, bearer, guarded, post, problem
from tests.service.conftest import picture
from worker.jobs.app import App

__all__ = ["guarded"]


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


def test_the_page_loads_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    parts = re.findall(r'"(/web/page-[0-9a-f]{12}\.(?:js|css))"', page.text)
    assert len(parts) == 2
    for part in parts:
        assert "immutable" in http.get(part).headers["cache-control"]
    assert problem(http.get("/web/..%2f..%2fsecret")) == (404, "not_found")


def test_the_document_says_how_keys_are_sent(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert document["paths"]["/v1/jobs"]["post"]["security"]
