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

from worker.reading.pages.base import Picture
from worker.reading.text.letters import LineText, decoded
from worker.reading.text.runtimes.base import LETTER_HEIGHT, OcrRuntime

_BATCH = 4  # lines: more of them are padded more and gain nothing
_STEP, _NARROWEST, _WIDEST = 64, 160, 3200  # pixels of a batch's width
_GREY = 127  # between the network's -1 and 1, as its training was padded


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
        decoded(answers.classes[row], answers.odds[row], runtime.alphabet, share=width / batch.width)
        for row, width in enumerate(batch.widths)
    ]
