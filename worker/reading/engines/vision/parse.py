"""A model's text as data of the schema.

Constrained answers are that already. A server that cannot constrain may wrap the object into prose,
add fields, or write numbers as text: what can be told apart is taken, the rest is no answer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, NoReturn

from schemas import pointer
from schemas.json_schema.composition import json_type
from schemas.json_schema.fields import Field
from schemas.values import amounts
from worker.errors import Cancelled, OutputInvalid, OutputTruncated
from worker.reading.engines.vision import value_spans
from worker.reading.engines.vision.base import Answer, Finish
from worker.reading.engines.vision.merge import PageAnswer


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


_DECODER = json.JSONDecoder(strict=False, parse_constant=_refuse, parse_float=_finite)
_MOST_BRACES = 50


def read(answer: Answer, root: Field, *, page: int) -> PageAnswer:
    """Data and what was told of them; raises OutputTruncated, OutputInvalid, Cancelled."""
    if answer.finish is Finish.CANCELLED:
        raise Cancelled
    if answer.finish is Finish.LENGTH:
        raise OutputTruncated
    if answer.finish is Finish.REPETITION:
        raise OutputInvalid(detail="the model went in circles")
    raw, start, end = _object(answer.text)
    tokens = [replace(t, start=t.start - start, end=t.end - start) for t in answer.tokens if t.end > start]
    try:
        told = value_spans.token_evidence(answer.text[start:end], tokens, page=page) if tokens else {}
    except RecursionError as error:
        raise OutputInvalid(detail="it is nested too deeply") from error
    data = _fitted(raw, root)
    return PageAnswer(page, data, {at: told[at] for at, _ in pointer.leaves(data) if at in told})


def _object(text: str) -> tuple[dict[str, Any], int, int]:
    """The first JSON object in a text, and its place; raises OutputInvalid."""
    wrong: Exception | None = None
    for brace in islice(re.finditer(r"\{", text), _MOST_BRACES):
        try:
            found, end = _DECODER.raw_decode(text, brace.start())
        except (ValueError, RecursionError) as error:
            wrong = wrong or error
            continue
        return found, brace.start(), end
    raise OutputInvalid(detail=f"no JSON object ({wrong or 'no brace'})") from wrong


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
    """A value as one of the types of its field; blank text is what some models say of what is not there."""
    if isinstance(value, str) and not value.strip():
        return None
    kind = json_type(value)
    if kind in field.types or (kind == "integer" and "number" in field.types):
        return value
    numbers = {"number", "integer"}
    if kind in numbers and "string" in field.types:
        return str(value)
    if numbers & set(field.types) and kind in {"number", "string"}:
        return _number(value, field)
    return None


def _number(value: Any, field: Field) -> float | int | None:
    found = amounts.number(value) if isinstance(value, str) else value
    if found is None:
        return None
    if "number" in field.types:
        return float(found)
    return int(found) if found == int(found) else None
