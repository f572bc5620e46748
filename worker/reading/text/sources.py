"""The lines of a page for engines that read with a model: their values are looked up among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from schemas.page import Box, Line
from worker.reading.pages.base import Page
from worker.reading.text.lines import ReadPage, lines_of_words, read_page
from worker.reading.text.ocr import Ocr


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of a page as OCR or its text layer has them, in the frame in which they are upright.

    The page was turned by `quarter_turns` counter-clockwise to get there; `doubted` says that its
    text layer was not believed.
    """

    lines: tuple[Line, ...]
    quarter_turns: int = 0
    doubted: bool = False


LineSource = Callable[[Page], PageLines]
"""Finds the lines of a page, among which a model's values are looked up."""


class OcrLines:
    """By the text layer where it can be believed, else by OCR, which also tells which way is up."""

    def __init__(self, *, ocr_runtime: str = "auto") -> None:
        self._ocr = Ocr(runtime=ocr_runtime)

    def __call__(self, page: Page) -> PageLines:
        """The lines of a page; raises MissingExtra, ModelUnavailable."""
        read = read_page(page, self._ocr)
        return PageLines(tuple(_tight(line, read) for line in read.lines), read.quarter_turns, read.doubted)


class TextLayerLines:
    """By the text layer alone: nothing is found on scans, and nothing needs to be installed."""

    def __call__(self, page: Page) -> PageLines:
        """The lines of a page as its file has them."""
        return PageLines(lines_of_words(page) if page.text_layer else ())


def _tight(line: Line, read: ReadPage) -> Line:
    """A line whose box is as high as its ink."""
    x, y = (line.box.width, 0.0) if line.vertical else (0.0, line.box.height)
    x, y = x * read.slack / 2, y * read.slack / 2
    return replace(line, box=Box(line.box.x0 + x, line.box.y0 + y, line.box.x1 - x, line.box.y1 - y))
