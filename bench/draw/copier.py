"""A page of a PDF out of a scanner: a little crooked, soft and grainy, as JPEG."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the page."""


def scanned_page(
    rng: random.Random, page: Any, boxes: Sequence[Box], *, dpi: int
) -> tuple[bytes, tuple[Box, ...]]:
    """A page of PyMuPDF as a scan; the boxes move with it."""
    pixels = page.get_pixmap(dpi=dpi)
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    degrees = rng.uniform(-1.2, 1.2)
    image = image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.6) * dpi / 150))
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, rng.uniform(2, 9), (*image.size[::-1], 1))
    grainy = np.clip(np.asarray(image, dtype=np.float32) * rng.uniform(0.9, 1.0) + noise, 0, 255)
    stream = io.BytesIO()
    Image.fromarray(grainy.astype(np.uint8)).save(stream, "JPEG", quality=rng.randint(55, 90))
    return stream.getvalue(), tuple(_turned(box, math.radians(degrees), image.size) for box in boxes)


def _turned(box: Box, turn: float, size: tuple[int, int]) -> Box:
    """A box of a page that was turned about its middle, counter-clockwise."""
    width, height = size
    x, y = ((box[0] + box[2]) / 2 - 0.5) * width, ((box[1] + box[3]) / 2 - 0.5) * height
    x, y = x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
    wide, high = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    middle = (x / width + 0.5, y / height + 0.5)
    return (middle[0] - wide, middle[1] - high, middle[0] + wide, middle[1] + high)
