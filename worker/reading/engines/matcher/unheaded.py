"""Items that stand under no head: rows of words with a number at their end, as on receipts and in charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span, Typed
from worker.reading.engines.matcher.wordings import Meaning, likeness

_NUMBERS = frozenset({"number", "integer"})
_SUMS = frozenset(
    {"total", "tax", "paid", "change", "rounding", "balance", "payment", "discount", "net", "count"}
)
_TIMES = re.compile(
    r"(?<![\d.])(\d{1,4}(?:[.,]\d{1,3})?)\s?(?:[A-Za-z]{0,4}\s?)?[x×X@*]\s?(?:[A-Z]{2,3}|[$€£¥])?\s?(\d+[.,]\d{2})"
)
_COUNT = re.compile(r"(\d{1,3})\s?[x×]?\s+(?=[^\W\d]{2})")
_OF_GOODS = frozenset({"quantity", "price", "sku"})
_NAMED = 0.6  # likeness from which a text is the heading of a list
_SURE = 0.6
_SURE_BY_SUM = 0.8  # where the sum of the rows is printed


@dataclass(frozen=True, slots=True)
class _Priced:
    """A row with its words and the number at its end."""

    row: Row
    words: tuple[Span, ...]
    amount: Typed


def items(questions: Sequence[FieldQuery], graph: Graph, between: tuple[int, int]) -> list[Group]:
    """The longest run of rows that look like items, of the rows from the first index up to the second."""
    numbers = [asked for asked in questions if asked.kind in _NUMBERS]
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
    sure = _SURE_BY_SUM if _are_summed(best, graph) else _SURE
    return [_group(found, questions, graph, sure) for found in best]


def _are_summed(found: Sequence[_Priced], graph: Graph) -> bool:
    """Whether what the rows make together is printed below them."""
    total = sum((priced.amount.value for priced in found), Decimal(0))
    last = found[-1].row.index
    return any(one.value == total for one in graph.sheet.amounts if one.span.cell.row > last)


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
        or (not sums and _is_sum(words[0].text, graph))
        or words[0].text.rstrip().endswith(":")
    ):
        return None
    return _Priced(row, tuple(words), amount)


def _is_sum(text: str, graph: Graph) -> bool:
    units = graph.wordings.meaning(text[:40]).units[:2]
    return any(meaning & _SUMS for unit in units for meaning in unit.meanings)


def _group(found: _Priced, questions: Sequence[FieldQuery], graph: Graph, sure: float) -> Group:
    """The fields of a row; `sure` is how surely its words and numbers are an item."""
    fields: dict[str, Filling] = {}
    counts = list(_counts(found, graph))
    for asked in questions:
        if asked.kind in _NUMBERS:
            others = frozenset(idea for other in questions if other is not asked for idea in other.ideas)
            part = _number(asked, found, counts, others)
        elif asked.kind == "text" and asked.field.name not in fields:
            part = (
                None
                if any(
                    isinstance(f, Scalar) and f.candidates and isinstance(f.candidates[0].value, str)
                    for f in fields.values()
                )
                else _named(found, graph)
            )
        else:
            part = None
        if part is not None:
            fields[asked.field.name] = Scalar([replace(part, score=sure, strength=sure, certainty=sure)])
    return Group(fields)


def _number(
    asked: FieldQuery, found: _Priced, counts: Sequence[Candidate], others: frozenset[str]
) -> Candidate | None:
    """A count, a price of one, or the amount of the row."""
    if "quantity" in asked.ideas:
        return counts[0] if counts else None
    if asked.ideas >= {"unit", "price"} and "total" not in asked.ideas and others & {"total", "amount"}:
        return counts[1] if len(counts) > 1 else None
    if asked.ideas & {"rate", "tax", "discount"}:
        return None
    return Candidate(found.amount.value, _SURE, (found.amount.span,), _SURE, _SURE)


def _counts(found: _Priced, graph: Graph) -> Iterator[Candidate]:
    """How many and at what price, where a row says `2 x 3.50`; else the number that it begins with."""
    for span in found.words:
        times = _TIMES.search(span.text)
        if times:
            for group in (1, 2):
                place = Span(span.cell, span.start + times.start(group), span.start + times.end(group))
                value = next(
                    (t.value for t in graph.sheet.typed("number", span.cell) if t.span.start == place.start),
                    None,
                )
                if value is not None:
                    yield Candidate(value, _SURE, (place,), _SURE, _SURE)
            return
    first = found.words[0]
    count = _COUNT.match(first.text)
    whole = first.text.isdigit() and len(found.words) > 1 and len(first.text) < 4
    if whole or (count and not count[1].startswith("0")):
        end = first.start + (len(first.text) if whole else len(count[1] if count else ""))
        value = next(
            (t.value for t in graph.sheet.typed("number", first.cell) if t.span.start == first.start), None
        )
        if value is not None:
            yield Candidate(value, _SURE, (Span(first.cell, first.start, end),), _SURE, _SURE)


def _named(found: _Priced, graph: Graph) -> Candidate | None:
    """The words of a row, without the count before and the price behind; those of the row above when it has none."""
    spans = list(found.words)
    if spans[0].text.isdigit() and len(spans) > 1:
        spans = spans[1:]
    count = _COUNT.match(spans[0].text)
    if count and not count[1].startswith("0"):
        spans[0] = Span(spans[0].cell, spans[0].start + count.end(), spans[0].end)
    times = _TIMES.search(spans[-1].text)
    if times:
        spans[-1] = Span(spans[-1].cell, spans[-1].start, spans[-1].start + times.start())
    spans = [span for span in spans if sum(map(str.isalpha, span.text)) >= 2]
    above = graph.sheet.layout.rows[found.row.index - 1] if found.row.index else None
    if not spans and above is not None and above.page is found.row.page:
        spans = [Span(cell, 0, len(cell.text)) for cell in above.cells]
    text = " ".join(span.text.strip(" -:*|") for span in spans)
    return Candidate(text, _SURE, tuple(spans), _SURE, _SURE) if text else None
