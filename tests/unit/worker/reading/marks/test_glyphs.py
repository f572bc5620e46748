from __future__ import annotations

from schemas.page import Box, Line, MarkState, Word, even_edges
from worker.reading.marks.glyphs import signs_in, spelt_out


def line(text: str, y: float, *, x: float = 0.1) -> Line:
    box = Box(x, y, x + 0.02 * len(text), y + 0.02)
    return Line(text, box, 1.0, even_edges(box, len(text)))


def states(*texts: str) -> list[MarkState]:
    lines = [line(text, 0.1 + 0.05 * row) for row, text in enumerate(texts)]
    return [sign.mark.state for sign in signs_in(lines, aspect=0.7)]


def test_signs_and_brackets_are_boxes() -> None:
    assert states("☐ Post ☒ Courier") == [MarkState.EMPTY, MarkState.CROSSED]
    assert states("[x] Post", "[ ] Courier") == [MarkState.CROSSED, MarkState.EMPTY]
    assert states("○ Post ● Courier") == [MarkState.EMPTY, MarkState.FILLED]
    assert states("( ) Post (x) Courier") == [MarkState.EMPTY, MarkState.CROSSED]


def test_bullets_placeholders_and_functions_are_none() -> None:
    assert states("● first point", "● second point", "■ other point") == []
    assert states("□□□□□ Ltd.", "○○ Ltd.") == []
    assert states("f(x) = y", "a call() of it") == []


def test_fonts_of_signs_are_spelt_out() -> None:
    box = Box(0.1, 0.1, 0.12, 0.12)
    words = (
        Word("4", box, font="ZapfDingbats/0"),
        Word("\uf0fe", box, font="ABCDEF+Wingdings/0"),
        Word("4", box, font="Helvetica/0"),
    )
    assert [word.text for word in spelt_out(words)] == ["✔", "☑", "4"]
