"""Parts of a page's picture."""

from __future__ import annotations

from schemas.page import Box
from worker.reading.pages.base import Picture


def crop(picture: Picture, box: Box) -> Picture:
    """The part of a page in a box, at least one pixel in size."""
    height, width = picture.shape[:2]
    box = box.clipped()
    x0, y0 = min(width - 1, int(box.x0 * width)), min(height - 1, int(box.y0 * height))
    x1, y1 = max(x0 + 1, round(box.x1 * width)), max(y0 + 1, round(box.y1 * height))
    return picture[y0:y1, x0:x1]
