"""What people corrected as examples: the product's own questions, answers page by page, other tools' forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas import registry
from schemas.record import Citation, Evidence
from worker.reading.engines.vision import prompts
from worker.reading.learning import examples, formats
from worker.reading.learning.examples import Example, LabelledDocument

SCHEMA = registry.from_json_schema(
    {
        "type": "object",
        "properties": {
            "shop": {"type": "string"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "price": {"type": "number"}},
                },
            },
            "total": {"type": "number"},
        },
    },
    name="bill",
)
DATA: dict[str, Any] = {
    "shop": "茶 & Co",
    "items": [{"name": "tea"}, {"name": "pot", "price": 7.5}],
    "total": 9.5,
}
PLACES = {"/shop": 1, "/items/0/name": 1, "/items/1/name": 2, "/items/1/price": 2, "/total": 2}


def made(places: dict[str, int], pages: int) -> list[Example]:
    fields = {
        at: Evidence(confidence=1, citations=(Citation(page=page, box=(0, 0, 1, 1), text="x"),))
        for at, page in places.items()
    }
    pictures = {number: np.full((40, 30, 3), 250 + number, np.uint8) for number in range(1, pages + 1)}
    return list(examples.of_document(LabelledDocument("d1", SCHEMA, DATA, fields), pictures, dialect="json"))


def test_a_page_is_asked_as_the_product_asks_and_answered_in_the_form_of_its_grammar() -> None:
    [example] = made({}, 1)
    assert example.prompt.messages[0].text == prompts.extract(SCHEMA.root, "bill", "en")
    assert json.loads(example.answer) == {**DATA, "items": [{"name": "tea", "price": None}, DATA["items"][1]]}
    assert '"shop": "茶 & Co", "items"' in example.answer


def test_values_are_asked_for_on_the_page_where_they_stand() -> None:
    first, second = made(PLACES, 2)
    assert json.loads(first.answer) == {
        "shop": "茶 & Co",
        "items": [{"name": "tea", "price": None}],
        "total": None,
    }
    assert json.loads(second.answer) == {"shop": None, "items": [{"name": "pot", "price": 7.5}], "total": 9.5}


def test_a_document_of_several_pages_with_a_value_of_unknown_page_is_left_out() -> None:
    assert made({at: page for at, page in PLACES.items() if at != "/total"}, 2) == []


def rows(folder: Path, form: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{form}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("form", formats.FORMS)
def test_each_tool_gets_its_form_and_pictures_that_are_there(form: str, tmp_path: Path) -> None:
    assert formats.write(made(PLACES, 2), tmp_path, form) == 2
    for number, row in enumerate(rows(tmp_path, form), start=1):
        [picture] = row.get("images") or [row["image"]]
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
        assert picture == f"pages/d1-{number:04}.png"


def test_the_forms_are_those_of_their_tools(tmp_path: Path) -> None:
    for form in formats.FORMS:
        formats.write(made({}, 1), tmp_path, form)
    [swift], [llama], [trl], [plain] = (
        rows(tmp_path, form) for form in ("swift", "llamafactory", "trl", "jsonl")
    )
    asked, answered = swift["messages"]
    assert (asked["role"], answered["role"]) == ("user", "assistant")
    assert asked["content"] == f"<image>{plain['prompt']}"
    assert answered["content"] == plain["answer"]
    assert llama == swift
    told = json.loads((tmp_path / "dataset_info.json").read_text("utf-8"))["pagemill"]
    assert (tmp_path / told["file_name"]).is_file()
    assert set(told["columns"].values()) == set(llama)
    assert [part["type"] for part in trl["messages"][0]["content"]] == ["image", "text"]
    assert trl["messages"][1]["content"] == [{"type": "text", "text": plain["answer"]}]
