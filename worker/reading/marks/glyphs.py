"""Boxes that are set as characters: signs of fonts, and brackets of typewriters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.page import Line, Mark, MarkState, Word

_EMPTY = "☐□◻⬜❏❐❑❒○◯⚪"
_STATES = {
    **dict.fromkeys(_EMPTY, MarkState.EMPTY),
    **dict.fromkeys("☑🗹✓✔", MarkState.TICKED),
    **dict.fromkeys("☒🗷", MarkState.CROSSED),
    **dict.fromkeys("■◼⬛●⚫◉", MarkState.FILLED),
}
_ROUND = frozenset("○◯⚪●⚫◉")
_BARE = frozenset("✓✔")
_ALWAYS = frozenset("☐☑☒🗹🗷")
_BRACKETS = re.compile(
    r"(?<!\S)(?:\[(?P<square>\s{0,3}|_|\s?[xX×✓✔√*]\s?)\]|\((?P<round>\s{1,3}|\s?[xX×✓✔√●•]\s?)\))(?!\w\()"
)
_SURE, _LESS_SURE = 0.97, 0.85
_IN_LINE = 0.6  # letter heights by which signs of a group are out of line at most

_DINGBATS = {
    "zapfdingbats": dict(zip("345678lmnopqr", "✓✔✕✖✗✘●○■❏❐❑❒", strict=True)),
    "wingdings": {
        chr(code): sign
        for code, sign in (
            (0x6C, "●"),
            (0x6E, "■"),
            (0x6F, "□"),
            (0x70, "□"),
            (0x71, "❑"),
            (0x72, "❒"),
            (0xA1, "○"),
            (0xA8, "◻"),
            (0xFB, "✗"),
            (0xFC, "✓"),
            (0xFD, "☒"),
            (0xFE, "☑"),
        )
    },
}
_PRIVATE = 0xF000  # where symbol fonts have their characters in files of word processors


def spelt_out(words: Sequence[Word]) -> tuple[Word, ...]:
    """Words set in a font of signs as the signs that they show: their codes are those of other letters."""
    return tuple(_spelt(word) for word in words)


def _spelt(word: Word) -> Word:
    font = word.font.casefold().replace(" ", "").replace("-", "")
    named = next((table for name, table in _DINGBATS.items() if name in font or _short(name) in font), None)
    private = any(_PRIVATE <= ord(char) <= _PRIVATE + 0xFF for char in word.text)
    table = named or (_DINGBATS["wingdings"] if private else None)
    if table is None:
        return word
    text = "".join(table.get(_plain(char), char) for char in word.text)
    return replace(word, text=text) if text != word.text else word


def _short(name: str) -> str:
    return {"zapfdingbats": "zadb", "wingdings": "wingding"}[name]


def _plain(char: str) -> str:
    return chr(ord(char) - _PRIVATE) if _PRIVATE <= ord(char) <= _PRIVATE + 0xFF else char


@dataclass(frozen=True, slots=True)
class Sign:
    """A box in the text of a line: `lines[line].text[start:end]`."""

    line: int
    start: int
    end: int
    mark: Mark
    certain: bool
    """Whether it means a box wherever it stands; the others are bullets and placeholders as well."""


def signs_in(lines: Sequence[Line], *, aspect: float) -> list[Sign]:
    """Every box that the text of some lines shows; `aspect` is the page's width over its height."""
    found = [sign for index, line in enumerate(lines) if not line.vertical for sign in _of_line(index, line)]
    kept = [sign for sign in found if sign.certain or _is_of_group(sign, found, lines, aspect)]
    return [sign for sign in kept if sign.mark.chosen or not any(_lies_on(other, sign) for other in kept)]


def _lies_on(other: Sign, sign: Sign) -> bool:
    """Whether a tick is set over the sign of an empty box."""
    box = sign.mark.box
    return (
        other.mark.chosen and box.x0 <= other.mark.box.cx <= box.x1 and box.y0 <= other.mark.box.cy <= box.y1
    )


def _of_line(index: int, line: Line) -> Iterator[Sign]:
    for at, char in enumerate(line.text):
        state = _STATES.get(char)
        if state is not None and char not in (line.text[at - 1 : at], line.text[at + 1 : at + 2]):
            yield _sign(index, line, (at, at + 1), state, round_=char in _ROUND, certain=char in _ALWAYS)
    for match in _BRACKETS.finditer(line.text):
        inside = (match["square"] if match["square"] is not None else match["round"]).strip(" _")
        state = MarkState.EMPTY if not inside else MarkState.CROSSED if inside in "xX×*" else MarkState.TICKED
        square = match["square"] is not None
        yield _sign(index, line, match.span(), state, round_=not square, certain=square)


def _sign(
    index: int, line: Line, span: tuple[int, int], state: MarkState, *, round_: bool, certain: bool
) -> Sign:
    sure = _SURE if certain else _LESS_SURE
    mark = Mark(line.span_box(*span).clipped(), state, min(sure, line.confidence), round=round_)
    return Sign(index, *span, mark, certain)


def _is_of_group(sign: Sign, others: Sequence[Sign], lines: Sequence[Line], aspect: float) -> bool:
    """Whether signs of the same shape stand in its row or column, and one of them is empty.

    A list's bullets are all the same; a tick stands in for a box where there are others in its column.
    """
    height = lines[sign.line].height * _IN_LINE
    group = [sign]
    for other in others:
        level = abs(other.mark.box.cy - sign.mark.box.cy) < height
        upright = abs(other.mark.box.x0 - sign.mark.box.x0) * aspect < height
        if other is not sign and other.mark.round == sign.mark.round and (level or upright):
            group.append(other)
    states = {member.mark.chosen for member in group}
    row = [m for m in group if m.line == sign.line or abs(m.mark.box.cy - sign.mark.box.cy) < height]
    return False in states and (len(states) == 2 or len(row) > 1)
