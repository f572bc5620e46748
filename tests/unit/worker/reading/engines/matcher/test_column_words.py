from __future__ import annotations

from typing import Any

import pytest

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher import column_words
from worker.reading.engines.matcher.any_schema import asked_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.questions import question
from worker.reading.engines.matcher.wordings import shipped


def read(field: dict[str, Any], *texts: str, name: str = "result", legend: str = "nothing") -> dict[str, Any]:
    root = from_json_schema({"type": "object", "properties": {name: field}}, name="mine").root
    graph = graph_of([page_of(legend)], root, shipped())
    ((target, parents),) = asked_of(root)
    found = column_words.read(texts, question(target, parents, graph.wordings), graph)
    return {text: value for text, (value, _) in found.items()}


YES_OR_NO = {"type": "boolean"}
RESULT = {"enum": ["pass", "fail"]}


@pytest.mark.parametrize(
    ("texts", "meant"),
    [
        (("Y", "N"), {"Y": True, "N": False}),
        (("✓", "✗"), {"✓": True, "✗": False}),
        (("x",), {"x": True}),
        (("☒", "☐"), {"☒": True, "☐": False}),
        (("合格", "不合格"), {"合格": True, "不合格": False}),
        (("conforme", "non conforme"), {"conforme": True, "non conforme": False}),
        (("S", "N"), {"S": True, "N": False}),
        (("Mill Lane 4", "Dock Road 17", "12.50", "Kim", "East", "Port"), {}),
    ],
)
def test_yes_and_no_are_told_from_each_other(texts: tuple[str, ...], meant: dict[str, bool]) -> None:
    assert read(YES_OR_NO, *texts) == meant


def test_a_word_that_is_the_name_of_the_field_says_yes() -> None:
    assert read(YES_OR_NO, "sold", "unsold", name="sold") == {"sold": True, "unsold": False}


@pytest.mark.parametrize(
    ("listed", "texts", "meant"),
    [
        (["pass", "fail"], ("pass", "fail"), ["pass", "fail"]),
        (["pass", "fail"], ("✓", "×"), ["pass", "fail"]),
        (["ok", "deficient", "not_applicable"], ("OK", "DEF", "N/A"), ["ok", "deficient", "not_applicable"]),
        (["racines_nues", "conteneur"], ("RN",), ["racines_nues"]),
        (["pass", "fail"], ("☒", "☐"), [None, None]),
        (["pass", "fail"], ("✓",), [None]),
    ],
)
def test_listed_values_are_told_by_signs_and_letters(
    listed: list[str], texts: tuple[str, ...], meant: list[str | None]
) -> None:
    found = read({"enum": listed}, *texts)
    assert [found.get(text) for text in texts] == meant


def test_what_the_document_says_of_a_sign_counts_first() -> None:
    found = read({"enum": ["good", "repaired"]}, "△", "○", legend="△ repaired  ○ good")
    assert found == {"△": "repaired", "○": "good"}


def test_one_value_is_not_meant_by_several_unlike_texts() -> None:
    assert len(set(read(RESULT, "passed", "succeeded", "failed").values())) <= 2
    assert read(RESULT, "passed", "failed") == {"passed": "pass", "failed": "fail"}


def test_amounts_that_add_up_say_nothing_of_what_a_tick_means() -> None:
    page = page_of(
        [(60, "Description"), (480, "Checked"), (820, "Amount")],
        [(60, "Beeswax"), (500, "✓"), (860, "42.00")],
        [(60, "Olive oil"), (500, "✗"), (860, "9.00")],
        [(60, "Total"), (860, "51.00")],
    )
    items = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "description": {"type": "string"},
                "checked": {"type": "boolean"},
                "amount": {"type": "number"},
            },
        },
    }
    schema = from_json_schema({"type": "object", "properties": {"lines": items}}, name="mine")
    reading = read_lines([page], schema.root)
    assert [row["checked"] for row in reading.data["lines"]] == [True, False]
    assert all(one.confidence < 0.9 for at, one in reading.evidence.items() if at.endswith("/checked"))
