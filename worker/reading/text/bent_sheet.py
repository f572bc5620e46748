"""A sheet of paper that does not lie flat, as a grid: where each place of the flat sheet is on the page.

Between the knots of the grid places are interpolated linearly.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.page import Box
from worker.reading.pages.base import Picture

Places = NDArray[np.float64]
"""n x 2: x and y in fractions of the page or of the flat sheet."""

_ROUNDS = 12  # of looking up where a place of the page lies on the sheet
_ALONG = np.linspace(0.0, 1.0, 5)  # places along the sides of a box that are looked up


@dataclass(frozen=True, slots=True)
class BentSheet:
    """`knots[row][column]` is a place (x, y) on the page in fractions; the grid is even on the flat sheet.

    `width` and `height` are the pixels of the flat sheet.
    """

    knots: tuple[tuple[tuple[float, float], ...], ...]
    width: int
    height: int

    def flattened(self, picture: Picture) -> Picture:
        """A picture of the page as the flat sheet, height x width x 3; its edge goes on beyond it."""
        high, wide = picture.shape[:2]
        knots = np.asarray(self.knots, dtype=np.float32) * np.array((wide, high), dtype=np.float32) - 0.5
        rows, columns = knots.shape[:2]
        x = (np.arange(self.width, dtype=np.float32) + 0.5) * ((columns - 1) / self.width)
        y = (np.arange(self.height, dtype=np.float32) + 0.5) * ((rows - 1) / self.height)
        across, down = np.meshgrid(x, y)
        places = cv2.remap(knots, across, down, cv2.INTER_LINEAR)
        return np.asarray(
            cv2.remap(picture, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
        )

    def on_page(self, box: Box) -> Box:
        """The upright hull, on the page, of a box of the flat sheet."""
        return _hull(self._places_on_page(_rim(box)))

    def on_sheet(self, box: Box) -> Box:
        """The upright hull, on the flat sheet, of a box of the page."""
        wanted = _rim(box)
        found = wanted
        for _ in range(_ROUNDS):
            found = found + wanted - self._places_on_page(found)
        return _hull(found)

    def _places_on_page(self, places: Places) -> Places:
        knots = np.asarray(self.knots)
        last = np.array((knots.shape[1] - 1, knots.shape[0] - 1))
        at = places * last
        corner = np.clip(np.floor(at).astype(int), 0, last - 1)
        (x, y), (right, down) = corner.T, (at - corner).T[..., None]
        upper = knots[y, x] * (1 - right) + knots[y, x + 1] * right
        lower = knots[y + 1, x] * (1 - right) + knots[y + 1, x + 1] * right
        return np.asarray(upper * (1 - down) + lower * down)


def _rim(box: Box) -> Places:
    x, y = box.x0 + box.width * _ALONG, box.y0 + box.height * _ALONG
    sides = ((x, box.y0), (x, box.y1), (box.x0, y), (box.x1, y))
    return np.concatenate([np.stack(np.broadcast_arrays(*side), axis=1) for side in sides])


def _hull(places: Places) -> Box:
    low, high = places.min(axis=0), places.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
