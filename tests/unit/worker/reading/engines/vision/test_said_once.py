"""Kind `text` by a model: blocks are asked for, the lines are made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from schemas import registry
from schemas.page import Box, Line, even_edges
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.vision.base import Answer, Finish, Prompt
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines

TEXT = registry.kind("text")
GREW = "The company grew in all of its markets, and its people grew with it. Each quarter was better."
PRINTED = (
    "Annual report",
    "The company grew in all of its mar-",
    "kets, and its people grew with it. Each",
    "quarter was better.",
    "- apples",
    "- pears",
    "Year",
    "Sum",
    "2020",
    "17",
)


def block(kind: str, **given: Any) -> dict[str, Any]:
    return {"type": kind, "level": None, "text": None, "items": [], "rows": [], **given}


BLOCKS = [
    block("title", level=1, text="Annual report"),
    block("paragraph", text=GREW),
    block("list", items=["- apples", "- pears"]),
    block("table", rows=[{"cells": ["Year", None, "Sum"]}, {"cells": ["2020", None, "17"]}]),
]


def read(
    blocks: Sequence[Any], printed: Sequence[Sequence[str]], *, turns: int = 0
) -> tuple[Reading, list[Prompt]]:
    """What is read of pages on which these lines stand when every answer has these blocks."""

    def lines_of(page: Page) -> PageLines:
        boxes = [Box(0.1, 0.05 * at, 0.8, 0.05 * at + 0.03) for at in range(1, 20)]
        lines = tuple(
            Line(text, box, 0.9, even_edges(box, len(text)))
            for text, box in zip(printed[page.number - 1], boxes, strict=False)
        )
        empty = PageLines(page.number, page.width, page.height)
        return replace(empty, lines=lines, quarter_turns=turns)

    said = json.dumps({"pages": [{"blocks": blocks}]})
    model = ScriptedGenerator(lambda _prompt: Answer(said, Finish.STOP))
    engine = VisionEngine(model, generation=GenerationLimits(BatchLimits(wait=0.02)), line_source=lines_of)
    pages = [Page(n, np.full((600, 400, 3), 255, np.uint8)) for n in range(1, len(printed) + 1)]
    try:
        reading = engine.read(Request(TEXT, pages, len(pages)))
    finally:
        engine.close()
    return reading, [prompt for batch in model.batches for prompt in batch]


def lines_with_places(reading: Reading, page: int = 0) -> list[tuple[str, list[str]]]:
    lines = reading.data["pages"][page]["lines"]
    found = [reading.evidence[f"/pages/{page}/lines/{number}"] for number in range(len(lines))]
    return [(line, [place.text for place in why.citations]) for line, why in zip(lines, found, strict=True)]


def test_a_model_writes_a_page_once_and_the_record_has_lines_and_blocks() -> None:
    reading, [prompt] = read(BLOCKS, [PRINTED])
    assert prompt.schema is not None
    asked = prompt.schema["properties"]["pages"]["items"]["properties"]
    assert list(asked) == ["blocks"]
    jsonschema.validate({"pages": [{"blocks": BLOCKS}]}, prompt.schema)  # empty cells of rows as well
    assert "`blocks`" in prompt.messages[0].text
    assert "`lines`" not in prompt.messages[0].text
    [page] = reading.data["pages"]
    assert list(page) == ["lines", "blocks"]
    assert page["blocks"] == BLOCKS
    assert lines_with_places(reading) == [
        ("Annual report", ["Annual report"]),
        ("The company grew in all of its mar-", ["The company grew in all of its mar"]),
        ("kets, and its people grew with it. Each", ["kets, and its people grew with it. Each"]),
        ("quarter was better.", ["quarter was better"]),
        ("- apples", ["apples"]),
        ("- pears", ["pears"]),
        ("Year Sum", ["Year", "Sum"]),
        ("2020 17", ["2020", "17"]),
    ]
    jsonschema.validate(reading.data, TEXT.json_schema)


def test_blocks_are_found_where_they_stand_as_no_line_takes_their_place() -> None:
    reading, _ = read(BLOCKS, [PRINTED])
    cited = {at: len(why.citations) for at, why in reading.evidence.items() if "/blocks/" in at}
    assert cited["/pages/0/blocks/1/text"] == 3
    assert cited["/pages/0/blocks/2/items/0"] == cited["/pages/0/blocks/3/rows/1/cells/2"] == 1


@pytest.mark.parametrize("turns", range(4))
def test_words_are_the_models_where_the_recogniser_read_others(turns: int) -> None:
    misread = [
        *PRINTED[:1],
        "The cornpany grew in all of it5 mar-",
        "kets, and 1ts people qrew w1th it. Eoch",
    ]
    reading, _ = read(BLOCKS, [[*misread, *PRINTED[3:]]], turns=turns)
    assert [line for line, _ in lines_with_places(reading)][1:4] == [
        "The company grew in all of its mar-",
        "kets, and its people grew with it. Each",
        "quarter was better.",
    ]


def test_a_text_that_is_found_nowhere_is_one_line_and_letters_without_blanks_get_no_hyphen() -> None:
    chinese = "本公司在所有市场均有增长每个季度都好于上一季度"
    blocks = [block("paragraph", text=GREW), block("paragraph", text=chinese)]
    reading, _ = read(blocks, [[chinese[:12], chinese[12:]]])
    assert lines_with_places(reading) == [
        (GREW, []),
        (chinese[:12], [chinese[:12]]),
        (chinese[12:], [chinese[12:]]),
    ]


def test_each_page_has_the_lines_of_its_own_blocks() -> None:
    reading, prompts = read(BLOCKS[:1], [["Annual report"], ["Annual report"]])
    assert len(prompts) == 2
    assert [page["lines"] for page in reading.data["pages"]] == [["Annual report"]] * 2
    places = [reading.evidence[f"/pages/{page}/lines/0"].citations for page in range(2)]
    assert [[place.page for place in found] for found in places] == [[1], [2]]


def test_pages_without_text_have_neither() -> None:
    reading, _ = read([], [[]])
    assert not any(reading.data["pages"] or ())
