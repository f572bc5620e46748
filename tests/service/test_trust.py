"""What somebody could try who may use the service, or only reaches its port."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from api import deadlines
from api.auth import Scope
from api.fresh import Fresh
from tests.service.calls import add_key, bearer
from tests.service.conftest import picture, serving
from tests.service.jobs import send
from worker.jobs.app import App
from worker.jobs.store.memory import MemoryStore
from worker.process.worker import WorkerState


def many_properties(count: int) -> dict[str, Any]:
    return {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(count)}}


@pytest.mark.parametrize(
    ("schema", "status"), [(many_properties(6000), 422), (many_properties(100_000), 413)]
)
def test_a_schema_too_large_is_refused_before_anything_checks_it(
    http: httpx.Client, schema: dict[str, Any], status: int
) -> None:
    answer = http.put("/v1/kinds/mine", json=schema, timeout=5)
    assert (answer.status_code, answer.json()["code"]) in {(422, "schema_too_large"), (413, "too_large")}
    assert answer.status_code == status
    form = {"schema": json.dumps(many_properties(6000))}
    answer = http.post("/v1/jobs", data=form, files={"files": ("a.png", picture())}, timeout=5)
    assert answer.json()["code"] == "schema_too_large"


BUILT = Path(__file__).parents[2] / "api" / "web" / "dist"
OPEN = [
    "/",
    "/docs",
    "/openapi.json",
    "/metrics",
    "/readyz",
    "/version",
    "/livez",
    *(f"/web/{built.name}" for built in sorted(BUILT.glob("page-*"))),
    "/v1/jobs",
]


@pytest.mark.parametrize("path", OPEN)
def test_without_keys_no_path_answers_another_name_or_another_site(http: httpx.Client, path: str) -> None:
    assert http.get(path).is_success
    assert http.get(path, headers={"Host": "evil.example"}).status_code == 403
    assert http.post(path, headers={"Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("path", [*OPEN, "/nothing", "/v1/jobs/none"])
def test_every_answer_tells_browsers_to_trust_nothing(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def keyed(app: App, **more: Any) -> App:
    return replace(app, settings=app.settings.model_copy(update={"auth": "keys", **more}))


def test_figures_are_for_operators(app: App) -> None:
    with serving(keyed(app, metrics_token=SecretStr("a token"))) as url:
        elsewhere = {"X-Forwarded-For": "203.0.113.5"}
        assert httpx.get(f"{url}/metrics").is_success
        for headers in (elsewhere, {"Host": "pagemill.example"}, elsewhere | {"Authorization": "Bearer x"}):
            assert httpx.get(f"{url}/metrics", headers=headers).status_code == 401
            told = httpx.get(f"{url}/readyz", headers=headers)
            assert told.is_success
            assert told.json()["ledger"] == "not shown"
        token = elsewhere | {"Authorization": "Bearer a token"}
        assert httpx.get(f"{url}/metrics", headers=token).is_success
        assert httpx.get(f"{url}/readyz", headers=token).json()["ledger"] == "ok"


class Hand:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_costs_is_made_once_for_all_who_ask() -> None:
    made: list[float] = []
    clock = Hand()
    fresh = Fresh(lambda: made.append(clock()), seconds=0.2, clock=clock)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: fresh.get(), range(100)))
    assert len(made) == 1
    clock.now += 0.25
    fresh.get()
    assert len(made) == 2


def test_what_has_become_slow_is_made_less_often() -> None:
    made: list[float] = []
    clock = Hand()

    def make() -> None:
        made.append(clock())
        clock.now += 0.05

    fresh = Fresh(make, seconds=0, share=0.1, clock=clock)
    for _ in range(60):
        fresh.get()
        clock.now += 0.01
    assert len(made) == 2
    assert made[1] - made[0] >= 0.5


@pytest.mark.parametrize("name", ["..", "a/..", "..\\..", ".", "/", "a/."])
def test_a_name_that_is_none_is_told(http: httpx.Client, name: str) -> None:
    answer = http.post("/v1/uploads", json={"filename": name})
    assert answer.status_code in {422, 501}
    if PurePosixPath(name.replace("\\", "/")).name in {"", ".", ".."}:
        assert answer.json()["code"] == "request_invalid"


def test_a_shipped_kind_is_replaced_by_nobody_who_only_submits(app: App) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    with serving(keyed(app)) as url:
        key = bearer(add_key(app, "default", "submit read"))
        assert httpx.put(f"{url}/v1/kinds/receipt", json=schema, headers=key).status_code == 403
        assert httpx.put(f"{url}/v1/kinds/mine", json=schema, headers=key).is_success
        admin = bearer(add_key(app, "default", "submit admin"))
        assert httpx.put(f"{url}/v1/kinds/receipt", json=schema, headers=admin).is_success


class FrozenStore(MemoryStore):
    """A store that takes every call and answers none, until it is thawed."""

    def __init__(self) -> None:
        super().__init__()
        self.thawed = threading.Event()

    def create(self, *args: Any, **options: Any) -> bool:
        """Wait."""
        self.thawed.wait(60)
        return super().create(*args, **options)


def test_a_store_that_hangs_stops_only_what_needs_it(app: App) -> None:
    store = FrozenStore()
    frozen = replace(app, store=store)
    with serving(frozen) as url, ThreadPoolExecutor(50) as pool:

        def upload() -> int:
            files = {"files": ("a.png", picture())}
            return httpx.post(f"{url}/v1/jobs", data={"kind": "receipt"}, files=files, timeout=60).status_code

        waiting = [pool.submit(upload) for _ in range(50)]
        time.sleep(2)
        started = time.monotonic()
        for path in ("/version", "/v1/jobs", "/metrics", "/v1/kinds"):
            assert httpx.get(f"{url}{path}", timeout=10).is_success
        assert time.monotonic() - started < 5
        store.thawed.set()
        assert {each.result() for each in waiting} == {202}


@pytest.fixture
def hasty(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(deadlines, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(deadlines, "PIECE_SECONDS", 0.5)
    with serving(app) as url:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        yield parts.hostname, parts.port


@pytest.mark.parametrize("begun", [b"", b"GET /livez HTT", b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b"])
def test_a_connection_that_asks_nothing_is_closed(hasty: tuple[str, int], begun: bytes) -> None:
    with socket.create_connection(hasty, timeout=5) as connection:
        connection.sendall(begun)
        assert connection.recv(1000) == b""


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/uploads"])
def test_a_body_that_does_not_come_is_not_waited_for(hasty: tuple[str, int], path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with socket.create_connection(hasty, timeout=5) as connection:
        connection.sendall(head.encode() + b'Content-Length: 100\r\n\r\n{"filename":')
        assert b" 408 " in connection.recv(1000)


NEEDS = {
    ("get", "/v1/jobs"): Scope.READ,
    ("post", "/v1/jobs"): Scope.SUBMIT,
    ("get", "/v1/jobs/{job_id}"): Scope.READ,
    ("delete", "/v1/jobs/{job_id}"): Scope.ADMIN,
    ("get", "/v1/jobs/{job_id}/events"): Scope.READ,
    ("get", "/v1/jobs/{job_id}/record"): Scope.READ,
    ("put", "/v1/jobs/{job_id}/record"): Scope.REVIEW,
    ("get", "/v1/jobs/{job_id}/pages/{number}"): Scope.READ,
    ("get", "/v1/jobs/{job_id}/pages/{number}/lines"): Scope.READ,
    ("get", "/v1/jobs/{job_id}/source"): Scope.READ,
    ("get", "/v1/jobs/{job_id}/schema"): Scope.READ,
    ("get", "/v1/jobs/{job_id}/history"): Scope.READ,
    ("post", "/v1/jobs/{job_id}/review"): Scope.REVIEW,
    ("post", "/v1/jobs/{job_id}/check"): Scope.REVIEW,
    ("post", "/v1/reviews/next"): Scope.REVIEW,
    ("post", "/v1/reviews/{job_id}/renew"): Scope.REVIEW,
    ("post", "/v1/reviews/{job_id}/release"): Scope.REVIEW,
    ("get", "/v1/counts"): Scope.READ,
    ("get", "/v1/batches"): Scope.READ,
    ("post", "/v1/jobs/{job_id}/ask"): Scope.SUBMIT,
    ("post", "/v1/jobs/{job_id}/cancel"): Scope.SUBMIT,
    ("post", "/v1/jobs/{job_id}/retry"): Scope.SUBMIT,
    ("post", "/v1/uploads"): Scope.SUBMIT,
    ("get", "/v1/batches/{name}"): Scope.READ,
    ("get", "/v1/batches/{name}/export"): Scope.READ,
    ("get", "/v1/kinds"): Scope.READ,
    ("get", "/v1/kinds/{name}"): Scope.READ,
    ("put", "/v1/kinds/{name}"): Scope.SUBMIT,
    ("get", "/v1/events"): Scope.READ,
    ("post", "/v1/hooks/s3"): Scope.SUBMIT,
    ("get", "/v1/kinds/{name}/versions"): Scope.READ,
    ("get", "/v1/overview"): Scope.READ,
    ("get", "/v1/engines"): Scope.READ,
    ("post", "/v1/exports"): Scope.READ,
    ("get", "/v1/keys"): Scope.ADMIN,
    ("post", "/v1/keys"): Scope.ADMIN,
    ("delete", "/v1/keys/{key_id}"): Scope.ADMIN,
    ("get", "/v1/project"): Scope.ADMIN,
    ("patch", "/v1/project"): Scope.ADMIN,
    ("get", "/v1/service"): Scope.ADMIN,
    ("get", "/v1/audit"): Scope.ADMIN,
}
UNGUARDED = {("get", "/livez"), ("get", "/readyz"), ("get", "/version"), ("get", "/metrics")} | {
    (method, "/v1/session")
    for method in ("post", "get", "delete")  # tests/service/test_session.py
}


def test_every_route_asks_for_a_key_with_its_scope_and_shows_one_project_alone(
    app: App, worker_state: WorkerState
) -> None:
    job = send(app, batch="march")
    worker_state.work("cpu")
    scoped = {scope: add_key(app, "default", str(scope)) for scope in Scope}
    foreign = add_key(app, "another", " ".join(Scope))
    place = {"{job_id}": job.id, "{number}": "1", "{name}": "march"}
    with serving(keyed(app)) as url, httpx.Client(base_url=url, timeout=10) as client:
        paths = client.get("/openapi.json").json()["paths"]
        routes = {(method, path) for path, methods in paths.items() for method in methods}
        assert routes == set(NEEDS) | UNGUARDED, "a new route needs its scope said here"
        for (method, path), needed in NEEDS.items():
            at = path
            for name, value in place.items():
                at = at.replace(name, value)

            def ask(key: str | None, method: str = method, at: str = at) -> httpx.Response:
                headers = {"Content-Type": "application/json"} | (bearer(key) if key else {})
                body = b"{}" if method in {"put", "post"} else None
                return client.request(method, at, headers=headers, content=body)

            assert ask(None).status_code == 401
            assert ask("pm_000000000000_forged").status_code == 401
            assert ask(scoped[needed][:-1] + "x").status_code == 401
            for scope, key in scoped.items():
                if scope is not needed:
                    assert ask(key).status_code == 403, (method, path, scope)
            if "{" in path and "kinds" not in path:
                assert ask(foreign).status_code in {404, 422}, (method, path)
        assert client.get("/v1/jobs", headers=bearer(foreign)).json()["jobs"] == []
        assert client.get("/v1/audit", headers=bearer(foreign)).json() == []
        assert client.get(f"/v1/jobs/{job.id}", headers=bearer(scoped[Scope.READ])).is_success
