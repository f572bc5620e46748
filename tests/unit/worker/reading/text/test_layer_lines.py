"""Words of a text layer put together to lines."""

from __future__ import annotations

from schemas.page import Box, Word
from worker.reading.text.layer_lines import lines_of


def words(x: float, y: float, text: str) -> list[Word]:
    """Words of letters 0.01 high and half as wide."""
    found = []
    for word in text.split():
        found.append(Word(word, Box(x, y, x + 0.005 * len(word), y + 0.01)))
        x += 0.005 * (len(word) + 1)
    return found


def test_lines_of_columns_that_are_not_level_stay_apart() -> None:
    columns = [
        word
        for number in range(4)
        for row in range(12)
        for word in words(0.1 + 0.105 * number, 0.1 + 0.0125 * row + 0.003 * number, "three words more f")
    ]
    found = lines_of(columns, aspect=1.0)
    assert {line.text for line in found} == {"three words more f"}
    assert len(found) == 48


def test_words_of_other_sizes_and_raised_ones_are_of_their_line() -> None:
    raised = Word("2", Box(0.121, 0.1, 0.125, 0.106))
    found = lines_of([*words(0.1, 0.1, "area"), raised, *words(0.13, 0.1, "of it")], aspect=1.0)
    assert [line.text for line in found] == ["area 2 of it"]
