"""Cells of a table that hold a number: alone, with its currency or unit, with a mark beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from worker.reading.engines.matcher.typed_spans import Span

_NUMBER = re.compile(
    r"[^\w\d-]{0,3}(?:[A-Z]{2,3}\s?)?[^\w\d-]{0,2}-?\s?\(?\d[\d.,' ]*-?\)?\s?(?:%|[^\W\d]{1,6}[²³.]?)?[^\w\d]{0,4}"
)


def numeric(rows: Sequence[Mapping[int, Sequence[Span]]]) -> dict[int, float]:
    """By column, the share of its texts that are numbers."""
    texts: dict[int, list[str]] = {}
    for filled in rows:
        for index, spans in filled.items():
            texts.setdefault(index, []).append(" ".join(span.text for span in spans))
    return {index: sum(is_number(text) for text in found) / len(found) for index, found in texts.items()}


def is_number(text: str) -> bool:
    """Whether a text is one number, its currency or unit beside it."""
    return _NUMBER.fullmatch(text) is not None


def has_number(spans: Sequence[Span]) -> bool:
    """Whether a cell is a number, or one with a letter beside it such as the `L` of a value that is low."""
    rest = [span for span in spans if not (len(span.text) == 1 and span.text.isalpha())]
    return is_number(joined(rest or spans))


def leading(spans: Sequence[Span]) -> Span:
    """What a cell begins with, marks before its number aside."""
    return next((span for span in spans if is_number(span.text)), spans[0])


def joined(spans: Sequence[Span]) -> str:
    """The parts of a cell as one text."""
    return " ".join(span.text for span in spans)
