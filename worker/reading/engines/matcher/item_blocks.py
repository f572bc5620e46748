"""Items of a bill, each of one or several lines, around the amounts that were added up to its sum."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, permutations

from schemas.values import currencies
from worker.reading.engines.matcher import products
from worker.reading.engines.matcher.adding_up import added_up, in_line, is_sum
from worker.reading.engines.matcher.candidates import Filling, Group, Scalar
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span, Typed

_SURE = 0.95  # of an amount that adds up, and of a count and a price that make it
_SURE_EITHER = 0.6  # of two numbers that make an amount, where nothing tells which is the price
_SURE_COUNT = 0.75  # of a lone number before the words
_SURE_WORDS = 0.85
_SURE_ALONE = (
    0.8,
    0.7,
)  # of the numbers of an only item, whose amount and sum are the same, and of its words
_APART = 1.1  # letter heights of white that part an item from what is not of it
_MOST_LINES = 4  # of an item above its amount or below it
_OF_ONE = 2  # of an only item
_MOST_NUMBERS = 8  # of an item, of which two are looked for that multiply to its amount
_TOLD = 0.7  # share of the amounts beside which words, or a count and a price, tell an item
_FEW = 10  # times as much as there are of it a thing mostly costs
_SIGN = 4  # letters beside a number in which a sign of money may stand
_UNIT = re.compile(r"\s?[^\W\d_]{1,3}[²³.]?(?![^\W\d_])(?<!x)(?<!X)")
_SLACK = Decimal("0.05")  # what rounded prices of one make of an amount at most
_CENT, _HALF = Decimal("0.011"), Decimal("0.005")
_WORD = re.compile(r"[^\W\d_]{3,}|[\u3041-\u30fa\u4e00-\u9fff]{2,}|[^\W\d_]{2,}\s[^\W\d_]{2,}")
_COUNT = re.compile(r"\s*(\d{1,3})(?:\s?[xX×*]\s?|\s+)(?=\S)")
_STARTS = re.compile(r"(?:[^\w]*\d{1,3}\s?[xX×*]?\s)?[^\w]*(?:[^\W\d_]{3,}|[\u3041-\u30fa\u4e00-\u9fff]{2,})")
_NUMBER = re.compile(r"\s*(\d{1,3})(?!\w)[.)]?\s*")
_TIMES = " xX×*@/"
_CENTS = re.compile(r"[.,]\d{2,4}\s*$")


@dataclass(frozen=True, slots=True)
class Factors:
    """How many at what price make an amount, and whether it is clear which of two numbers is which."""

    count: Typed
    price: Typed
    clear: bool = True


@dataclass(frozen=True, slots=True)
class ItemLines:
    """An item: its rows from the top down, its amount, and how many at what price make that."""

    rows: tuple[Row, ...]
    amount: Typed
    factors: Factors | None

    @property
    def cells(self) -> Iterator[Cell]:
        """What stands left of the amount, line by line."""
        edge = self.amount.span.cell.x_at(self.amount.span.start)
        return (cell for row in self.rows for cell in row.cells if cell.x0 < edge)


def added(questions: Sequence[FieldQuery], graph: Graph) -> list[Group]:
    """The items whose amounts add up; none where the schema asks for no amount, or nothing adds up."""
    roles = products.roles(questions)
    if not {"amount", "price"} & roles.keys():
        return []
    counted = "count" in roles or "price" in roles
    found: list[ItemLines] = []
    for run in added_up(graph):
        blocks = _blocks(run.amounts, graph)
        worded = [bool(_words(block, numbered=False)) for block in blocks]
        told = [words or (counted and block.factors) for words, block in zip(worded, blocks, strict=True)]
        if sum(map(bool, told)) >= _TOLD * len(blocks) and (len(blocks) > 1 or blocks[0].factors):
            found += [one for words, one in zip(worded, blocks, strict=True) if words or one.amount.value > 0]
    sure = _SURE_ALONE if len(found) == 1 else (_SURE, _SURE_WORDS)
    return _groups(found, questions, sure)


def around(
    amounts: Sequence[Typed], questions: Sequence[FieldQuery], graph: Graph, sure: float
) -> list[Group]:
    """The items of some amounts, from the top down, of which nothing is surer than `sure`."""
    return _groups(_blocks(amounts, graph), questions, (min(sure, _SURE), min(sure, _SURE_WORDS)))


def _groups(
    blocks: Sequence[ItemLines], questions: Sequence[FieldQuery], sure: tuple[float, float]
) -> list[Group]:
    """The fields of each item, `sure` being how sure its numbers and its words are at most."""
    numbered = _are_numbered(blocks)
    counted = all(_begins_with(block, block.factors.count) for block in blocks if block.factors)
    return [_group(block, questions, sure, numbered=numbered, counted=counted) for block in blocks]


def _blocks(amounts: Sequence[Typed], graph: Graph) -> list[ItemLines]:
    """Each amount with the rows of its item: those above it, or those below it where amounts stand first."""
    rows = graph.sheet.layout.rows
    anchors = [one.span.cell.row for one in amounts]
    above = list(_near(anchors[0], -1, amounts[0], graph))[::-1]
    below = list(_near(anchors[-1], 1, amounts[0], graph))
    between = [
        [row for row in rows[one + 1 : two] if not is_sum(row, graph)] for one, two in pairwise(anchors)
    ]
    usual = max((len(more) for more in between), default=_OF_ONE)
    if _amounts_lead([rows[at] for at in anchors], above=above, below=below):
        parts = [[rows[at], *more] for at, more in zip(anchors, [*between, below[:usual]], strict=True)]
    else:
        first = above[max(0, len(above) - usual) :]
        parts = [[*more, rows[at]] for at, more in zip(anchors, [first, *between], strict=True)]
    return [
        ItemLines(tuple(part), one, _factors(part, one, graph))
        for part, one in zip(parts, amounts, strict=True)
    ]


def _near(start: int, step: int, amount: Typed, graph: Graph) -> Iterator[Row]:
    """The rows right above or below one, until white, a sum, a head or another amount parts them from it."""
    rows = graph.sheet.layout.rows
    before = rows[start]
    for at in range(start + step, start + step * (_MOST_LINES + 1), step):
        if not 0 <= at < len(rows) or rows[at].page is not before.page:
            return
        row = rows[at]
        white = row.y0 - before.y1 if step > 0 else before.y0 - row.y1
        if white > _APART * min(row.height, before.height) or _is_other(row, amount, graph):
            return
        yield row
        before = row


def _is_other(row: Row, amount: Typed, graph: Graph) -> bool:
    """Whether a row is a sum, a head, or says a day, a label or an amount like those of the items."""
    if is_sum(row, graph) or row.text.rstrip().endswith((":", "：")):
        return True
    if any(graph.sheet.typed(kind, cell) for cell in row.cells for kind in ("date", "time")):
        return True
    amounts = (one for cell in row.cells for one in graph.sheet.typed("money", cell))
    if any(in_line(one, amount) for one in amounts):
        return True
    named = [graph.wordings.meaning(cell.text[:40]).units for cell in row.cells]
    known = [bool(units) and all(unit.is_label for unit in units) for units in named]
    return (all(known) or sum(known) > 1) and not any(map(str.isdigit, row.text))


def _amounts_lead(anchors: Sequence[Row], *, above: Sequence[Row], below: Sequence[Row]) -> bool:
    """Whether the lines of an item stand in the row of its amount and below, not above it."""
    worded = sum(any(_STARTS.match(cell.text) for cell in row.cells[:-1]) for row in anchors)
    return 2 * worded > len(anchors) or (bool(below) and not above)


def _factors(rows: Sequence[Row], amount: Typed, graph: Graph) -> Factors | None:
    """How many at what price: two numbers of an item that multiply to its amount; a price may have lost its point."""
    numbers = [
        one
        for row in rows
        for cell in row.cells
        for one in graph.sheet.typed("number", cell)
        if cell is not amount.span.cell or one.span.end <= amount.span.start
    ][-_MOST_NUMBERS:]
    pairs = list(permutations(numbers, 2))
    for points, sign in ((1, True), (1, False), (100, True)):
        found = [
            (count, Typed(one, price.span, price.quality))
            for count, price in pairs
            for one in (price.value / points,)
            if (_has_cents(price) or not _has_cents(count) if points == 1 else not _has_cents(price))
            and _makes(count.value, one, amount.value, sign=sign)
        ]
        if found:
            return _likeliest(found)
    return None


def _likeliest(found: Sequence[tuple[Typed, Typed]]) -> Factors:
    """Of pairs that make an amount the one whose price has the sign of a currency, or whose count a unit."""
    # the first of those that are alike
    count, price = max(found, key=lambda pair: _priced(pair[1]) - _priced(pair[0]))
    turned = any(one.span == price.span and other.span == count.span for one, other in found)
    told = _priced(price) != _priced(count) or count.value * _FEW <= price.value or count.value == price.value
    return Factors(count, price, clear=told or not turned)


def _priced(one: Typed) -> int:
    """Whether a sign of money stands at a number (1), a unit (-1), or neither."""
    text, span = one.span.cell.text, one.span
    before, behind = text[max(0, span.start - _SIGN) : span.start], text[span.end : span.end + _SIGN]
    if currencies.find(before) or currencies.find(behind):
        return 1
    return -1 if _UNIT.match(text, span.end) else 0


def _makes(count: Decimal, price: Decimal, amount: Decimal, *, sign: bool) -> bool:
    """Whether so many at a price make an amount, with its sign or without."""
    made = count * price
    slack = min(_SLACK, max(_CENT, abs(count) * _HALF))
    return made != 0 and price > 0 and abs(made - amount if sign else abs(made) - abs(amount)) <= slack


def _has_cents(one: Typed) -> bool:
    return _CENTS.search(one.span.text) is not None


def _are_numbered(blocks: Sequence[ItemLines]) -> bool:
    """Whether the items begin with 1, 2, 3 and so on."""
    first = [next(iter(block.cells), None) for block in blocks]
    begins = [_NUMBER.match(cell.text) if cell else None for cell in first]
    return len(blocks) > 1 and [m and int(m[1]) for m in begins] == list(range(1, len(blocks) + 1))


def _begins_with(block: ItemLines, count: Typed) -> bool:
    """Whether an item begins with how many."""
    first = next(iter(block.cells), None)
    return first is count.span.cell and not first.text[: count.span.start].strip()


def _group(
    block: ItemLines,
    questions: Sequence[FieldQuery],
    sure: tuple[float, float],
    *,
    numbered: bool,
    counted: bool,
) -> Group:
    """The fields of an item; where others begin with how many, so does one that says no price of one."""
    words = _words(block, numbered=numbered)
    of_numbers, of_words = sure
    found = {"amount": _candidate(block.amount.value, (block.amount.span,), of_numbers)}
    if block.factors is not None:
        either = of_numbers if block.factors.clear else min(of_numbers, _SURE_EITHER)
        for role, one in (("count", block.factors.count), ("price", block.factors.price)):
            found[role] = _candidate(one.value, (one.span,), either)
    elif counted and words and (count := _COUNT.match(words[0].text)):
        cell, start = words[0].cell, words[0].start
        place = Span(cell, start + count.start(1), start + count.end(1))
        found["count"] = _candidate(Decimal(count[1]), (place,), min(of_numbers, _SURE_COUNT))
        words[0] = Span(cell, start + count.end(), words[0].end)
    roles = products.roles(questions)
    if "amount" not in roles:
        found.setdefault("price", found["amount"])
    fields: dict[str, Filling] = {
        questions[index].field.name: Scalar([found[role]]) for role, index in roles.items() if role in found
    }
    named = products.naming(questions)
    if named is not None and words:
        text = " ".join(span.text.strip(" -:*|").rstrip(" (") for span in words)
        fields[named.field.name] = Scalar([_candidate(text, tuple(words), of_words)])
    return Group(fields)


def _candidate(value: object, spans: tuple[Span, ...], sure: float) -> Candidate:
    return Candidate(value, sure, spans, sure, sure)


def _words(block: ItemLines, *, numbered: bool) -> list[Span]:
    """The words of an item without its numbers.

    Signs and codes, and what is left of the cell of a number, count only where nothing else has words.
    """
    factors = block.factors
    numbers = [block.amount.span, *((factors.count.span, factors.price.span) if factors else ())]
    parts = [part for cell in block.cells for part in _rest(cell, numbers)]
    if numbered and parts and (number := _NUMBER.match(parts[0].text)):
        parts[0] = Span(parts[0].cell, parts[0].start + number.end(), parts[0].end)
    worded = [part for part in parts if _WORD.search(part.text)]
    cells = {id(span.cell) for span in numbers}
    whole = [part for part in worded if id(part.cell) not in cells]
    return whole or worded or [part for part in parts if any(map(str.isalpha, part.text))][:1]


def _rest(cell: Cell, numbers: Sequence[Span]) -> Iterator[Span]:
    """What is left of a cell between the numbers that are told apart from it, without signs such as `x`."""
    taken = sorted((span.start, span.end) for span in numbers if span.cell is cell)
    start = 0
    for begin, end in [*taken, (len(cell.text), len(cell.text))]:
        text = cell.text[start:begin]
        left = start + (len(text) - len(text.lstrip(_TIMES)) if start else 0)
        right = start + len(text.rstrip(_TIMES)) if begin < len(cell.text) else begin
        if any(map(str.isalnum, cell.text[left:right])):
            yield Span(cell, left, right)
        start = end
