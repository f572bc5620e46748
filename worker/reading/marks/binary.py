"""Ink and paper: the mask that outlines are looked for in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
"""Height x width, 1 where there is ink."""

_CONTRAST = 36  # grey levels between ink and the paper around it, 0 to 255
_CELL = 8  # pixels of a cell in which the brightness of paper is taken
_AROUND = 7  # cells around it that may be all ink, such as a filled box


def ink_of(picture: NDArray[np.uint8]) -> Mask:
    """What is darker than the paper around it, of a picture in RGB."""
    grey = np.ascontiguousarray(picture.min(axis=2)) if _is_coloured(picture) else _green(picture)
    height, width = grey.shape
    small = cv2.resize(grey, (max(1, width // _CELL), max(1, height // _CELL)), interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(small, np.ones((_AROUND, _AROUND), dtype=np.uint8))
    paper = cv2.resize(cv2.blur(paper, (3, 3)), (width, height), interpolation=cv2.INTER_LINEAR)
    dark = cv2.subtract(paper, grey)
    return np.asarray(cv2.threshold(dark, _CONTRAST, 1, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def _green(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(picture[..., 1])


def _is_coloured(picture: NDArray[np.uint8]) -> bool:
    """Whether some of it has a colour: pale green ink is only seen in the other channels."""
    sample = picture[::16, ::16].astype(np.int16)
    return bool(((sample.max(axis=2) - sample.min(axis=2)) > 60).mean() > 0.0005)
