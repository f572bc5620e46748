"""Amounts of one column that add up to an amount printed below them: what tells the items of a bill without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Row
from worker.reading.engines.matcher.typed_spans import Typed

_MOST = 2000  # amounts of a document that are added up
_SOON = 4  # amounts behind the last of them, one of which is the sum
_CENTS = (0, 1, -1)  # that a printed sum may differ
_IN_LINE = 1.2  # letter heights that the right edges of a column differ at most
_MOSTLY = 0.4  # of what a text says, by the weights of its words
_SUMS = frozenset(
    {"total", "tax", "paid", "change", "balance", "payment", "net", "due", "count", "rounding", "discount"}
)


@dataclass(frozen=True, slots=True)
class AddedUp:
    """Amounts from the top down, and the one below them that is their sum."""

    amounts: tuple[Typed, ...]
    total: Typed

    @property
    def rows(self) -> range:
        """From the row of the first amount up to that of the sum."""
        return range(self.amounts[0].span.cell.row, self.total.span.cell.row)


def added_up(graph: Graph) -> list[AddedUp]:
    """The amounts of the items of a bill, part by part where it has sums in between; the parts do not overlap.

    Of the runs of amounts whose sum follows, the longest one stands for the items, of equally long ones the
    highest, and of columns side by side that which makes most; others in its column count as further parts where
    they say other amounts.
    """
    memo = graph.sheet.memo
    if "added_up" not in memo:
        memo["added_up"] = _added_up(graph)
    found: list[AddedUp] = memo["added_up"]
    return found


def _added_up(graph: Graph) -> list[AddedUp]:
    amounts = [one for one in graph.sheet.amounts if isinstance(one.value, Decimal)][:_MOST]
    runs = (run for column in _columns(amounts) for run in _runs(column, amounts, graph) if run.amounts)
    found = [run for run in runs if _ends_in_a_sum(run, graph)]
    found.sort(key=lambda run: (-_weight(run, graph), run.rows.start, -run.total.value))
    kept = found[:1]
    for run in found[1:]:
        if all(_goes_with(run, other) for other in kept):
            kept.append(run)
    return sorted(kept, key=lambda run: run.rows.start)


def is_sum(row: Row, graph: Graph) -> bool:
    """Whether the first words of a row are for a sum, for taxes or for what was paid, and for little else."""
    text = next((cell.text for cell in row.cells if any(map(str.isalpha, cell.text))), "")
    units = graph.wordings.meaning(text[:40]).units
    said = sum(unit.weight for unit in units if any(m & _SUMS and "line" not in m for m in unit.meanings))
    return said > 0 and said >= _MOSTLY * sum(unit.weight for unit in units)


def _weight(run: AddedUp, graph: Graph) -> float:
    """How much speaks for a run: its length, and that its sum is called one."""
    rows = graph.sheet.layout.rows
    return len(run.amounts) + 0.5 * is_sum(rows[run.total.span.cell.row], graph)


def _ends_in_a_sum(run: AddedUp, graph: Graph) -> bool:
    """Whether the row of the sum is called one, or says less than those of the items: 20, 10, 30 may be three items."""
    rows = graph.sheet.layout.rows
    last = rows[run.total.span.cell.row]
    said = min(len(rows[one.span.cell.row].cells) for one in run.amounts)
    return len(last.cells) < max(3, said) or is_sum(last, graph)


def _goes_with(run: AddedUp, other: AddedUp) -> bool:
    """Whether a run stands in the column of another one, apart from it, and does not say the same again."""
    apart = run.rows.start >= other.rows.stop or other.rows.start >= run.rows.stop
    again = sorted(one.value for one in run.amounts) == sorted(one.value for one in other.amounts)
    return apart and not again and in_line(run.amounts[0], other.amounts[0])


def _columns(amounts: Sequence[Typed]) -> list[list[Typed]]:
    """Amounts by their right edges, each column from the top down."""
    columns: list[list[Typed]] = []
    for one in amounts:
        home = next((column for column in columns if in_line(column[-1], one)), None)
        if home is None:
            columns.append([one])
        elif home[-1].span.cell.row != one.span.cell.row:
            home.append(one)
    return columns


def in_line(one: Typed, two: Typed) -> bool:
    """Whether two amounts end below one another."""
    slack = _IN_LINE * max(one.span.cell.height, two.span.cell.height)
    return abs(_edge(one) - _edge(two)) <= slack


def _edge(one: Typed) -> float:
    return one.span.cell.x_at(one.span.end)


def _runs(column: Sequence[Typed], amounts: Sequence[Typed], graph: Graph) -> Iterator[AddedUp]:
    """The longest run above each sum; in cents, so that sums are looked up and not tried."""
    rows = graph.sheet.layout.rows
    order = {id(one): index for index, one in enumerate(amounts)}
    begins: dict[int, int] = {0: 0}
    made = 0
    for index, one in enumerate(column):
        value = _cents(one)
        if value > 0 and is_sum(rows[one.span.cell.row], graph):
            begins, made = {0: index + 1}, 0
            continue
        made += value
        for total in amounts[order[id(one)] + 1 : order[id(one)] + 1 + _SOON]:
            below = total.span.cell.row > one.span.cell.row
            start = next(
                (begins[key] for off in _CENTS if (key := made - _cents(total) + off) in begins), None
            )
            if below and start is not None and start <= index and _cents(total):
                yield AddedUp(_of_items(column[start : index + 1], graph), total)
        begins.setdefault(made, index + 1)


def _of_items(amounts: Sequence[Typed], graph: Graph) -> tuple[Typed, ...]:
    """Amounts without those of sums among them, such as discounts, and without nothing before and behind them."""
    rows = graph.sheet.layout.rows
    kept = [one for one in amounts if not is_sum(rows[one.span.cell.row], graph)]
    worth = [index for index, one in enumerate(kept) if one.value]
    return tuple(kept[worth[0] : worth[-1] + 1]) if worth else ()


def _cents(one: Typed) -> int:
    return int(Decimal(one.value).scaleb(2).to_integral_value())
