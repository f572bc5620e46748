"""A schema that nobody here has seen: scalars by the scorer, lists from tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import confidence, items, period_fields, ranked
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.choices import UNDECIDED
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.label_text import may_follow
from worker.reading.engines.matcher.questions import FieldQuery, question
from worker.reading.engines.matcher.readers.registry import FromReader
from worker.reading.engines.matcher.sheet import Candidate

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RATHER = 0.36  # probability from which a value is shown where nothing is known of what is asked
_OF_MERCHANTS = frozenset({"merchant_name", "merchant_address"})
_TRUST = 0.85  # in readers made for what a field asks
_TRUST_LESS: Mapping[str, float] = {
    **dict.fromkeys(_OF_MERCHANTS, 0.7),  # whose letters and commas are seldom all read
    "currency": 0.3,  # that a sign or a country tells
}
_TRUST_PARTIES = 0.7
_NOT_MERCHANTS = frozenset(
    {"customer", "consignee", "shipper", "employee", "patient", "passenger", "tenant", "landlord", "insured"}
)
_UNSUITED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_OF_MERCHANTS, _NOT_MERCHANTS),
    **dict.fromkeys(("total", "money"), frozenset({"rate"})),
}
"""By reader, the ideas of fields that it does not know, though their names are like those it reads."""
_LABELLED_WELL = 0.65  # probability of a value by its label, from which a reader of shipped kinds counts less
_AGAINST_LABEL = 0.6  # how sure such a reader is then at most
_LONG = ((48, 0.2), (32, 0.5), (16, 0.7))
"""How sure a text in a list is at most, from so many characters on: about as many are right in half a of the corpus."""
_MOST_SURE = 0.9  # that what was learned from some documents can be of others
LEAST = 0.07
"""Probability below which a value is rather left out."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the readers of shipped kinds say of a schema, and those of parties, by the paths of fields."""

    kinds: Mapping[str, FromReader]
    parties: Mapping[str, Filling]


def fill(root: Field, graph: Graph, known: Known) -> Group:
    """Candidates for every field of a schema."""
    questions = [question(target, parents, graph.wordings) for target, parents in asked_of(root)]
    found = ranked.candidates(questions, graph)
    tables = items.find(list(lists(root)), graph)
    by_path = {
        one.field.path: _likely(
            [_beside_heads(option, tables.heads) for option in _known_too(options, one, known, graph)], one
        )
        for one, options in zip(questions, found, strict=True)
    }
    several = {
        one.field.path.removesuffix("/*"): _several(by_path[one.field.path])
        for one in questions
        if one.is_several
    }
    several |= {
        at: found for at, found in known.parties.items() if isinstance(found, Listing) and found.items
    }
    listings = {
        path: one if path in tables.by_period else Listing(list(map(_by_length, one.items)))
        for path, one in tables.listings.items()
    }
    return _group(root, by_path, {**listings, **several})


def _by_length(item: Filling) -> Filling:
    """An item of a table, less sure of long texts: where one ends is hard to tell from what stands under it."""
    if not isinstance(item, Group):
        return item
    return Group(
        {
            name: Scalar(list(map(_by_own_length, found.candidates))) if isinstance(found, Scalar) else found
            for name, found in item.fields.items()
        }
    )


def _by_own_length(option: Candidate) -> Candidate:
    """A candidate, less sure where it is long; its place is not given to others for that."""
    text = option.value if isinstance(option.value, str) else ""
    sure = next((sure for size, sure in _LONG if len(text) >= size), 1.0)
    known = option.strength if option.certainty is None else option.certainty
    return option if known <= sure else replace(option, certainty=sure)


def _at_most(option: Candidate, sure: float) -> Candidate:
    """A candidate of the scorer that is no surer than that."""
    score = min(option.score, sure)
    return replace(option, score=score, strength=score, certainty=score)


def _beside_heads(option: Candidate, heads: frozenset[int]) -> Candidate:
    """A candidate, less sure where it is nothing but the name of a column."""
    named = all(span.cell.row in heads and span.text == span.cell.text for span in option.spans)
    return _at_most(option, UNDECIDED) if option.spans and named else option


def _several(options: Scalar) -> Listing:
    """A list of plain values: every likely one, each place once."""
    taken: set[tuple[int, int]] = set()
    kept = []
    for option in options.candidates:
        places = {(id(span.cell), span.start) for span in option.spans}
        if option.score >= _RATHER and not places & taken:
            taken |= places
            kept.append(Scalar([option]))
    return Listing(kept)


def scalars(target: Field, parents: tuple[Field, ...]) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """The scalar fields outside of lists, with the objects that they are part of."""
    for child in target.properties:
        if child.is_object:
            yield from scalars(child, (*parents, child))
        elif not child.is_array:
            yield child, parents


def asked_of(root: Field) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """What the scorer is asked: the single values outside of lists, then what plain lists hold."""
    yield from scalars(root, ())
    for listed in lists(root):
        if listed.items is not None and not (listed.items.is_object or listed.items.is_array):
            yield listed.items, ()


def lists(target: Field) -> Iterator[Field]:
    """The lists of a schema that are not within others."""
    for child in target.properties:
        if child.is_object:
            yield from lists(child)
        elif child.is_array and child.items is not None:
            yield child


def _told(known: Known, asked: FieldQuery, graph: Graph) -> tuple[Sequence[Candidate], float]:
    """What the readers of shipped kinds found for a field, beside the options of questions, and how far they are trusted."""
    path = asked.field.path
    party, told = known.parties.get(path), known.kinds.get(path)
    if isinstance(party, Scalar) and party.candidates:
        found, value, trust = party.candidates, "party", _TRUST_PARTIES
    elif told is None or asked.ideas & _UNSUITED.get(told.value, frozenset()):
        return (), 0.0
    else:
        found, value, trust = told.candidates, told.value, _TRUST_LESS.get(told.value, _TRUST)
    choices = graph.sheet.choices
    kept = [
        option
        for option in found
        if (value == "currency" or _is_whole(option))
        and (asked.kind != "date" or _DAY.fullmatch(str(option.value)))
        and not any(choices.is_option(span.cell.page.number, span.box) for span in option.spans)
    ]
    return kept, trust


def _is_whole(option: Candidate) -> bool:
    """Whether a value is not the rest of a sentence, or of a label."""
    first = option.spans[0] if option.spans else None
    if first is None or first.start == 0:
        return True
    before = first.cell.text[: first.start].rstrip()
    return before.endswith((":", "：")) or may_follow(first.cell.text, len(before))


def _known_too(options: Sequence[Candidate], one: FieldQuery, known: Known, graph: Graph) -> list[Candidate]:
    """The scorer's candidates beside those of tables of periods, else of the readers of shipped kinds."""
    told = period_fields.scalar(one, graph)
    if told is not None:
        return _with(options, told, 1.0) if told else []
    return _with(options, *_told(known, one, graph))


def _with(options: Sequence[Candidate], told: Sequence[Candidate], trust: float) -> list[Candidate]:
    """The candidates and a reader's first one, that is trusted so far: where both agree it is surer."""
    if not told:
        return [_at_most(option, _MOST_SURE) for option in options]
    first = told[0]
    sure = trust * confidence.of(first, told[1:])
    decided = first.certainty is None or first.certainty > UNDECIDED
    if options and options[0].score >= _LABELLED_WELL and not _same(options[0].value, first.value):
        sure = min(sure, _AGAINST_LABEL)
    merged = []
    rival = 0.0
    for option in options:
        score = min(option.score, _MOST_SURE)
        if decided and _same(option.value, first.value):
            score = 1 - (1 - score) * (1 - sure)
        elif decided:
            rival = max(rival, score)
            score = _against(score, sure)
        merged.append(Candidate(option.value, score, option.spans, score, score))
    if not any(_same(option.value, first.value) for option in options):
        sure = _against(sure, rival) if decided else UNDECIDED
        merged.append(Candidate(first.value, sure, first.spans, sure, sure))
    return sorted(merged, key=lambda option: -option.score)


def _against(sure: float, rival: float) -> float:
    """The probability of one of two values that exclude each other, each judged by itself."""
    return sure * (1 - rival) / (1 - sure * rival)


def _same(one: object, two: object) -> bool:
    """Whether two readers mean the same value: numbers by what they are worth."""
    if isinstance(one, int | float) and not isinstance(one, bool) and isinstance(two, Decimal | int | float):
        return float(one) == float(two)
    return str(one) == str(two)


def _likely(options: Sequence[Candidate], asked: FieldQuery) -> Scalar:
    """The values that are worth showing.

    Of texts for which a default stands, or of which nothing is known, only those that are rather right than wrong.
    """
    guessed = asked.kind == "text" and not (asked.is_known and asked.field.default is None)
    least = _RATHER if guessed else LEAST
    return Scalar([option for option in options if option.score >= least])


def _group(target: Field, scalars_: Mapping[str, Scalar], tables: Mapping[str, Listing]) -> Group:
    fields: dict[str, Filling] = {}
    for child in target.properties:
        if child.is_object:
            fields[child.name] = _group(child, scalars_, tables)
        elif child.is_array:
            fields[child.name] = tables.get(child.path, Listing())
        else:
            fields[child.name] = scalars_[child.path]
    return Group(fields)
