"""Words of a text layer and lines of OCR on the same page, each thing once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from schemas.page import Box, Line, Word
from worker.reading.text.letters import LineText

_COVERED = 0.3  # share of a letter's box that a word covers


def uncovered(lines: Sequence[Line], words: Sequence[Word]) -> Iterator[Line]:
    """The parts of lines that stand where none of the words does."""
    for line in lines:
        near = [word.box for word in words if word.box.intersection(line.box) > 0]
        if not near:
            yield line
            continue
        places = range(len(line.text))
        for open_, run in groupby(
            places, key=lambda index: not _under(line.span_box(index, index + 1), near)
        ):
            if open_:
                yield from _part(line, list(run))


def _under(box: Box, words: Sequence[Box]) -> bool:
    return any(box.intersection(word) > _COVERED * box.area for word in words)


def _part(line: Line, places: Sequence[int]) -> Iterator[Line]:
    """A stretch of a line with its margins taken off, where it holds more than punctuation."""
    start, end = places[0], places[-1] + 1
    text = line.text[start:end]
    start, end = start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
    if any(char.isalnum() for char in line.text[start:end]):
        edges = line.edges[start : end + 1]
        box = line.span_box(start, end)
        rivals = line.rivals_within(start, end)
        yield replace(line, text=line.text[start:end], box=box, edges=edges, rivals=rivals)


def words_in(read: LineText, box: Box) -> Iterator[Word]:
    """The words of a picture that was recognised, in the box that it was cut from."""
    start = 0
    for text in read.text.split(" "):
        end = start + len(text)
        if text:
            x0, x1 = (box.x0 + box.width * read.edges[index] for index in (start, end))
            yield Word(text, Box(x0, box.y0, x1, box.y1), read.confidence)
        start = end + 1
