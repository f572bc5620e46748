"""Sign-in to the page over real HTTP: sessions in cookies, one-time links, and what a foreign page cannot do."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from api.cli.main import main
from api.sessions import COOKIE
from tests.service.calls import add_key, guarded, problem
from tests.service.conftest import serving
from worker.jobs.app import App

__all__ = ["guarded"]
_SAFE = {"get", "head", "options"}


def sign_in(http: httpx.Client, **secret: str) -> str:
    """Have the cookie; the CSRF token that goes with it."""
    answer = http.post("/v1/session", json=secret)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["csrf_token"])


def test_a_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends(
    guarded: tuple[App, httpx.Client],
) -> None:
    app, http = guarded
    assert problem(http.get("/v1/session")) == (401, "unauthorized")
    answer = http.post("/v1/session", json={"key": add_key(app, "ours", "read review")})
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie  # it came over plain HTTP on loopback
    assert answer.headers["cache-control"] == "no-store"
    told = http.get("/v1/session").json()
    assert (told["project"], told["scopes"]) == ("ours", ["read", "review"])
    assert told["csrf_token"] == answer.json()["csrf_token"]
    assert http.cookies[COOKIE] not in str(told)
    assert http.get("/v1/jobs").status_code == 200
    assert problem(http.get("/v1/audit")) == (403, "forbidden")


def test_no_route_is_changed_by_a_cookie_without_its_token(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    token = sign_in(http, key=add_key(app))
    place = {"{job_id}": "0" * 32, "{number}": "1", "{name}": "march"}
    asked = 0
    for path, methods in http.get("/openapi.json").json()["paths"].items():
        at = path
        for name, value in place.items():
            at = at.replace(name, value)
        for method in set(methods) - _SAFE:
            if (method, path) == ("post", "/v1/session"):
                continue  # which asks for a key
            asked += 1
            for wrong in (None, b"0" * 64, "é".encode()):
                headers = {} if wrong is None else {b"X-CSRF-Token": wrong}
                answer = http.request(method, at, headers=headers, json={})
                assert problem(answer) == (403, "csrf_refused"), (method, path)
    assert asked > 10
    meant = http.request("POST", f"/v1/jobs/{'0' * 32}/cancel", headers={"X-CSRF-Token": token})
    assert problem(meant) == (404, "not_found")


def test_signing_out_ends_the_session_wherever_its_cookie_went(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    token = sign_in(http, key=add_key(app))
    stolen = {"Cookie": f"{COOKIE}={http.cookies[COOKIE]}"}
    assert http.request("DELETE", "/v1/session", headers={"X-CSRF-Token": token}).status_code == 204
    assert COOKIE not in http.cookies
    assert problem(http.get("/v1/jobs", headers=stolen)) == (401, "unauthorized")


def test_a_session_ends_with_its_time_and_with_its_key(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    soon = sign_in(http, key=add_key(app, expires_at=time.time() + 2))
    assert soon
    assert http.get("/v1/jobs").status_code == 200
    time.sleep(2.1)
    assert problem(http.get("/v1/jobs")) == (401, "unauthorized")
    http.cookies.clear()
    key = add_key(app)
    sign_in(http, key=key)
    app.ledger.access.revoke(key.split("_")[1], now=app.clock())
    assert problem(http.get("/v1/jobs")) == (401, "unauthorized")


def test_a_link_signs_in_once(
    guarded: tuple[App, httpx.Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app, http = guarded
    monkeypatch.setenv("PAGEMILL_DATA_DIR", str(app.settings.data_dir))
    key_id = add_key(app, "theirs").split("_")[1]
    assert main(["keys", "link", key_id]) == 0
    link = capsys.readouterr().out.strip()
    address, _, secret = link.partition("#/sign-in/")
    assert address.startswith("http://")
    sign_in(http, link=secret)
    assert http.get("/v1/session").json()["project"] == "theirs"
    http.cookies.clear()
    assert problem(http.post("/v1/session", json={"link": secret})) == (401, "link_spent")
    assert main(["keys", "link", "nobody"]) == 2
    app.ledger.access.revoke(key_id, now=app.clock())
    assert main(["keys", "link", key_id]) == 2


def test_a_link_is_no_session_and_a_session_no_link(guarded: tuple[App, httpx.Client]) -> None:
    app, http = guarded
    sign_in(http, key=add_key(app))
    cookie = http.cookies[COOKIE]
    assert problem(http.post("/v1/session", json={"link": cookie})) == (401, "link_spent")
    assert problem(http.post("/v1/session", json={})) == (422, "request_invalid")
    assert problem(http.post("/v1/session", json={"key": "pm_0_0", "link": "x"})) == (422, "request_invalid")


def test_guessing_is_slowed(guarded: tuple[App, httpx.Client]) -> None:
    _, http = guarded
    codes = [http.post("/v1/session", json={"key": "pm_000000000000_x"}).status_code for _ in range(62)]
    assert 429 in codes  # also where the minute turned in between
    assert set(codes) == {401, 429}


@pytest.fixture
def open_to_all(app: App) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url) as client:
        yield client


def test_where_keys_are_off_nobody_needs_a_session(open_to_all: httpx.Client) -> None:
    told = open_to_all.get("/v1/session").json()
    assert (told["actor"], told["csrf_token"]) == ("local", None)
    assert open_to_all.post("/v1/session", json={"key": "anything"}).json()["actor"] == "local"
    assert COOKIE not in open_to_all.cookies
