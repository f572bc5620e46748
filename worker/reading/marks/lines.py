"""Lines without the characters that were marks, and with the signs of the marks in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemas.page import Box, Line, Mark

_BESIDE = 0.8  # of a letter that a recogniser stretched over a box: its share beside the box
_FRAME = 0.5  # of a character under a box: its share that the box covers


def without(line: Line, marks: Sequence[Mark]) -> Iterator[Line]:
    """What is left of a line when the characters that were marks are taken out: its parts between them."""
    if line.vertical:
        yield line
        return
    within = [mark.box for mark in marks if same_row(line.box, mark)]
    taken = [any(_under(line, at, box) for box in within) for at in range(len(line.text))]
    if not any(taken):
        yield line
        return
    start = None
    for at, gone in enumerate((*taken, True)):
        if gone and start is not None:
            yield from _part(line, start, at)
            start = None
        elif not gone and start is None:
            start = at


def signed(lines: Sequence[Line], marks: Sequence[Mark]) -> list[str]:
    """The texts of lines with the sign of every mark where it stands, in the line of its row that is nearest.

    A mark in whose row no line stands has no text, and is left out.
    """
    held = of_lines(lines, marks)
    return [_signed(line, held.get(at, ()), marks) for at, line in enumerate(lines)]


def of_lines(lines: Sequence[Line], marks: Sequence[Mark]) -> dict[int, list[Mark]]:
    """By the number of a line, the marks that no other line of their row is nearer to."""
    held: dict[int, list[Mark]] = {}
    for mark in marks:
        row = [at for at, line in enumerate(lines) if not line.vertical and same_row(line.box, mark)]
        if row:
            nearest = min(row, key=lambda at: apart(lines[at].box, mark.box))
            held.setdefault(nearest, []).append(mark)
    return held


def _signed(line: Line, own: Sequence[Mark], marks: Sequence[Mark]) -> str:
    if not own:
        return line.text
    parts = [(part.box.x0, part.text) for part in without(line, marks)]
    signs = [(mark.box.x0, mark.sign) for mark in own]
    return " ".join(text for _, text in sorted([*parts, *signs]))


def same_row(box: Box, mark: Mark) -> bool:
    """Whether a mark stands beside what is in a box, or over it."""
    return abs(mark.box.cy - box.cy) < 0.5 * max(box.height, mark.box.height)


def apart(one: Box, other: Box) -> float:
    """How far two boxes are from each other along the row, 0 where they overlap."""
    return max(0.0, one.x0 - other.x1, other.x0 - one.x1)


def _under(line: Line, at: int, box: Box) -> bool:
    near, far = line.edges[at], line.edges[at + 1]
    wide = box.width if line.text[at].isspace() else far - near  # a box may stand in a wider gap
    shared = min(far, box.x1) - max(near, box.x0)
    if shared <= _FRAME * wide:
        return False
    letter = (line.edges[-1] - line.edges[0]) / len(line.text)
    overlooked = line.text[at].isalnum() and far - near - shared > _BESIDE * letter
    return not (overlooked and len(line.text) > 1)  # then the letter stands beside the box, within its edges


def _part(line: Line, start: int, end: int) -> Iterator[Line]:
    while start < end and line.text[start].isspace():
        start += 1
    while end > start and line.text[end - 1].isspace():
        end -= 1
    if start < end:
        yield line.part(start, end)
