"""From a page to its lines: the text layer where it can be believed, OCR where it cannot.

A text layer is believed when its words stand on ink (`raster.text_layer`) and a few of its lines,
recognised from the picture, say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from rapidfuzz import fuzz

from schemas.page import Box, Line, Word, even_edges, union
from schemas.values.folding import has_cjk, letters_and_digits
from worker.reading.pages.base import Page, Picture
from worker.reading.text.ocr import Ocr, crop

_SAMPLE = 3  # lines compared with the picture
_ALIKE = 55.0  # percent; other words come out below 40, unusual fonts above 70
_FEW_LINES = 4  # too few to tell what is usual
_FAINT = 0.5
_OCR_SLACK = 0.25  # PP-OCR's boxes are a third higher than the ink in them
_STRAY = "ÁÀÂÃÅÉÈÊÍÌÎÓÒÔÕÚÙÛÝ"
_BARE = str.maketrans(_STRAY, "AAAAAEEEIIIOOOOUUUY")
_GAP = 1.0  # letter heights between words of different lines in the same row


@dataclass(frozen=True, slots=True)
class ReadPage:
    """The lines of a page in the frame in which they are upright, and how to get back from it.

    `width` and `height` are the pixels of that frame. `doubted` says that the file brought a text
    layer that the picture contradicts. `faint` are the lines printed much fainter than the others.
    """

    number: int
    width: int
    height: int
    lines: tuple[Line, ...]
    quarter_turns: int = 0
    doubted: bool = False
    faint: tuple[Line, ...] = ()
    slack: float = 0.0


def read_page(page: Page, ocr: Ocr) -> ReadPage:
    """The lines of a page."""
    if page.text_layer:
        lines = lines_of_words(page)
        if _says_the_same(page, lines, ocr):
            return ReadPage(page.number, page.width, page.height, lines)
    seen = ocr.read(page.picture)
    turned = seen.quarter_turns % 2 == 1
    width, height = (page.height, page.width) if turned else (page.width, page.height)
    lines = without_stray_accents(seen.lines)
    return ReadPage(
        page.number,
        width,
        height,
        lines,
        seen.quarter_turns,
        bool(page.words),
        _faint(np.rot90(page.picture, seen.quarter_turns), lines),
        slack=_OCR_SLACK,
    )


def _faint(picture: Picture, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines whose ink stands out less than half as much as that of the typical line."""
    if len(lines) < _FEW_LINES:
        return ()
    contrasts = [_contrast(crop(picture, line.box)) for line in lines]
    usual = sorted(contrasts)[len(contrasts) // 2]
    return tuple(line for line, contrast in zip(lines, contrasts, strict=True) if contrast < usual * _FAINT)


def _contrast(ink: Picture) -> float:
    """Grey levels between the darkest and the brightest twentieth."""
    grey = ink[..., 1]
    dark, bright = np.percentile(grey, (5, 95))
    return float(bright - dark)


def without_stray_accents(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Specks over capitals are read as accents: removed where the page has no others.

    A page in a language with accents has them on small letters too, or often.
    """
    text = "".join(line.text for line in lines)
    accented = [char for char in text if char.isalpha() and "À" <= char <= "ÿ"]
    stray = all(char in _STRAY for char in accented) and len(accented) < 0.02 * len(text)
    if not accented or not stray:
        return tuple(lines)
    return tuple(replace(line, text=line.text.translate(_BARE)) for line in lines)


def _says_the_same(page: Page, lines: Sequence[Line], ocr: Ocr) -> bool:
    """Whether a sample of lines is recognised as what the text layer says."""
    if any("\ue000" <= char <= "\uf8ff" or char == "�" for line in lines for char in line.text):
        return False
    readable = [line for line in lines if _can_be_compared(line.text)]
    if not readable:
        return True  # a script that the recogniser does not know cannot speak against the file
    readable.sort(key=lambda line: -min(len(line.text), 40))
    sample = readable[: len(readable) // 2 + 1][:: max(1, len(readable) // (2 * _SAMPLE))][:_SAMPLE]
    recognised = ocr.recognise([crop(page.picture, line.box) for line in sample])
    alike = [
        fuzz.ratio(letters_and_digits(line.text), letters_and_digits(text))
        for line, (text, _) in zip(sample, recognised, strict=True)
    ]
    return sum(alike) / len(alike) >= _ALIKE


def _can_be_compared(text: str) -> bool:
    known = sum(char.isascii() or has_cjk(char) for char in text)
    return len(letters_and_digits(text)) >= 3 and known >= 0.9 * len(text)


def lines_of_words(page: Page) -> tuple[Line, ...]:
    """Words side by side joined to lines; a gap wider than the letters are high begins a new one."""
    aspect = page.width / page.height
    lines: list[Line] = []
    for row in _rows(page.words):
        run: list[Word] = []
        for word in row:
            height = max(word.box.height, run[-1].box.height if run else 0.0)
            if run and (word.box.x0 - run[-1].box.x1) * aspect > _GAP * height:
                lines.append(_line(run))
                run = []
            run.append(word)
        lines.append(_line(run))
    return tuple(lines)


def _rows(words: Sequence[Word]) -> list[list[Word]]:
    """Words whose middles lie within each other's height, left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.box.cy, word.box.x0)):
        last = rows[-1][-1].box if rows else None
        if last and abs(word.box.cy - last.cy) < 0.5 * min(word.box.height, last.height):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda word: word.box.x0) for row in rows]


def _line(words: Sequence[Word]) -> Line:
    """Words as one line, blanks between those that stand apart."""
    text, edges = words[0].text, _even(words[0])
    for before, word in pairwise(words):
        apart = word.box.x0 - before.box.x1 > 0.02 * (before.box.x1 - before.box.x0)
        if apart or not has_cjk(before.text[-1] + word.text[0]):
            text += " "
            edges = [*edges, word.box.x0]
            text += word.text
            edges = [*edges, *_even(word)[1:]]
        else:
            text += word.text
            edges = [*edges, *_even(word)[1:]]
    box = union(word.box for word in words)
    return Line(text, box, 1.0, tuple(edges))


def _even(word: Word) -> list[float]:
    return list(even_edges(word.box, len(word.text)))


def box_on_page(box: Box, page: ReadPage, *, vertical: bool = False) -> Box:
    """A box in the frame of the lines, tight around its ink, on the page as it came."""
    x, y = (box.width * page.slack / 2, 0.0) if vertical else (0.0, box.height * page.slack / 2)
    tight = Box(box.x0 + x, box.y0 + y, box.x1 - x, box.y1 - y)
    return tight.turned_back(page.quarter_turns)
