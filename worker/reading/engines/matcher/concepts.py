"""The concept library (`concepts.toml`) and how a schema's fields are recognised in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from schemas import languages
from schemas.json_schema.fields import Field
from worker.checks.patterns import Pattern
from worker.reading.engines.matcher.lexicon import Label, Lexicon

_WEIGHTS = {"strong": 1.3, "labels": 1.0, "weak": 0.55}
_MEANINGS = {"strong_meanings": "strong", "meanings": "labels"}
_KEYS = frozenset({*_MEANINGS, "value", "side", "region", "within", "echo"})
_WORDED = frozenset({*_WEIGHTS, "field", "pattern", "page"})
_OWN_WEIGHT = 1.15  # a user's own title is meant more exactly than a wording of ours
_STEM_WEIGHT = 0.85
_SUFFIX = re.compile(rf" {languages.pieces('field_suffix')}$")
"""What names of fields end in, but printed labels often do not: employee_name, `Employee: Kim`."""
_TOO_GENERAL = frozenset(languages.marks("too_general"))
_DATE = re.compile(languages.pieces("date_field"))
_NUMBERS = frozenset({"money", "total", "number", "percent", "total_area"})
_FORMATS = {"date": "date", "date-time": "datetime", "time": "time"}


@dataclass(frozen=True, slots=True)
class Concept:
    """What the engine knows about one thing that documents say; see the heads of the data files."""

    name: str
    value: str
    names: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    pattern: Pattern | None = None
    pages: tuple[str, ...] = ()
    side: tuple[str, str] | None = None
    region: tuple[float, float, float, float] | None = None
    within: tuple[str, ...] = ()
    echo: str | None = None


@cache
def library() -> Mapping[str, Concept]:
    """Every shipped concept by name, in the order of the file."""
    raw = tomllib.loads((files(__package__) / "concepts.toml").read_text(encoding="utf-8"))
    unknown = languages.concepts().keys() - raw.keys()
    if unknown:
        raise ValueError(f"languages have words for the unknown concepts {sorted(unknown)}")
    return {name: _concept(name, entry, languages.concepts().get(name, {})) for name, entry in raw.items()}


@cache
def lexicon() -> Lexicon:
    """Every wording of every concept."""
    return Lexicon(label for concept in library().values() for label in concept.labels)


def concept_of(target: Field, *, within: str | None = None) -> Concept:
    """The concept a field stands for; one made from the field itself when none fits.

    `within` is the concept of the object or array the field is part of.
    """
    named = library().get(str(target.hints.get("x-concept", "")))
    if named is not None:
        return named
    for concept in library().values():
        if _fits(concept, target, within):
            return concept
    return own_concept(target)


def own_labels(target: Field) -> Iterator[Label]:
    """The wordings a field brings itself: its titles, its name, `x-labels`."""
    concept = str(target.hints.get("x-concept") or target.path)
    wordings = [*_wordings(target), *target.hints.get("x-labels", ())]
    for wording in dict.fromkeys(filter(None, wordings)):
        if len(wording) > 1:
            yield Label(wording, concept, _OWN_WEIGHT)
        stem = _SUFFIX.sub("", wording.lower())
        if len(stem) > 2 and stem != wording.lower() and stem not in _TOO_GENERAL:
            yield Label(stem, concept, _STEM_WEIGHT)
            yield from (
                Label(f"{stem} {number}", concept, _OWN_WEIGHT) for number in languages.marks("number_behind")
            )


def _concept(name: str, entry: Mapping[str, Any], told: Mapping[str, Sequence[str]]) -> Concept:
    """A concept of the file with its words in every language."""
    unknown = (entry.keys() - _KEYS) | (told.keys() - _WORDED)
    if unknown:
        raise ValueError(f"concept {name!r} has unknown keys {sorted(unknown)}")
    return Concept(
        name=name,
        value=entry["value"],
        names=tuple(told.get("field", ())),
        labels=tuple(_labels(name, entry, told)),
        pattern=Pattern("|".join(told["pattern"])) if "pattern" in told else None,
        pages=tuple(told.get("page", ())),
        side=tuple(entry["side"]) if "side" in entry else None,
        region=tuple(entry["region"]) if "region" in entry else None,
        within=tuple(entry.get("within", ())),
        echo=entry.get("echo"),
    )


def _labels(name: str, entry: Mapping[str, Any], told: Mapping[str, Sequence[str]]) -> Iterable[Label]:
    """What is printed beside a concept's values: its own wordings, and those of its meanings."""
    wordings = {
        wording: Label(wording, name, weight)
        for key, weight in _WEIGHTS.items()
        for wording in told.get(key, ())
    }
    for key, weight in _MEANINGS.items():
        for wording in _worded(entry.get(key, ())):
            wordings.setdefault(wording.lower(), Label(wording, name, _WEIGHTS[weight]))
    return wordings.values()


def _worded(meanings: Iterable[str]) -> Iterator[str]:
    """How each language calls some things."""
    for table in languages.labels().values():
        for meaning in meanings:
            yield from table.get(meaning, ())


def _fits(concept: Concept, target: Field, within: str | None) -> bool:
    if concept.within and within not in concept.within:
        return False
    if not _type_fits(concept.value, target):
        return False
    names = [words(target.name), target.title.lower(), str(target.hints.get("x-title-zh", ""))]
    return any(re.search(pattern, name) for pattern in concept.names for name in names if name)


def _type_fits(value: str, target: Field) -> bool:
    if target.enum is not None and value not in {"currency", "text"}:
        return False
    if target.is_object or target.is_array:
        return value == "party" and target.is_object
    numeric = bool({"number", "integer"} & set(target.types)) and "string" not in target.types
    if value in {"date", "datetime"} and target.format in {"date", "date-time"}:
        return True
    return numeric == (value in _NUMBERS) or value == "pattern"


def own_concept(target: Field) -> Concept:
    """A concept made from the field itself: a labelled value of its type."""
    pattern = target.hints.get("x-pattern")
    return Concept(
        name=target.path,
        value=_value_type(target),
        labels=tuple(own_labels(target)),
        pattern=Pattern(pattern) if pattern else None,
    )


def _value_type(target: Field) -> str:
    if target.is_object:
        return "object"
    if target.is_array:
        return "table" if target.items is not None and target.items.is_object else "unsupported"
    if target.enum is not None:
        return "enum"
    if target.hints.get("x-pattern"):
        return "pattern"
    if {"number", "integer"} & set(target.types) and "string" not in target.types:
        return "number"
    name = f"{words(target.name)} {target.title.lower()}"
    named = "datetime" if "date time" in name else "date" if _DATE.search(name) else "text"
    return _FORMATS.get(target.format or "") or named


def _wordings(target: Field) -> list[str]:
    return [
        target.title,
        str(target.hints.get("x-title-zh", "")),
        words(target.name) if target.name.isascii() else target.name,
    ]


def words(name: str) -> str:
    """`orderTotal`, `order_total` and `order-total` as `order total`; what is one word for a day and a time is two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    plain = re.sub(r"[\W_]+", " ", spaced).strip().lower()
    return re.sub(r"\b(date ?time|time ?stamp)\b", "date time", plain)
