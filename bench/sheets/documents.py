"""Whole documents of many types with schemas of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.sheets.blocks import Drawing, Pair, pairs_of, put_pairs, put_party, put_prose, put_sums
from bench.sheets.naming import Schema, schema_of
from bench.sheets.paper import Paper
from bench.sheets.tables import put_table
from bench.sheets.values import Printed, address, code, company, locale
from schemas import languages
from worker.reading.text.lines import ReadPage


@dataclass(frozen=True)
class Sheet:
    """A drawn document: its page, its schema, what is to be read, and the type it is of."""

    type: str
    page: ReadPage
    schema: Schema


@dataclass(frozen=True)
class _Type:
    title: str
    issuer: str
    parties: Sequence[str]
    meta: Sequence[str]
    table: str = ""
    sums: bool = False
    narrow: bool = False


_CURRENCIES = {"€": "EUR", "EUR": "EUR", "$": "USD", "USD": "USD", "£": "GBP", "RM": "MYR", "￥": "CNY"}
_TYPES = {
    "invoice": _Type("invoice", "seller", ("customer", "consignee"), ("invoice number", "date invoice", "date due", "customer number", "order number", "payment terms", "tax id", "iban", "bic", "currency", "purchase order number", "date delivery", "contact name", "account number", "phone", "email", "bank", "project name"), "sale", sums=True),
    "receipt": _Type("receipt number", "store", (), ("receipt number", "date transaction", "time", "cashier", "table", "terminal", "payment method", "phone", "tax id", "guests", "approval code", "items count", "card number"), "sale", sums=True, narrow=True),
    "form": _Type("title", "company", (), ("name", "name first", "name last", "date birth", "address", "phone", "email", "nationality", "sex", "marital status", "national id", "job title", "employer", "reason", "date", "place birth", "department", "remarks", "city", "zip", "country", "case number", "signature", "contact name", "status", "type")),
    "statement": _Type("period", "bank", ("account name",), ("account number", "account type", "period", "balance opening", "balance closing", "iban", "bic", "currency", "date statement", "customer number", "bank branch", "page", "credit", "debit"), "bank"),
    "payslip": _Type("salary base", "employer", ("employee",), ("employee name", "employee number", "department", "job title", "period start", "period end", "date payment", "salary gross", "salary net", "deductions total", "social security number", "tax id", "hours", "days", "bank", "account number", "salary base", "month", "year"), "pay"),
    "utility": _Type("invoice", "seller", ("customer",), ("account number", "invoice number", "date invoice", "date due", "period", "meter number", "reading previous", "reading current", "consumption", "tariff", "supply address", "total due", "balance opening", "amount paid", "charge fixed", "customer number", "tax total", "period start", "period end"), "use"),
    "lab": _Type("hospital name", "hospital", (), ("patient name", "patient number", "age", "sex", "date birth", "doctor name", "date sample", "date print", "sample type", "sample number", "diagnosis", "prepared by", "department", "phone"), "lab"),
    "order": _Type("purchase order number", "company", ("seller", "consignee"), ("purchase order number", "date order", "date delivery", "payment terms", "carrier", "contact name", "currency", "project name", "department", "prepared by", "reference", "customer number"), "sale", sums=True),
    "waybill": _Type("tracking number", "carrier", ("shipper", "consignee"), ("tracking number", "origin", "destination", "weight", "pieces", "volume", "date", "flight number", "vessel", "container number", "carrier", "currency", "reference", "date delivery", "vehicle", "delivery number", "dimensions", "remarks"), "freight"),
    "ticket": _Type("ticket number", "carrier", (), ("ticket number", "passenger name", "origin", "destination", "date travel departure", "time departure", "time arrival", "time boarding", "seat", "class", "gate", "flight number", "train number", "price", "order number", "car", "event", "location", "terminal")),
    "certificate": _Type("certificate number", "school", (), ("certificate number", "student name", "course", "grade", "date issue", "date expiry", "school", "student number", "credits", "year", "registration number", "prepared by", "language", "hours"), "school"),
    "contract": _Type("contract number", "company", ("landlord", "tenant"), ("contract number", "landlord name", "tenant name", "rent", "deposit", "date valid start", "date end", "supply address", "area", "period", "date", "policy number", "insured name", "insurance premium", "coverage amount", "vehicle", "serial number", "model")),
    "hotel": _Type("invoice number", "company", (), ("passenger name", "room", "nights", "guests", "date check in", "date check out", "order number", "total due", "payment method", "phone", "rate", "email", "tax total", "charge fixed", "amount paid"), "sale"),
    "drawing": _Type("title", "company", (), ("title", "version", "author", "date", "material", "project name", "code", "page", "weight", "location", "status", "prepared by", "category"), "parts"),
}


def draw(seed: int, *, forbidden: frozenset[str] = frozenset()) -> Sheet:
    """The document of a seed; types in `forbidden` are never drawn."""
    rng = Random(seed)
    name = rng.choice([name for name in _TYPES if name not in forbidden])
    kind, here = _TYPES[name], locale(rng)
    narrow = kind.narrow and rng.random() < 0.8
    width, height = (600, 1500) if narrow else (1240, 1754)
    paper = Paper(rng, width=width, height=height)
    drawing = Drawing(paper, here, rng, size=rng.uniform(16, 24) if not narrow else rng.uniform(17, 22), y=40)
    _put_top(drawing, kind)
    _put_parties(drawing, kind)
    _put_meta(drawing, kind)
    columns, rows = ([], []) if not kind.table or rng.random() < 0.2 else put_table(drawing, kind.table)
    if kind.sums and rng.random() < 0.9:
        put_sums(drawing, round(rng.uniform(5, 9000), 2))
    if rng.random() < 0.6:
        put_prose(drawing, rng.randint(1, 5))
    if here.sign.strip() in _CURRENCIES and rng.random() < 0.4:
        drawing.pairs.append(Pair("currency", "", Printed((), _CURRENCIES[here.sign.strip()])))
    return Sheet(name, paper.page(), schema_of(_asked(drawing.pairs, rng), _absent(kind, rng), (columns, rows), here, rng))


def _put_top(drawing: Drawing, kind: _Type) -> None:
    """The issuer, often without a label, and the type of document in large letters."""
    rng, here, size = drawing.rng, drawing.here, drawing.size
    name = company(rng, here)
    large = size * rng.choice([1.0, 1.3, 1.8, 2.2])
    centre = kind.narrow or rng.random() < 0.3
    x = drawing.paper.width / 2 if centre else drawing.left
    if rng.random() < 0.85:
        behind = f" ({rng.choice(['Co. No. ', '', 'Reg No: '])}{code(rng)})" if rng.random() < 0.15 else ""
        drawing.paper.put(x, drawing.y, name + behind, large, centre=centre)
        drawing.pairs.append(Pair(f"{kind.issuer} name", "", Printed((name,), name)))
        drawing.y += 1.3 * large
        if rng.random() < 0.75:
            lines = address(rng, here)
            for line in lines:
                drawing.paper.put(x, drawing.y, line, size, centre=centre)
                drawing.skip(1.25)
            drawing.pairs.append(Pair(f"{kind.issuer} address", "", Printed(lines, " ".join(lines))))
    if rng.random() < 0.3:
        put_pairs(drawing, pairs_of(rng.sample(["phone", "email", "tax id", "registration number", "fax", "website"], 2), here, rng))
    drawing.skip(1)
    if rng.random() < 0.7:
        known = languages.labels()[here.lang].get(kind.title, ("Document",))
        drawing.paper.put(rng.choice([drawing.left, drawing.paper.width * 0.45]), drawing.y, rng.choice([*known, "Tax Invoice", "Cash Bill"] if kind.sums else known).upper(), size * rng.choice([1.2, 1.6, 2.0]))
        drawing.skip(2.6)


def _put_parties(drawing: Drawing, kind: _Type) -> None:
    if not kind.parties or drawing.rng.random() < 0.15:
        return
    chosen = list(kind.parties)[: drawing.rng.choice([1, 2])]
    if drawing.rng.random() < 0.25 and kind.issuer == "seller":
        chosen.insert(0, "seller")
    ends = [
        put_party(drawing, meaning, x=drawing.left + index * 0.45 * drawing.paper.width, labelled=index > 0 or drawing.rng.random() < 0.8)
        for index, meaning in enumerate(chosen[:2])
    ]
    drawing.y = max(ends) + drawing.size


def _put_meta(drawing: Drawing, kind: _Type) -> None:
    rng = drawing.rng
    meta = rng.sample(list(kind.meta), min(len(kind.meta), rng.randint(3, 14)))
    pairs = pairs_of(meta, drawing.here, rng)
    half = drawing.paper.width * 0.5
    while pairs:
        count = rng.randint(2, 7)
        if rng.random() < 0.3 and len(pairs) > 3 and not kind.narrow:
            top = drawing.y
            put_pairs(drawing, pairs[:count], x1=half - 20)
            low, drawing.y = drawing.y, top
            put_pairs(drawing, pairs[count : 2 * count] or pairs[:1], x0=half)
            drawing.y, pairs = max(low, drawing.y), pairs[2 * count :]
        else:
            put_pairs(drawing, pairs[:count])
            pairs = pairs[count:]


def _asked(pairs: Sequence[Pair], rng: Random) -> list[Pair]:
    """The pairs that the schema asks for: not all, and of the same meaning only one."""
    found: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        found.setdefault((pair.meaning, pair.parent), pair)
    share = rng.choice([0.3, 0.6, 0.9, 1.0])
    return [pair for pair in found.values() if rng.random() < share]


def _absent(kind: _Type, rng: Random) -> list[str]:
    """Meanings that are asked for and may not be there."""
    every = [*kind.meta, *("fax", "website", "version", "loyalty points", "language")]
    return rng.sample(every, rng.choice([0, 1, 1, 2, 3]))


Data = dict[str, Any]
