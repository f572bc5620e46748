"""Lists of a schema from the tables of a document: rows under a head become items, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import aligned_rows, period_fields, products, unheaded
from worker.reading.engines.matcher import columns as table_columns
from worker.reading.engines.matcher.candidates import Listing
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.reconciled import reconciled
from worker.reading.engines.matcher.table import Table

_FIELDS = 3  # of a list from which its table is looked for though no word names it
_MOST_FIELDS = 0.6  # share of the fields of a list for which a table has columns, where no word names them


@dataclass(frozen=True, slots=True)
class TableItems:
    """The items of each list by its path, the rows that are heads of their tables, the lists that are tables of periods."""

    listings: Mapping[str, Listing]
    heads: frozenset[int] = frozenset()
    by_period: frozenset[str] = frozenset()


def find(lists: Sequence[Field], graph: Graph) -> TableItems:
    """The items of every list of objects, each table read for the list that it suits best."""
    asked = {listed.path: table_columns.questions_of(listed, graph) for listed in lists}
    objects = [listed for listed in lists if listed.items is not None and listed.items.is_object]
    offers = [
        (head, listed)
        for listed in objects
        for head in table_columns.heads(listed, asked[listed.path], graph)
    ]
    found: dict[str, Listing] = {}
    taken: set[int] = set()
    for head, listed in sorted(offers, key=lambda offer: -offer[0].score):
        if listed.path in found or taken & set(range(head.start, head.end)):
            continue
        items, above = (Table(head, asked[listed.path], graph, up=up).items() for up in (False, True))
        if len(above) > 2 * len(items):
            items = above
        if items:
            found[listed.path] = Listing(items)
            taken |= set(range(head.start, head.end))
    left = [listed for listed in objects if listed.path not in found]
    by_period = period_fields.listings(left, asked, graph)
    found |= by_period
    left = [listed for listed in left if listed.path not in found]
    found |= _unnamed({listed.path: asked[listed.path] for listed in left}, taken, graph)
    left = [listed for listed in left if listed.path not in found]
    places = unheaded.sections({listed.path: table_columns.name_of(listed, graph) for listed in left}, graph)
    for listed in left:
        found[listed.path] = Listing(unheaded.items(asked[listed.path], graph, places[listed.path]))
    goods = next((listed.path for listed in left if products.are_goods(asked[listed.path])), None)
    headed = [path for path in found if path not in by_period and path not in places]
    for path in [*headed, *([goods] if goods is not None else [])]:
        others = [listing for other, listing in found.items() if other != path]
        added = reconciled(found[path] if path != goods else Listing(), asked[path], graph, others)
        found[path] = added if added.items else found[path]
    return TableItems(found, frozenset(taken), frozenset(by_period))


def _unnamed(lists: Mapping[str, Sequence[FieldQuery]], taken: set[int], graph: Graph) -> dict[str, Listing]:
    """The items of lists whose tables no word names: of the table in which most of a list's fields have a column."""
    found = {}
    for path, questions in lists.items():
        if len(questions) < _FIELDS or products.are_goods(questions):
            continue  # `unheaded` knows these better
        heads = [head for head in aligned_rows.tables(graph) if not taken & head.rows]
        tables = [(Table(head, questions, graph, up=False), head) for head in heads]
        least = max(2, _MOST_FIELDS * len(questions))
        read = [(table.fields, table.items(), head) for table, head in tables if table.fields >= least]
        offers = [offer for offer in read if len(offer[1]) > 1]
        if offers:
            _, items, head = max(offers, key=lambda offer: (offer[0], len(offer[1])))
            found[path] = Listing(items)
            taken |= head.rows
    return found
