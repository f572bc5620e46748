"""Questions as schemas: what is wanted, what may be a label, what is carried along."""

from __future__ import annotations

import pytest

from schemas import question, registry
from schemas.question import Intent, Turn


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("What is the total?", Intent.ANSWER),
        ("Who describes the goods?", Intent.ANSWER),
        ("Please transcribe this page.", Intent.TRANSCRIBE),
        ("请抄录这一页", Intent.TRANSCRIBE),
        ("Could you describe the picture?", Intent.DESCRIBE),
        ("Beschreibe das Bild", Intent.DESCRIBE),
        ("描述这张图", Intent.DESCRIBE),
        ("Extract the seller, the date and all item names", Intent.EXTRACT),
        ("请提取发票号码和日期", Intent.EXTRACT),
        ("Extract", Intent.ANSWER),
        ("", Intent.ANSWER),
    ],
)
def test_what_is_wanted_is_told_apart_by_how_a_question_begins(text: str, intent: Intent) -> None:
    assert question.intent_of(text) is intent


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("What is the invoice number?", "invoice number"),
        ("Can you tell me the total amount?", "total amount"),
        ("Wie lautet die Rechnungsnummer?", "rechnungsnummer"),
        ("发票号码是多少？", "发票号码"),
        ("Due date", "due date"),
        ("Is the moon made of green cheese?", ""),
    ],
)
def test_what_may_be_printed_as_a_label_is_what_is_left_of_a_question(text: str, label: str) -> None:
    assert question.DocumentQuestion(text, Intent.ANSWER).label == label


def test_named_values_become_fields_and_those_of_which_there_are_several_lists() -> None:
    made = question.schema_for("Extract the seller, the issue date and all item names.")
    types = {name: field["type"] for name, field in made.json_schema["properties"].items()}
    assert types == {"seller": ["string", "null"], "issue date": ["string", "null"], "item names": "array"}


def test_descriptions_keep_visible_text_apart_and_charts_have_series_axes_and_trend() -> None:
    description = question.schema_for("Describe the picture")
    assert description.name == "description"
    assert {"summary", "visible_text", "details"} <= set(description.json_schema["properties"])
    chart = question.schema_for("Describe the trend of this chart")
    assert chart.name == "chart"
    assert {"x_axis", "y_axis", "series", "trend"} <= set(chart.json_schema["properties"])


def test_a_schema_carries_the_question_and_what_came_before_it() -> None:
    turns = (Turn("Who sells?", "ACME"),)
    made = question.schema_for("When?", history=turns)
    schema = registry.from_json_schema(made.json_schema, name=made.name)
    assert question.of_schema(schema.root) == question.DocumentQuestion("When?", Intent.ANSWER, turns)
    other = registry.from_json_schema(question.schema_for("When?").json_schema, name="answer")
    assert other.sha256 != schema.sha256
    own = question.schema_for("When?", schema={"type": "object", "properties": {"day": {"type": "string"}}})
    assert list(own.json_schema["properties"]) == ["day"]


@pytest.mark.parametrize(
    "planted",
    [
        7,
        "x",
        {},
        {"text": "a", "intent": "rule", "history": []},
        {"text": "a", "intent": "answer", "history": [7]},
    ],
)
def test_a_hint_that_somebody_made_up_is_no_question(planted: object) -> None:
    raw = {"type": "object", "properties": {"a": {"type": "string"}}, "x-question": planted}
    assert question.of_schema(registry.from_json_schema(raw, name="x").root) is None
