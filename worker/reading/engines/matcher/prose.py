"""Values in running text: what a contract calls by a name of its own, `Example LLC, a company ("Landlord")`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from schemas import languages
from worker.reading.engines.matcher.rows import Cell, Layout
from worker.reading.engines.matcher.typed_spans import Span

_LONG = 40  # characters from which a line is of running text
_TERM = re.compile(r"[(（][^()（）\"“”„«『「]{0,40}[\"“”„«『「]+([^()（）\"“”«»』」]{2,40})[\"“”»』」]+[)）]")
_CAPITAL = r"[^\W\d_a-zà-ÿ]"
NAME = re.compile(
    rf"{_CAPITAL}[\w.&'’-]*(?:(?:,? |[-/])(?:(?:{languages.pieces('in_name')}|&) )?(?:{_CAPITAL}[\w.&'’-]*|&))*"
)
"""A run of words that begin with capitals."""
_APPOSITION = re.compile(r"\s*[,，]\s*[a-zà-ÿ]")
"""What describes the name before it: `, a company of Anywhere`."""
_BEFORE = 200  # characters before a term in which its name stands


@dataclass(frozen=True, slots=True)
class Defined:
    """A name with the term that a text calls it by."""

    term: str
    spans: tuple[Span, ...]


@dataclass
class _Paragraph:
    """Lines joined by blanks, and where each begins."""

    cells: list[Cell] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    text: str = ""

    def add(self, cell: Cell) -> None:
        self.text += " " if self.text else ""
        self.starts.append(len(self.text))
        self.cells.append(cell)
        self.text += cell.text

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        parts = []
        for cell, begin in zip(self.cells, self.starts, strict=True):
            low, high = max(start - begin, 0), min(end - begin, len(cell.text))
            if low < high:
                parts.append(Span(cell, low, high))
        return tuple(parts)


def defined(layout: Layout) -> Iterator[Defined]:
    """The name before every term in quotes and brackets."""
    for paragraph in _paragraphs(layout):
        low = 0
        for term in _TERM.finditer(paragraph.text):
            name = _named(paragraph.text, max(low, term.start() - _BEFORE), term.start())
            if name is not None:
                yield Defined(term[1].strip(" ,."), paragraph.spans(*name.span()))
            low = term.end()


def _named(text: str, low: int, term: int) -> re.Match[str] | None:
    """The name that a term stands for: right before it, when it has several words, else the nearest described one."""
    names = list(NAME.finditer(text, low, term))
    if names and not text[names[-1].end() : term].strip(" ,，") and " " in names[-1].group():
        return names[-1]
    described = [name for name in names if _APPOSITION.match(text, name.end())]
    found = described or names
    return found[-1] if found else None


def _paragraphs(layout: Layout) -> Sequence[_Paragraph]:
    found: list[_Paragraph] = []
    goes_on = False
    for cell in layout.cells:
        if len(cell.text) >= _LONG:
            if not goes_on:
                found.append(_Paragraph())
            found[-1].add(cell)
        elif goes_on and found:
            found[-1].add(cell)
        goes_on = len(cell.text) >= _LONG
    return found
