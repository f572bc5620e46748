"""What the engine asks a real server for long lists and for values in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from schemas import registry
from schemas.page import Box, Line, even_edges
from tests.service.openai_calls import log, of, server
from worker.reading.engines.base import Request
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import LineSource, PageLines

__all__ = ["server"]


def pages_of(*first_rows: int, most: int) -> list[Page]:
    """Pages that say in their first pixels which rows of a list they hold, as many as up to the next page's."""
    pages = []
    for number, (first, after) in enumerate(zip(first_rows, [*first_rows[1:], most], strict=True), 1):
        picture = np.full((300, 200, 3), 255, np.uint8)
        picture[0, 0], picture[0, 1] = (*divmod(first, 256), 0), (*divmod(after - first, 256), 0)
        pages.append(Page(number, picture))
    return pages


@pytest.mark.parametrize(("rows", "requests"), [(27, 1), (120, 3), (500, 13)])
def test_a_list_over_pages_costs_a_request_a_page_and_loses_no_row(
    rows: int, requests: int, server: str
) -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}}}
    schema = registry.from_json_schema(
        {"type": "object", "properties": {"rows": {"type": "array", "items": item}}}, name="list"
    )
    line_source: LineSource = lambda page: PageLines(page.number, page.width, page.height)  # noqa: E731
    engine = VisionEngine(
        of(server, "rows"), generation=GenerationLimits(BatchLimits()), line_source=line_source
    )
    engine.warm_up()
    before = len(log(server))
    pages = pages_of(*range(0, rows, 40), most=rows)
    reading = engine.read(Request(schema, pages, len(pages)))
    engine.close()
    assert [row["name"] for row in reading.data["rows"]] == [f"row {number}" for number in range(rows)]
    assert len(log(server)) - before == requests


def test_values_in_doubt_cost_a_request_each_with_their_field_alone(server: str) -> None:
    properties = {f"field_{number}": {"enum": [f"value {number}"]} for number in range(5)}
    schema = registry.from_json_schema({"type": "object", "properties": properties}, name="doubtful")
    tops = [0.1 + 0.15 * number for number in range(5)]
    boxes = [Box(0.1, top, 0.4, top + 0.04) for top in tops]
    lines = tuple(Line(f"value {at}", box, 0.9, even_edges(box, 7)) for at, box in enumerate(boxes))
    engine = VisionEngine(
        of(server, "unsure"),
        generation=GenerationLimits(BatchLimits(), look_below=0.5, looks=3),
        line_source=lambda page: replace(PageLines(page.number, page.width, page.height), lines=lines),
    )
    engine.warm_up()
    before = len(log(server))
    reading = engine.read(Request(schema, [Page(1, np.full((600, 400, 3), 255, np.uint8))], 1))
    engine.close()
    asked = [
        list(entry["body"]["response_format"]["json_schema"]["schema"]["properties"])
        for entry in log(server)[before:]
    ]
    assert [len(names) for names in asked] == [5, 1, 1, 1]
    assert "3 values were looked at again; 3 of them were read the same" in " ".join(reading.notes)
    surer = [name for [name] in asked[1:]]
    left = set(properties) - set(surer)
    assert min(reading.evidence[f"/{name}"].confidence for name in surer) > max(
        reading.evidence[f"/{name}"].confidence for name in left
    )
