from __future__ import annotations

import pytest

from tests.build import page_of
from worker.reading.engines.matcher.label_text import parts, trimmed
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.typed_spans import Span


def span_of(text: str) -> Span:
    [cell] = arrange([page_of(text)]).cells
    return Span(cell, 0, len(cell.text))


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("Age / Sex", "41 / F", [("Age", "41"), ("Sex", "F")]),
        ("Age/Sex", "41Y/F", [("Age", "41Y"), ("Sex", "F")]),
        ("Date / Time", "01/02/2020", []),
        ("Age", "41 / F", []),
    ],
)
def test_two_labels_share_a_line_with_their_values(
    label: str, text: str, expected: list[tuple[str, str]]
) -> None:
    assert [(name, span.text) for name, span in parts(label, span_of(text))] == expected


def test_a_colon_that_stands_with_the_value_is_no_part_of_it() -> None:
    assert trimmed(span_of(": Kim Lund;")).text == "Kim Lund"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"Summer on the water"', "Summer on the water"),
        ("«Sa Gavina»", "Sa Gavina"),
        ('"Summer" and "Winter"', '"Summer" and "Winter"'),
        ("⚓ Marina", "Marina"),
        ("☒ Yes", "☒ Yes"),
        ("㈱藤田", "㈱藤田"),
    ],
)
def test_quotes_and_ornaments_are_no_part_of_a_value_but_boxes_are(text: str, value: str) -> None:
    assert trimmed(span_of(text)).text == value
