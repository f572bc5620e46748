"""The OpenAPI document: complete, and true of what the API does with anything it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import app as api_app
from tests.service.conftest import serving
from tests.stack import Stack
from worker.jobs.app import App
from worker.jobs.broker import Broker
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.store import factory

_CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


_DOCUMENT = api_app.create(
    cast("App", None)
).openapi()  # the parts are asked when a request comes, not before


def _found() -> Iterator[Any]:
    yield from schemathesis.openapi.from_dict(_DOCUMENT).get_all_operations()


_OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (found.ok() for found in _found())
    if operation.path != "/v1/events"  # a stream without an end
}


@pytest.fixture(scope="module")
def live(servers: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = servers.settings.model_copy(update={"data_dir": tmp_path_factory.mktemp("openapi")})
    app = App(options, factory.create(options), Ledger.open(options.ledger_url), Broker(options))
    with serving(app) as url:
        yield url


@pytest.mark.parametrize("name", _OPERATIONS)
def test_every_route_answers_as_the_document_says(name: str, live: str) -> None:
    @given(case=_OPERATIONS[name].as_strategy())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def answers(case: schemathesis.Case[Any]) -> None:
        if "wait" in (case.query or {}):
            case.query["wait"] = 0
        case.call_and_validate(base_url=live, checks=list(_CHECKS), timeout=20)

    answers()


def test_the_document_is_complete(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary") or operation.get("description"), (method, path)
            assert operation["tags"], (method, path)
            if path.startswith("/v1"):
                assert {"401", "422"} <= set(operation["responses"]), (method, path)
    assert {
        "/v1/jobs",
        "/v1/uploads",
        "/v1/jobs/{job_id}/record",
        "/v1/batches/{name}/export",
        "/v1/kinds/{name}",
        "/v1/events",
        "/v1/hooks/s3",
        "/livez",
        "/readyz",
        "/version",
        "/metrics",
    } <= set(document["paths"])
