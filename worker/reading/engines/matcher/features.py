"""What the scorer looks at: a field and a value on the page as a row of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from worker.reading.engines.matcher import label_features
from worker.reading.engines.matcher.address_blocks import has_zip
from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.graph import PrintedValue
from worker.reading.engines.matcher.label_table import LONGEST_LABEL
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.surroundings import Relation
from worker.reading.engines.matcher.word_marks import mark

_ROLES: Mapping[str, frozenset[str]] = {
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "money": frozenset(
        {
            "total",
            "amount",
            "price",
            "balance",
            "salary",
            "cost",
            "charge",
            "rent",
            "discount",
            "change",
            "debit",
            "credit",
            "premium",
            "deposit",
        }
    ),
    "due": frozenset({"due"}),
    "net": frozenset({"net", "base"}),
    "tax": frozenset({"tax"}),
    "code": frozenset({"number", "id", "code", "reference", "iban", "bic", "sku", "zip"}),
    "name": frozenset({"name", "contact", "company", "customer", "seller", "shipper", "consignee"}),
    "address": frozenset({"address", "street"}),
    "phone": frozenset({"phone", "fax"}),
    "mail": frozenset({"email", "website"}),
    "count": frozenset(
        {"quantity", "pieces", "count", "hours", "days", "nights", "guests", "points", "age", "year"}
    ),
    "rate": frozenset({"rate"}),
    "issuer": frozenset({"seller", "store", "employer", "hospital", "school", "bank", "carrier"}),
    "other": frozenset(
        {"customer", "consignee", "employee", "patient", "student", "passenger", "tenant", "insured"}
    ),
    "heading": frozenset({"title", "type"}),
    "place": frozenset({"city", "state", "country"}),
    "zip": frozenset({"zip"}),
}
_KINDS = (
    "text",
    "date",
    "time",
    "money",
    "number",
    "percent",
    "code",
    "phone",
    "currency",
    "zip",
    "city",
    "region",
)
_ASKED = ("text", "date", "time", "datetime", "number", "integer", "boolean", "enum")
_COVERED = ("date", "time", "phone", "percent", "money", "number", "code")
_PERCENT = ("%", "％", "‰")
_MAIL = re.compile(r"\S+@\S+|www\.|https?:")
Row = list[float]


def of_field(question: FieldQuery) -> Row:
    """What is asked for, whatever stands on the page."""
    ideas = question.ideas
    roles = [float(bool(ideas & wanted)) for wanted in _ROLES.values()]
    asked = [float(question.kind == kind) for kind in _ASKED]
    known = float(any(unit.meanings for meaning in question.own for unit in meaning.units))
    has_parent, verbatim = float(bool(question.parents)), float(question.verbatim)
    return [*asked, *roles, known, has_parent, verbatim, float(question.is_several)]


def of_place(place: PrintedValue, evaluation: Evaluation) -> Row:
    """What stands on the page, whoever asks."""
    cell = place.cell
    area = evaluation.printed[cell.page.number]
    box = cell.line.box
    first, last = evaluation.ordinal.get(id(place), (0.0, 0.0))
    printed = _kind(place, evaluation)
    return [
        *(float(printed == kind) for kind in _KINDS),
        place.typed.quality if place.typed else 1.0,
        *_of_text(place.text),
        float(len(place.spans)),
        float(place.whole),
        cell.height / evaluation.graph.sheet.layout.text_height,
        (box.cx - area.x0) / max(1e-6, area.width),
        (box.cy - area.y0) / max(1e-6, area.height),
        float(cell.page.number),
        float(cell.row),
        float(cell.column),
        first,
        last,
        *_of_amount(place, evaluation),
        float(min(9, evaluation.repeats.get(place.text.casefold(), 0))),
        cell.line.confidence,
        _labelled(place.text, evaluation),
        _among_labels(place, evaluation),
        _amounts_beside(place, evaluation),
        *_in_block(place, evaluation),
        *_in_box(place, evaluation),
    ]


def _kind(place: PrintedValue, evaluation: Evaluation) -> str:
    """The type of a value; of a text, that of which it is all."""
    first, last = place.spans[0], place.spans[-1]
    if place.kind in {"number", "money"} and last.cell.text[last.end :].lstrip().startswith(_PERCENT):
        return "percent"
    if place.kind != "text" or len(place.spans) > 1:
        return place.kind
    size = len(first.text.strip())
    for kind in _COVERED:
        typed = evaluation.graph.sheet.typed(kind, first.cell)
        if any(
            one.span.start >= first.start and len(one.span.text) >= size - 1 and one.span.end <= first.end
            for one in typed
        ):
            return kind
    return "text"


def _in_block(place: PrintedValue, evaluation: Evaluation) -> Row:
    """Where it stands in a block with an address: its line, lines of the block, those of an address under it."""
    found = evaluation.address_blocks.get(id(place.cell))
    if found is None:
        return [-1.0, 0.0, 0.0, -1.0]
    return [float(found.line), float(found.size), float(found.address_below), float(min(found.order, 6))]


def _in_box(place: PrintedValue, evaluation: Evaluation) -> Row:
    """Where it stands in a ruled box: its line, and those of the box; whether it is a part of the box's label."""
    box = evaluation.graph.sheet.ruled.of(place.cell)
    if box is None:
        return [-1.0, 0.0, 0.0]
    return [float(box.cells.index(place.cell)), float(len(box.cells)), float(place.cell in box.label)]


def _of_text(text: str) -> Row:
    """The form of a text: its letters, digits and signs, and the words that mark what it is."""
    size = max(1, len(text))
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    return [
        min(size, 120),
        digits / size,
        letters / size,
        sum(map(str.isupper, text)) / max(1, letters),
        float(len(text.split())),
        float(text.rstrip().endswith((":", "："))),
        float(bool(_MAIL.search(text))),
        float("," in text),
        float(mark("legal_form").search(text) is not None),
        float(mark("street").search(text) is not None),
        float(has_zip(text)),
    ]


def _of_amount(place: PrintedValue, evaluation: Evaluation) -> Row:
    """What an amount is to the others: their sum, a part of one, the largest."""
    value = place.typed.value if place.typed else None
    amount = abs(value) if isinstance(value, Decimal) else None
    if amount is None:
        return [0.0, 0.0, 0.0]
    return [
        float(amount in evaluation.sums),
        float(amount in evaluation.addends),
        float(amount == evaluation.largest),
    ]


def table(
    places: Sequence[PrintedValue], asked: int, evaluation: Evaluation, facts: Callable[[PrintedValue], Row]
) -> NDArray[np.float32]:
    """The rows of some values under a field."""
    question = of_field(evaluation.questions[asked])
    rows = np.array([[*question, *facts(place)] for place in places], dtype=np.float32)
    found = np.hstack([rows, label_features.of_labels(places, asked, evaluation)])
    tops, senses = (found[:, _column(name)] for name in ("top", "sense_best"))
    rest = [
        (tops > tops[:, None]).sum(axis=1),
        tops.max() - tops,
        (tops >= tops[:, None]).sum(axis=1),
        senses.max() - senses,
        (senses > senses[:, None]).sum(axis=1),
    ]
    return np.column_stack([found, *rest]).astype(np.float32)


def columns(rows: NDArray[np.float32], *wanted: str) -> NDArray[np.float32]:
    """Some columns of a table by their names."""
    return rows[:, [_column(name) for name in wanted]]


def relation_of(rows: NDArray[np.float32]) -> NDArray[np.intp]:
    """By row the relation in which the label stands that is the most like the field."""
    by_words = columns(rows, *(f"{relation.name.lower()}_recall" for relation in Relation))
    by_sense = columns(rows, *(f"sense_{relation.name.lower()}" for relation in Relation))
    found: NDArray[np.intp] = np.maximum(by_words, by_sense).argmax(axis=1)
    return found


@cache
def _column(name: str) -> int:
    return names().index(name)


def _labelled(text: str, evaluation: Evaluation) -> float:
    """The share of a text that is a known wording: it is more likely a label itself."""
    units = evaluation.graph.wordings.meaning(text[:LONGEST_LABEL]).units
    total = sum(len(unit.word) for unit in units)
    return sum(len(unit.word) for unit in units if unit.is_label) / total if total else 0.0


def _among_labels(place: PrintedValue, evaluation: Evaluation) -> float:
    """How much of the other cells of its row are known wordings: it may stand in a row of labels."""
    row = evaluation.graph.sheet.layout.rows[place.cell.row]
    others = [_labelled(cell.text, evaluation) for cell in row.cells if cell is not place.cell]
    return sum(others) / len(others) if others else -1.0


def _amounts_beside(place: PrintedValue, evaluation: Evaluation) -> float:
    """How many amounts stand in the other cells of its row, as in the rows of a table."""
    sheet = evaluation.graph.sheet
    row = sheet.layout.rows[place.cell.row]
    return float(sum(len(sheet.typed("money", cell)) for cell in row.cells if cell is not place.cell))


def names() -> Sequence[str]:
    """What the columns hold, for reports on what matters."""
    own = "quality length digits letters upper words colon mail comma legal street zip lines whole size x y page row column first last sum addend largest repeats ocr labelled among_labels amounts_beside block_line block_size block_address block_order box_line box_size box_label"
    pair = "rank behind_best shared sense_off sense_rank"
    return [
        *(f"asks_{kind}" for kind in _ASKED),
        *(f"role_{role}" for role in _ROLES),
        "known",
        "has_parent",
        "verbatim",
        "several",
        *(f"is_{kind}" for kind in _KINDS),
        *own.split(),
        *label_features.NAMES,
        *pair.split(),
    ]
