"""Lines read across columns."""

from __future__ import annotations

from dataclasses import replace

from tests.build import line, page_of
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


def test_a_line_that_fills_its_column_is_cut_between_two_ends_of_a_gutter() -> None:
    rows = [[(60.0, "some words here"), (330.0, "and more words")] for _ in range(12)]
    full = [(60.0, "some words here to th end"), (424.0, "and more words")]
    across = [(60.0, "some words here to th end and more words")]
    cells = arrange([page_of(*rows[:6], across, *rows[6:])]).cells
    cut = {cell.text for cell in split_at_gutters(cells)}
    assert full[1][1] in cut
    assert across[0][1] not in cut


def test_a_headline_over_columns_is_not_cut_where_its_words_part() -> None:
    rows = [[(60.0, "some words here"), (330.0, "and more words")] for _ in range(8)]
    page = page_of("", *rows)
    headline = line(60, 20, "Some words   and more", letter=42)
    cells = arrange([replace(page, lines=(headline, *page.lines))]).cells
    assert headline.text in {cell.text for cell in split_at_gutters(cells)}
