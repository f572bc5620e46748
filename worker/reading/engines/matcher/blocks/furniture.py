"""Headers and footers: rows in the margins that come again on other pages, page numbers, rows far from the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from schemas.values.folding import squeeze
from worker.reading.engines.matcher.blocks.base import ReadLine, Typography

Margin: TypeAlias = Literal["header", "footer"]

_ROWS = 3  # a margin has at most
_MARGIN = 0.16  # share of the page's height in which a row may come again
_OUTER = 0.085  # share in which a row that does not come again may still be one
_SAME_HEIGHT = 0.02  # share of the page's height by which such rows are off on other pages
_FEWEST = 0.25  # share of the pages on which one comes again, for odd and even pages may differ
_CLEAR = 0.9  # letter heights of white between a margin and the text
_FAR = 2.0  # and of a row that stands on one page only
_NUMBER_SIZE = 1.25  # how much larger than the text the number of a page is, at most
_NUMBER = re.compile(
    r"\W*(?:\w{1,6}\W{1,2})?(?:\d{1,4}|[ivxlc]{1,6})(?:\W+(?:\w{1,3}\W+)?\d{1,4})?\W*", re.IGNORECASE
)


def margins(
    pages: Sequence[Sequence[ReadLine]], usual: Sequence[Typography]
) -> Sequence[Mapping[int, Margin]]:
    """For each page its lines that are header or footer, by their places among its lines."""
    found: list[dict[int, Margin]] = [{} for _ in pages]
    edges: tuple[Margin, Margin] = ("header", "footer")
    for margin in edges:
        outer = [_outermost(page, margin) for page in pages]
        again = _come_again(pages, outer, margin)
        for at, page in enumerate(pages):
            for line in _clear(page, outer[at], again[at], usual[at], margin):
                found[at][line] = margin
    return found


def _outermost(page: Sequence[ReadLine], margin: Margin) -> list[int]:
    """The outer rows of a page from its edge inwards, lines of one height together as they come."""
    level = [at for at, line in enumerate(page) if not line.upright]
    sign = 1 if margin == "header" else -1
    return sorted(level, key=lambda at: sign * page[at].cy)[: _ROWS + 1]


def _depth(line: ReadLine, margin: Margin) -> float:
    """How far into the page the outer edge of a line's letters is, as a share of its height."""
    height = line.cells[0].page.height
    return line.cy / height if margin == "header" else 1 - line.cy / height


def _come_again(
    pages: Sequence[Sequence[ReadLine]], outer: Sequence[Sequence[int]], margin: Margin
) -> list[set[int]]:
    """Of each page's outer lines those that stand at the same height of enough other pages, but for their numbers."""
    seen: Counter[tuple[str, int]] = Counter()
    keys: list[dict[int, list[tuple[str, int]]]] = []
    for page, lines in zip(pages, outer, strict=True):
        own: dict[int, list[tuple[str, int]]] = {}
        for at in lines:
            depth = _depth(page[at], margin)
            if depth < _MARGIN:
                text, step = squeeze(re.sub(r"\d+", "0", page[at].text)), int(depth / _SAME_HEIGHT)
                own[at] = [(text, step), (text, step + 1)]
        seen.update({key for found in own.values() for key in found})
        keys.append(own)
    least = max(2.0, _FEWEST * len(pages))
    return [{at for at, found in own.items() if max(seen[key] for key in found) >= least} for own in keys]


def _clear(
    page: Sequence[ReadLine], outer: Sequence[int], again: set[int], usual: Typography, margin: Margin
) -> Sequence[int]:
    """The outer lines up to the last one that belongs to the margin and has white on its inner side."""
    kept = 0
    for count, at in enumerate(outer[:_ROWS], start=1):
        white = _white(page, outer[:count], margin) / usual.size
        if at in again:
            least = _CLEAR
        elif count == kept + 1 and _alone(page[at], usual, margin):
            least = _CLEAR if _is_number(page[at]) else _FAR
        else:
            break
        if white > least:
            kept = count
    return outer[:kept]


def _alone(line: ReadLine, usual: Typography, margin: Margin) -> bool:
    """Whether a line that comes on no other page stands and looks as those in margins do."""
    deep = _depth(line, margin)
    if _is_number(line):
        return deep < _MARGIN and line.size < _NUMBER_SIZE * usual.size
    return deep < _OUTER and not usual.larger(line)


def _is_number(line: ReadLine) -> bool:
    return _NUMBER.fullmatch(line.text) is not None


def _white(page: Sequence[ReadLine], outer: Sequence[int], margin: Margin) -> float:
    """Pixels between some outer lines and the nearest of all others; negative where these reach in."""
    others = [line for at, line in enumerate(page) if at not in outer]
    if not others:
        return -1.0
    if margin == "header":
        return min(line.y0 for line in others) - max(page[at].y1 for at in outer)
    return min(page[at].y0 for at in outer) - max(line.y1 for line in others)
