"""Lists of a schema from the tables of a document: rows under a head become items, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import grids, item_blocks, period_fields, products, unheaded
from worker.reading.engines.matcher.adding_up import added_up
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.column_choice import choices
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.listed import Listed, listed_of
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.table import Table

_NAMED = 1.5  # times as much it counts what a table says, where the name of a column is that of a field
_MOSTLY = 0.8  # share of the items whose amounts add up
_LEFT_DOUBT = 0.5  # of the doubt about a value, what is left where they do
_MOST_SURE = 0.95
_OF_OTHERS = 0.3  # share of a list's cells that may be those of others
_LEAST = 0.15  # share of the fields of a list that a table probably has, to be its own
_LEAST_UNNAMED = 0.25  # and one in which the name of no column is that of a field


@dataclass(frozen=True, slots=True)
class TableItems:
    """The items of each list by its path, the rows that are heads of their tables, the lists that are tables of periods."""

    listings: Mapping[str, Listing]
    heads: frozenset[int] = frozenset()
    by_period: frozenset[str] = frozenset()


def find(lists: Sequence[Field], graph: Graph) -> TableItems:
    """The items of every list of objects, each table read for the list that it suits best."""
    asked = {
        listed.path: listed_of(listed, graph)
        for listed in lists
        if listed.items is not None and listed.items.is_object
    }
    objects = [listed for listed in lists if listed.path in asked]
    by_period = period_fields.listings(objects, asked, graph)
    left = {path: one for path, one in asked.items() if path not in by_period}
    without = _without_tables(left, graph)
    in_tables, heads = _in_tables(left, without, graph)
    found = {**by_period, **in_tables}
    taken = {cell for listing in found.values() for cell in _cells(listing.items)}
    for path, items in without.items():
        if path not in found:
            found[path] = Listing(items if taken.isdisjoint(_cells(items)) else [])
    return TableItems(found, frozenset(heads), frozenset(by_period))


def _without_tables(asked: Mapping[str, Listed], graph: Graph) -> dict[str, list[Group]]:
    """By list the items that no table tells: amounts that add up, of the first list of goods, or rows with a number."""
    places = unheaded.sections({path: listed.named for path, listed in asked.items()}, graph)
    goods = next((path for path, listed in asked.items() if products.are_goods(listed.questions)), None)
    added = item_blocks.added(asked[goods].questions, graph) if goods is not None else []
    return {
        path: added if added and path == goods else unheaded.items(listed.questions, graph, places[path])
        for path, listed in asked.items()
    }


def _in_tables(
    asked: Mapping[str, Listed], without: Mapping[str, Sequence[Group]], graph: Graph
) -> tuple[dict[str, Listing], set[int]]:
    """The items of the lists that have tables, each table read for the list that it suits best; the rows of their heads.

    It has to say more than what is found `without` any.
    """
    every = grids.find(graph)
    offers = [
        (choice, path)
        for path, listed in asked.items()
        for choice in choices(listed, every, graph)
        if choice.fields >= (_LEAST if choice.is_named else _LEAST_UNNAMED) * len(listed.questions)
    ]
    found: dict[str, Listing] = {}
    cells: set[int] = set()
    heads: set[int] = set()
    for choice, path in sorted(offers, key=lambda offer: -offer[0].rank):
        if path in found:
            continue
        items = Table(choice, asked[path].questions, graph).items()
        own = set(_cells(items))
        says_more = (_NAMED if choice.is_named else 1) * _worth(items) > _worth(without[path])
        if items and says_more and len(own & cells) <= _OF_OTHERS * len(own):
            found[path] = Listing(_judged(items, graph))
            cells |= own
            heads |= set(range(choice.grid.head.start, choice.grid.head.end))
    return found, heads


def _judged(items: Sequence[Group], graph: Graph) -> list[Group]:
    """The items of a table, surer where their amounts add up to a printed sum, less sure where they say less than others."""
    amounts = {id(one.span.cell) for run in added_up(graph) for one in run.amounts}
    add_up = sum(not amounts.isdisjoint(_cells([item])) for item in items) >= _MOSTLY * len(items)
    sizes = [sum(bool(value.candidates) for value in _values(item)) for item in items]
    return [
        Group(
            {
                name: Scalar([_sure(option, size / max(sizes), add_up=add_up) for option in value.candidates])
                for name, value in item.fields.items()
                if isinstance(value, Scalar)
            }
        )
        for item, size in zip(items, sizes, strict=True)
    ]


def _sure(option: Candidate, share: float, *, add_up: bool) -> Candidate:
    sure = share * option.strength
    sure = min(_MOST_SURE, 1 - _LEFT_DOUBT * (1 - sure)) if add_up else sure
    return replace(option, strength=sure, certainty=sure)


def _worth(items: Sequence[Group]) -> float:
    """How many values of some items are probably right."""
    return sum(value.candidates[0].strength for item in items for value in _values(item) if value.candidates)


def _cells(items: Sequence[Filling]) -> Iterator[int]:
    """The cells, by identity, in which something of some items stands."""
    for item in items:
        for value in _values(item):
            yield from (id(span.cell) for one in value.candidates[:1] for span in one.spans)


def _values(item: Filling) -> list[Scalar]:
    fields = item.fields.values() if isinstance(item, Group) else ()
    return [value for value in fields if isinstance(value, Scalar)]
