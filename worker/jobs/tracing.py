"""Traces for OpenTelemetry: off unless PAGEMILL_TRACING is on and the extra `otel` is installed.

Where they go is said by the variables of OpenTelemetry itself (OTEL_EXPORTER_OTLP_ENDPOINT …).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from worker.errors import MissingExtra
from worker.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


class Tracing:
    """The tracer of this process, or nothing."""

    def __init__(self) -> None:
        self._tracer: Any = None

    def start(self, settings: Settings, *, process: str, exporter: SpanExporter | None = None) -> None:
        """Begin to send spans, where the settings want it; raises MissingExtra."""
        if not settings.tracing:
            return
        try:
            from opentelemetry import trace
            from opentelemetry.instrumentation.celery import CeleryInstrumentor
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ModuleNotFoundError as error:
            raise MissingExtra(feature="Tracing", extra="otel") from error
        provider = TracerProvider(resource=Resource.create({"service.name": f"pagemill-{process}"}))
        provider.add_span_processor(BatchSpanProcessor(exporter or _otlp()))
        trace.set_tracer_provider(provider)
        CeleryInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]
        self._tracer = provider.get_tracer("pagemill")

    def watch_api(self, api: Any) -> None:
        """Make a span of every request, where tracing is on."""
        if self._tracer is not None:
            from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

            FastAPIInstrumentor.instrument_app(api, excluded_urls="livez,readyz,metrics,events")

    @contextmanager
    def span(self, name: str, **attributes: object) -> Iterator[None]:
        """A span around the block, or nothing."""
        if self._tracer is None:
            yield
            return
        with self._tracer.start_as_current_span(name, attributes=attributes):
            yield


TRACING = Tracing()
"""One per process, as OpenTelemetry has it."""


def _otlp() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
