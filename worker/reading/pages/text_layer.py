"""Whether the words a PDF claims to hold are really printed where it claims.

Only ink is compared here, which costs a few milliseconds: hidden text, text beside its picture
and scans with a stray header are noticed. Whether the ink *says* those words is for a reader to
find out (`engines.embedded.reading` recognises a sample).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.page import Word
from worker.reading.pages.base import Picture

_CONTRAST = 40  # grey levels between ink and paper, 0 to 255
_CELL = 8  # pixels
_INKED = 0.9  # share of words that must stand on ink
_COVERED = 0.35  # share of the page's ink that must lie under words


def agrees(picture: Picture, words: Sequence[Word]) -> bool:
    """Whether the words stand on ink and most ink stands under words."""
    if not words:
        return False
    dark = _inked_cells(picture)
    under = np.zeros_like(dark)
    inked = 0
    for word in words:
        rows, columns = _cells(word, dark.shape)
        if rows.start < rows.stop and columns.start < columns.stop:
            inked += bool(dark[rows, columns].any())
            under[rows, columns] = True
    covered = float((dark & under).sum()) / max(1.0, float(dark.sum()))
    return inked >= _INKED * len(words) and covered >= _COVERED


def _inked_cells(picture: Picture) -> NDArray[np.bool_]:
    """Cells of the page in which brightness changes, as it does at the edge of ink."""
    grey = picture[::2, ::2, 1]  # green carries most of the brightness; every second pixel will do
    step = _CELL // 2
    height, width = (size // step * step for size in grey.shape)
    if height == 0 or width == 0:
        return np.zeros((1, 1), dtype=np.bool_)
    cells = grey[:height, :width].reshape(height // step, step, width // step, step)
    spread = cells.max(axis=(1, 3)).astype(np.int16) - cells.min(axis=(1, 3))
    return np.asarray(spread > _CONTRAST)


def _cells(word: Word, shape: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = shape[0], shape[1]
    box = word.box.clipped()
    rows = slice(int(box.y0 * height), int(np.ceil(box.y1 * height)))
    columns = slice(int(box.x0 * width), int(np.ceil(box.x1 * width)))
    return rows, columns
