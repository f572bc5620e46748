"""Fields of fillable PDFs that a schema asks for by the same name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from schemas.json_schema.fields import Field
from schemas.values import amounts, dates
from worker.reading.engines.vision.grounding.labels import phrases_of, words_of
from worker.reading.pages.base import FormField

_INDEX = re.compile(r"\[\d+\]$")
_OFF = frozenset({"off", "no", "false", "0"})

Filled = tuple[int, FormField]
"""A page number and a field on that page."""


def filled(root: Field, fields: Sequence[Filled]) -> Iterator[tuple[str, Any, Filled]]:
    """Pointer, value and place of each scalar of the schema that a single field of the form is named like."""
    named: dict[tuple[str, ...], list[Filled]] = defaultdict(list)
    for one in fields:
        named[words_of(_own_name(one[1].name))].append(one)
    for field in _scalars(root):
        matches = {id(one): one for words in phrases_of(field) for one in named.get(words, ())}
        if len(matches) == 1:
            [one] = matches.values()
            value = _typed(one[1].value, field)
            if value is not None:
                yield field.path, value, one


def _own_name(name: str) -> str:
    """The last part of a full name such as `form[0].page1[0].buyer_name[0]`."""
    return _INDEX.sub("", name.rpartition(".")[2])


def _scalars(field: Field) -> Iterator[Field]:
    """The scalars outside of lists."""
    if field.is_object:
        for child in field.properties:
            yield from _scalars(child)
    elif not field.is_array:
        yield field


def _typed(value: str, field: Field) -> Any:
    """What was filled in, in the field's type; None when it is not of that type."""
    if field.enum is not None:
        return next((one for one in field.enum if str(one).casefold() == value.casefold()), None)
    if "boolean" in field.types:
        return value.casefold() not in _OFF
    if {"number", "integer"} & set(field.types) and "string" not in field.types:
        number = amounts.number(value)
        if number is None or ("number" not in field.types and number != int(number)):
            return None
        return float(number) if "number" in field.types else int(number)
    if field.format == "date":
        days = list(dates.find(value))
        return days[0].iso if len(days) == 1 and days[0].swapped is None else None
    return value if "string" in field.types else None
