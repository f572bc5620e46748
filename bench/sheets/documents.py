"""Whole documents of many types with schemas of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random

from bench.sheets.blocks import (
    Drawing,
    Pair,
    pairs_of,
    put_pairs,
    put_prose,
    put_sums,
    put_tax_summary,
    put_together,
    wording,
)
from bench.sheets.forms import put_boxes
from bench.sheets.meanings import value
from bench.sheets.naming import DrawnSchema, schema_of
from bench.sheets.paper import Paper
from bench.sheets.party import put_party
from bench.sheets.running_text import put_recital
from bench.sheets.tables import put_table
from bench.sheets.values import Printed, code, company, locale, postal
from schemas import languages
from worker.reading.text.page_lines import PageLines


@dataclass(frozen=True)
class DrawnSheet:
    """A drawn document: its page, its schema, what is to be read, and the type it is of."""

    type: str
    page: PageLines
    schema: DrawnSchema


@dataclass(frozen=True)
class _Type:
    title: str
    issuer: str
    parties: Sequence[str]
    meta: Sequence[str]
    table: str = ""
    sums: bool = False
    narrow: bool = False
    boxed: bool = False
    running_text: bool = False


_ROLES = frozenset({"shipper", "consignee", "customer", "employee", "tenant", "landlord", "seller"})
_CONTRACT_ROLES = (
    ("landlord", "tenant"),
    ("seller", "customer"),
    ("employer", "employee"),
    ("lender", "borrower"),
)
_CURRENCIES = {"€": "EUR", "EUR": "EUR", "$": "USD", "USD": "USD", "£": "GBP", "RM": "MYR", "￥": "CNY"}


def _types() -> dict[str, _Type]:
    """The types of `types.toml`."""
    raw = tomllib.loads((files(__package__) / "types.toml").read_text(encoding="utf-8"))
    lists = ("parties", "meta")
    return {
        name: _Type(
            **{key: value.split("; ") if key in lists and value else value for key, value in entry.items()}
        )
        for name, entry in raw.items()
    }


_TYPES = _types()


def draw(seed: int, *, forbidden: frozenset[str] = frozenset()) -> DrawnSheet:
    """The document of a seed; types in `forbidden` are never drawn."""
    rng = Random(seed)
    name = rng.choice([name for name in _TYPES if name not in forbidden])
    kind, here = _TYPES[name], locale(rng)
    narrow = kind.narrow and rng.random() < 0.8
    width, height = (600, 1500) if narrow else (1240, 1754)
    paper = Paper(rng, width=width, height=height)
    drawing = Drawing(
        paper,
        here,
        rng,
        size=rng.uniform(16, 24) if not narrow else rng.uniform(17, 22),
        y=40,
        margin=rng.uniform(0.03, 0.14),
    )
    _put_top(drawing, kind)
    _put_body(drawing, kind)
    columns, rows = ([], []) if not kind.table or rng.random() < 0.2 else put_table(drawing, kind.table)
    if kind.sums and rng.random() < 0.9:
        put_sums(drawing, round(rng.uniform(5, 9000), 2))
    if kind.sums and rng.random() < 0.4:
        put_tax_summary(drawing)
    if rng.random() < 0.6:
        put_prose(drawing, rng.randint(1, 5))
    if here.sign.strip() in _CURRENCIES and rng.random() < 0.4:
        drawing.pairs.append(Pair("currency", "", Printed((), _CURRENCIES[here.sign.strip()])))
    return DrawnSheet(
        name,
        paper.page(),
        schema_of(_asked(drawing.pairs, rng), _absent(kind, rng), (columns, rows), here, rng),
    )


def _put_top(drawing: Drawing, kind: _Type) -> None:
    """The issuer, often without a label, and the type of document in large letters."""
    rng = drawing.rng
    if rng.random() < 0.25:
        _put_logo(drawing)
    if rng.random() < 0.85:
        _put_issuer(drawing, kind)
    if rng.random() < 0.3:
        meanings = rng.sample(["phone", "email", "tax id", "registration number", "fax", "website"], 2)
        put_pairs(drawing, pairs_of(meanings, drawing.here, rng))
    drawing.skip(1)
    if rng.random() < 0.7:
        known = languages.labels()[drawing.here.lang].get(kind.title, ("Document",))
        title = rng.choice([*known, "Tax Invoice", "Cash Bill"] if kind.sums else known).upper()
        if rng.random() < 0.25:
            drawing.pairs.append(Pair("title", "", Printed((title,), title)))
        x = rng.choice([drawing.left, drawing.paper.width * 0.45])
        drawing.paper.put(x, drawing.y, title, drawing.size * rng.choice([1.2, 1.6, 2.0]))
        drawing.skip(2.6)
    if kind.sums and rng.random() < 0.15:
        _put_sentence(drawing)


def _put_logo(drawing: Drawing) -> None:
    """What a reader makes of a picture: a few letters that mean nothing."""
    rng = drawing.rng
    text = "".join(rng.choice("RB8尊の.-e&WvS") for _ in range(rng.randint(1, 3)))
    drawing.paper.put(
        rng.uniform(drawing.left, drawing.right * 0.7), drawing.y, text, drawing.size * rng.uniform(1, 2.5)
    )
    drawing.skip(rng.uniform(1.5, 3))


def _put_issuer(drawing: Drawing, kind: _Type) -> None:
    rng, here, size = drawing.rng, drawing.here, drawing.size
    centre = kind.narrow or rng.random() < 0.3
    x = drawing.paper.width / 2 if centre else drawing.left
    name = company(rng, here)
    large = size * rng.choice([1.0, 1.3, 1.8, 2.2])
    behind = f" ({rng.choice(['Co. No. ', '', 'Reg No: '])}{code(rng)})" if rng.random() < 0.15 else ""
    drawing.paper.put(x, drawing.y, name + behind, large, centre=centre)
    drawing.pairs.append(Pair(f"{kind.issuer} name", "", Printed((name,), name)))
    drawing.y += 1.3 * large
    lines: list[str] = []
    if rng.random() < 0.25:
        lines.append(rng.choice([f"({code(rng)})", f"Co. Reg. No: {code(rng)}", f"GST ID: {code(rng)}"]))
    if rng.random() < 0.75:
        place = postal(rng, here)
        lines += place.lines
        drawing.pairs.append(Pair(f"{kind.issuer} address", "", Printed(place.lines, " ".join(place.lines))))
        drawing.pairs += [
            Pair(f"{kind.issuer}+{part}", "", Printed((text,), text)) for part, text in place.parts
        ]
    for meaning in rng.sample(
        ["phone", "tax id", "registration number", "email", "fax"], rng.choice([0, 1, 2, 3])
    ):
        printed = value(meaning, here, rng)
        lines.append(f"{wording(meaning, here, rng)}{rng.choice([': ', ' : ', ':', ' '])}{printed.lines[0]}")
        drawing.pairs.append(Pair(meaning, "", printed))
    for line in lines:
        drawing.paper.put(x, drawing.y, line, size, centre=centre)
        drawing.skip(1.25)


def _put_sentence(drawing: Drawing) -> None:
    """Number and date in a line of words: `Invoice 4711 dated 3 May`."""
    rng, here = drawing.rng, drawing.here
    pairs = pairs_of(["invoice number", "date invoice"], here, rng)
    if len(pairs) == 2:
        between = {"de": "vom", "fr": "du", "es": "de fecha", "nl": "van"}.get(here.lang, "dated")
        texts = (pairs[0].label, pairs[0].printed.lines[0], between, pairs[1].printed.lines[0])
        drawing.paper.put(drawing.left, drawing.y, " ".join(texts), drawing.size * rng.choice([1, 1.4]))
        drawing.pairs += pairs
        drawing.skip(2)


def _put_body(drawing: Drawing, kind: _Type) -> None:
    """Parties and facts: in sentences, in boxes, or each by itself."""
    rng = drawing.rng
    meta = rng.sample(list(kind.meta), min(len(kind.meta), rng.randint(3, 14)))
    roles = [role for role in kind.parties if role in _ROLES]
    if kind.running_text and rng.random() < 0.6:
        first, second = rng.choice(_CONTRACT_ROLES)
        put_recital(drawing, (first, second), [one for one in meta if " name" not in one][:4])
    elif kind.boxed and rng.random() < 0.45:
        put_boxes(drawing, pairs_of(meta, drawing.here, rng), roles[: rng.randint(0, 2)])
    else:
        _put_parties(drawing, kind)
        _put_meta(drawing, meta, narrow=kind.narrow)


def _put_parties(drawing: Drawing, kind: _Type) -> None:
    if not kind.parties or drawing.rng.random() < 0.15:
        return
    chosen = list(kind.parties)[: drawing.rng.choice([1, 2])]
    if drawing.rng.random() < 0.25 and kind.issuer == "seller":
        chosen.insert(0, "seller")
    ends = [
        put_party(
            drawing,
            meaning,
            x=drawing.left + index * 0.45 * drawing.paper.width,
            labelled=index > 0 or drawing.rng.random() < 0.6,
        )
        for index, meaning in enumerate(chosen[:2])
    ]
    drawing.y = max(ends) + drawing.size


def _put_meta(drawing: Drawing, meta: Sequence[str], *, narrow: bool) -> None:
    rng = drawing.rng
    pairs = pairs_of(meta, drawing.here, rng)
    if len(pairs) > 3 and rng.random() < 0.25:
        alone = [pair for pair in pairs[:2] if _is_plain(pair)]
        if len(alone) == 2:
            put_together(drawing, alone)
            pairs = pairs[2:]
    half = drawing.paper.width * rng.uniform(0.45, 0.6)
    while pairs:
        count = rng.randint(2, 7)
        if rng.random() < 0.3 and len(pairs) > 3 and not narrow:
            top = drawing.y
            put_pairs(drawing, pairs[:count], x1=half - 20)
            low, drawing.y = drawing.y, top
            put_pairs(drawing, pairs[count : 2 * count] or pairs[:1], x0=half)
            drawing.y, pairs = max(low, drawing.y), pairs[2 * count :]
        else:
            put_pairs(drawing, pairs[:count])
            pairs = pairs[count:]


def _is_plain(pair: Pair) -> bool:
    """Whether a pair may share its line with another."""
    return len(pair.printed.lines) == 1 and not {"/", "|"} & {*pair.printed.lines[0], *pair.label}


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
    strangers = ["customer name", "consignee name", "seller name", "shipper name", "customer address"]
    return [*rng.sample(every, rng.choice([0, 1, 1, 2, 3])), *rng.sample(strangers, rng.choice([0, 0, 0, 1]))]
