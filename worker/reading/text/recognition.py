"""What pictures of single lines say, by the recogniser of PP-OCR (connectionist temporal classification).

Lines of like width are read together, the batches side by side on the runtime's streams; widths come
out of a grid, for a runtime builds its kernels anew for every other one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Rival
from worker.reading.pages.base import Picture
from worker.reading.text.runtimes.base import LETTER_HEIGHT, LetterOdds, OcrRuntime

_BATCH = 4  # lines: more of them are padded more and gain nothing
_STEP, _NARROWEST, _WIDEST = 64, 160, 3200  # pixels of a batch's width
_GREY = 127  # between the network's -1 and 1, as its training was padded
_LIKELY_ENOUGH = 0.01  # less than this is no rival


@dataclass(frozen=True, slots=True)
class LineText:
    """What a picture of a line says, and how surely (0 to 1).

    `edges` are the places between its letters, `len(text) + 1` of them from 0 to 1 along the picture.
    """

    text: str
    confidence: float
    edges: tuple[float, ...]
    rivals: tuple[Rival, ...] = ()


def recognise(crops: Sequence[Picture], runtime: OcrRuntime, pool: ThreadPoolExecutor) -> list[LineText]:
    """What each picture of a line says."""
    read: list[LineText] = [LineText("", 0.0, (0.0,))] * len(crops)
    batches = list(_batches([_width(crop) for crop in crops]))
    for batch, lines in zip(batches, pool.map(lambda b: _read(b, crops, runtime), batches), strict=True):
        for index, line in zip(batch.members, lines, strict=True):
            read[index] = line
    return read


@dataclass(frozen=True, slots=True)
class _Batch:
    """Which pictures are read together, and how wide each is and all of them."""

    members: tuple[int, ...]
    widths: tuple[int, ...]
    width: int


def _width(crop: Picture) -> int:
    return int(min(_WIDEST, max(8, -(-LETTER_HEIGHT * crop.shape[1] // crop.shape[0]))))


def _batches(widths: Sequence[int]) -> Iterator[_Batch]:
    order = sorted(range(len(widths)), key=lambda index: widths[index])
    while order:
        width = max(_NARROWEST, -(-widths[order[0]] // _STEP) * _STEP)
        members = [index for index in order[:_BATCH] if widths[index] <= width]
        yield _Batch(tuple(members), tuple(widths[index] for index in members), width)
        order = order[len(members) :]


def _read(batch: _Batch, crops: Sequence[Picture], runtime: OcrRuntime) -> list[LineText]:
    pictures = np.full((len(batch.members), LETTER_HEIGHT, batch.width, 3), _GREY, dtype=np.uint8)
    for row, (index, width) in enumerate(zip(batch.members, batch.widths, strict=True)):
        pictures[row, :, :width] = cv2.resize(crops[index], (width, LETTER_HEIGHT))
    answers = runtime.letter_odds(pictures)
    return [
        _line(answers, row, runtime.alphabet, share=width / batch.width)
        for row, width in enumerate(batch.widths)
    ]


def _line(answers: LetterOdds, row: int, alphabet: Sequence[str], *, share: float) -> LineText:
    """A line out of a batch's answers, its picture filling `share` of the batch's width."""
    first = answers.classes[row, :, 0]
    changed = np.ones(len(first), dtype=bool)
    changed[1:] = first[1:] != first[:-1]
    [places] = np.nonzero(changed & (first != 0))
    text = "".join(alphabet[kind - 1] for kind in first[places])
    kept = _without_margins(text)
    places, text = places[kept], text[kept]
    if not text:
        return LineText("", 0.0, (0.0,))
    odds = answers.odds[row, places, 0]
    middles = (places + 0.5) / (len(first) * share)
    rivals = tuple(_rivals(answers.classes[row, places], answers.odds[row, places], alphabet))
    return LineText(text, float(odds.mean()), _edges(middles), rivals)


def _without_margins(text: str) -> slice:
    start = len(text) - len(text.lstrip())
    return slice(start, max(start, len(text.rstrip())))


def _edges(middles: NDArray[np.floating]) -> tuple[float, ...]:
    between = (middles[1:] + middles[:-1]) / 2
    return (0.0, *map(float, np.clip(between, 0.0, 1.0)), 1.0)


def _rivals(
    classes: NDArray[np.int32], odds: NDArray[np.float32], alphabet: Sequence[str]
) -> Iterator[Rival]:
    """The second and third letters that are likely enough; that there is no letter is none."""
    for index, rank in zip(*np.nonzero(odds[:, 1:] >= _LIKELY_ENOUGH), strict=True):
        kind = classes[index, rank + 1]
        if kind != 0:
            yield Rival(int(index), alphabet[kind - 1], float(odds[index, rank + 1]))
