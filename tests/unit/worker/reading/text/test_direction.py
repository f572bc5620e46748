"""Words of right-to-left rows."""

from __future__ import annotations

from schemas.page import Box, Word
from worker.reading.text.direction import as_read
from worker.reading.text.layer_lines import lines_of


def printed(*texts: str) -> list[Word]:
    """Words as they stand on paper, from left to right."""
    return [Word(text, Box(0.1 + 0.1 * n, 0.1, 0.19 + 0.1 * n, 0.15)) for n, text in enumerate(texts)]


def test_hebrew_is_read_from_the_right_and_latin_names_in_it_from_the_left() -> None:
    words = printed("45", "Blue", "Door", "המכתבים", "חנות")
    assert [word.text for word in as_read(words)] == ["חנות", "המכתבים", "Blue", "Door", "45"]


def test_latin_rows_stay_as_they_are() -> None:
    assert [word.text for word in as_read(printed("12", "Blue", "doors"))] == ["12", "Blue", "doors"]


def test_the_place_of_a_number_in_a_hebrew_line_is_where_it_is_printed() -> None:
    [line] = lines_of(printed("1,250.00", "סכום"), aspect=0.7)
    assert line.text == "סכום 1,250.00"
    box = line.span_box(5, 13)
    assert (round(box.x0, 3), round(box.x1, 3)) == (0.1, 0.19)
