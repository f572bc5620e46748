"""The occurrences of one value: the same number, the same day, the same letters; or nearly the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from schemas.values import amounts
from schemas.values.folding import squeeze
from worker.reading.engines.vision.grounding.claims import Claim
from worker.reading.engines.vision.grounding.letters import HARD, NONE, Letters, letters
from worker.reading.engines.vision.grounding.numerals import FRACTION, exact
from worker.reading.engines.vision.grounding.printed import KEY, Occurrence, Printed, PrintedLine, Span

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")
_WRITTEN_NUMBER = re.compile(r"[-+]?\d[\d ']*(?:[.,]\d+)+|[-+]\d+")
_ALIKE = 80.0  # percent of a text that must be found
_NEAR = 0.6
_OTHER_FORM = 0.9
_COVERED = 0.6  # of a text of several lines
_GAP = 2  # rows between two lines of one text
_JOINED = 7  # digits from which a number may be printed in groups
_PIECES = 400  # lines that a single text may go over
_STEPS = 5000  # from line to line, for all beginnings of one text: pages of a single repeated word end here
_TRIED = 12  # lines looked at for a near miss


class Finder:
    """Finds values among the lines of a document; the index for near misses is built when it is needed."""

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._grams: dict[str, set[int]] | None = None
        self._steps = 0
        self._known: dict[tuple[str, int | None], Sequence[Occurrence]] = {}

    def occurrences(self, claim: Claim) -> Sequence[Occurrence]:
        """Every place that may show a value, from above, on the page it is known to be from.

        Equal values get the same sequence.
        """
        key = (repr(claim.value), claim.page)
        if key not in self._known:
            found = self._exact(claim) or self._near(claim)
            here = (o for o in found if claim.page is None or self._printed.page(o) == claim.page)
            self._known[key] = sorted(here, key=lambda place: (place.row, place.spans))
        return self._known[key]

    def _exact(self, claim: Claim) -> list[Occurrence]:
        if claim.is_number:
            return self._numbers(claim.value)
        text = str(claim.value)
        found = list(self._written(text))
        if _ISO_DAY.match(text):
            found += self._printed.days.get(text[:10], ())
        elif _CLOCK.fullmatch(text):
            found += self._printed.times.get(text, ())
        elif _WRITTEN_NUMBER.fullmatch(text) and (number := amounts.number(text)) is not None:
            found += self._printed.numbers.get(exact(number), ())
        elif claim.shared:
            found += self._printed.currencies.get(text, ())
        return list({place.spans: place for place in found}.values())

    def _numbers(self, value: float) -> list[Occurrence]:
        """Where a number stands; 5 is rather printed as 5, and 5.0 with a fraction."""
        return [
            place
            if isinstance(value, float) == self._has_fraction(place)
            else replace(place, quality=place.quality * _OTHER_FORM)
            for place in self._printed.numbers.get(exact(value), ())
        ]

    def _has_fraction(self, place: Occurrence) -> bool:
        line, start, end = place.spans[0]
        return FRACTION.search(self._printed.lines[line].line.text[start:end].strip("-−()")) is not None

    def _written(self, text: str) -> Iterator[Occurrence]:
        """Where the letters of a text stand, blanks and marks aside, from border to border."""
        wanted = letters(text)
        if not wanted.signs:
            yield from self._marks(text)
            return
        self._steps = _STEPS
        starts = list(self._printed.openings.get(wanted.signs[:KEY], ()))
        for length in range(1, min(KEY, len(wanted.signs))):
            starts += self._printed.tails.get(wanted.signs[:length], ())
        for number, at in starts:
            place = self._from(wanted, self._printed.lines[number], at)
            if place is not None:
                yield place

    def _from(self, wanted: Letters, line: PrintedLine, at: int) -> Occurrence | None:
        """The text as it begins at a sign of a line, going on in the lines below."""
        spans: list[Span] = []
        quality, row, done = line.letters.opens(at), line.row, 0
        while True:
            own = line.letters
            rest = wanted.signs[done:]
            part = own.signs[at : at + len(rest)]
            if not rest.startswith(part) or not part:
                return None
            last = at + len(part) - 1
            spans.append((line.index, own.starts[at], own.ends[last]))
            done += len(part)
            if done == len(wanted.signs):
                quality *= own.closes(last)
                kept = quality > NONE and _stands_whole(wanted, own, at, last)
                return Occurrence(tuple(spans), row, quality) if kept else None
            ended = last == len(own.signs) - 1 and self._steps > 0
            onward = self._next(line, wanted.signs[done:]) if ended else None
            self._steps -= 1
            if onward is None or len(spans) >= _PIECES:
                return None
            line, at = onward, 0

    def _next(self, line: PrintedLine, rest: str) -> PrintedLine | None:
        """The line that a text goes on in: the nearest one that begins with the rest, below or beside."""
        rows = self._printed.rows[line.row : line.row + 1 + _GAP]
        beyond = [
            other
            for row in rows
            for other in row
            if other.page == line.page
            and (other.row > line.row or other.line.box.x0 > line.line.box.x0)
            and other.letters.signs
            and (rest.startswith(other.letters.signs) or other.letters.signs.startswith(rest))
        ]
        away = line.line.box.x0
        return min(beyond, key=lambda o: (o.row - line.row, abs(o.line.box.x0 - away)), default=None)

    def _marks(self, text: str) -> Iterator[Occurrence]:
        """A text without letters and digits, such as a row of stars."""
        wanted = squeeze(text)
        for line in self._printed.lines if wanted else ():
            at = line.line.text.find(text.strip())
            if at >= 0:
                yield Occurrence(((line.index, at, at + len(text.strip())),), line.row, HARD)

    def _near(self, claim: Claim) -> list[Occurrence]:
        """The most similar places of a text that is nowhere letter by letter."""
        wanted = letters(str(claim.value)).signs
        if claim.is_number or len(wanted) <= KEY - 1 or _is_datum(str(claim.value)):
            return []
        lines = self._similar_lines(wanted)
        parts = [part for line in lines if (part := _part_of(wanted, line))]
        return [*self._pieced(wanted, parts), *(place for line in lines if (place := _inside(wanted, line)))]

    def _similar_lines(self, wanted: str) -> list[PrintedLine]:
        if self._grams is None:
            self._grams = {}
            for line in self._printed.lines:
                for gram in _grams(line.letters.signs):
                    self._grams.setdefault(gram, set()).add(line.index)
        shared = Counter(number for gram in _grams(wanted) for number in self._grams.get(gram, ()))
        tried = _TRIED + len(wanted) // _TRIED
        return [self._printed.lines[number] for number, _ in shared.most_common(tried)]

    def _pieced(self, wanted: str, parts: Sequence[tuple[int, PrintedLine]]) -> Iterator[Occurrence]:
        """Lines close below each other that together are most of a text."""
        run: list[PrintedLine] = []
        ordered = sorted((line for _, line in parts), key=lambda line: line.index)
        for line in [*ordered, None]:
            if run and (line is None or line.row - run[-1].row > _GAP or line.page != run[-1].page):
                covered = sum(len(piece.letters.signs) for piece in run) / len(wanted)
                if covered >= _COVERED:
                    spans = tuple((piece.index, 0, len(piece.line.text)) for piece in run)
                    yield Occurrence(spans, run[0].row, _NEAR * min(1.0, covered), exact=False)
                run = []
            if line is not None:
                run.append(line)


def _stands_whole(wanted: Letters, own: Letters, first: int, last: int) -> bool:
    """A short number is no number when blanks part its digits: they are two."""
    if len(wanted.signs) >= _JOINED or not wanted.signs.isdigit():
        return True
    return own.ends[last] - own.starts[first] == last - first + 1


def _is_datum(text: str) -> bool:
    """Dates and written numbers that are not there are not there: nearly the same is another one."""
    return bool(_ISO_DAY.match(text) or _CLOCK.fullmatch(text) or _WRITTEN_NUMBER.fullmatch(text))


def _part_of(wanted: str, line: PrintedLine) -> tuple[int, PrintedLine] | None:
    """The line, where nearly all of it is a part of the text."""
    signs = line.letters.signs
    if not KEY <= len(signs) <= len(wanted):
        return None
    found = fuzz.partial_ratio_alignment(signs, wanted, score_cutoff=_ALIKE)
    return (found.dest_start, line) if found else None


def _inside(wanted: str, line: PrintedLine) -> Occurrence | None:
    """Where nearly all of the text stands in a longer line."""
    own = line.letters
    if len(own.signs) < len(wanted):
        return None
    found = fuzz.partial_ratio_alignment(wanted, own.signs, score_cutoff=_ALIKE)
    if not found or found.dest_end <= found.dest_start:
        return None
    first, last = found.dest_start, found.dest_end - 1
    while first > 0 and own.opens(first) == NONE:
        first -= 1
    while last < len(own.signs) - 1 and own.closes(last) == NONE:
        last += 1
    span = (line.index, own.starts[first], own.ends[last])
    return Occurrence((span,), line.row, _NEAR * found.score / 100, exact=False)


def _grams(signs: str) -> set[str]:
    return {signs[at : at + 3] for at in range(len(signs) - 2)}
