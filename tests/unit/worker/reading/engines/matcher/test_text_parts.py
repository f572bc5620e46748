from __future__ import annotations

import pytest

from tests.build import page_of
from worker.reading.engines.matcher import text_parts
from worker.reading.engines.matcher.rows import Cell, arrange
from worker.reading.engines.matcher.typed_spans import Span


def cell_of(text: str) -> Cell:
    (cell,) = arrange([page_of(text)]).cells
    return cell


def parts(text: str, typed: str = "", labels: tuple[str, ...] = ()) -> dict[str, str]:
    cell = cell_of(text)
    start = text.find(typed)
    spans = [Span(cell, start, start + len(typed))] if typed else []

    def known(at: int) -> int:
        return next((at + len(label) for label in labels if text.startswith(label, at)), at)

    cuts = [(0, text.index(":") + 1)] if ":" in text else []
    return {part.span.text: part.before for part in text_parts.find(cell, spans, cuts, known)}


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


@pytest.mark.parametrize(
    ("text", "value", "before"),
    [
        ("E-way bill 2710 4458 9032 valid until Sunday", "2710 4458 9032", "E-way bill"),
        ("paid to IBAN ES17 2095 0044 7188 2044", "ES17 2095 0044 7188 2044", "paid to IBAN"),
        ("Carrier ref NS 7741 0088", "NS 7741 0088", "Carrier ref"),
        ("APY earned 0.50%", "0.50%", "APY earned"),
        ("emits 112 g/km in town", "112 g/km", "emits"),
    ],
)
def test_numbers_in_groups_and_with_their_unit_are_one_value(text: str, value: str, before: str) -> None:
    assert parts(text).get(value) == before


@pytest.mark.parametrize(
    ("text", "value", "before"),
    [
        ("Breed DSH Age 11 y", "DSH", "Breed"),
        ("Brubaker, Nell Breed DSH", "Brubaker, Nell", ""),
        ("Storage: 1-30 C, away from light. Retain the sample", "1-30 C, away from light", "Storage"),
        ("Sales: Odell Braswell.", "Odell Braswell", "Sales"),
        ("Site: 9 Mill Way (Harbour Annex)", "9 Mill Way", "Site"),
        ("Reason: driver added. Age 31", "driver added", "Reason"),
    ],
)
def test_a_value_ends_at_the_next_label_or_at_a_sign(text: str, value: str, before: str) -> None:
    assert parts(text, labels=("Breed", "Age")).get(value) == before


def test_a_known_word_within_another_or_in_a_sentence_is_no_label() -> None:
    assert "DSH Agency" in parts("Breed DSH Agency", labels=("Breed", "Age"))
    assert "of delivery are read" not in parts("All terms of delivery are read", labels=("terms",))


def test_each_script_of_a_text_is_a_value_of_its_own() -> None:
    found = parts("關曉彤 KWAN Hiu Tung")
    assert {"關曉彤", "KWAN Hiu Tung"} <= set(found)
    assert "José Núñez" in parts("何塞 José Núñez")


def test_words_beside_a_date_are_a_value_of_their_own() -> None:
    assert "Holger Dreisbach" in parts("Holger Dreisbach 29.01.26", typed="29.01.26")
    assert "Hofmann" in parts("29.01.26 Hofmann", typed="29.01.26")


def test_a_label_goes_on_in_small_letters() -> None:
    assert parts("Date of birth") == {}


def test_a_sentence_tells_what_it_says_right_before() -> None:
    assert text_parts.context("We thank you. The deposit was paid to ") == "The deposit was paid to"
    assert text_parts.context("one two three four five six seven eight") == "three four five six seven eight"
