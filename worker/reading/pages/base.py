"""What a rasteriser gives: pages; what it must keep to: limits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.page import Box, Word

if TYPE_CHECKING:  # a child that opens files starts in half the time without it
    from worker.settings import Settings

Picture = NDArray[np.uint8]
"""An upright page, height x width x 3, RGB, 0 to 255."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How much a single file may take. Bytes, seconds, pixels, pages, words of a page.

    `embedded_data` says whether what the file itself says is looked for: attachments, codes, form fields.
    """

    dpi: int
    max_bytes: int
    max_pages: int
    max_pixels: int
    max_source_pixels: int
    max_memory: int
    page_seconds: float
    document_seconds: float
    max_words: int
    embedded_data: bool

    @classmethod
    def of(cls, settings: Settings) -> PageLimits:
        """The limits a machine is set to."""
        return cls(**{name: getattr(settings, name) for name in cls.__slots__})

    def as_json(self) -> dict[str, Any]:
        """Plain values, to cross a process border."""
        return asdict(self)

    @property
    def max_words_in_all(self) -> int:
        """Words of all pages: the reader keeps them until the document is read."""
        return 100 * self.max_words

    def scale(self, width: float, height: float, *, wanted: float) -> float:
        """The factor nearest to `wanted` that keeps width x height within `max_pixels`."""
        return min(wanted, math.sqrt(self.max_pixels / (max(width, 1.0) * max(height, 1.0))))


@dataclass(frozen=True, slots=True)
class Barcode:
    """A code on a page that machines read: what it says, its symbology ("QRCode"), its place."""

    text: str
    symbology: str
    box: Box


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a fillable PDF: the name its maker gave it, what was filled in, its place."""

    name: str
    value: str
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it would lie on a desk: upright, with the words its file already knows.

    `number` counts from 1. `words` is empty for scans and photographs; whether they are what is
    printed is for `reading.text` to find out.
    """

    number: int
    picture: Picture
    words: tuple[Word, ...] = ()
    barcodes: tuple[Barcode, ...] = ()
    form_fields: tuple[FormField, ...] = ()

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

    def attachments(self, most_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Name and content of the files in the file that are no larger than that."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
