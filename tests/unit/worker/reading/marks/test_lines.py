from __future__ import annotations

from schemas.page import Box, Line, Mark, MarkState, even_edges
from worker.reading.marks.glyphs import signs_in
from worker.reading.marks.lines import signed, without


def test_a_line_falls_apart_at_its_boxes() -> None:
    box = Box(0.1, 0.1, 0.42, 0.12)
    whole = Line("☐ Post ☒ Courier", box, 1.0, even_edges(box, 16))
    parts = list(without(whole, [sign.mark for sign in signs_in([whole], aspect=0.7)]))
    assert [part.text for part in parts] == ["Post", "Courier"]
    assert all(len(part.edges) == len(part.text) + 1 for part in parts)
    assert parts[1].box.x0 == whole.edges[9]


def test_a_letter_that_a_recogniser_stretched_over_a_box_is_kept() -> None:
    edges = (0.10, 0.18, 0.20, 0.22, 0.24)  # the box lies left of the letter, from 0.10 to 0.15
    line = Line("Post", Box(0.1, 0.1, 0.24, 0.12), 0.98, edges)
    mark = Mark(Box(0.1, 0.1, 0.15, 0.12), MarkState.EMPTY, 0.99)
    assert [part.text for part in without(line, [mark])] == ["Post"]


def test_signs_stand_in_the_place_of_what_a_recogniser_read_there() -> None:
    box = Box(0.1, 0.1, 0.3, 0.12)
    line = Line("O Yes O No", box, 0.9, even_edges(box, 10))
    marks = (
        Mark(Box(0.098, 0.1, 0.122, 0.12), MarkState.CROSSED, 0.9),
        Mark(Box(0.218, 0.1, 0.242, 0.12), MarkState.EMPTY, 0.9),
    )
    assert signed([line], marks) == ["☒ Yes ☐ No"]
