from __future__ import annotations

import pytest

from tests.build import page_of
from worker.reading.engines.matcher import text_parts
from worker.reading.engines.matcher.rows import Cell, arrange
from worker.reading.engines.matcher.typed_spans import Span


def cell_of(text: str) -> Cell:
    (cell,) = arrange([page_of(text)]).cells
    return cell


def parts(text: str, typed: str = "") -> dict[str, str]:
    cell = cell_of(text)
    start = text.find(typed)
    spans = [Span(cell, start, start + len(typed))] if typed else []
    return {part.span.text: part.before for part in text_parts.find(cell, spans)}


@pytest.mark.parametrize(
    ("text", "value", "before"),
    [
        ("D.1 VALMONT", "VALMONT", "D.1"),
        ("Cód. verificación A28 0417", "A28 0417", "Cód. verificación"),
        ("Your adviser, Ms Ada Wren, expects you on Monday", "Ada Wren", "Your adviser,"),
        ("Mme DUCASSOU Éliane", "DUCASSOU Éliane", ""),
        ("北條 悠真 様", "北條 悠真", ""),
        ("木工所 東京都北区1-2", "東京都北区1-2", "木工所"),
    ],
)
def test_a_value_within_a_cell_is_found_with_the_words_before_it(text: str, value: str, before: str) -> None:
    assert parts(text).get(value) == before


def test_words_beside_a_date_are_a_value_of_their_own() -> None:
    assert "Holger Dreisbach" in parts("Holger Dreisbach 29.01.26", typed="29.01.26")
    assert "Hofmann" in parts("29.01.26 Hofmann", typed="29.01.26")


def test_a_label_goes_on_in_small_letters() -> None:
    assert parts("Date of birth") == {}


def test_a_sentence_tells_what_it_says_right_before() -> None:
    assert text_parts.context("We thank you. The deposit was paid to ") == "The deposit was paid to"
    assert text_parts.context("one two three four five six seven eight") == "three four five six seven eight"
