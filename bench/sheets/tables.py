"""Tables of items: columns at random, headers of one or two rows, wrapped texts, rows between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bench.sheets.blocks import Drawing, wording
from bench.sheets.meanings import value
from bench.sheets.values import Printed, item, money, number, word

_RIGHT = frozenset({"number", "integer"})
COLUMNS: Mapping[str, Sequence[str]] = {
    "sale": (
        "line number",
        "sku",
        "description",
        "quantity",
        "unit",
        "unit price",
        "tax rate",
        "discount",
        "line total",
    ),
    "bank": ("date transaction", "description", "reference", "debit", "credit", "balance"),
    "lab": ("test name", "result", "unit result", "range reference", "flag"),
    "pay": ("description", "hours", "rate", "amount", "amount ytd"),
    "school": ("code", "course", "credits", "grade"),
    "freight": ("pieces", "description", "weight", "dimensions", "container number"),
    "use": ("meter number", "reading previous", "reading current", "consumption", "amount"),
    "parts": ("line number", "quantity", "sku", "description", "material"),
}
_RULED = 0.4  # share of tables whose cells are drawn
_ALWAYS = {
    "sale": {"description", "line total"},
    "bank": {"description"},
    "lab": {"test name", "result"},
    "pay": {"description", "amount"},
    "school": {"course", "grade"},
    "freight": {"description"},
    "use": {"consumption"},
    "parts": {"description", "quantity"},
}


def put_table(drawing: Drawing, family: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Put a table; the meanings of its columns and what each row holds, by meaning."""
    rng = drawing.rng
    columns = [m for m in COLUMNS[family] if m in _ALWAYS[family] or rng.random() < 0.6]
    if len(columns) < 2:
        columns = list(COLUMNS[family][:3])
    rows = [_row(columns, drawing) for _ in range(rng.randint(1, 9))]
    if family == "sale" and len(drawing.here.lang) and rng.random() < 0.9:
        rows = [_consistent(row, drawing) for row in rows]
    weights = [3.0 if _wide(meaning) else 1.1 for meaning in columns]
    scale = (drawing.right - drawing.left) / sum(weights)
    starts = [drawing.left + scale * sum(weights[:i]) for i in range(len(weights) + 1)]
    ruled = rng.random() < _RULED
    top = drawing.y
    _put_head(drawing, columns, starts, rows)
    if ruled:
        _rule_row(drawing, starts, top)
    room = scale * 3.0 / (0.55 * drawing.size)
    for index, row in enumerate(rows):
        top = drawing.y
        _put_row(drawing, columns, starts, row, room)
        if ruled:
            _rule_row(drawing, starts, top)
        if rng.random() < 0.06 and index + 1 < len(rows):
            drawing.paper.put(
                starts[columns.index(next(m for m in columns if _wide(m)))]
                if any(map(_wide, columns))
                else drawing.left,
                drawing.y,
                f"{wording('serial number', drawing.here, rng)}: {rng.randint(10000, 99999)}",
                drawing.size * drawing.rng.uniform(0.8, 1.1),
            )
            drawing.skip(1.4)
    drawing.skip(1)
    return columns, [{meaning: printed.meant for meaning, printed in row.items()} for row in rows]


def _rule_row(drawing: Drawing, starts: Sequence[float], top: float) -> None:
    """Lines around the cells of a row that begins at `top`."""
    inset = 0.4 * drawing.size
    for x0, x1 in pairwise(starts):
        drawing.paper.rule(x0 - inset, top - 0.15 * drawing.size, x1 - inset, drawing.y - 0.15 * drawing.size)


def _wide(meaning: str) -> bool:
    return meaning in {"description", "test name", "course"}


def _row(columns: Sequence[str], drawing: Drawing) -> dict[str, Printed]:
    found = {}
    for index, meaning in enumerate(columns):
        printed = value(meaning, drawing.here, drawing.rng)
        if _wide(meaning):
            text = item(drawing.rng, drawing.here)
            if drawing.rng.random() < 0.15:
                text += " " + " ".join(
                    word(drawing.rng, drawing.here) for _ in range(drawing.rng.randint(2, 5))
                )
            printed = Printed((text,), text)
        elif meaning == "result":
            amount = round(drawing.rng.uniform(0.1, 300), drawing.rng.choice([0, 1, 2]))
            printed = Printed((number(amount, drawing.here, places=1),), round(amount, 1), "number")
        elif meaning == "line number":
            printed = Printed((str(drawing.rng.randint(1, 20)),), None, "integer")
        elif meaning in {"debit", "credit", "discount", "flag"} and drawing.rng.random() < 0.5 and index:
            continue
        found[meaning] = printed
    return found


def _consistent(row: dict[str, Printed], drawing: Drawing) -> dict[str, Printed]:
    """Quantity times price is the amount."""
    if not {"quantity", "unit price", "line total"} <= row.keys() or "discount" in row:
        return row
    count = drawing.rng.randint(1, 20)
    price = round(drawing.rng.uniform(0.5, 300), 2)
    return row | {
        "quantity": Printed((str(count),), count, "integer"),
        "unit price": money(price, drawing.here, drawing.rng),
        "line total": money(round(count * price, 2), drawing.here, drawing.rng),
    }


def _put_head(
    drawing: Drawing, columns: Sequence[str], starts: Sequence[float], rows: Sequence[Mapping[str, Printed]]
) -> None:
    if drawing.rng.random() < 0.07:
        return
    size, tall = drawing.size, 1
    for index, meaning in enumerate(columns):
        words = wording(meaning, drawing.here, drawing.rng).split(" ")
        room = (starts[index + 1] - starts[index]) / (0.6 * size)
        parts = (
            [" ".join(words)]
            if len(" ".join(words)) < room or len(words) == 1
            else [" ".join(words[:1]), " ".join(words[1:])]
        )
        right = any(row[meaning].type in _RIGHT for row in rows if meaning in row)
        for line, text in enumerate(parts):
            x = starts[index + 1] - size if right else starts[index]
            drawing.paper.put(
                x, drawing.y + line * 1.2 * size, text, size * drawing.rng.uniform(0.85, 1.05), right=right
            )
        tall = max(tall, len(parts))
    drawing.skip(1.3 * tall + 0.4)


def _put_row(
    drawing: Drawing, columns: Sequence[str], starts: Sequence[float], row: Mapping[str, Printed], room: float
) -> None:
    size, tall = drawing.size, 1
    for index, meaning in enumerate(columns):
        if meaning not in row:
            continue
        printed = row[meaning]
        if printed.type in _RIGHT:
            drawing.paper.put(starts[index + 1] - size, drawing.y, printed.lines[0], size, right=True)
            continue
        lines = _wrapped(printed.lines[0], room if _wide(meaning) else 99)
        for line, text in enumerate(lines):
            drawing.paper.put(starts[index], drawing.y + line * 1.2 * size, text, size)
        tall = max(tall, len(lines))
    drawing.skip(1.2 * tall + drawing.rng.choice([0.3, 0.3, 0.8]))


def _wrapped(text: str, room: float) -> list[str]:
    lines = [""]
    for part in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(part) > room:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}".strip()
    return lines
