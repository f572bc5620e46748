"""Questions that are answered without a model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas import question, registry
from schemas.page import Box, Line, Mark, MarkState, even_edges
from tests.build import page_of
from worker.reading.engines.base import Reading
from worker.reading.engines.matcher.engine import read_lines

PAGE = page_of(
    [(60, "Invoice No"), (500, "MX-4711")],
    [(60, "Invoice date"), (500, "03.04.2021")],
    [(60, "Seller"), (500, "Nordwind Logistics Ltd")],
    [(60, "Grand total"), (500, "EUR 412.50")],
    "Payment within 30 days without deduction",
)


def ask(text: str) -> Reading:
    made = question.schema_for(text)
    return read_lines([PAGE], registry.from_json_schema(made.json_schema, name=made.name).root)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What is the invoice number?", "MX-4711"),
        ("Who is the seller?", "Nordwind Logistics Ltd"),
        ("How much is the total?", "412.50"),
        ("发票号码是多少？", "MX-4711"),
        ('What does "payment within 30 days" say?', "Payment within 30 days without deduction"),
    ],
)
def test_what_stands_at_a_label_or_a_quotation_is_the_answer(text: str, answer: str) -> None:
    reading = ask(text)
    assert reading.data == {"answer": answer, "quotes": []}
    assert reading.evidence["/answer"].citations[0].page == 1


@pytest.mark.parametrize(
    "text", ["What is the delivery address?", "Why is it so dear?", 'Where is "Kim Lund"?']
)
def test_what_it_cannot_answer_it_says(text: str) -> None:
    reading = ask(text)
    assert reading.data == {"answer": None, "quotes": []}
    assert [issue.code for issue in reading.issues] == ["unanswered"]


def test_values_that_are_named_are_extracted() -> None:
    assert ask("Extract the seller and the invoice number").data == {
        "seller": "Nordwind Logistics Ltd",
        "invoice number": "MX-4711",
    }


def test_a_quoted_option_is_answered_with_its_tick_box() -> None:
    box = Box(0.09, 0.1, 0.11, 0.115)
    lines = [
        Line(text, at := Box(0.13, 0.1 * n, 0.3, 0.1 * n + 0.015), 0.99, even_edges(at, len(text)))
        for n, text in enumerate(("by post", "by mail"), 1)
    ]
    page = replace(PAGE, lines=tuple(lines), marks=(Mark(box, MarkState.TICKED, 0.8),))
    made = question.schema_for('Is "by post" ticked?')
    reading = read_lines([page], registry.from_json_schema(made.json_schema, name=made.name).root)
    assert reading.data["answer"] == "☒ by post"
    found = reading.evidence["/answer"]
    assert [place.text for place in found.citations] == ["by post", "☒"]
    assert found.citations[1].box == (0.09, 0.1, 0.11, 0.115)
    assert found.confidence == 0.8
