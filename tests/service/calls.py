"""Calls of the HTTP API, and keys for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.auth import new_key
from tests.service.conftest import picture, serving
from worker.jobs.app import App
from worker.jobs.ledger.access import ApiKey


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


@pytest.fixture
def guarded(app: App) -> Iterator[tuple[App, httpx.Client]]:
    """The API with keys."""
    strict = App(app.settings.model_copy(update={"auth": "keys"}), app.store, app.ledger, app.broker)
    with serving(strict) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield strict, client
