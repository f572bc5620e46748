"""The lines of a PDF's text layer, and whether they are what is printed.

A text layer is believed when its words stand on ink (`pages.text_layer`) and a few of its lines,
recognised from the picture, say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from rapidfuzz import fuzz

from schemas.page import Line, Word, even_edges, union
from schemas.values.folding import has_cjk, letters_and_digits
from worker.reading.pages.base import Page, Picture
from worker.reading.text.crops import crop
from worker.reading.text.recognition import LineText

Recogniser = Callable[[Sequence[Picture]], Sequence[LineText]]
"""What pictures say that each hold a single line."""

_SAMPLE = 3  # lines compared with the picture
_ALIKE = 55.0  # percent; other words come out below 40, unusual fonts above 70
_GAP = 1.0  # letter heights between words of different lines in the same row


def says_what_is_printed(lines: Sequence[Line], picture: Picture, recognise: Recogniser) -> bool:
    """Whether a sample of lines is recognised as what the text layer says."""
    if any("\ue000" <= char <= "\uf8ff" or char == "�" for line in lines for char in line.text):
        return False
    readable = [line for line in lines if _can_be_compared(line.text)]
    if not readable:
        return True  # a script that the recogniser does not know cannot speak against the file
    readable.sort(key=lambda line: -min(len(line.text), 40))
    sample = readable[: len(readable) // 2 + 1][:: max(1, len(readable) // (2 * _SAMPLE))][:_SAMPLE]
    recognised = recognise([crop(picture, line.box) for line in sample])
    alike = [
        fuzz.ratio(letters_and_digits(line.text), letters_and_digits(read.text))
        for line, read in zip(sample, recognised, strict=True)
    ]
    return sum(alike) / len(alike) >= _ALIKE


def _can_be_compared(text: str) -> bool:
    known = sum(char.isascii() or has_cjk(char) for char in text)
    return len(letters_and_digits(text)) >= 3 and known >= 0.9 * len(text)


def lines_of(page: Page) -> tuple[Line, ...]:
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
