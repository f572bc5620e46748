"""What the scorer looks at: a field and a value on the page as a row of numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from schemas import languages
from schemas.page import Box
from worker.reading.engines.matcher.graph import Graph, Place, Relation
from worker.reading.engines.matcher.questions import Question
from worker.reading.engines.matcher.wordings import Likeness, Meaning, likeness

_ROLES: Mapping[str, frozenset[str]] = {
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
    "money": frozenset({"total", "amount", "price", "balance", "salary", "cost", "charge", "rent", "discount", "change", "debit", "credit", "premium", "deposit"}),
    "due": frozenset({"due"}),
    "net": frozenset({"net", "base"}),
    "tax": frozenset({"tax"}),
    "code": frozenset({"number", "id", "code", "reference", "iban", "bic", "sku", "zip"}),
    "name": frozenset({"name", "contact", "company", "customer", "seller", "shipper", "consignee"}),
    "address": frozenset({"address", "street"}),
    "phone": frozenset({"phone", "fax"}),
    "mail": frozenset({"email", "website"}),
    "count": frozenset({"quantity", "pieces", "count", "hours", "days", "nights", "guests", "points", "age", "year"}),
    "rate": frozenset({"rate"}),
    "issuer": frozenset({"seller", "store", "employer", "hospital", "school", "bank", "carrier"}),
    "other": frozenset({"customer", "consignee", "employee", "patient", "student", "passenger", "tenant", "insured"}),
    "heading": frozenset({"title", "type"}),
}
_KINDS = ("text", "date", "time", "money", "number", "percent", "code", "phone", "currency")
_ASKED = ("text", "date", "time", "datetime", "number", "integer", "boolean", "enum")
_FAR = 30.0
_ZIP = re.compile(r"(?<!\d)\d{4,6}(?!\d)")
_MAIL = re.compile(r"\S+@\S+|www\.|https?:")
Row = list[float]


@dataclass(frozen=True)
class Evaluation:
    """The likeness of every label of a document to every field that is asked for, and facts of the document."""

    graph: Graph
    questions: tuple[Question, ...]
    memo: dict[tuple[int, str], Likeness] = field(default_factory=dict, compare=False, repr=False)

    def best(self, meanings: Sequence[Meaning], label: str) -> Likeness:
        """The likeness of a label to the nearest of some wordings."""
        read = self.graph.wordings.meaning(label[:80])
        best = Likeness()
        for meaning in meanings:
            key = (id(meaning), label)
            if key not in self.memo:
                self.memo[key] = likeness(meaning, read)
            best = max(best, self.memo[key], key=lambda found: found.both)
        return best

    @cached_property
    def rivals(self) -> dict[str, list[float]]:
        """How near each label is to each field: filled as labels are asked for."""
        return {}

    def rivalry(self, label: str, asked: int) -> float:
        """How near a label is to the field it suits best among the others."""
        if label not in self.rivals:
            self.rivals[label] = [self.best(question.own, label).both for question in self.questions]
        return max((near for index, near in enumerate(self.rivals[label]) if index != asked), default=0.0)

    @cached_property
    def _additions(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """Pairs of amounts of which the sum is printed, too."""
        values = sorted({abs(typed.value) for typed in self.graph.sheet.amounts if typed.value})[-40:]
        known = set(values)
        return tuple((one, two) for i, one in enumerate(values) for two in values[: i + 1] if one + two in known)

    @cached_property
    def sums(self) -> frozenset[Decimal]:
        """Amounts that are the sum of two others on the document."""
        return frozenset(one + two for one, two in self._additions)

    @cached_property
    def addends(self) -> frozenset[Decimal]:
        """Amounts that make another one together with a third."""
        return frozenset(amount for pair in self._additions for amount in pair)

    @cached_property
    def repeats(self) -> Mapping[str, int]:
        """How often a text is all of a value."""
        return Counter(place.text.casefold() for place in self.graph.places)

    @cached_property
    def largest(self) -> Decimal:
        """The largest amount."""
        return max((abs(typed.value) for typed in self.graph.sheet.amounts), default=Decimal(0))

    @cached_property
    def printed(self) -> Mapping[int, Box]:
        """The printed area by page."""
        areas = {}
        for page in self.graph.sheet.layout.pages:
            boxes = [line.box for line in page.lines] or [Box(0, 0, 1, 1)]
            areas[page.number] = Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
        return areas

    @cached_property
    def ordinal(self) -> Mapping[int, tuple[float, float]]:
        """By place, the how-manieth of its type it is from the start and from the end."""
        by_kind: dict[str, list[Place]] = {}
        for place in self.graph.places:
            by_kind.setdefault(place.kind, []).append(place)
        return {
            id(place): (min(index, 20), min(len(places) - 1 - index, 20))
            for places in by_kind.values()
            for index, place in enumerate(places)
        }


def of_field(question: Question) -> Row:
    """What is asked for, whatever stands on the page."""
    ideas = question.ideas
    roles = [float(bool(ideas & wanted)) for wanted in _ROLES.values()]
    asked = [float(question.kind == kind) for kind in _ASKED]
    known = float(any(unit.meanings for meaning in question.own for unit in meaning.units))
    return [*asked, *roles, known, float(bool(question.parents)), float(question.verbatim)]


def of_place(place: Place, evaluation: Evaluation) -> Row:
    """What stands on the page, whoever asks."""
    text, cell = place.text, place.cell
    size = max(1, len(text))
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    area = evaluation.printed[cell.page.number]
    box = cell.line.box
    value = place.typed.value if place.typed else None
    amount = abs(value) if isinstance(value, Decimal) else None
    first, last = evaluation.ordinal.get(id(place), (0.0, 0.0))
    return [
        *(float(place.kind == kind) for kind in _KINDS),
        place.typed.quality if place.typed else 1.0,
        min(size, 120), digits / size, letters / size,
        sum(map(str.isupper, text)) / max(1, letters),
        float(len(text.split())), float(len(place.spans)), float(place.whole),
        float(text.rstrip().endswith((":", "："))), float(bool(_MAIL.search(text))), float("," in text),
        cell.height / evaluation.graph.sheet.layout.text_height,
        (box.cx - area.x0) / max(1e-6, area.width), (box.cy - area.y0) / max(1e-6, area.height),
        float(cell.page.number), float(cell.row), float(cell.column), first, last,
        float(amount is not None and amount in evaluation.sums),
        float(amount is not None and amount in evaluation.addends),
        float(amount is not None and amount == evaluation.largest),
        float(min(9, evaluation.repeats.get(text.casefold(), 0))),
        float(_mark("legal_form").search(text) is not None), float(_mark("street").search(text) is not None),
        float(bool(_ZIP.search(text))),
        cell.line.confidence,
        _labelled(text, evaluation),
    ]


def of_pair(place: Place, asked: int, evaluation: Evaluation) -> Row:
    """How a field and a value go together: the likeness of each label around it."""
    question = evaluation.questions[asked]
    row: Row = []
    near: dict[int, Likeness] = {}
    apart: dict[int, float] = {}
    top, rival, parent = 0.0, 0.0, 0.0
    for edge in place.edges:
        found = evaluation.best(question.own, edge.label)
        if found.both >= near.get(edge.relation, Likeness()).both:
            near[edge.relation], apart[edge.relation] = found, edge.distance
        if edge.relation != Relation.BEHIND:
            top = max(top, found.both)
            parent = max(parent, evaluation.best(question.parents, edge.label).both if question.parents else 0.0)
        if edge.relation in {Relation.INLINE, Relation.LEFT, Relation.ABOVE} and (found.both > 0.3 or edge.relation == Relation.INLINE):
            rival = max(rival, evaluation.rivalry(edge.label, asked) - found.both)
    for relation in Relation:
        found = near.get(relation, Likeness())
        row += [found.recall, found.precision, found.letters, min(_FAR, apart.get(relation, _FAR))]
    inline = next((edge.label for edge in place.edges if edge.relation == Relation.INLINE), "")
    about = max((likeness(evaluation.graph.wordings.meaning(edge.label[:80]), question.about).recall for edge in place.edges[:2]), default=0.0)
    own = evaluation.best(question.own, place.text).both if len(place.text) < 50 else 0.0
    return [*row, top, rival, parent, about, own, float(bool(inline)), float(_digits(inline))]


def table(places: Sequence[Place], asked: int, evaluation: Evaluation, facts: Callable[[Place], Row]) -> NDArray[np.float32]:
    """The rows of some values under a field."""
    question = of_field(evaluation.questions[asked])
    rows = [[*question, *facts(place), *of_pair(place, asked, evaluation)] for place in places]
    found = np.array(rows, dtype=np.float32).reshape(len(rows), -1)
    tops = found[:, _top_column()] if len(rows) else found
    ranks = [float((tops > top).sum()) for top in tops]
    rest = [[rank, float(tops.max() - top), float((tops >= top).sum())] for rank, top in zip(ranks, tops, strict=True)]
    return np.hstack([found, np.array(rest, dtype=np.float32).reshape(len(rows), 3)])


def _top_column() -> int:
    return -7


@cache
def _mark(name: str) -> re.Pattern[str]:
    """Any of the words that mark a text, at the borders of words in scripts that have them."""
    words = (re.escape(word.lower()) for word in languages.marks(name))
    return re.compile("|".join(rf"(?<![^\W\d_]){word}(?![^\W\d_])" if word.isascii() else word for word in words), re.IGNORECASE)


def _labelled(text: str, evaluation: Evaluation) -> float:
    """The share of a text that is a known wording: it is more likely a label itself."""
    units = evaluation.graph.wordings.meaning(text[:80]).units
    total = sum(len(unit.word) for unit in units)
    return sum(len(unit.word) for unit in units if unit.meanings) / total if total else 0.0


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def names() -> Sequence[str]:
    """What the columns hold, for reports on what matters."""
    around = [f"{relation.name.lower()}_{part}" for relation in Relation for part in ("recall", "precision", "letters", "distance")]
    own = "quality length digits letters upper words lines whole colon mail comma size x y page row column first last sum addend largest repeats legal street zip ocr labelled"
    pair = "top rival parent about own inline inline_digits rank behind_best shared"
    return [*(f"asks_{kind}" for kind in _ASKED), *(f"role_{role}" for role in _ROLES), "known", "has_parent", "verbatim", *(f"is_{kind}" for kind in _KINDS), *own.split(), *around, *pair.split()]


