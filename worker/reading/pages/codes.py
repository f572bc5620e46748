"""Bar and QR codes on a page, by ZXing-C++. Runs in the child process of `sandbox`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from schemas.page import Box
from worker.reading.pages.base import Barcode, Picture

_MOST = 64  # codes of a page
_LONGEST = 4296  # characters that the largest QR code holds


def barcodes(picture: Picture) -> tuple[Barcode, ...]:
    """The codes that can be read in a picture; none where the library is not installed."""
    if find_spec("zxingcpp") is None:
        return ()
    return tuple(_read(picture))[:_MOST]


def _read(picture: Picture) -> Iterator[Barcode]:
    import zxingcpp

    height, width = picture.shape[:2]
    grey = np.ascontiguousarray(picture[..., 1])
    for code in zxingcpp.read_barcodes(grey, try_invert=False):
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        xs, ys = [corner.x / width for corner in corners], [corner.y / height for corner in corners]
        box = Box(min(xs), min(ys), max(xs), max(ys)).clipped()
        if code.text:
            yield Barcode(code.text[:_LONGEST], code.format.name, box)
