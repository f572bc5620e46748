"""Where on a page the values stand that a model says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import line
from tests.grounded import cited, rows
from worker.reading.engines.vision import grounding
from worker.reading.engines.vision.token_evidence import TokenEvidence
from worker.reading.text.frame import Frame

LINES = {
    1: (line(60, 60, "Grand total RM 1,234.50"), line(60, 120, "Dated 5 March 2019")),
    2: (line(60, 60, "Höllberg & Söhne"),),
}


def one(value: Any, *texts: str) -> list[str]:
    [evidence] = grounding.locate({"value": value}, rows(*texts)).values()
    return cited(evidence)


def test_values_are_found_where_they_are_printed() -> None:
    data = {
        "total": 1234.5,
        "date": "2019-03-05",
        "name": "höllberg & söhne",
        "nowhere": "zzzz",
        "none": None,
    }
    found = grounding.locate(data, LINES)
    assert found["/total"].citations[0].text == "1,234.50"
    assert found["/date"].citations[0].text == "5 March 2019"
    assert found["/name"].citations[0].page == 2
    assert found["/nowhere"].citations == ()
    assert found["/nowhere"].confidence < found["/total"].confidence
    assert "/none" not in found


def test_a_letter_read_differently_is_forgiven_and_trusted_less() -> None:
    found = grounding.locate({"name": "Hollberg & Sohne"}, LINES)["/name"]
    assert found.citations[0].page == 2
    assert found.confidence < 0.6


@given(st.text(min_size=1, max_size=30))
def test_any_part_of_a_line_is_found_in_it(text: str) -> None:
    printed = line(60, 60, "abc " + text + " xyz")
    found = grounding.locate({"v": text}, {1: (printed,)})["/v"]
    for citation in found.citations:
        assert citation.text in printed.text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
        max_leaves=12,
    ),
    st.lists(st.text(max_size=20), max_size=8),
)
def test_whatever_the_data_and_the_lines_every_value_has_evidence(data: Any, texts: list[str]) -> None:
    pages = {
        1: [line(60, 60 + 44 * number, text) for number, text in enumerate(texts)],
        2: [line(60, 60, text) for text in texts[:2]],
    }
    found = grounding.locate({"value": data}, pages)
    for evidence in found.values():
        assert 0 < evidence.confidence < 1


@pytest.mark.parametrize(
    ("value", "printed", "found"),
    [
        (-12.5, "Total -12.50", "-12.50"),
        (-12.5, "Total (12.50)", "(12.50)"),
        (-12.5, "12.50- EUR", "12.50-"),
        (-12.5, "Total -€12.50", "-€12.50"),
        (12.5, "Total -12.50", None),
        (12.5, "Total (12.50)", None),
        (2, "pages (2)", "2"),
        (1234.5, "1 234,50 EUR", "1 234,50"),
        (1234.5, "1\u00a0234,50", "1\u00a0234,50"),
        (2, "2 100.00", "2"),
        (100, "2 100.00", "100.00"),
        (46.61, "RM46.61", "46.61"),
        (4.2, "3.6x4.2 m", "4.2"),
        (42, "INV-2026-0042", None),
        (2026, "INV-2026-0042", None),
        (500, "Rs.500", "500"),
        (2.018, "12.03.2018", None),
        (12.5, "Total 12. 50", "12. 50"),
        (12345678901234567, "No 12345678901234568", None),
        (12345678901234567, "No 12345678901234567", "12345678901234567"),
    ],
)
def test_numbers_are_found_whole_with_their_signs_and_thousands(
    value: float, printed: str, found: str | None
) -> None:
    assert one(value, printed) == ([found] if found else [])


@pytest.mark.parametrize(
    ("value", "printed", "found"),
    [
        ("Kim", "Kimberly Ltd", None),
        ("Kim", "KIM LEE", "KIM"),
        ("20", "2020-01-01 total", None),
        ("101", "10 1", None),
        ("19", "VAT 19.50", None),
        ("0042", "INV-2026-0042", "0042"),
        ("Sales Manager", "SeniorSalesManager", "SalesManager"),
        ("Muller", "Muller-Lüdenscheidt", "Muller"),
        ("合计", "价税合计（大写）", "合计"),
        ("1234.50", "sum 1,234.50", "1,234.50"),
        ("2024-03-04", "Due 04/03/2024", "04/03/2024"),
        ("2024-03-04", "Due 03/04/2024", "03/04/2024"),
        ("2024-03-04", "Due 04/03/2025", None),
        ("18:21", "at 18:21:09", "18:21:09"),
        ("18:21:10", "at 18:21:09", None),
        ("EUR", "Total € 5.00", "€"),
        ("***", "paid *** cash", "***"),
    ],
)
def test_texts_and_days_are_found_from_word_border_to_word_border(
    value: str, printed: str, found: str | None
) -> None:
    assert one(value, printed) == ([found] if found else [])


def test_a_text_of_several_lines_cites_each_of_them() -> None:
    address = "22, Jalan Hijau 5, Taman Hijau, 43300 Seri Kembangan"
    lines = ("SHOP", "22, JALAN HIJAU 5,", "TAMAN HIJAU", "43300 SERI KEMBANGAN.", "Tel 22")
    assert one(address, *lines) == ["22, JALAN HIJAU 5", "TAMAN HIJAU", "43300 SERI KEMBANGAN"]
    [evidence] = grounding.locate({"a": address.replace("Kemb", "Kenb")}, rows(*lines)).values()
    assert len(evidence.citations) == 3
    assert evidence.confidence < 0.6


def test_a_value_is_looked_up_on_the_page_it_was_read_from() -> None:
    pages = {1: [line(60, 60, "Total 50.00")], 2: [line(60, 60, "Total 50.00")]}
    told = {"/total": TokenEvidence(page=2, probability=0.9)}
    found = grounding.locate({"total": 50.0}, pages, token_evidence=told)
    assert [citation.page for citation in found["/total"].citations] == [2]


def test_boxes_are_on_the_page_as_it_came() -> None:
    found = grounding.locate({"name": "Höllberg"}, LINES, frames={2: Frame(quarter_turns=2)})["/name"]
    x0, y0, _, _ = found.citations[0].box
    assert x0 > 0.5
    assert y0 > 0.5
