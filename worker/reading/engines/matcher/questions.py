"""What a field of a schema asks for: its wordings as meanings, its type, its company."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from schemas import languages
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.lexicon import fold_letters
from worker.reading.engines.matcher.word_marks import mark
from worker.reading.engines.matcher.wordings import Meaning, Wordings

_QUOTED = re.compile(r"['\"‘“«「(（]([^'\"’”»」)）]{2,40})['\"’”»」)）]")
_EXAMPLE = re.compile(rf"{languages.pieces('example')}[^.;]*", re.IGNORECASE)
_VERBATIM = re.compile(languages.pieces("verbatim"), re.IGNORECASE)
_ISO_DAY = re.compile(r"\bYYYY-MM-DD\b(?!T)", re.IGNORECASE)
NUMERIC = frozenset({"number", "integer"})
"""Kinds of fields whose values are numbers."""
_TOLD_LETTERS = 8  # of a label that a description says without quotes
PARTIES = frozenset(
    [
        "seller",
        "customer",
        "consignee",
        "shipper",
        "landlord",
        "tenant",
        "employee",
        "patient",
        "lender",
        "borrower",
    ]
)
"""Ideas of people and companies that documents set in blocks of their own."""
_BEFORE = 24  # characters before words in which it may be said that they are not meant


@dataclass(frozen=True)
class FieldQuery:
    """A scalar field as the scorer sees it.

    `kind` is the type of value: date, time, datetime, number, integer, boolean, enum or text. `own` are the
    wordings that name the field itself, the first `named` of them its name and title, `parents` those of the objects it is part of, `about` its description.
    """

    field: Field
    kind: str
    own: tuple[Meaning, ...]
    named: int
    parents: tuple[Meaning, ...]
    about: Meaning
    verbatim: bool
    said: str
    """Its description in folded letters, in which labels may stand as they are printed."""
    examples: tuple[str, ...] = ()
    """Forms of the values that its description gives as examples: `071 DXB` is `9 A`."""

    @cached_property
    def ideas(self) -> frozenset[str]:
        """What the field has to do with, by its name and title."""
        return frozenset(idea for meaning in self.own[: self.named] for idea in meaning.ideas)

    @cached_property
    def is_known(self) -> bool:
        """Whether its name or title is what some labels say, and not only made of known words."""
        return any(unit.is_label for meaning in self.own[: self.named] for unit in meaning.units)

    @property
    def is_several(self) -> bool:
        """Whether it asks for what a plain list holds, and not for one value."""
        return self.field.path.endswith("/*")

    def quotes(self, label: str) -> bool:
        """Whether the description says a label as it is printed, and not that it is something else."""
        folded = " ".join(fold_letters(label).split())
        if len(folded.replace(" ", "")) < _TOLD_LETTERS or not self.said:
            return False
        found = self.said.find(f" {folded} ")
        return found >= 0 and mark("negation").search(self.said[max(0, found - _BEFORE) : found]) is None


def question(target: Field, parents: Sequence[Field], wordings: Wordings) -> FieldQuery:
    """A field of a schema as a question."""
    told = _VERBATIM.sub(" ", _EXAMPLE.sub(" ", target.description))
    names = list(dict.fromkeys(filter(str.strip, _names(target))))
    told_names = [text for text in _told_names(target, told) if text.strip() and text not in names]
    own = tuple(wordings.meaning(text) for text in dict.fromkeys([*names, *told_names]))
    return FieldQuery(
        field=target,
        kind=_kind(target, own[: len(names)]),
        own=own,
        named=len(names),
        parents=tuple(
            wordings.meaning(words(parent.title or parent.name)) for parent in parents if parent.name
        ),
        about=wordings.meaning(told[:200]),
        verbatim=bool(_VERBATIM.search(target.description)) and target.format is None,
        said=f" {' '.join(fold_letters(told).split())} " if told.strip() else "",
        examples=tuple(dict.fromkeys(_examples(target))),
    )


def _names(target: Field) -> Iterator[str]:
    """What a field is called."""
    yield words(target.name) if target.name.isascii() else target.name
    yield target.title
    yield str(target.hints.get("x-title-zh", ""))


def _told_names(target: Field, told: str) -> Iterator[str]:
    """What its description says that it is called: in quotes or brackets, or before the first comma."""
    yield from (str(label) for label in target.hints.get("x-labels", ()))
    yield from (match.group(1) for match in _QUOTED.finditer(told))
    lead = re.split(r"[.;:,(]", told, maxsplit=1)[0].strip()
    if lead and len(lead.split()) <= 7:
        yield lead


def _examples(target: Field) -> Iterator[str]:
    """The forms of the quoted examples of a description."""
    for told in _EXAMPLE.finditer(target.description):
        yield from (form(match.group(1)) for match in _QUOTED.finditer(told.group(0).strip()))


def form(text: str) -> str:
    """A text with every run of digits as 9 and of letters as A, so that numbers of one kind are alike."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", " ".join(text.split())))


def _is_date(named: Meaning) -> bool:
    """Whether a name means a date, and not what has a word in it that may mean one: `arrival port`."""
    if len(named.units) == 1:
        return "date" in named.ideas
    return any(unit.meanings and all("date" in meaning for meaning in unit.meanings) for unit in named.units)


def _kind(target: Field, named: Sequence[Meaning]) -> str:
    ideas = frozenset(idea for meaning in named for idea in meaning.ideas)
    if target.enum is not None:
        return "enum"
    if "boolean" in target.types:
        return "boolean"
    if target.format in {"date", "date-time", "time"}:
        return {"date": "date", "date-time": "datetime", "time": "time"}[target.format or ""]
    if NUMERIC & set(target.types) and "string" not in target.types:
        return "integer" if "number" not in target.types else "number"
    if _ISO_DAY.search(target.description):
        return "date"
    if any(map(_is_date, named)) and not ideas & {"period", "month", "year", "from", "range"}:
        return "datetime" if "date time" in words(target.title or target.name) else "date"
    return "text"
