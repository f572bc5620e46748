"""Lines read across columns."""

from __future__ import annotations

from tests.build import page_of
from worker.reading.engines.matcher.readers.gutters import split_at_gutters
from worker.reading.engines.matcher.rows import arrange


def test_words_one_blank_apart_stay_together() -> None:
    cells = arrange([page_of(*["one two three four"] * 8)]).cells
    assert split_at_gutters(cells) == list(cells)


def test_a_line_that_runs_over_the_white_of_its_neighbours_is_cut_there() -> None:
    rows = [[(60.0, "some words here"), (330.0, "and more words")] for _ in range(8)]
    across = [(60.0, "some words here    and more words")]
    cells = arrange([page_of(*rows[:4], across, *rows[4:])]).cells
    cut = split_at_gutters(cells)
    assert {cell.text for cell in cut} == {"some words here", "and more words"}
