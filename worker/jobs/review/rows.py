"""Items of lists that were put in, taken out or moved: what belonged to them goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from schemas import pointer

T = TypeVar("T")


def origin(rows: Mapping[str, str | None], at: str) -> str | None:
    """Where a place was in the reading; None for one in an item that was not read."""
    parts = pointer.split(at)
    for length in range(len(parts), 0, -1):
        above = pointer.join(*parts[:length])
        if above in rows:
            was = rows[above]
            return None if was is None else was + pointer.join(*parts[length:])
    return at


def moved(rows: Mapping[str, str | None], items: str, order: Sequence[int | None]) -> dict[str, str | None]:
    """The origins when the list at `items` gets this order of its old indices, None being new ones."""
    count = 1 + max((index for index in order if index is not None), default=-1)
    told = {items + pointer.join(index): origin(rows, items + pointer.join(index)) for index in range(count)}
    after = rekeyed({**rows, **told}, items, order)
    new = {items + pointer.join(at): None for at, index in enumerate(order) if index is None}
    return {**after, **new}


def rekeyed(by_place: Mapping[str, T], items: str, order: Sequence[int | None]) -> dict[str, T]:
    """What is known by place, when the list at `items` gets this order; what was taken out is forgotten."""
    places = zip(followed(by_place, items, order), by_place.values(), strict=True)
    return {place: value for place, value in places if place is not None}


def followed(places: Iterable[str], items: str, order: Sequence[int | None]) -> Iterator[str | None]:
    """Where places are, when the list at `items` gets this order; None in an item that was taken out."""
    now_at = {str(index): at for at, index in enumerate(order) if index is not None}
    for place in places:
        if not place.startswith(items + "/"):
            yield place
            continue
        index, slash, rest = place.removeprefix(items + "/").partition("/")
        yield f"{items}/{now_at[index]}{slash}{rest}" if index in now_at else None
