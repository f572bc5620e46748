"""Contracts and letters: what is to be read stands in sentences, under terms that the text defines."""

from __future__ import annotations

from bench.sheets.blocks import Drawing, Pair, wording
from bench.sheets.meanings import value
from bench.sheets.values import Printed, company, person, printed_date, word
from bench.sheets.values import day as some_day

_OPENINGS = {
    "en": [
        'This {title} (this "{title}") is made and entered into as of {day}, by and between {one}, a {w} {kind} ("{first}"), and {two}, a {w} {kind} ("{second}").',
        'THIS {title}, dated {day}, is between {one} (the "{first}") and {two}, with offices in {w} (the "{second}"), collectively the parties.',
        'This agreement is made on {day} between {one}, a company of {w} ("{first}"), and {two}, residing in {w} ("{second}").',
        'On {day}, {one} (hereinafter called "{first}"), and {two} (hereinafter called "{second}") agree as follows.',
    ],
    "de": [
        "Zwischen {one}, {w} (nachfolgend „{first}“), und {two}, {w} (nachfolgend „{second}“), wird am {day} folgender Vertrag geschlossen."
    ],
    "fr": [
        "Entre {one}, ayant son siège à {w} (ci-après « {first} »), et {two}, demeurant à {w} (ci-après « {second} »), il est convenu le {day} ce qui suit."
    ],
    "es": [
        'Entre {one}, con domicilio en {w} (en adelante, "{first}"), y {two}, de {w} (en adelante, "{second}"), se acuerda el {day} lo siguiente.'
    ],
    "pt": [
        'Entre {one}, com sede em {w} (doravante "{first}"), e {two}, de {w} (doravante "{second}"), celebra-se em {day} o presente contrato.'
    ],
}
_CLAUSES = {
    "en": [
        "The {label} shall be {value}, unless the parties agree otherwise.",
        "{label}: {value}.",
        "The parties have agreed on a {label} of {value} for the whole term.",
    ],
    "de": ["Als {label} wird {value} vereinbart, soweit nichts anderes bestimmt ist.", "{label}: {value}."],
    "fr": ["Le {label} est fixé à {value} pour toute la durée du contrat.", "{label} : {value}."],
    "es": ["El {label} será de {value} durante todo el contrato.", "{label}: {value}."],
    "pt": ["O {label} será de {value} durante todo o contrato.", "{label}: {value}."],
}
_KINDS = ["Delaware corporation", "limited liability company", "limited partnership", "company"]


def put_recital(drawing: Drawing, roles: tuple[str, str], meta: list[str]) -> None:
    """The opening of a contract with its parties, and clauses with some values."""
    rng, here = drawing.rng, drawing.here
    names = [company(rng, here) if rng.random() < 0.8 else person(rng, here) for _ in roles]
    terms = [wording(f"{role} name", here, rng).title() for role in roles]
    when = some_day(rng)
    opening = rng.choice(_OPENINGS.get(here.lang, _OPENINGS["en"]))
    date = printed_date(when, here)
    text = opening.format(
        title=rng.choice(["Agreement", "LEASE AGREEMENT", "Contract"]),
        day=date,
        one=names[0],
        two=names[1],
        first=terms[0],
        second=terms[1],
        w=word(rng, here),
        kind=rng.choice(_KINDS),
    )
    put_wrapped(drawing, text)
    for role, term, name in zip(roles, terms, names, strict=True):
        drawing.pairs.append(Pair(f"{role} name", term, Printed((name,), name), role))
    drawing.pairs.append(Pair("date agreement", "", Printed((date,), when.isoformat(), "string", "date")))
    clauses = _CLAUSES.get(here.lang, _CLAUSES["en"])
    for meaning in meta:
        printed = value(meaning, here, rng)
        label = wording(meaning, here, rng).lower()
        if len(printed.lines) == 1:
            put_wrapped(drawing, rng.choice(clauses).format(label=label, value=printed.lines[0]))
            drawing.pairs.append(Pair(meaning, label, printed))


def put_wrapped(drawing: Drawing, text: str) -> None:
    """A paragraph over the width of the page."""
    size = drawing.size * 0.9
    most = int((drawing.right - drawing.left) / (0.5 * size))
    line = ""
    for part in [*text.split(), ""]:
        if line and (not part or len(line) + len(part) >= most):
            drawing.paper.put(drawing.left, drawing.y, line, size)
            drawing.y += 1.35 * size
            line = ""
        line = f"{line} {part}".strip()
    drawing.y += 0.7 * size
