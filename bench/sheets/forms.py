"""Boxed forms: small labels of many words at the top of their boxes, empty boxes, small print beside them."""

from __future__ import annotations

from collections.abc import Sequence

from bench.sheets.blocks import PROSE, Drawing, Pair, wording
from bench.sheets.values import Printed, company, person, postal

_AROUND = {
    "en": [
        "and Requested Routing",
        "(if any)",
        "for Carriage",
        "of Insurance",
        "Information",
        "(see reverse)",
    ],
    "de": ["(falls vorhanden)", "laut Ausweis", "und Zeichen", "(siehe Rückseite)"],
    "fr": ["(le cas échéant)", "et signature", "(voir au verso)"],
    "zh": ["(盖章)", "(必填)", "及编号"],
}
_BOTH = {
    "en": "{}'s Name and Address",
    "de": "Name und Anschrift {}",
    "fr": "Nom et adresse {}",
    "zh": "{}名称及地址",
}
_RULED = 0.7  # share of such forms whose boxes are drawn
_EMPTY = ["Optional Information", "Account No.", "Reference Number", "Code", "Bemerkung", "备注", "Remarks"]


def put_boxes(drawing: Drawing, pairs: Sequence[Pair], parties: Sequence[str]) -> None:
    """Boxes with their labels at the top, the parties first, some of the boxes empty."""
    rng = drawing.rng
    for party in parties:
        _put_party_box(drawing, party)
    left = list(pairs)
    ruled = rng.random() < _RULED
    while left:
        wide = rng.randint(2, 5)
        row: list[Pair | None] = [left.pop() for _ in range(min(wide, len(left)))]
        if rng.random() < 0.5:
            row.insert(rng.randint(0, len(row)), None)
        top = drawing.y
        _put_row(drawing, row)
        if ruled:
            _rule_row(drawing, len(row), top)
    drawing.pairs += pairs


def _rule_row(drawing: Drawing, boxes: int, top: float) -> None:
    """Lines around the boxes of a row that begins at `top`."""
    step = (drawing.right - drawing.left) / boxes
    for index in range(boxes):
        x = drawing.left + index * step - 0.3 * drawing.size
        drawing.paper.rule(
            x, top - 0.2 * drawing.size, x + step, max(top + 2 * drawing.size, drawing.y) - 0.2 * drawing.size
        )


def _put_row(drawing: Drawing, row: Sequence[Pair | None]) -> None:
    rng, size, paper = drawing.rng, drawing.size, drawing.paper
    small = size * rng.uniform(0.6, 0.85)
    step = (drawing.right - drawing.left) / len(row)
    inset = rng.choice([0.0, 0.0, rng.uniform(0.5, 2.0) * size])
    for index, pair in enumerate(row):
        x = drawing.left + index * step
        label = pair.label if pair else rng.choice(_EMPTY)
        if rng.random() < 0.2:
            label = f"{rng.randint(1, 40)}{rng.choice(['.', '', ')'])} {label}"
        if rng.random() < 0.2:
            label += " " + rng.choice(_AROUND.get(drawing.here.lang, _AROUND["en"]))
        room = int(step / (0.5 * small)) - 2
        paper.put(x, drawing.y, label[: max(8, room)], small)
        if pair:
            for number, line in enumerate(pair.printed.lines):
                paper.put(x + inset, drawing.y + (1.4 + 1.2 * number) * small, line, size)
    tall = max(len(pair.printed.lines) if pair else 1 for pair in row)
    drawing.skip(1.4 + 1.25 * tall + rng.uniform(0.2, 0.8))


def _put_party_box(drawing: Drawing, party: str) -> None:
    """A party under the label of its name and address, or a label of the party alone; small print at its right."""
    rng, here, size, paper = drawing.rng, drawing.here, drawing.size, drawing.paper
    label = wording(party, here, rng)
    if rng.random() < 0.6:
        label = _BOTH.get(here.lang, _BOTH["en"]).format(label)
    name = company(rng, here) if rng.random() < 0.7 else person(rng, here)
    place = postal(rng, here)
    small = size * rng.uniform(0.65, 0.9)
    paper.put(drawing.left, drawing.y, label, small)
    x = drawing.left + rng.choice([0.0, 0.0, 1.0]) * size
    for number, line in enumerate((name, *place.lines)):
        paper.put(x, drawing.y + 1.4 * small + 1.25 * number * size, line, size)
    if rng.random() < 0.6:
        _put_small_print(drawing, len(place.lines) + 1)
    if rng.random() < _RULED:
        end = drawing.y + (2.0 + 1.25 * (len(place.lines) + 1)) * size
        paper.rule(drawing.left - 0.3 * size, drawing.y - 0.2 * size, 0.51 * paper.width, end)
    drawing.pairs += [
        Pair(f"{party} name", "", Printed((name,), name), party),
        Pair(f"{party} address", "", Printed(place.lines, " ".join(place.lines)), party),
        *place_pairs(place.parts, party),
    ]
    drawing.skip(2.2 + 1.25 * (len(place.lines) + 1))


def _put_small_print(drawing: Drawing, lines: int) -> None:
    rng = drawing.rng
    words = PROSE.get(drawing.here.lang, PROSE["en"]).split()
    for number in range(lines):
        start = rng.randrange(len(words))
        text = " ".join((words * 2)[start : start + rng.randint(2, 9)])
        drawing.paper.put(
            drawing.paper.width * 0.52, drawing.y + 1.3 * number * drawing.size, text, 0.8 * drawing.size
        )


def place_pairs(parts: Sequence[tuple[str, str]], party: str) -> list[Pair]:
    """The parts of an address as something to be asked for."""
    return [Pair(meaning, "", Printed((text,), text), party) for meaning, text in parts]
