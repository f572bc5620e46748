"""A model's text as data of the schema.

Constrained answers are that already. A server that cannot constrain may wrap the object into prose,
add fields, or write numbers as text: what can be told apart is taken, the rest is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.json_schema.merge import json_type
from schemas.values import amounts
from worker.engines.vision import spans
from worker.engines.vision.base import Answer, Finish
from worker.engines.vision.merge import PageAnswer
from worker.errors import Cancelled, OutputInvalid, OutputTruncated


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_refuse)


def read(answer: Answer, root: Field, *, page: int) -> PageAnswer:
    """Data and what was told of them; raises OutputTruncated, OutputInvalid, Cancelled."""
    if answer.finish is Finish.CANCELLED:
        raise Cancelled
    if answer.finish is Finish.LENGTH:
        raise OutputTruncated
    if answer.finish is Finish.REPETITION:
        raise OutputInvalid(detail="the model went in circles")
    start = answer.text.find("{")
    try:
        raw, end = _DECODER.raw_decode(answer.text, max(start, 0))
    except (ValueError, RecursionError) as error:
        raise OutputInvalid(detail=f"no JSON: {error}") from error
    if not isinstance(raw, dict):
        raise OutputInvalid(detail="no JSON object")
    tokens = [replace(t, start=t.start - start, end=t.end - start) for t in answer.tokens if t.end > start]
    told = spans.spoken(answer.text[start:end], tokens, page=page)
    data = _fitted(raw, root)
    return PageAnswer(page, data, {at: told[at] for at, _ in pointer.leaves(data) if at in told})


def _fitted(value: Any, field: Field) -> Any:
    """The value in the types of the field; null for what is of another."""
    if field.is_object and isinstance(value, Mapping):
        return {child.name: _fitted(value.get(child.name), child) for child in field.properties}
    if field.is_array and isinstance(value, list):
        return [_fitted(item, field.items) for item in value] if field.items is not None else []
    if value is None or field.is_object:
        return None
    if field.is_array:
        return []
    return _scalar(value, field)


def _scalar(value: Any, field: Field) -> Any:
    if isinstance(value, str) and not value.strip():
        return None  # what some models say of what is not there
    kind = json_type(value)
    if kind in field.types or (kind == "integer" and "number" in field.types):
        return value
    if kind == "number" and "integer" in field.types and value == int(value):
        return int(value)
    if kind == "string" and {"number", "integer"} & set(field.types):
        number = amounts.number(value)
        if number is None:
            return None
        return float(number) if "number" in field.types else int(number)
    if kind in {"number", "integer"} and "string" in field.types:
        return str(value)
    return None
