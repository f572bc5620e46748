"""The items of a table beside those that amounts adding up to a printed sum tell: which of them are right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from worker.reading.engines.matcher import item_blocks, products
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery
from worker.reading.engines.matcher.typed_spans import Span

_SHARED = 0.6  # of the rows of both, from which they are the same items

Placed = Mapping[int, tuple[Span, Group]]
"""Items with the places of their amounts, by the rows of these."""


def reconciled(
    listing: Listing, questions: Sequence[FieldQuery], graph: Graph, others: Iterable[Listing] = ()
) -> Listing:
    """The items of a table, completed by those that add up, or these where the table is not theirs.

    A table's own words count where all its amounts are among those that add up, for its columns tell them apart;
    one that mixes them with others was read wrongly, and one below the sum is of something else, such as taxes.
    What adds up in one of the `others` is theirs.
    """
    roles = products.roles(questions)
    blocks = item_blocks.added(questions, graph)
    if not blocks:
        return listing
    name = questions[roles.get("amount", roles.get("price", 0))].field.name
    own, found = _placed(listing.items, name), _placed(blocks, name)
    if found.keys() & {at for other in others for at in _rows(other)}:
        return listing
    right = {at for at in own.keys() & found.keys() if own[at][0].cell is found[at][0].cell}
    count_and_price = [questions[roles[role]].field.name for role in ("count", "price") if role in roles]
    if own and own.keys() == right and len(own) == len(listing.items):
        return Listing([_completed(item, own.get(at), count_and_price) for at, (_, item) in found.items()])
    shared = own.keys() & found.keys()
    if len(shared) >= _SHARED * max(len(listing.items), len(found)) or _is_below(own, found):
        return Listing([_both(item, own.get(at)) for at, (_, item) in found.items()])
    return listing


def _rows(listing: Listing) -> Iterator[int]:
    """The rows in which something of the items stands."""
    for item in listing.items:
        for value in item.fields.values() if isinstance(item, Group) else ():
            if isinstance(value, Scalar):
                yield from (span.cell.row for one in value.candidates[:1] for span in one.spans)


def _placed(items: Sequence[Filling], name: str) -> Placed:
    placed = {}
    for item in items:
        value = item.fields.get(name) if isinstance(item, Group) else None
        if isinstance(item, Group) and isinstance(value, Scalar) and value.candidates:
            span = value.candidates[0].spans[0]
            placed[span.cell.row] = span, item
    return placed


def _completed(found: Group, own: tuple[Span, Group] | None, count_and_price: Sequence[str]) -> Group:
    """An item of a table with what it leaves out, and with a count and a price that make its amount.

    A text of the table that does not stand where the item does is none of its own.
    """
    if own is None:
        return found
    elsewhere = [
        name
        for name, value in own[1].fields.items()
        if _is_text(value) and _is_text(found.fields.get(name)) and not _of(value) & _of(found.fields[name])
    ]
    kept = {name: found.fields[name] for name in (*count_and_price, *elsewhere) if name in found.fields}
    return Group({**found.fields, **own[1].fields, **kept})


def _is_text(value: Filling | None) -> bool:
    return isinstance(value, Scalar) and bool(value.candidates) and isinstance(value.candidates[0].value, str)


def _of(value: Filling) -> set[int]:
    """The rows of a value."""
    return set(_rows(Listing([Group({"": value})])))


def _both(item: Group, other: tuple[Span, Group] | None) -> Group:
    """An item with what another reading of it says of fields that it leaves out."""
    return Group({**(other[1].fields if other else {}), **item.fields})


def _is_below(own: Placed, found: Placed) -> bool:
    """Whether a table stands below all that adds up, as those of taxes do."""
    return all(at > max(found) for at in own)
