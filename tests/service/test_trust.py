"""What somebody could try who may use the service, or only reaches its port."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.service.conftest import picture


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
