"""Printed and written lines in a picture, by PP-OCRv6 small on the CPU.

picture ─detect─► quads ─cut out─► crops ─recognise─► lines ─turn where they lie─► upright lines

The networks come inside RapidOCR's wheel; how they are run is ours: `runtimes` says why.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from schemas.page import Box, Line, even_edges
from schemas.values.folding import has_cjk
from worker.reading.pages.base import Page, Picture
from worker.reading.text import cut_ends, ink, orientation, touch_up
from worker.reading.text.baselines import Strips, sheet_of, strips_of
from worker.reading.text.bent_sheet import BentSheet
from worker.reading.text.crops import Quad, crop, straightened
from worker.reading.text.detection import detected
from worker.reading.text.letters import LineText, mended
from worker.reading.text.page_lines import PageLines
from worker.reading.text.recognition import recognise
from worker.reading.text.runtimes import factory
from worker.reading.text.runtimes.base import OcrRuntime
from worker.reading.text.scripts import foreign_script

_MIN_CONFIDENCE = 0.5
_HARDLY = 0.8  # confidence below which lines may be in a script that the recogniser does not know
_FOREIGN = 0.25  # share of the area of all lines that such lines take up at least
_STRIP = 5.0  # a picture wider than this may be a single line, cut out by somebody
_GLYPHS = 8  # characters looked at to tell columns from a page on its side
_SLACK = 0.25  # PP-OCR's boxes are a third higher than the ink in them
_TALL = 1.5  # a box this much higher than wide holds turned or vertical writing
_AS_LEGIBLE = 0.98  # of the letters that were read as the page lay; fewer on the flat sheet speak against it
_SAME_ROW = 10.0  # pixels between lines that are taken to start at the same height


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The networks, and the threads that batches of lines are read in."""

    runtime: OcrRuntime
    pool: ThreadPoolExecutor
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at a picture found: lines, and pictures of lines where many could hardly be read.

    `strips` tell how the sheet lies.
    """

    lines: tuple[Line, ...]
    unread: tuple[Picture, ...]
    strips: Strips | None = None

    @property
    def legible(self) -> float:
        """The letters read, each as much as its line is sure."""
        return sum(line.confidence * len(line.text) for line in self.lines)


class Ocr:
    """One OCR engine. Threads may read pages at the same time."""

    def __init__(self, *, runtime: str = "auto", flatten: bool = True) -> None:
        self._name = runtime
        self._flatten = flatten
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None

    def warm_up(self) -> None:
        """Load the models; raises MissingExtra or ModelUnavailable."""
        blank = np.full((96, 320, 3), 255, dtype=np.uint8)
        blank[40:56, 40:280] = 0
        self._look(blank)

    @property
    def streams(self) -> int:
        """How many pages it can read at the same time to advantage; loads the models."""
        return self._load().runtime.streams

    @property
    def known(self) -> frozenset[str]:
        """The characters that it can read; loads the models."""
        return self._load().known

    def close(self) -> None:
        """Let go of the models; they are loaded again when they are needed."""
        with self._loading:
            loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.pool.shutdown()

    def read(self, page: Page) -> PageLines:
        """All lines of a page in the frame in which they are upright."""
        look, turns = self._upright(page.picture)
        look, picture, sheet = self._flat(look, np.rot90(page.picture, turns))
        height, width = picture.shape[:2]
        lines = touch_up.without_stray_accents(look.lines)
        faint = touch_up.faint(picture, lines)
        blank = None if lines else ink.is_blank(page.picture)
        read = sum(len(line.text.split()) for line in lines)
        return PageLines(
            page.number,
            width,
            height,
            lines,
            turns,
            faint=faint,
            slack=_SLACK,
            from_picture=read,
            blank=blank,
            script=foreign_script(look.unread),
            sheet=sheet,
        )

    def recognise(self, crops: Sequence[Picture]) -> list[LineText]:
        """What pictures say that each hold a single line."""
        loaded = self._load()
        return [mended(read) for read in recognise(crops, loaded.runtime, loaded.pool)]

    def _upright(self, picture: Picture) -> tuple[_Look, int]:
        """A look at the page, and by how many quarters it was turned first where it needed it."""
        looks = {0: self._look(picture)}
        lines = looks[0].lines
        if picture.shape[1] > _STRIP * picture.shape[0]:
            whole = self._whole(picture)
            if not lines or (whole and whole[0].confidence >= _weakest(lines)):
                return _Look(whole, ()), 0

        def turned(turns: int) -> tuple[Line, ...]:
            looks[turns] = self._look(np.ascontiguousarray(np.rot90(picture, turns)))
            return looks[turns].lines

        _, turns = orientation.best(lines, read=turned, stands=lambda columns: self._stands(picture, columns))
        return looks[turns], turns

    def _flat(self, look: _Look, picture: Picture) -> tuple[_Look, Picture, BentSheet | None]:
        """The page laid flat and read again, where it does not lie flat and that reads as well."""
        height, width = picture.shape[:2]
        sheet = sheet_of(look.strips, width, height) if self._flatten and look.strips else None
        if sheet is None:
            return look, picture, None
        flat = sheet.flattened(picture)
        again = self._look(flat)
        if again.legible < _AS_LEGIBLE * look.legible:
            return look, picture, None
        return again, flat, sheet

    def _look(self, picture: Picture) -> _Look:
        found = detected(picture, self._load().runtime)
        quads = sorted_down(found.quads)
        crops = [straightened(picture, quad) for quad in quads]
        texts = self.recognise(crops)
        unread = _hardly_read(crops, texts)
        quads, texts = self._with_ends(picture, quads, texts)
        lines = [
            line_of(quad, read, picture)
            for quad, read in zip(quads, texts, strict=True)
            if read.text and read.confidence >= _MIN_CONFIDENCE
        ]
        strips = strips_of(found.text) if found.text is not None else None
        return _Look(tuple(self._climbing(picture, lines)), unread, strips)

    def _with_ends(
        self, picture: Picture, quads: Sequence[Quad], texts: Sequence[LineText]
    ) -> tuple[list[Quad], list[LineText]]:
        """Lines and what they say, those with ink beside them read again where that says more."""
        longer = cut_ends.longer(picture, quads)
        again = self.recognise([straightened(picture, quad) for quad in longer.values()]) if longer else []
        whole_quads, whole_texts = list(quads), list(texts)
        for (index, quad), read in zip(longer.items(), again, strict=True):
            if cut_ends.completes(texts[index], read):
                whole_quads[index], whole_texts[index] = quad, read
        return whole_quads, whole_texts

    def _climbing(self, picture: Picture, lines: Sequence[Line]) -> Iterator[Line]:
        """Upright lines read again from below, as the numbers along the side of a drawing are.

        The recogniser is given them turned so that they read from above; the surer reading wins.
        """
        climbing = {
            index: crop(picture, line.box)
            for index, line in enumerate(lines)
            if line.vertical and not has_cjk(line.text)
        }
        read = self.recognise([np.rot90(ink, -1) for ink in climbing.values()]) if climbing else []
        again = dict(zip(climbing, read, strict=True))
        for index, line in enumerate(lines):
            other = again.get(index)
            if other is not None and other.text and other.confidence > line.confidence:
                edges = even_edges(line.box, len(other.text), vertical=True)
                yield replace(line, text=other.text, confidence=other.confidence, edges=edges, rivals=())
            else:
                yield line

    def _stands(self, picture: Picture, columns: Sequence[Line]) -> bool:
        """Whether single characters of the columns read better as they are than turned."""
        boxes = [
            column.span_box(index, index + 1)
            for column in columns
            for index, char in enumerate(column.text)
            if has_cjk(char)
        ]
        sample = [crop(picture, box) for box in boxes[:: max(1, len(boxes) // _GLYPHS)]]
        upright = self.recognise(sample)
        turned = self.recognise([np.rot90(glyph) for glyph in sample])
        return sum(read.confidence for read in upright) >= sum(read.confidence for read in turned)

    def _whole(self, picture: Picture) -> tuple[Line, ...]:
        """A strip in which the detector saw nothing, taken as one line."""
        [read] = self.recognise([picture])
        if read.confidence < _MIN_CONFIDENCE or not read.text:
            return ()
        box = Box(0.0, 0.0, 1.0, 1.0)
        return (Line(read.text, box, read.confidence, read.edges, rivals=read.rivals),)

    def _load(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                runtime = factory.load(self._name)
                pool = ThreadPoolExecutor(runtime.streams, thread_name_prefix="recognise")
                self._loaded = _Loaded(runtime, pool, frozenset(runtime.alphabet))
            return self._loaded


def sorted_down(quads: Sequence[Quad]) -> list[Quad]:
    """Lines from the top down, those that start at about the same height from left to right."""
    rows: list[list[Quad]] = []
    before = 0.0
    for quad in sorted(quads, key=lambda quad: float(quad[0, 1])):
        top = float(quad[0, 1])
        if not rows or top - before >= _SAME_ROW:
            rows.append([])
        rows[-1].append(quad)
        before = top
    return [quad for row in rows for quad in sorted(row, key=lambda quad: float(quad[0, 0]))]


def _hardly_read(crops: Sequence[Picture], texts: Sequence[LineText]) -> tuple[Picture, ...]:
    """The pictures of lines that were read unsurely, where they take up much of the page's lines."""
    unread = tuple(crop for crop, read in zip(crops, texts, strict=True) if read.confidence < _HARDLY)
    much = _FOREIGN * sum(crop.size for crop in crops)
    return unread if sum(crop.size for crop in unread) >= much else ()


def _weakest(lines: Sequence[Line]) -> float:
    return min(line.confidence for line in lines)


def line_of(quad: Quad, read: LineText, picture: Picture) -> Line:
    """A line from its corners in a picture and what it says."""
    height, width = picture.shape[:2]
    low, high = quad.min(axis=0) / (width, height), quad.max(axis=0) / (width, height)
    box = Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    run = float(np.linalg.norm(quad[1] - quad[0]))
    rise = float(np.linalg.norm(quad[3] - quad[0]))
    vertical = rise > _TALL * run and len(read.text) > 1
    fall = (quad[1][1] - quad[0][1]) / max(1.0, quad[1][0] - quad[0][0])
    slope = 0.0 if vertical else float(fall) * width / height
    near, along = (box.y0, box.height) if vertical else (box.x0, box.width)
    edges = tuple(near + along * edge for edge in read.edges)
    return Line(read.text, box, read.confidence, edges, vertical, slope, read.rivals)
