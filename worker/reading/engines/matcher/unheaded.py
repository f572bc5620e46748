"""Items that stand under no head: rows of words with a number at their end, as on receipts and in charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from worker.reading.engines.matcher import item_blocks, products
from worker.reading.engines.matcher.adding_up import is_sum
from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import NUMERIC, FieldQuery
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span, Typed
from worker.reading.engines.matcher.wordings import Meaning, likeness

_TIMES = re.compile(
    r"(?<![\d.])(\d{1,4}(?:[.,]\d{1,3})?)\s?(?:[A-Za-z]{0,4}\s?)?[x×X@*]\s?(?:[A-Z]{2,3}|[$€£¥])?\s?(\d+[.,]\d{2})"
)
_BESIDE_AMOUNTS = frozenset({"rate", "tax", "discount"})  # a row does not end in these
_OF_GOODS = frozenset({"quantity", "price", "sku"})
_NAMED = 0.6  # likeness from which a text is the heading of a list
_SURE = 0.6


@dataclass(frozen=True, slots=True)
class _Priced:
    """A row with its words and the number at its end."""

    row: Row
    words: tuple[Span, ...]
    amount: Typed


def items(questions: Sequence[FieldQuery], graph: Graph, between: tuple[int, int]) -> list[Group]:
    """The longest run of rows that look like items, of the rows from the first index up to the second."""
    numbers = [asked for asked in questions if asked.kind in NUMERIC]
    texts = [asked for asked in questions if asked.kind == "text"]
    if not numbers or not texts:
        return []
    goods = any(asked.ideas & _OF_GOODS for asked in questions)
    rows = [row for row in graph.sheet.layout.rows[slice(*between)] if not _is_name(row)]
    priced = [_priced(row, graph, sums=not goods) for row in rows]
    runs = [list(filter(None, run)) for there, run in groupby(priced, key=bool) if there]
    best = max(runs, key=len, default=[])
    if len(best) < _least(texts, questions):
        return []
    if {"amount", "price"} & products.roles(questions).keys():
        return item_blocks.around([found.amount for found in best], questions, graph, _SURE)
    counted = next((asked for asked in numbers if not asked.ideas & _BESIDE_AMOUNTS), None)
    return [] if counted is None else [_pair(found, texts[0], counted, _SURE) for found in best]


def sections(lists: Mapping[str, Meaning], graph: Graph) -> dict[str, tuple[int, int]]:
    """Between which rows each list stands, where headings name the lists; else all rows."""
    rows = graph.sheet.layout.rows
    starts: dict[str, int] = {}
    for path, named in lists.items():
        found = (row.index for row in rows if _names(row, named, graph))
        starts[path] = next(found, 0)
    ends = sorted(starts.values())
    return {
        path: (start, next((end for end in ends if end > start), len(rows))) for path, start in starts.items()
    }


def _names(row: Row, named: Meaning, graph: Graph) -> bool:
    short = [cell.text for cell in row.cells if len(cell.text) < 60 and not any(map(str.isdigit, cell.text))]
    return any(likeness(named, graph.wordings.meaning(text)).both > _NAMED for text in short)


def _least(texts: Sequence[FieldQuery], questions: Sequence[FieldQuery]) -> int:
    """Rows from which a run is a list: one is enough where words for goods are asked for."""
    goods = any(asked.ideas & {"description", "sku"} for asked in texts) and len(questions) > 1
    return 1 if goods else 2


def _is_name(row: Row) -> bool:
    """Whether a row has words and no number: it may name the item whose price follows."""
    return not any(char.isdigit() for char in row.text)


def _priced(row: Row, graph: Graph, *, sums: bool) -> _Priced | None:
    """The row as words with a number at its end; None when it is a sum or something else."""
    last = row.cells[-1]
    found = graph.sheet.typed("money", last) or (
        graph.sheet.typed("number", last) if len(row.cells) > 1 else []
    )
    if not found or len(last.text) - found[-1].span.end > 3:
        return None
    amount = found[-1]
    words = [Span(cell, 0, len(cell.text)) for cell in row.cells[:-1]]
    if amount.span.start > 1:
        words.append(Span(last, 0, len(last.text[: amount.span.start].rstrip(" $€£¥RM:.-"))))
    words = [span for span in words if any(map(str.isalnum, span.text))]
    letters = sum(char.isalpha() for span in words for char in span.text)
    counted = any(_TIMES.search(span.text) for span in words)  # its words may stand above it
    if (
        (letters < 2 and not counted)
        or not words
        or (not sums and is_sum(row, graph))
        or words[0].text.rstrip().endswith(":")
    ):
        return None
    return _Priced(row, tuple(words), amount)


def _pair(found: _Priced, text: FieldQuery, number: FieldQuery, sure: float) -> Group:
    """A row of words and a number, such as a point of a chart."""
    words = " ".join(span.text.strip(" -:*|") for span in found.words)
    fields: dict[str, Filling] = {
        text.field.name: Scalar([Candidate(words, sure, found.words, sure, sure)]),
        number.field.name: Scalar([Candidate(found.amount.value, sure, (found.amount.span,), sure, sure)]),
    }
    return Group(fields)
