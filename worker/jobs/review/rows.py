"""Items of lists that were put in, taken out or moved: what belonged to them goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    now_at = {index: at for at, index in enumerate(order) if index is not None}
    kept: dict[str, T] = {}
    for place, value in by_place.items():
        if not place.startswith(items + "/"):
            kept[place] = value
            continue
        index, slash, rest = place.removeprefix(items + "/").partition("/")
        at = now_at.get(int(index)) if index.isdigit() else None
        if at is not None:
            kept[f"{items}/{at}{slash}{rest}"] = value
    return kept
