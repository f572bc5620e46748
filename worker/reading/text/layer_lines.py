"""Words of a text layer put together to lines."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from schemas.page import Line, Word, even_edges, union
from schemas.values.folding import has_cjk
from worker.reading.text.direction import as_read, leftwards, unmirrored
from worker.reading.text.radicals import as_characters

_GAP = 1.0  # letter heights between words of different lines in the same row
_LEVEL = 0.15  # letter heights that two words of a line may be out of level, far from each other
_SLOPE = 0.5  # how much more they may be, the nearer they are
_OVERLAP = 0.5  # letter heights that two words of a line may overlap
_AT_ONCE = 32  # words that are compared with those level with them at a time: it bounds memory
_SPACED_GAP = 1.6  # letter heights between letters that are set apart
_SPACED_LEAST = 3  # single letters in a row that are no words
_FORMS = (
    "LATIN SMALL LIGATURE",
    "ARABIC LIGATURE",
    "ARABIC LETTER",
    "HEBREW LIGATURE",
    "ARMENIAN SMALL LIGATURE",
)
_WORD_GAP = 1.5  # how much wider than that between letters a gap between words set apart is


def lines_of(words: Sequence[Word], *, aspect: float) -> tuple[Line, ...]:
    """Words side by side joined to lines; a gap wider than the letters are high begins a new one.

    `aspect` is the page's width over its height.
    """
    lines: list[Line] = []
    for row in _runs(words, aspect):
        run: list[Word] = []
        for word in _letters_joined(row, aspect):
            height = max(word.box.height, run[-1].box.height if run else 0.0)
            if run and (word.box.x0 - run[-1].box.x1) * aspect > _GAP * height:
                lines.append(_line(run))
                run = []
            run.append(word)
        lines.append(_line(run))
    return tuple(sorted(lines, key=lambda line: (line.box.cy, line.box.x0)))


def _runs(words: Sequence[Word], aspect: float) -> list[list[Word]]:
    """Words each of which is the next one to the right of the one before it, left to right.

    Word by word, not row by row: the lines of columns side by side are seldom level, and a row that takes in
    whatever is level with its last word slides down the page from one to the next.
    """
    if not words:
        return []
    words = sorted(words, key=lambda word: word.box.cy)
    x0, y0, x1, y1 = np.array([(w.box.x0 * aspect, w.box.y0, w.box.x1 * aspect, w.box.y1) for w in words]).T
    middles, heights = (y0 + y1) / 2, np.maximum(1e-9, y1 - y0)
    lows = np.searchsorted(middles, middles - 0.5 * heights)
    highs = np.searchsorted(middles, middles + 0.5 * heights, side="right")
    before: dict[int, tuple[float, int]] = {}
    for start in range(0, len(words), _AT_ONCE):
        some = np.arange(start, min(start + _AT_ONCE, len(words)))
        near = np.arange(lows[some].min(), highs[some].max())
        at, to = some[:, None], near[None, :]
        most = np.maximum(heights[to], heights[at])
        gap = x0[to] - x1[at]
        off = np.minimum(np.abs(middles[to] - middles[at]), np.abs(y1[to] - y1[at]))
        fits = off < np.clip(0.5 - _SLOPE * gap / most, _LEVEL, 0.5) * most
        fits &= (to >= lows[at]) & (to < highs[at]) & (to != at) & (x0[to] + x1[to] > x0[at] + x1[at])
        fits &= (gap > -_OVERLAP * most) & (gap < _SPACED_GAP * most)
        cost = np.where(fits, np.maximum(gap, 0.0) + 2 * off, np.inf)
        for row in np.nonzero(fits.any(axis=1))[0]:
            best = int(np.argmin(cost[row]))
            found, after_it = (float(cost[row, best]), int(some[row])), int(near[best])
            before[after_it] = min(found, before.get(after_it, found))
    after = {first: second for second, (_, first) in before.items()}
    runs = []
    for start in (at for at in range(len(words)) if at not in before):
        run = [start]
        while run[-1] in after:
            run.append(after[run[-1]])
        runs.append([words[at] for at in run])
    return runs


def _letters_joined(row: Sequence[Word], aspect: float) -> list[Word]:
    """Letters that are set apart, one by one, joined to the words that they spell."""
    joined: list[Word] = []
    run: list[Word] = []
    for word in row:
        if run and not _goes_on(run, word, aspect):
            joined.extend(_spelt(run))
            run = []
        run.append(word)
    return [*joined, *_spelt(run)]


def _goes_on(run: Sequence[Word], word: Word, aspect: float) -> bool:
    """Whether a word may belong to letters set apart: it is short and near the one before."""
    gap = (word.box.x0 - run[-1].box.x1) * aspect
    return len(word.text) <= 3 and len(run[-1].text) <= 3 and gap < _SPACED_GAP * word.box.height


def _spelt(run: Sequence[Word]) -> list[Word]:
    """A run of short words: as they are, or where most are single letters, joined at the narrow gaps.

    Letters stand at even steps (a form's boxes) or with even gaps (wide setting): a gap between words is
    wide by both.
    """
    singles = sum(len(word.text) == 1 and not has_cjk(word.text) for word in run)
    if singles < _SPACED_LEAST or singles < 0.6 * len(run):
        return list(run)
    gaps = [after.box.x0 - before.box.x1 for before, after in pairwise(run)]
    steps = [after.box.x0 - before.box.x1 + _letter(before) for before, after in pairwise(run)]
    usual_gap, usual_step = (sorted(found)[len(found) // 2] for found in (gaps, steps))
    words = [run[0]]
    for word, gap, step in zip(run[1:], gaps, steps, strict=True):
        if gap > _WORD_GAP * usual_gap and step > _WORD_GAP * usual_step:
            words.append(word)
        else:
            last = words[-1]
            box = union((last.box, word.box))
            words[-1] = replace(last, text=last.text + word.text, box=box)
    return words


def _letter(word: Word) -> float:
    """The width of a word's letters."""
    return word.box.width / len(word.text)


def _line(words: Sequence[Word]) -> Line:
    """Words from left to right as one line in the order of reading, blanks between those that stand apart."""
    in_order = as_read(words)
    text, edges = "", [0.0]
    for at, word in enumerate(in_order):
        if at and _apart(in_order[at - 1], word):
            text += " "
            edges.append(edges[-1])
        letters = unmirrored(_whole(word.text))
        text += letters
        places = even_edges(word.box, len(letters))
        edges[-1:] = places[::-1] if leftwards(letters) else places
    least_sure = min(word.confidence for word in words)
    fonts = Counter[str]()
    for word in words:
        fonts[word.font] += len(word.text)
    [(font, _)] = fonts.most_common(1)
    return Line(text, union(word.box for word in words), least_sure, tuple(edges), font=font)


def _apart(before: Word, word: Word) -> bool:
    """Whether there is white between two words; those in scripts without blanks may touch."""
    left, right = sorted((before.box, word.box), key=lambda box: box.x0)
    white = right.x0 - left.x1 > 0.02 * before.box.width
    return white or not has_cjk(before.text[-1] + word.text[0])


def _whole(text: str) -> str:
    """Ligatures and presentation forms as letters, radicals as characters, marks joined to their letters."""
    if text.isascii():
        return text
    text = as_characters(text)
    taken_apart = (
        unicodedata.normalize("NFKC", char) if unicodedata.name(char, "").startswith(_FORMS) else char
        for char in text
    )
    return unicodedata.normalize("NFC", "".join(taken_apart)) or text
