"""From a page to its lines, for every engine: its text layer where that can be believed, else OCR."""

from __future__ import annotations

from worker.reading.pages.base import Page
from worker.reading.text import layer
from worker.reading.text.ocr import Ocr
from worker.reading.text.page_lines import PageLines


class OcrLines:
    """By the text layer where it can be believed, else by OCR, which also tells which way is up."""

    def __init__(self, *, ocr_runtime: str = "auto") -> None:
        self._ocr = Ocr(runtime=ocr_runtime)

    def warm_up(self) -> None:
        """Load the OCR models; raises MissingExtra or ModelUnavailable."""
        self._ocr.warm_up()

    @property
    def streams(self) -> int:
        """How many pages it can read at the same time to advantage; loads the models."""
        return self._ocr.streams

    def close(self) -> None:
        """Let go of the models; they are loaded again when they are needed."""
        self._ocr.close()

    def __call__(self, page: Page) -> PageLines:
        """The lines of a page; raises MissingExtra, ModelUnavailable."""
        lines = layer.lines_of(page) if page.text_layer else ()
        if page.text_layer and layer.says_what_is_printed(lines, page.picture, self._ocr.recognise):
            return PageLines(page.number, page.width, page.height, lines)
        return self._ocr.read(page)


class TextLayerLines:
    """By the text layer alone: nothing is found on scans, and nothing needs to be installed."""

    def __call__(self, page: Page) -> PageLines:
        """The lines of a page as its file has them."""
        lines = layer.lines_of(page) if page.text_layer else ()
        return PageLines(page.number, page.width, page.height, lines)
