"""From a page to its lines, for every engine: its text layer where that is printed, else OCR.

page ─judge─► words printed, words that lie, rows of ink without words ─recognise what is doubtful─► lines
lines ─outlines in the picture─► marks, lines without them, cells of forms and tables
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from schemas.page import Box, Word
from worker.reading.marks.find import find_marks
from worker.reading.marks.glyphs import spelt_out
from worker.reading.marks.ruled import ruled_cells
from worker.reading.pages.base import Page
from worker.reading.text import ink, layer
from worker.reading.text.crops import crop
from worker.reading.text.layer_lines import lines_of
from worker.reading.text.ocr import Ocr
from worker.reading.text.page_lines import PageLines
from worker.reading.text.uncovered import uncovered, words_in

_FEW_ROWS = 12  # rows of ink that are read one by one; with more, the whole page is read
_READABLE = 0.8  # confidence from which such a row is taken for text
_MOST_DISTRUSTED = 0.5  # share of a layer; where it is more, the whole page is read


class OcrLines:
    """By the text layer where it can be believed, else by OCR, which also tells which way is up."""

    def __init__(self, *, ocr_runtime: str = "auto", flatten: bool = True) -> None:
        self._ocr = Ocr(runtime=ocr_runtime, flatten=flatten)

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
        """The lines and marks of a page; raises MissingExtra, ModelUnavailable."""
        page = replace(page, words=spelt_out(page.words))
        return _with_drawing(page, self._lines(page))

    def _lines(self, page: Page) -> PageLines:
        if not page.words:
            return self._ocr.read(page)
        judged = layer.judge(page, self._ocr.recognise, known=self._ocr.known)
        believed = (*judged.printed, *self._unknown_to_us(judged.scanned))
        rows = ink.rows_elsewhere(page.picture, page.words)
        distrusted = len(judged.lying) + len(judged.printed) + len(judged.scanned) - len(believed)
        if not believed or distrusted > _MOST_DISTRUSTED * len(page.words) or len(rows) > _FEW_ROWS:
            return self._by_both(page, believed, judged.reasons)
        return self._by_layer(page, believed, judged, rows)

    def _by_both(self, page: Page, believed: Sequence[Word], reasons: tuple[str, ...]) -> PageLines:
        """What the layer says where it is believed, and what OCR reads everywhere else."""
        seen = self._ocr.read(page)
        if not believed or not seen.frame.is_the_page:
            return replace(seen, distrusted=reasons or ("its words are not as they are printed",))
        found = tuple(uncovered(seen.tight().lines, believed))
        lines = (*lines_of(believed, aspect=page.width / page.height), *found)
        read = sum(len(line.text.split()) for line in found)
        return replace(
            seen,
            lines=lines,
            slack=0.0,
            faint=(),
            distrusted=reasons,
            from_layer=len(believed),
            from_picture=read,
        )

    def _by_layer(
        self, page: Page, believed: Sequence[Word], judged: layer.Judged, rows: Sequence[Box]
    ) -> PageLines:
        """What the layer says, words that lie and rows that it lacks read from the picture."""
        aspect = page.width / page.height
        boxes = [line.box for line in lines_of(judged.lying, aspect=aspect)]
        read = (
            self._ocr.recognise([crop(page.picture, box) for box in (*boxes, *rows)]) if boxes or rows else []
        )
        pairs = zip(read, (*boxes, *rows), strict=True)
        found = [
            word
            for index, (text, box) in enumerate(pairs)
            if index < len(boxes) or text.confidence >= _READABLE
            for word in words_in(text, box)
        ]
        return PageLines(
            page.number,
            page.width,
            page.height,
            lines_of((*believed, *found), aspect=aspect),
            distrusted=judged.reasons,
            from_layer=len(believed),
            from_picture=len(found),
        )

    def _unknown_to_us(self, words: Sequence[Word]) -> Sequence[Word]:
        """An invisible layer in a script that the recogniser does not know: it cannot speak against it."""
        foreign = sum(any(char.isalpha() and char not in self._ocr.known for char in w.text) for w in words)
        return words if words and foreign > len(words) / 2 else ()


class TextLayerLines:
    """By the text layer alone: nothing is found on scans, and nothing needs to be installed."""

    def __call__(self, page: Page) -> PageLines:
        """The lines of a page as its file has them, without words that nobody can see, and its marks."""
        words = [word for word in spelt_out(page.words) if layer.shows(word, page.picture)]
        lines = lines_of(words, aspect=page.width / page.height)
        return _with_drawing(
            page, PageLines(page.number, page.width, page.height, lines, from_layer=len(words))
        )


def _with_drawing(page: Page, read: PageLines) -> PageLines:
    """The marks and ruled cells beside the lines, in their frame."""
    picture = read.frame.upright(page.picture)
    return replace(read, marks=find_marks(picture, read.lines), ruled=ruled_cells(picture, read.lines))
