"""What every engine stands on: the lines of a page, and how to get back from them to the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.page import Box, Line, Mark
from schemas.record import Issue, Severity
from worker.reading.issues import blank_page, text_layer_ignored, unreadable_page, unsupported_script
from worker.reading.pages.base import Page
from worker.reading.text.bent_sheet import BentSheet
from worker.reading.text.frame import Frame


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of a page in the frame in which they are upright.

    `width` and `height` are the pixels of that frame; the page was turned counter-clockwise by
    `quarter_turns` to get there, and its `sheet` laid flat where it did not lie so. `distrusted` says,
    for people, what of the file's text layer is not what the picture shows, and why; `from_layer` and
    `from_picture` count the words by where they come from. `faint` are the lines printed much fainter
    than the others. `slack` is the share of a line's height by which its box is higher than its ink.
    `marks` are its tick boxes and radio buttons, in reading order; in the lines they are whatever the
    file or the recogniser says. `ruled` are the cells that drawn lines enclose. `blank` is told of a page
    without lines: whether it has no ink either.
    `script` is that of most lines where the recogniser has no letters for it, by its name in Unicode.
    """

    number: int
    width: int
    height: int
    lines: tuple[Line, ...] = ()
    quarter_turns: int = 0
    faint: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    ruled: tuple[Box, ...] = ()
    slack: float = 0.0
    distrusted: tuple[str, ...] = ()
    from_layer: int = 0
    from_picture: int = 0
    blank: bool | None = None
    script: str | None = None
    sheet: BentSheet | None = None

    @property
    def frame(self) -> Frame:
        """The way between the lines and the page as it came."""
        return Frame(self.quarter_turns, self.sheet)

    def issues(self) -> Iterator[Issue]:
        """What a record should say of how the page was read."""
        if self.distrusted:
            yield text_layer_ignored(self.number, self.distrusted)

    def notes(self) -> Iterator[str]:
        """Where the words of a page that has a text layer come from."""
        if self.from_layer or self.distrusted:
            yield (
                f"page {self.number}: {self.from_layer} words from the text layer, "
                f"{self.from_picture} from the picture"
            )

    def on_page(self, box: Box, *, vertical: bool = False) -> Box:
        """A box in the frame of the lines, tight around its ink, on the page as it came."""
        return self.frame.on_page(self._tight(box, vertical=vertical))

    def tight(self) -> PageLines:
        """The same lines in boxes as high as their ink."""
        lines = (replace(line, box=self._tight(line.box, vertical=line.vertical)) for line in self.lines)
        return replace(self, lines=tuple(lines), slack=0.0)

    def _tight(self, box: Box, *, vertical: bool) -> Box:
        x, y = (box.width * self.slack / 2, 0.0) if vertical else (0.0, box.height * self.slack / 2)
        return Box(box.x0 + x, box.y0 + y, box.x1 - x, box.y1 - y)


def legibility(pages: Sequence[PageLines]) -> Iterator[Issue]:
    """Pages off which nothing was read, or could be; that a page is blank is an error when all are."""
    every = all(page.blank for page in pages)
    for page in pages:
        if page.script is not None:
            yield unsupported_script(page.number, page.script)
        elif page.blank:
            yield blank_page(page.number, severity=Severity.ERROR if every else Severity.INFO)
        elif page.blank is False:
            yield unreadable_page(page.number)


LineSource = Callable[[Page], PageLines]
"""Finds the lines of a page."""
