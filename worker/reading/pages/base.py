"""What a rasteriser gives: pages; what it must keep to: limits."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.page import Word
from worker.settings import Settings

Picture = NDArray[np.uint8]
"""An upright page, height x width x 3, RGB, 0 to 255."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How much a single file may take. Bytes, seconds, pixels, pages."""

    dpi: int
    max_bytes: int
    max_pages: int
    max_pixels: int
    max_source_pixels: int
    max_memory: int
    page_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> PageLimits:
        """The limits a machine is set to."""
        return cls(**{name: getattr(settings, name) for name in cls.__slots__})

    def as_json(self) -> dict[str, Any]:
        """Plain values, to cross a process border."""
        return asdict(self)

    def scale(self, width: float, height: float, *, wanted: float) -> float:
        """The factor nearest to `wanted` that keeps width x height within `max_pixels`."""
        return min(wanted, math.sqrt(self.max_pixels / (max(width, 1.0) * max(height, 1.0))))


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it would lie on a desk: upright, with the words its file already knows.

    `number` counts from 1. `words` is empty for scans and photographs; whether they are what is
    printed is for `reading.text` to find out.
    """

    number: int
    picture: Picture
    words: tuple[Word, ...] = ()

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.picture.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.picture.shape[0])


class OpenDocument(Protocol):
    """A document opened by a backend. Lives in the child process."""

    @property
    def page_count(self) -> int:
        """Number of pages, at least 1."""
        ...

    def page(self, index: int, limits: PageLimits) -> Page:
        """Draw the page at `index` (from 0); raises SourceError when this page cannot be drawn."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
