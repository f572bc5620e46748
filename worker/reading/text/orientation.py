"""Pages that lie on their side or head: noticed by how they read, turned, read again.

Chinese in columns looks like a page on its side, and the recogniser reads its characters either
way; they are told apart by single characters, which are read more surely when they stand upright.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.page import Line
from schemas.values.folding import has_cjk

_SURE = 0.8  # upright pages read at .96 to .99 on average, upside down ones at .63 to .74
_BETTER = 0.05

Upright = tuple[tuple[Line, ...], int]
"""Lines, and by how many quarter turns counter-clockwise the page was turned to read them."""


def best(
    first: tuple[Line, ...],
    *,
    read: Callable[[int], tuple[Line, ...]],
    stands: Callable[[Sequence[Line]], bool],
) -> Upright:
    """The reading of the page the right way up.

    `read(turns)` reads the page turned; `stands(lines)` says whether the characters of tall lines
    stand upright in the page as it is.
    """
    upright = (first, 0)
    if not first:
        return upright
    if _tall_share(first) > 0.5:
        columns = [line for line in first if line.vertical and has_cjk(line.text)]
        # Read against the grain, turned Latin text also yields a few Chinese characters, unsurely.
        sure = bool(columns) and _mean_confidence(columns) >= _SURE + _BETTER
        return upright if sure and stands(columns) else _from_the_side(upright, read)
    if _mean_confidence(first) < _SURE:
        headlong = (read(2), 2)
        if _mean_confidence(headlong[0]) > _mean_confidence(first) + _BETTER:
            return headlong
    return upright


def _from_the_side(upright: Upright, read: Callable[[int], tuple[Line, ...]]) -> Upright:
    for turns in (1, 3):
        lines = read(turns)
        if _reads_well(lines, upright[0]):
            return lines, turns
    return upright


def _reads_well(lines: Sequence[Line], before: Sequence[Line]) -> bool:
    return (
        _mean_confidence(lines) >= _SURE + _BETTER
        and _tall_share(lines) < 0.5
        and _characters(lines) >= 0.7 * _characters(before)
    )


def _mean_confidence(lines: Sequence[Line]) -> float:
    weight = _characters(lines)
    return sum(line.confidence * len(line.text) for line in lines) / weight if weight else 0.0


def _tall_share(lines: Sequence[Line]) -> float:
    weight = _characters(lines)
    return sum(len(line.text) for line in lines if line.vertical) / weight if weight else 0.0


def _characters(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)
