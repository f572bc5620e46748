"""Values that are a part of their cell though no sign divides it; a label has to speak for each of them.

`D.1 VALMONT`, `Holger Dreisbach 29.01.26`, names in sentences, names with the words by which people are addressed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from schemas import languages
from schemas.values.folding import has_cjk
from worker.reading.engines.matcher.label_text import LEAD, skip_lead, trimmed
from worker.reading.engines.matcher.prose import NAME
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.typed_spans import Span

_SHORT = 60  # characters of a cell that may be a label with its value
_WORDS_OF_LABEL = 3
_RUNNING = 25  # characters from which a text may have names in it
_MOST_NAMES = 8
_MOST_PIECES = 4
_BEFORE, _AFTER = 6, 3  # words around a name that tell what it is
_SENTENCE = 60  # characters from which a text may have names in it though it has labels
_WORD = re.compile(r"[^\W_]+")
_UNIT = re.compile(r"(?<![\w.,])\d[\d.,]*\s?(?:%|‰|°[CF]|[^\W\d_]{1,3}(?:/[^\W\d_]{1,3})?)(?!\w)")
"""A number with its unit: `0.50%`, `112 g/km`."""
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿ"
_LATIN = re.compile(rf"[{_LETTER}](?:[{_LETTER}\d .,'’&-]*[{_LETTER}\d.])?")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,}")
_BREAK = re.compile(r"[.;:。；：]\s")
_BEGINS = re.compile(r"[^\W_a-zà-ÿ]|[\"“„«]")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_ENDS = (
    re.compile(r"[.;。；]\s|[。；]|[.]$"),
    re.compile(r"[,，、](?!\d)"),
    re.compile(r"\s[·•|–—-]\s|[·•|]|\s?[(（]"),
)
"""Signs that may end a value in running text: of sentences, in them, and around what is put in."""
_NUMBERED = r"[A-Z]{0,4}\d[\w./-]*"
_CODE = re.compile(rf"(?<![\w-])(?:[A-Z]{{2,4}}[ -])?{_NUMBERED}(?: {_NUMBERED})+(?!\w)")
"""A number that is written in groups: `ES17 2095 0044 7188`, `NS 7741 0088`."""


Known = Callable[[int], int]
"""Where a known label ends that begins at a place of a text; that place where none does."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a cell with the words before it and behind it that may tell what it is."""

    span: Span
    before: str = ""
    behind: str = ""


def find(
    cell: Cell, typed: Sequence[Span], cuts: Sequence[tuple[int, int]], known: Known
) -> Iterator[TextPart]:
    """The parts of a cell; `typed` are the dates, times, amounts and numbers of telephones in it, `cuts` its labels."""
    yield from _in_groups(cell, typed)
    yield from _with_units(cell)
    yield from _between_labels(cell, cuts, known)
    yield from _in_one_script(cell)
    if not cuts or len(cell.text) >= _SENTENCE:
        yield from _undivided(cell, typed)


def _undivided(cell: Cell, typed: Sequence[Span]) -> Iterator[TextPart]:
    """The parts of a cell that neither a label nor a sign divides."""
    if len(cell.text) <= _SHORT:
        yield from _behind_words(cell)
        yield from _named(cell)
    if len(cell.text) >= _RUNNING:
        yield from _names(cell)
    yield from _beside(cell, typed)
    yield from _between_blanks(cell)


def context(before: str) -> str:
    """The last words of what stands before a value, of its own sentence."""
    sentence = _BREAK.split(before)[-1]
    return " ".join(sentence.split()[-_BEFORE:])


def _in_groups(cell: Cell, typed: Sequence[Span]) -> Iterator[TextPart]:
    """The numbers that are written in groups."""
    for code in _CODE.finditer(cell.text):
        start, end = code.span()
        if not any(span.start < end and start < span.end for span in typed):
            yield _in_context(cell, start, end)


def _with_units(cell: Cell) -> Iterator[TextPart]:
    """Numbers with the unit behind them."""
    for number in _UNIT.finditer(cell.text):
        yield _in_context(cell, *number.span())


def _between_labels(cell: Cell, cuts: Sequence[tuple[int, int]], known: Known) -> Iterator[TextPart]:
    """What follows each label of a text, up to the next one or to a sign, and what stands before the first."""
    text = cell.text
    within = list(_labels_within(text, cuts, known))
    setting_out = sorted({*cuts, *(label for label in within if not text[label[0]].islower())})
    if setting_out and setting_out[0][0] > 0:
        yield TextPart(_span(cell, 0, setting_out[0][0]))
    for start, end in sorted({*cuts, *within}):
        begin = skip_lead(text, end)
        until = next((other for other, _ in setting_out if other > start), len(text))
        signs = (sign.search(text, begin, until) for sign in _ENDS)
        for stop in dict.fromkeys([*(sign.start() for sign in signs if sign), until]):
            if text[begin:stop].strip():
                yield TextPart(_span(cell, begin, stop), text[start:end].strip(LEAD))


def _labels_within(text: str, cuts: Sequence[tuple[int, int]], known: Known) -> Iterator[tuple[int, int]]:
    """The known labels that begin with a word of a text and have a value behind them, outside of those that a sign ends."""
    taken = 0
    for word in _WORD.finditer(text):
        start = word.start()
        if start < taken or any(low <= start < high for low, high in cuts):
            continue
        end = known(start)
        if end > start and not text[end : end + 1].isalnum() and _BEGINS.match(text, skip_lead(text, end)):
            taken = end
            yield start, end


def _in_one_script(cell: Cell) -> Iterator[TextPart]:
    """What is written in one of the two scripts of a text."""
    if has_cjk(cell.text) and _LATIN.search(cell.text):
        for run in (*_LATIN.finditer(cell.text), *_CJK.finditer(cell.text)):
            yield TextPart(_span(cell, *run.span()), context(cell.text[: run.start()]))


def _behind_words(cell: Cell) -> Iterator[TextPart]:
    """What follows the first words, where it begins as values do."""
    words = list(re.finditer(r"\S+", cell.text))
    for count in range(1, min(_WORDS_OF_LABEL, len(words) - 1) + 1):
        start = words[count].start()
        if _BEGINS.match(cell.text, start) and any(map(str.isalpha, cell.text[:start])):
            yield TextPart(_span(cell, start, len(cell.text)), cell.text[: words[count - 1].end()])


def _named(cell: Cell) -> Iterator[TextPart]:
    """A name without the words by which people are addressed."""
    before, after = _honorifics()
    start = found.end() if (found := before.match(cell.text)) else 0
    end = found.start() if (found := after.search(cell.text)) else len(cell.text)
    if (start, end) != (0, len(cell.text)) and start < end:
        yield TextPart(_span(cell, start, end))


def _names(cell: Cell) -> Iterator[TextPart]:
    """The names in running text."""
    found = [name for name in NAME.finditer(cell.text) if len(name.group()) > 2 and name.group() != cell.text]
    for name in found[:_MOST_NAMES]:
        whole = _in_context(cell, *name.span())
        yield whole
        start = told.end() if (told := _honorifics()[0].match(name.group())) else 0
        if 0 < start < len(name.group()):
            yield replace(whole, span=_span(cell, name.start() + start, name.end()))


def _beside(cell: Cell, typed: Sequence[Span]) -> Iterator[TextPart]:
    """The words before the first and behind the last date or amount."""
    if typed:
        first, last = min(span.start for span in typed), max(span.end for span in typed)
        for start, end in ((0, first), (last, len(cell.text))):
            if _LETTERS.search(cell.text[start:end]):
                yield TextPart(_span(cell, start, end))


def _between_blanks(cell: Cell) -> Iterator[TextPart]:
    """The pieces of a text in a script that has no blanks between words."""
    pieces = list(re.finditer(r"\S+", cell.text))
    if has_cjk(cell.text) and 1 < len(pieces) <= _MOST_PIECES:
        for piece in pieces:
            if len(piece.group()) > 1:
                yield TextPart(_span(cell, *piece.span()), cell.text[: piece.start()].strip())


def _in_context(cell: Cell, start: int, end: int) -> TextPart:
    """A part with the words around it."""
    behind = " ".join(cell.text[end:].split()[:_AFTER])
    return TextPart(_span(cell, start, end), context(cell.text[:start]), behind)


def _span(cell: Cell, start: int, end: int) -> Span:
    while start < end and cell.text[start].isspace():
        start += 1
    return trimmed(Span(cell, start, len(cell.text[:end].rstrip(" ,;，、"))))


@cache
def _honorifics() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The words by which people are addressed, before their names and behind them."""
    before = "|".join(re.escape(word) for word in sorted(languages.marks("honorific"), key=len, reverse=True))
    behind = "|".join(
        re.escape(word) for word in sorted(languages.marks("honorific_behind"), key=len, reverse=True)
    )
    return re.compile(rf"(?:{before})(?![^\W\d_])\.?\s*", re.IGNORECASE), re.compile(rf"\s*(?:{behind})$")
