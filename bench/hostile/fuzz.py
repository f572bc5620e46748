"""Messages of a child, schemas and requests that nobody would write, by hypothesis: only told errors come."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from api.intake import Options, SourceOptions
from schemas import registry
from schemas.errors import SchemaError
from worker.checks import validate
from worker.errors import PagemillError
from worker.reading.pages import protocol
from worker.reading.pages.base import PageLimits
from worker.settings import Settings

_SLOW = 5.0  # seconds for one schema of this size
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_json = st.recursive(
    _scalars,
    lambda part: st.lists(part, max_size=5) | st.dictionaries(st.text(max_size=10), part, max_size=5),
    max_leaves=20,
)
_KEYWORDS = [
    "type",
    "properties",
    "items",
    "required",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "$ref",
    "$defs",
    "pattern",
    "patternProperties",
    "additionalProperties",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxItems",
    "uniqueItems",
    "prefixItems",
    "dependentRequired",
    "if",
    "then",
    "else",
    "contains",
    "title",
    "description",
    "default",
    "x-pattern",
]
_said = _scalars | st.sampled_from(["object", "array", "string", "number", "#", "#/$defs/a", "^(a+)+$", "("])
_schemas = st.recursive(
    _said,
    lambda part: (
        st.lists(part, max_size=4)
        | st.dictionaries(st.sampled_from([*_KEYWORDS, "a", "b"]), part, max_size=6)
    ),
    max_leaves=40,
)
_edges = st.sampled_from([0, 0.5, 1, -1, 10**400, float("inf"), float("nan"), "0.5", None])
_marks = st.lists(st.tuples(st.text(max_size=3), _edges, _edges, _edges, _edges, _json, _json), max_size=3)
_headers = st.fixed_dictionaries(
    {
        "height": st.just(1) | _edges,
        "width": st.just(1) | _edges,
        "number": st.just(1) | _edges,
        "words": _marks | _json,
    },
    optional=dict.fromkeys(
        ("event", "barcodes", "form_fields", "pages", "invoice", "error", "facts"), _json | _edges | _marks
    ),
)


def all_fuzzers(examples: int) -> dict[str, Callable[[], None]]:
    """Each by its name, to be called; what it raises is a fault, and the message says by what."""
    often = settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    made = _made()
    return {
        "bytes of a child": often(given(st.binary(max_size=200))(_bytes)),
        "messages of a child": often(made["messages"]),
        "schemas": often(made["schemas"]),
        "requests": often(made["requests"]),
    }


def one_of(what: str) -> Callable[[bytes], object]:
    """What tries one example, made of the bytes that another fuzzer has chosen."""
    if what == "bytes":
        return _bytes
    found: Callable[[bytes], object] = _made()[what].hypothesis.fuzz_one_input
    return found


def _made() -> dict[str, Any]:
    """New ones each time, for hypothesis writes on them how often they are tried."""
    some_schemas = st.dictionaries(st.sampled_from(_KEYWORDS), _schemas, max_size=6)
    return {
        "messages": given(_headers, st.just(3) | st.integers(0, 12))(_message),
        "schemas": given(some_schemas, _json)(_schema),
        "requests": given(_json)(_request),
    }


def _bytes(sent: bytes) -> None:
    stream = io.BytesIO(sent)

    def read(size: int) -> bytearray:
        found = bytearray(stream.read(size))
        if len(found) < size:
            raise EOFError
        return found

    with contextlib.suppress(ValueError, EOFError):
        protocol.receive(read, max_header=2**16, max_payload=2**16)


def _message(header: dict[str, Any], pixels: int) -> None:
    limits = PageLimits.of(Settings(_env_file=None))
    sent = io.BytesIO()
    protocol.send(sent, header, memoryview(bytes(pixels)))
    sent.seek(0)
    got, payload = protocol.receive(lambda n: bytearray(sent.read(n)), max_header=2**20, max_payload=2**20)
    # What the reader of messages catches (`SandboxedDocument`): anything else would end a worker's thread.
    with contextlib.suppress(PagemillError, KeyError, OverflowError, TypeError, ValueError):
        protocol.page_of(got, payload, number=1, limits=limits)
    with contextlib.suppress(KeyError, ValueError):
        protocol.page_count_of(got, limits)
    protocol.invoice_of(got)
    assert isinstance(protocol.error_of(got), PagemillError)


def _schema(raw: dict[str, Any], data: Any) -> None:
    began = time.monotonic()
    try:
        validate.require_schema(raw)
        schema = registry.from_json_schema(raw, name="fuzzed")
    except (PagemillError, SchemaError):
        return
    with contextlib.suppress(PagemillError):
        validate.check(data if isinstance(data, dict) else {}, schema)
    assert time.monotonic() - began < _SLOW


def _request(body: Any) -> None:
    for model in (Options, SourceOptions):
        with contextlib.suppress(ValidationError):
            model.model_validate_json(json.dumps(body))
