"""How surely digits were read, by the letters that may stand instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas import registry
from schemas.page import Box, Line, Rival, even_edges
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.misread import digits_sure

BOX = Box(0.1, 0.1, 0.5, 0.2)


def line(text: str, *rivals: Rival) -> Line:
    return Line(text, BOX, 0.98, even_edges(BOX, len(text)), rivals=rivals)


@pytest.mark.parametrize(
    "rival",
    [
        Rival(2, "8", 0.2),  # another digit
        Rival(0, "B", 0.2),  # a letter for a digit
        Rival(1, ".5", 0.05),  # a digit lost after the point
        Rival(2, "01", 0.05),  # a digit lost
        Rival(0, "-6", 0.05),  # a sign lost before
    ],
)
def test_digits_that_may_be_others_make_an_amount_doubtful(rival: Rival) -> None:
    assert 0.7 < digits_sure(line("6.00", rival), 0, 4) < 0.9


def test_a_lost_point_makes_an_amount_doubtful() -> None:
    assert digits_sure(line("240", Rival(0, "2 ", 0.45)), 0, 3) == 0.5


@pytest.mark.parametrize(
    "rival",
    [
        Rival(1, "0", 0.2),  # outside of the value
        Rival(3, "!", 0.3),  # a sign for another
        Rival(7, "o", 0.4),  # a letter for another
        Rival(7, "eo", 0.3),  # a letter lost in a word
    ],
)
def test_other_rivals_do_not(rival: Rival) -> None:
    assert digits_sure(line("0 6,00 Kester", rival), 2, 13) == 1.0


def test_a_part_of_a_line_keeps_its_rivals() -> None:
    rivals = line("Sum 6.00", Rival(0, "5", 0.2), Rival(6, "8", 0.2)).rivals_within(4, 8)
    assert rivals == (Rival(2, "8", 0.2),)


def total_of(*rivals: Rival) -> float:
    page = page_of("HILLTOP STORES SDN BHD", "DATE 13/04/2018", "TOTAL RM 6.00")
    lines = (*page.lines[:-1], replace(page.lines[-1], rivals=rivals))
    reading = read_lines([replace(page, lines=lines)], registry.kind("receipt").root)
    assert reading.data["total"] == 6.0
    return reading.evidence["/total"].confidence


def test_a_total_with_an_unsure_digit_is_less_sure() -> None:
    assert total_of(Rival(11, "8", 0.3)) == pytest.approx(0.7 * total_of(), abs=1e-4)
    assert total_of(Rival(2, "I", 0.3)) == total_of()


def test_a_blank_in_a_number_of_a_telephone_says_nothing() -> None:
    lost = Rival(5, "5 ", 0.3)
    assert digits_sure(line("02055501432", lost), 0, 11) == 1.0
    assert digits_sure(line("020555", lost), 0, 6) == 1.0  # behind its last digit
    assert digits_sure(line("020 555 14", Rival(5, "5 ", 0.3)), 4, 10) < 1.0
