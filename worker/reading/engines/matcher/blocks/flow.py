"""Running text: lines of a column put together to titles, lists and paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from worker.reading.engines.matcher.blocks.base import Block, ReadLine, Typography
from worker.reading.engines.matcher.blocks.joining import Joiner, broken_word
from worker.reading.engines.matcher.blocks.markers import Marker, confirmed

_BESIDE = 0.3  # share of the narrower of two lines that stand in one column
_GAP = 1.3  # how much wider than usual the step to the next line is before a new paragraph
_WIDEST_STEP = 2.0  # letter heights from line to line of a paragraph, unless most of the page is set wider
_INDENT = 0.7  # letter heights by which the first line of a paragraph is set in
_OUT = 0.15  # share of lines that may stand out of a column's edges
_PROSE = 0.5  # more than this share of the lines of a paragraph end where the next word did not fit
_TITLE_LINES, _TITLE_LETTERS = 4, 240
_EMPHASIS_LINES, _EMPHASIS_LETTERS = 2, 120
_NEARER = 1.15
_LEAST_LETTERS = 4
_SENTENCE_ENDS = ".,;。，；、"


@dataclass(frozen=True, slots=True)
class Measure:
    """The measure of a column: its edges, the usual step from line to line, in pixels."""

    left: float
    right: float
    step: float


@dataclass(slots=True)
class _Unit:
    """Lines that belong together, and after which of them the line break is meant."""

    lines: list[ReadLine]
    hard: list[bool]
    marker: Marker | None = None
    open: bool = False
    """Whether its last line is full, so that it may go on in the next column."""


def flow(lines: Sequence[ReadLine], usual: Typography, joiner: Joiner) -> Iterator[Block]:
    """The blocks of lines that stand in no table and no margin, in reading order."""
    markers = {id(lines[at]): marker for at, marker in confirmed(lines).items()}
    step = _usual_step(lines, usual)
    blocks: list[Block] = []
    units: list[_Unit] = []
    for column in _columns(lines):
        for style, is_title in _styles(column, usual, markers):
            if is_title:
                blocks += [*_bodies(units, joiner), _title(style, joiner)]
                units = []
            else:
                units += _units(style, _measure(column, style, step, usual), markers)
    return iter([*blocks, *_bodies(units, joiner)])


def _usual_step(lines: Sequence[ReadLine], usual: Typography) -> float:
    """From one line to the next one of a paragraph, on most of the page."""
    steps = [two.cy - one.cy for one, two in pairwise(lines) if _goes_on(one, two)]
    close = [step for step in steps if 0 < step < 2.5 * usual.size]
    return median(close) if close else 1.3 * usual.size


def _goes_on(one: ReadLine, two: ReadLine) -> bool:
    """Whether a line stands under another one in the same column."""
    return one.upright == two.upright and (
        one.upright or (two.cy > one.cy + 0.3 * min(one.size, two.size) and one.shared_x(two) > _BESIDE)
    )


def _columns(lines: Sequence[ReadLine]) -> Iterator[list[ReadLine]]:
    column: list[ReadLine] = []
    for line in lines:
        if column and not _goes_on(column[-1], line):
            yield column
            column = []
        column.append(line)
    if column:
        yield column


def _styles(
    column: Sequence[ReadLine], usual: Typography, markers: Mapping[int, Marker]
) -> Iterator[tuple[list[ReadLine], bool]]:
    """Lines of a column in one style, and whether they are a title."""
    run: list[ReadLine] = []
    runs: list[list[ReadLine]] = []
    for line in column:
        if run and not _one_style(run[-1], line, usual):
            runs.append(run)
            run = []
        run.append(line)
    body: list[ReadLine] = []
    for at, found in enumerate([*runs, run]):
        last = at == len(runs)
        doubtful = not usual.exact and id(found[0]) in markers and not usual.larger(found[0])
        if not doubtful and _is_title(found, usual, column, last=last):
            if body:
                yield body, False
            yield found, True
            body = []
        elif body and not (usual.alike(body[-1].size, found[0].size)):
            yield body, False
            body = found
        else:
            body = [*body, *found]
    if body:
        yield body, False


def _one_style(one: ReadLine, two: ReadLine, usual: Typography) -> bool:
    return (
        usual.alike(one.size, two.size)
        and usual.larger(one) == usual.larger(two)
        and usual.emphasised(one) == usual.emphasised(two)
        and one.text.isupper() == two.text.isupper()
    )


def _is_title(run: Sequence[ReadLine], usual: Typography, column: Sequence[ReadLine], *, last: bool) -> bool:
    """Whether lines are larger than the text, or short, in another font or in capitals, and above text."""
    text = " ".join(line.text for line in run)
    letters = sum(char.isalpha() for char in text)
    if run[0].upright or letters < 0.5 * len("".join(text.split())):
        return False
    if usual.larger(run[0]):
        return len(run) <= _TITLE_LINES and len(text) <= _TITLE_LETTERS
    return (
        not last
        and (usual.emphasised(run[0]) or (usual.mixed and all(line.text.isupper() for line in run)))
        and not usual.smaller(run[0])
        and letters >= _LEAST_LETTERS
        and len(run) <= _EMPHASIS_LINES
        and len(text) <= _EMPHASIS_LETTERS
        and text[-1] not in _SENTENCE_ENDS
        and _is_short(run[-1], column)
        and (usual.exact or _set_apart(run, column))
    )


def _set_apart(run: Sequence[ReadLine], column: Sequence[ReadLine]) -> bool:
    """Whether lines stand nearer to what follows than to what is before them."""
    first, last = column.index(run[0]), column.index(run[-1])
    if first == 0:
        return True
    above, below = run[0].cy - column[first - 1].cy, column[last + 1].cy - run[-1].cy
    return above > _NEARER * below


def _is_short(line: ReadLine, column: Sequence[ReadLine]) -> bool:
    width = max(other.x1 for other in column) - min(other.x0 for other in column)
    return line.x1 - line.x0 < 0.85 * width


def _measure(
    column: Sequence[ReadLine], style: Sequence[ReadLine], step: float, usual: Typography
) -> Measure:
    """The edges within which lines are set: those of all lines of their size in the column."""
    alike = [line for line in column if usual.alike(line.size, style[0].size)]
    steps = [two.cy - one.cy for one, two in pairwise(style)]
    own = median(steps) if len(steps) > 3 else step * max(1.0, style[0].size / usual.size)
    starts, ends = sorted(line.x0 for line in alike), sorted(line.x1 for line in alike)
    off = int(_OUT * len(alike))
    return Measure(starts[off], ends[-1 - off], min(own, max(1.5 * step, _WIDEST_STEP * style[0].size)))


def _units(lines: Sequence[ReadLine], column: Measure, markers: Mapping[int, Marker]) -> Iterator[_Unit]:
    """Paragraphs and items of a list."""
    if lines[0].upright:
        yield _upright(lines)
        return
    soft = [not _ends(one, two, column) for one, two in pairwise(lines)]
    mostly = not soft or sum(soft) > _PROSE * len(soft)
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or id(lines[at]) in markers or _after_white(lines[at - 1], lines[at], column):
            own = soft[start : at - 1]
            share = sum(own) / len(own) if own else 1.0
            prose = share > _PROSE or (share == _PROSE and mostly)
            yield from _together(lines[start:at], own, column, markers.get(id(lines[start])), prose=prose)
            start = at


def _together(
    lines: Sequence[ReadLine], soft: Sequence[bool], column: Measure, marker: Marker | None, *, prose: bool
) -> Iterator[_Unit]:
    """The paragraphs of lines without white between them, of which the first may be an item."""
    unit = _Unit([lines[0]], [], marker)
    for one, line, full in zip(lines, lines[1:], soft, strict=False):
        if _begins(unit, one, line, column, full=full, prose=prose):
            yield unit
            unit = _Unit([line], [])
        else:
            unit.hard.append(not prose)
            unit.lines.append(line)
    unit.open = prose and lines[-1].x1 > column.right - 2.0 * lines[-1].size
    yield unit


def _after_white(one: ReadLine, line: ReadLine, column: Measure) -> bool:
    step = line.cy - one.cy
    return step > _GAP * column.step and step > column.step + 0.25 * line.size


def _upright(lines: Sequence[ReadLine]) -> _Unit:
    """Upright columns as one text: those that do not reach the foot end a paragraph."""
    foot = max(line.y1 for line in lines)
    return _Unit(list(lines), [line.y1 < foot - 1.5 * line.size for line in lines[:-1]])


def _ends(one: ReadLine, two: ReadLine, column: Measure) -> bool:
    """Whether a line ends though the first word of the next one had found room in it."""
    first = two.text.split(maxsplit=1)[0] if two.text.isascii() or " " in two.text else two.text[:2]
    needed = (two.x1 - two.x0) * (len(first) + 1) / max(1, len(two.text))
    return column.right - one.x1 > needed + 0.3 * one.size


def _begins(unit: _Unit, one: ReadLine, line: ReadLine, column: Measure, *, full: bool, prose: bool) -> bool:
    """Whether a line without a marker begins a paragraph."""
    indent = _INDENT * line.size
    if unit.marker is not None:
        return not full and (prose or line.x0 < unit.lines[0].x0 + 0.3 * line.size)
    set_in = line.x0 > column.left + indent and one.x0 < line.x0 - indent
    return prose and (not full or (set_in and not broken_word(one.text)))


def _title(lines: Sequence[ReadLine], joiner: Joiner) -> Block:
    return Block("title", tuple(lines), joiner.joined(lines))


def _bodies(units: Sequence[_Unit], joiner: Joiner) -> Iterator[Block]:
    """Items that follow one another as lists, everything else as paragraphs, put together over columns."""
    listed: list[_Unit] = []
    waiting: _Unit | None = None
    for unit in units:
        if waiting is not None and _resumes(waiting, unit):
            waiting.lines += unit.lines
            waiting.hard += [False, *unit.hard]
            waiting.open = unit.open
            continue
        if waiting is not None:
            yield _paragraph(waiting, joiner)
            waiting = None
        if unit.marker is not None:
            listed.append(unit)
            continue
        if listed:
            yield _list(listed, joiner)
            listed = []
        waiting = replace(unit)
    if waiting is not None:
        yield _paragraph(waiting, joiner)
    if listed:
        yield _list(listed, joiner)


def _resumes(before: _Unit, unit: _Unit) -> bool:
    """Whether a paragraph goes on at the top of the next column."""
    last, first = before.lines[-1], unit.lines[0]
    text = first.text
    return (
        before.open
        and unit.marker is None
        and first.y0 < last.y0
        and not first.upright
        and (text[0].islower() or broken_word(last.text))
    )


def _paragraph(unit: _Unit, joiner: Joiner) -> Block:
    return Block("paragraph", tuple(unit.lines), joiner.joined(unit.lines, unit.hard))


def _list(units: Sequence[_Unit], joiner: Joiner) -> Block:
    lines = tuple(line for unit in units for line in unit.lines)
    return Block("list", lines, items=tuple(joiner.joined(unit.lines, unit.hard) for unit in units))
