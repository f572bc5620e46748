"""Pages whose print would be too small to read once they are scaled down for a model: shown in parts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from schemas.page import Line
from worker.reading.pages.base import Picture

_LEGIBLE = 9.0  # pixels of ink in the height of a line, below which models confuse letters
_MOST = 4  # parts of a page
_OVERLAP = 0.1  # of a part's height, in both neighbours
_FEW = 5  # lines that say nothing about the print of a page


def parts(picture: Picture, lines: Sequence[Line], pixels: int) -> tuple[Picture, ...]:
    """The picture, or bands of it from the top down that overlap, so that each is scaled down less.

    `lines` lie in boxes tight around their ink, in the frame of the picture; `pixels` is what a model gets.
    """
    height, width = picture.shape[:2]
    scale = math.sqrt(pixels / (height * width))
    ink = [line.height * height for line in lines if not line.vertical]
    if len(ink) < _FEW or scale >= 1:
        return (picture,)
    wanted = min(1.0, _LEGIBLE / statistics.median(ink))  # of the picture's own size; more is not in it
    if scale >= wanted:
        return (picture,)
    return cut(picture, lines, min(_MOST, math.ceil((wanted / scale) ** 2 * (1 + _OVERLAP))))


def cut(picture: Picture, lines: Sequence[Line], count: int) -> tuple[Picture, ...]:
    """So many bands that overlap; no line is cut through where a place between lines is near."""
    height = picture.shape[0]
    reach = height * _OVERLAP / (2 * count)
    cuts = [height * number / count for number in range(1, count)]
    starts = [0, *(_between_lines(cut - reach, lines, height, reach) for cut in cuts)]
    ends = [*(_between_lines(cut + reach, lines, height, reach) for cut in cuts), height]
    return tuple(picture[start:end] for start, end in zip(starts, ends, strict=True))


def _between_lines(wanted: float, lines: Sequence[Line], height: int, most: float) -> int:
    """The row of pixels nearest to the wanted one that no line crosses; the wanted one where all near are."""
    crossed = [(line.box.y0 * height, line.box.y1 * height) for line in lines if not line.vertical]
    for away in range(int(most)):
        for row in (int(wanted) - away, int(wanted) + away):
            if not any(top < row < bottom for top, bottom in crossed):
                return row
    return int(wanted)
