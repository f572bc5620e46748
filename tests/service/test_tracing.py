"""Traces: nothing when off; spans of requests and jobs when on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from worker.settings import environment

_ROOT = Path(__file__).parent.parent.parent
_PROGRAM = """
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from worker.settings import Settings
from worker.jobs.tracing import Tracing
from fastapi import FastAPI
from fastapi.testclient import TestClient

off = Tracing()
off.start(Settings(), process="t")
with off.span("unseen"):
    pass
kept = InMemorySpanExporter()
on = Tracing()
on.start(Settings(tracing=True), process="t", exporter=kept)
api = FastAPI()
api.get("/x")(lambda: 1)
on.watch_api(api)
TestClient(api).get("/x")
with on.span("job", job="abc", attempt=1):
    pass
from opentelemetry import trace
trace.get_tracer_provider().force_flush()
spans = {span.name: span for span in kept.get_finished_spans()}
assert "GET /x" in spans, spans
assert spans["job"].attributes["job"] == "abc"
assert spans["job"].resource.attributes["service.name"] == "pagemill-t"
assert "unseen" not in spans
"""


def test_spans_come_when_they_are_wanted() -> None:
    # A process of its own: OpenTelemetry has one provider per process.
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=_ROOT,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
