"""Pages in the size in which a model gets them."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from worker.reading.pages.base import Picture

_SMALLEST = 512  # pixels of the longer side; print is not to be read below


def fitted(picture: Picture, pixels: int) -> Picture:
    """The picture with at most so many pixels; never scaled up. No picture stays none."""
    if not picture.size:
        return picture
    height, width = picture.shape[:2]
    scale = min(1.0, math.sqrt(pixels / (height * width)))
    return _scaled(picture, scale)


def halved(picture: Picture) -> Picture | None:
    """The picture with half the pixels; None when its longer side has come down to 512."""
    longest = max(picture.shape[:2])
    if longest <= _SMALLEST:
        return None
    return _scaled(picture, max(math.sqrt(0.5), _SMALLEST / longest))


def _scaled(picture: Picture, scale: float) -> Picture:
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    if picture.shape[:2] == (height, width):
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS), np.uint8)
