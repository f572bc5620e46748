"""The words of a PDF page as PyMuPDF finds them: their font and whether their glyphs can be seen.

Three runs over the page are laid on each other: its characters in lines, the glyphs that were drawn
for them, and everything drawn, in order. Runs in the child process of `sandbox`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymupdf
from numpy.typing import NDArray

from schemas.page import Box, Painted, Word
from worker.reading.pages.base import Picture

_INVISIBLE_MODE = 3
_LEAST_OPACITY = 0.15
_LEAST_HEIGHT = 3.0  # points: smaller letters nobody reads
_COVERS = frozenset({"fill-path", "fill-image", "fill-shade", "fill-imgmask"})
_COVERED = 0.4  # share of a word under something drawn later
_MOST_COVERS = 20_000  # of a drawing with more, the last ones are looked at
_PALE = 0.7  # brightness from 0 to 1 above which a colour may be the paper's
_LIKE_PAPER = 0.12
_LONGEST_NAME = 100  # characters of a font's name

_FLAGS = pymupdf.TEXTFLAGS_RAWDICT & ~pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_IGNORE_ACTUALTEXT


@dataclass(frozen=True, slots=True)
class _Glyph:
    """What was drawn for a character: by which font, as its how-manieth glyph, when and how."""

    font: str
    number: int
    order: int
    invisible: bool
    colour: float
    """Brightness, 0 to 1."""


@dataclass(slots=True)
class _Run:
    """The characters of a word."""

    text: str
    box: pymupdf.Rect
    glyphs: list[_Glyph]
    codes: list[str]


def words(page: Any, picture: Picture) -> tuple[Word, ...]:
    """The words of the text layer that lie on the page, their places in fractions of the upright page."""
    drawn: dict[tuple[float, float], _Glyph] = {}
    for span in page.get_texttrace():
        drawn.update(_glyphs(span))
    runs = [run for run in _runs(page, drawn) if run.box.height >= _LEAST_HEIGHT]
    covered = _covered(page, runs)
    fonts = _Fonts()
    place = upright(page)
    found = []
    for run, under in zip(runs, covered, strict=True):
        box = place(run.box)
        if 0 <= box.cx <= 1 and 0 <= box.cy <= 1:
            painted = _painted(run, picture, box, under=bool(under))
            found.append(Word(run.text, box, font=fonts.name(run), painted=painted))
    return tuple(found)


def _glyphs(span: Mapping[str, Any]) -> Iterator[tuple[tuple[float, float], _Glyph]]:
    """The glyphs of a span by where they begin."""
    invisible = span["type"] == _INVISIBLE_MODE or span["opacity"] < _LEAST_OPACITY
    brightness = float(np.mean(span["color"])) if span["colorspace"] in {1, 3} else 0.0
    for _, number, origin, _ in span["chars"]:
        yield _at(origin), _Glyph(span["font"], number, span["seqno"], invisible, brightness)


def _at(origin: Sequence[float]) -> tuple[float, float]:
    return (round(origin[0], 1), round(origin[1], 1))


def _runs(page: Any, drawn: Mapping[tuple[float, float], _Glyph]) -> Iterator[_Run]:
    """Characters between white space, or far from each other: where text runs leftwards, cells of a table."""
    for block in page.get_text("rawdict", flags=_FLAGS)["blocks"]:
        for line in block.get("lines", ()):
            run: _Run | None = None
            for char in (char for span in line["spans"] for char in span["chars"]):
                if char["c"].isspace():
                    if run:
                        yield run
                    run = None
                    continue
                if run and _apart(run.box, pymupdf.Rect(char["bbox"])):
                    yield run
                    run = None
                run = run or _Run("", pymupdf.Rect(char["bbox"]), [], [])
                run.text += char["c"]
                run.box |= pymupdf.Rect(char["bbox"])
                glyph = drawn.get(_at(char["origin"]))
                if glyph is not None:
                    run.glyphs.append(glyph)
                    run.codes.append(char["c"])
            if run:
                yield run


def _apart(box: pymupdf.Rect, char: pymupdf.Rect) -> bool:
    """Whether a character stands more than its height to the left or right of a word."""
    return bool(max(char.x0 - box.x1, box.x0 - char.x1) > char.height > 0)


def _covered(page: Any, runs: Sequence[_Run]) -> NDArray[np.bool_]:
    """Which words lie, for a good part, within the bounds of something that was drawn after them."""
    log = [(order, rect) for order, (what, rect) in enumerate(page.get_bboxlog()) if what in _COVERS]
    if not log or not runs:
        return np.zeros(len(runs), dtype=np.bool_)
    orders = np.array([order for order, _ in log[-_MOST_COVERS:]])
    covers = np.array([rect for _, rect in log[-_MOST_COVERS:]], dtype=np.float64)
    found = np.zeros(len(runs), dtype=np.bool_)
    for index, run in enumerate(runs):
        if run.glyphs:
            after = covers[np.searchsorted(orders, max(glyph.order for glyph in run.glyphs)) :]
            found[index] = _shared(after, run.box) >= _COVERED
    return found


def _shared(covers: NDArray[np.float64], box: pymupdf.Rect) -> float:
    """The largest share of a box that lies within one of the covers."""
    if not len(covers) or box.is_empty:
        return 0.0
    width = np.minimum(covers[:, 2], box.x1) - np.maximum(covers[:, 0], box.x0)
    height = np.minimum(covers[:, 3], box.y1) - np.maximum(covers[:, 1], box.y0)
    return float((np.maximum(width, 0) * np.maximum(height, 0)).max() / box.get_area())


def _painted(run: _Run, picture: Picture, box: Box, *, under: bool) -> Painted:
    if run.glyphs and all(glyph.invisible for glyph in run.glyphs):
        return Painted.INVISIBLE
    if run.glyphs and min(glyph.colour for glyph in run.glyphs) > _PALE:
        height, width = picture.shape[:2]
        clipped = box.clipped()
        rows = slice(int(clipped.y0 * height), int(clipped.y1 * height) + 1)
        columns = slice(int(clipped.x0 * width), int(clipped.x1 * width) + 1)
        ground = float(np.median(picture[rows, columns, 1])) / 255
        if abs(ground - run.glyphs[0].colour) < _LIKE_PAPER:
            return Painted.INVISIBLE
    return Painted.DOUBTFUL if under else Painted.YES


class _Fonts:
    """Names for fonts in which a character has one glyph and a glyph stands for one character.

    Two fonts of a file may have the same name and other tables; that of one that lies contradicts
    that of one that does not, and so they are told apart.
    """

    def __init__(self) -> None:
        self._known: dict[str, list[dict[str, int]]] = {}

    def name(self, run: _Run) -> str:
        """The font of a word's characters."""
        if not run.glyphs:
            return ""
        font = run.glyphs[0].font[:_LONGEST_NAME]
        pairs = {code: glyph.number for code, glyph in zip(run.codes, run.glyphs, strict=True)}
        variants = self._known.setdefault(font, [])
        for index, table in enumerate(variants):
            if all(table.get(code, number) == number for code, number in pairs.items()):
                table.update(pairs)
                return f"{font}/{index}"
        variants.append(pairs)
        return f"{font}/{len(variants) - 1}"


def upright(page: Any) -> Callable[[pymupdf.Rect], Box]:
    """From points of the page before it is turned to fractions of the upright page."""
    matrix, bounds = page.rotation_matrix, page.rect

    def place(rect: pymupdf.Rect) -> Box:
        turned = rect * matrix
        return Box(
            (turned.x0 - bounds.x0) / bounds.width,
            (turned.y0 - bounds.y0) / bounds.height,
            (turned.x1 - bounds.x0) / bounds.width,
            (turned.y1 - bounds.y0) / bounds.height,
        )

    return place
