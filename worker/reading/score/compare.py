"""A record against its labels, field by field.

Two printings of the same value are equal: text is folded (NFKC, case) and compared without white
space, numbers within half a cent, dates and times in ISO form, items of a list in any order. Only
the fields that the labels name are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas import pointer
from schemas.page import Box, union
from schemas.record import Evidence
from schemas.values.folding import fold, squeeze
from worker.reading.score.metrics import anls, cer, f1

_HALF_A_CENT = 0.005
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?)$")

Boxes = Mapping[str, Sequence[Sequence[float]]]
"""Where values are printed, by JSON Pointer: boxes in fractions of the page.

Several boxes are the lines of one value, or the places where it is printed more than once.
"""


@dataclass(frozen=True, slots=True)
class FieldScore:
    """How one field came out. `path` has `*` for list indices; lists are scored as a whole.

    `f1` is for lists, `anls` and `cer` for text, `iou` where the label has a box and the value is
    right; `confidence` is None where the record has no value.
    """

    path: str
    expected: Any
    read: Any
    right: bool
    confidence: float | None = None
    f1: float | None = None
    anls: float | None = None
    cer: float | None = None
    iou: float | None = None


def score(
    expected: Mapping[str, Any],
    data: Mapping[str, Any] | None,
    evidence: Mapping[str, Evidence],
    *,
    boxes: Boxes | None = None,
) -> list[FieldScore]:
    """A score for every labelled field."""
    return list(_scores(expected, data or {}, evidence, boxes or {}, at=""))


def equal(expected: Any, read: Any) -> bool:
    """Whether a scalar was read right."""
    if expected is None or read is None:
        return expected is None and read is None
    if isinstance(expected, bool) or isinstance(read, bool):
        return expected is read
    if isinstance(expected, int | float):
        try:
            return abs(float(read) - expected) < _HALF_A_CENT
        except (TypeError, ValueError):
            return False
    return _printed(expected) == _printed(read)


def _printed(value: Any) -> str:
    """A text without what printings of the same value differ in; between day and time a blank is a T."""
    return squeeze(_MOMENT.sub(r"\1T\2", str(value)))


def _scores(
    expected: Any, read: Any, evidence: Mapping[str, Evidence], boxes: Boxes, *, at: str
) -> Iterator[FieldScore]:
    if isinstance(expected, Mapping):
        for name, value in expected.items():
            inside = read.get(name) if isinstance(read, Mapping) else None
            yield from _scores(value, inside, evidence, boxes, at=at + pointer.join(name))
    elif isinstance(expected, list):
        yield _list_score(expected, read if isinstance(read, list) else [], at=at)
    else:
        yield _scalar_score(expected, read, evidence.get(at), boxes.get(at), at=at)


def _scalar_score(
    expected: Any, read: Any, evidence: Evidence | None, boxes: Sequence[Sequence[float]] | None, *, at: str
) -> FieldScore:
    right = equal(expected, read)
    textual = isinstance(expected, str)
    wanted, got = fold(str(expected)), fold("" if read is None else str(read))
    return FieldScore(
        path=at,
        expected=expected,
        read=read,
        right=right,
        confidence=evidence.confidence if evidence and read is not None else None,
        anls=anls(wanted, got) if textual else None,
        cer=cer(wanted, got) if textual else None,
        iou=_iou(evidence, boxes) if right and boxes and evidence else None,
    )


def _iou(evidence: Evidence, boxes: Sequence[Sequence[float]]) -> float:
    """Overlap with the printed value: one of its places, or all its lines together."""
    if not evidence.citations:
        return 0.0
    cited = union(Box(*citation.box) for citation in evidence.citations)
    places = [Box(*box) for box in boxes]
    return max(cited.iou(place) for place in (*places, union(places)))


def _list_score(expected: Sequence[Any], read: Sequence[Any], *, at: str) -> FieldScore:
    left = list(read)
    found = 0
    for item in expected:
        match = next((other for other in left if _item_equal(item, other)), None)
        if match is not None:
            left.remove(match)
            found += 1
    value = f1(found, len(expected), len(read))
    return FieldScore(path=at, expected=list(expected), read=list(read), right=value == 1.0, f1=value)


def _item_equal(expected: Any, read: Any) -> bool:
    """Whether an item is meant: every labelled field of it is right."""
    if isinstance(expected, Mapping):
        return isinstance(read, Mapping) and all(
            _item_equal(value, read.get(name)) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(read, list) and _list_score(expected, read, at="").right
    return equal(expected, read)
