"""What a record that a person has settled says of its reading: which values were right, and how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from schemas import pointer
from schemas.record import Record, State
from schemas.review import Revision
from worker.jobs.ledger.sums import NOT_READ, Judgement
from worker.jobs.review import rows

_LONGEST_FIELD = 255
_MOST_FIELDS = 500  # of a record


def judged(read: Record, settled: Revision) -> Sequence[Judgement]:
    """How many values of each field were right, by the tenth of their confidence; none while it is not done.

    A value that was read and is not on the page is wrong, and so is one that was not read and is.
    """
    if settled.record.state is not State.DONE:
        return ()
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for at, was_read, is_right in _values(read, settled):
        field, item = _field(at), read.fields.get(at) if was_read else None
        tenth = NOT_READ if item is None else min(9, int(10 * item.confidence))
        if len(field) <= _LONGEST_FIELD and (len(sums) < _MOST_FIELDS or (field, tenth) in sums):
            total, kept = sums[field, tenth]
            sums[field, tenth] = [total + 1, kept + is_right]
    return [Judgement(field, tenth, total, kept) for (field, tenth), (total, kept) in sums.items()]


def _values(read: Record, settled: Revision) -> Iterator[tuple[str, bool, bool]]:
    """Every value that was read or is there now: its place, whether it was read, and whether it is the same.

    The place is that in the reading, and of one in a row that was not read the place now.
    """
    before = dict(pointer.leaves(read.data or {}))
    after: dict[str, Any] = {}
    for at, value in pointer.leaves(settled.record.data or {}):
        was = rows.origin(settled.rows, at)
        if was is not None:
            after[was] = value
        elif value is not None:
            yield at, False, False
    for at in dict.fromkeys((*before, *after)):
        one, other = before.get(at), after.get(at)
        if one is not None or other is not None:
            yield at, one is not None, one == other and isinstance(one, bool) == isinstance(other, bool)


def _field(at: str) -> str:
    """The place without indices."""
    return "".join("/*" if part.isdigit() else pointer.join(part) for part in pointer.split(at))
