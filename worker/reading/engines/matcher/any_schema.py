"""A schema that nobody here has seen: scalars by the scorer, lists from tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import answers, items
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import question
from worker.reading.engines.matcher.sheet import Candidate

_OF_SEVERAL = 0.5
LEAST = 0.2
"""Probability below which a value is rather left out."""


def fill(root: Field, graph: Graph) -> Group:
    """Candidates for every field of a schema."""
    asked = list(scalars(root, ()))
    lists = list(_lists(root, ()))
    plain = [listed.items for listed in lists if listed.items is not None and not (listed.items.is_object or listed.items.is_array)]
    questions = [question(target, parents, graph.wordings) for target, parents in [*asked, *((item, ()) for item in plain)]]
    found = answers.candidates(questions, graph)
    by_path = {one.field.path: _likely(options) for one, options in zip(questions, found, strict=True)}
    tables = items.find(lists, graph)
    tables |= {item.path.removesuffix("/*"): _several(by_path[item.path]) for item in plain}
    return _group(root, by_path, tables)


def _several(options: Scalar) -> Listing:
    """A list of plain values: every likely one, each place once."""
    taken: set[tuple[int, int]] = set()
    kept = []
    for option in options.candidates:
        places = {(id(span.cell), span.start) for span in option.spans}
        if option.score >= _OF_SEVERAL and not places & taken:
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


def _lists(target: Field, parents: tuple[Field, ...]) -> Iterator[Field]:
    for child in target.properties:
        if child.is_object:
            yield from _lists(child, (*parents, child))
        elif child.is_array and child.items is not None:
            yield child


def _likely(options: Sequence[Candidate]) -> Scalar:
    return Scalar([option for option in options if option.score >= LEAST])


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
