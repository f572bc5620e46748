"""An engine that is unsure, and people who say what is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from schemas.record import Alternative, Citation, Evidence
from tests.service.calls import guarded, post
from worker.process.worker import WorkerState
from worker.reading.engines import registry as engines
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine

__all__ = ["guarded"]
SLIP = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "phone": {"type": ["string", "null"]},
        "total": {"type": ["number", "null"]},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"what": {"type": ["string", "null"]}}},
        },
    },
}
PLACE = Citation(page=1, box=(0.1, 0.1, 0.2, 0.2), text="there")


class Doubtful(FakeEngine):
    """Reads the same from every page, some of it unsure; the first document is the least sure one."""

    sure = 0.9
    doubts: Iterator[float] = iter(())

    def read(self, request: Request) -> Reading:
        list(request.pages)
        doubt = next(self.doubts, 0.1)
        data: dict[str, Any] = {
            "name": "Mühle",
            "phone": "555",
            "total": 5.0,
            "items": [{"what": "a"}, {"what": "b"}],
        }
        fields = {
            "/name": Evidence(confidence=self.sure, citations=(PLACE,)),
            "/phone": Evidence(
                confidence=doubt,
                citations=(PLACE,),
                alternatives=(Alternative(value="556", confidence=0.05),),
            ),
            "/total": Evidence(confidence=0.15, citations=(PLACE,)),
            "/items/0/what": Evidence(confidence=0.9, citations=(PLACE,)),
            "/items/1/what": Evidence(confidence=0.9, citations=(PLACE,)),
        }
        return Reading(data=data, evidence=fields)


@pytest.fixture
def doubtful(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> Doubtful:
    engine = Doubtful()
    monkeypatch.setattr(engines, "create", lambda *_: engine)
    assert http.put("/v1/kinds/slip", json=SLIP).status_code == 200
    return engine


def send(http: httpx.Client, worker_state: WorkerState, **form: Any) -> str:
    job = str(post(http, kind="slip", **form).json()["jobs"][0]["id"])
    worker_state.work("cpu")
    return job


def say(http: httpx.Client, job: str, revision: int, *changes: Any, **more: Any) -> httpx.Response:
    body = {"revision": revision, "changes": list(changes), **more}
    return http.post(f"/v1/jobs/{job}/review", json=body)
