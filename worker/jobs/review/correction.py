"""The evidence of data that a person has corrected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Any

from schemas import pointer
from schemas.record import Evidence, Record
from schemas.review import FieldState, Revision
from worker.jobs.review import rows

_COMPARED = 1000  # items between the first and the last change, beyond which none is followed
_CORRECTED = Evidence(confidence=1.0, origin="corrected")


def evidence(read: Record, data: Mapping[str, Any]) -> dict[str, Evidence]:
    """The evidence of values that stayed, and for those that changed, that a person said so.

    A corrected value has no citation: what it replaced stood there. The items of a list are followed
    where others were put in or taken out, so that none takes over the place of its neighbour.
    """
    fields: dict[str, Evidence] = {}
    for at, value, was_at, before in _pairs(data, read.data, at="", was_at=""):
        if was_at is None or not _same(value, before):
            fields[at] = _CORRECTED
        elif was_at in read.fields:
            fields[at] = read.fields[was_at]
    return fields


def marks(before: Revision, data: Mapping[str, Any]) -> dict[str, FieldState]:
    """What people said of the values that stayed, and that those which changed are corrected."""
    found: dict[str, FieldState] = {}
    for at, value, was_at, old in _pairs(data, before.record.data, at="", was_at=""):
        if was_at is None or not _same(value, old):
            found[at] = FieldState.CORRECTED
        elif was_at in before.marks:
            found[at] = before.marks[was_at]
    return found


def rows_of(before: Revision, data: Mapping[str, Any]) -> dict[str, str | None]:
    """Which items of the reading those of lists were, None for new ones."""
    return dict(_items(data, before.record.data, at="", was_at="", known=before.rows))


def _items(
    data: Any, before: Any, *, at: str, was_at: str, known: Mapping[str, str | None]
) -> Iterator[tuple[str, str | None]]:
    if isinstance(data, Mapping) and isinstance(before, Mapping):
        for name in data.keys() & before.keys():
            below, was = at + pointer.join(name), was_at + pointer.join(name)
            yield from _items(data[name], before[name], at=below, was_at=was, known=known)
    elif isinstance(data, list) and isinstance(before, list):
        origins = _origins(data, before)
        for index, value in enumerate(data):
            here, came = at + pointer.join(index), origins.get(index)
            if came is None:
                yield here, None
                continue
            was = was_at + pointer.join(came)
            yield here, rows.origin(known, was)
            yield from _items(value, before[came], at=here, was_at=was, known=known)


def _same(value: Any, before: Any) -> bool:
    return bool(value == before) and isinstance(value, bool) == isinstance(before, bool)


def _pairs(
    data: Any, before: Any, *, at: str, was_at: str | None
) -> Iterator[tuple[str, Any, str | None, Any]]:
    """Every scalar with its pointer, and the pointer and the value it had; None for what is new."""
    if isinstance(data, Mapping):
        known = before if isinstance(before, Mapping) else {}
        for name, value in data.items():
            was = _below(was_at, name) if name in known else None
            yield from _pairs(value, known.get(name), at=at + pointer.join(name), was_at=was)
    elif isinstance(data, list):
        items = before if isinstance(before, list) else []
        origins = _origins(data, items)
        for index, value in enumerate(data):
            came = origins.get(index)
            was = None if came is None else _below(was_at, came)
            old = None if came is None else items[came]
            yield from _pairs(value, old, at=at + pointer.join(index), was_at=was)
    else:
        yield at, data, was_at, before


def _below(was_at: str | None, part: str | int) -> str | None:
    return None if was_at is None else was_at + pointer.join(part)


def _origins(data: Sequence[Any], before: Sequence[Any]) -> dict[int, int]:
    """By the index of an item, that of the item it was; a run of changed ones keeps its order."""
    new, old = ([json.dumps(item, sort_keys=True) for item in items] for items in (data, before))
    head = _alike(zip(new, old, strict=False))
    tail = _alike(zip(reversed(new[head:]), reversed(old[head:]), strict=False))
    new_end, old_end = len(new) - tail, len(old) - tail
    origins = dict(zip(range(head), range(head), strict=True))
    origins |= zip(range(new_end, len(new)), range(old_end, len(old)), strict=True)
    if max(new_end, old_end) - head > _COMPARED:
        return origins
    for tag, a, b, c, d in SequenceMatcher(
        None, old[head:old_end], new[head:new_end], autojunk=False
    ).get_opcodes():
        if tag == "equal" or b - a == d - c:
            origins |= zip(range(head + c, head + d), range(head + a, head + b), strict=True)
    return origins


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs are equal before the first that is not."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
