"""Parties: under a heading or in the window of an envelope, with name, address and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from bench.sheets.blocks import Drawing, Pair, wording
from bench.sheets.meanings import value
from bench.sheets.values import Printed, code, company, person, postal

_NUMBERS = ("customer number", "tax id", "phone", "number")


@dataclass
class _Column:
    """Lines put under one another."""

    drawing: Drawing
    x: float
    y: float

    def put(self, text: str, *, size: float = 1.0, step: float = 1.25) -> None:
        """A line, and down by `step` letter heights."""
        self.drawing.paper.put(self.x, self.y, text, size * self.drawing.size)
        self.y += step * self.drawing.size


def put_party(drawing: Drawing, meaning: str, *, x: float, labelled: bool = True) -> float:
    """A party: its heading, name, address, perhaps numbers. Returns where it ends; nothing else moves."""
    rng, here = drawing.rng, drawing.here
    column = _Column(drawing, x, drawing.y)
    of_person = rng.random() < 0.3 and meaning not in {"seller", "carrier"}
    name = person(rng, here) if of_person else company(rng, here)
    place = postal(rng, here)
    if labelled:
        _put_heading(column, meaning)
        _put_numbers(column)
    elif rng.random() < 0.4:
        _put_sender(column)
    inside = labelled and rng.random() < 0.25
    column.put((f"{wording('name', here, rng)}: " if inside else "") + name)
    if rng.random() < 0.12:  # whom to turn to there
        column.put(person(rng, here))
    _put_address(column, place.lines, f"{wording('address', here, rng)}: " if inside else "")
    drawing.pairs += [
        Pair(f"{meaning} name", "", Printed((name,), name), meaning),
        Pair(f"{meaning} address", "", Printed(place.lines, " ".join(place.lines)), meaning),
        *(Pair(part, "", Printed((text,), text), meaning) for part, text in place.parts),
        *_put_more(column, meaning),
    ]
    return column.y


def _put_heading(column: _Column, meaning: str) -> None:
    """What the party is, sometimes in two words for it."""
    rng, here = column.drawing.rng, column.drawing.here
    heading = wording(meaning, here, rng)
    if rng.random() < 0.15:
        heading += rng.choice(["/", " / ", " "]) + wording(meaning, here, rng)
    column.put(
        heading + rng.choice([":", "", ""]), size=rng.choice([1, 1, 1.15]), step=rng.uniform(1.25, 1.6)
    )


def _put_numbers(column: _Column) -> None:
    """Numbers between the heading and the name."""
    drawing = column.drawing
    rng: Random = drawing.rng
    for part in rng.sample(_NUMBERS, rng.choice([0, 0, 0, 1, 2])):
        label = wording(part, drawing.here, rng)
        if rng.random() < 0.4:
            at = column.x + rng.uniform(9, 13) * drawing.size
            drawing.paper.put(at, column.y, rng.choice([": ", ""]) + code(rng), drawing.size)
            column.put(label)
        else:
            column.put(f"{label}{rng.choice([': ', ' : ', ' '])}{code(rng)}")


def _put_sender(column: _Column) -> None:
    """The sender in one small line, as in the window of an envelope."""
    drawing = column.drawing
    issuer = next((pair.printed.lines[0] for pair in drawing.pairs if pair.meaning.endswith(" name")), "")
    mark = drawing.rng.choice([" · ", ", ", " - ", " | "])
    text = mark.join(filter(None, (issuer, *postal(drawing.rng, drawing.here).lines)))
    column.put(text, size=0.7, step=drawing.rng.uniform(1.2, 2.0))


def _put_address(column: _Column, lines: Sequence[str], lead: str) -> None:
    """Its lines; the town may stand a little apart."""
    apart = column.drawing.rng.random() < 0.15
    for number, line in enumerate(lines):
        if apart and number == len(lines) - 1:
            column.y += 0.8 * column.drawing.size
        column.put((lead if number == 0 else "") + line)


def _put_more(column: _Column, meaning: str) -> list[Pair]:
    """Numbers under the address, which may be asked for."""
    rng, here = column.drawing.rng, column.drawing.here
    pairs = []
    for part in rng.sample(
        ["tax id", "phone", "email", "customer number", "registration number"], rng.choice([0, 0, 1, 2])
    ):
        printed = value(part, here, rng)
        column.put(f"{wording(part, here, rng)}: {printed.lines[0]}")
        pairs.append(Pair(part, "", printed, meaning))
    return pairs
