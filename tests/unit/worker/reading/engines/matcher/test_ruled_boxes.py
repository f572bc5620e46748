from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from schemas import registry
from schemas.page import Box
from tests.build import HEIGHT, WIDTH, line
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.graph import Graph, graph_of
from worker.reading.engines.matcher.surroundings import Relation
from worker.reading.engines.matcher.wordings import shipped
from worker.reading.text.page_lines import PageLines

SCHEMA = registry.from_json_schema(
    {"type": "object", "properties": {"agent": {"type": "string"}, "port": {"type": "string"}}}, name="asked"
)
Rect = tuple[float, float, float, float]


def boxed(texts: Sequence[tuple[float, float, str]], boxes: Sequence[Rect]) -> PageLines:
    """Texts at x, y and boxes, all in pixels."""
    ruled = tuple(Box(x0 / WIDTH, y0 / HEIGHT, x1 / WIDTH, y1 / HEIGHT) for x0, y0, x1, y1 in boxes)
    return PageLines(1, WIDTH, HEIGHT, tuple(line(*text) for text in texts), ruled=ruled)


def graph(page: PageLines) -> Graph:
    return graph_of([page], SCHEMA.root, shipped())


def labels(page: PageLines, text: str) -> dict[Relation, str]:
    """The labels around a text, the first of each kind."""
    found = graph(page)
    [cell] = [cell for cell in found.sheet.layout.cells if cell.text == text]
    edges: dict[Relation, str] = {}
    for edge in found.surroundings.around(cell):
        edges.setdefault(edge.relation, edge.label)
    return edges


FORM = boxed(
    [(60, 60, "Agent"), (60, 100, "Ulm Spedition"), (60, 160, "Port of lading"), (60, 200, "Rostock")],
    [(50, 50, 450, 140), (50, 140, 450, 240)],
)


def test_the_first_line_of_a_box_is_a_label_of_what_stands_under_it() -> None:
    assert labels(FORM, "Ulm Spedition")[Relation.BOX] == "Agent"
    assert labels(FORM, "Rostock")[Relation.BOX] == "Port of lading"


def test_what_stands_in_another_box_is_no_label_of_a_value_with_one_in_its_own() -> None:
    assert Relation.BELOW not in labels(FORM, "Ulm Spedition")
    above = labels(FORM, "Rostock")
    assert above[Relation.ABOVE] == "Port of lading"


def test_the_whole_text_of_a_box_names_the_box_beside_it() -> None:
    page = boxed(
        [(60, 60, "Name and seat of"), (60, 92, "the agent"), (460, 76, "Ulm Spedition")],
        [(50, 50, 450, 130), (450, 50, 900, 130)],
    )
    assert labels(page, "Ulm Spedition")[Relation.LEFT] == "Name and seat of the agent"


def test_a_label_of_two_lines_in_smaller_letters() -> None:
    small = replace(FORM, lines=(line(60, 60, "Agent and", letter=18), line(60, 80, "seat", letter=18)))
    page = replace(small, lines=(*small.lines, line(60, 104, "Ulm Spedition")))
    assert labels(page, "Ulm Spedition")[Relation.BOX] == "Agent and seat"


def test_a_line_read_across_a_drawn_line_is_two_texts() -> None:
    page = boxed([(60, 60, "Agent Ulm Port Rostock")], [(50, 50, 200, 100), (200, 50, 600, 100)])
    assert [cell.text for cell in graph(page).sheet.layout.cells] == ["Agent Ulm", "Port Rostock"]


@pytest.mark.parametrize("overlap", [(60, 60, 440, 130), (52, 48, 452, 142)])
def test_boxes_that_lie_over_one_another_come_to_an_end(overlap: Rect) -> None:
    page = boxed([(60, 60, "Agent"), (60, 100, "Ulm Spedition")], [(50, 50, 450, 140), overlap])
    assert labels(page, "Ulm Spedition")


def items(page: PageLines) -> list[Any]:
    raw = {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string"},
                        "quantity": {"type": "integer"},
                        "amount": {"type": "number"},
                    },
                },
            }
        },
    }
    found: list[Any] = read_lines([page], registry.from_json_schema(raw, name="bill").root).data["items"]
    return found


def test_lines_between_the_same_drawn_lines_are_one_item() -> None:
    xs, ys = (50, 500, 650, 900), (50, 100, 190, 280)
    page = boxed(
        [
            (60, 62, "Description"),
            (510, 62, "Quantity"),
            (660, 62, "Amount"),
            (60, 108, "Hinge, brass,"),
            (60, 146, "Left hand"),
            (510, 108, "4"),
            (660, 108, "38.00"),
            (60, 198, "Screws, steel"),
            (60, 236, "Box of 200"),
            (510, 236, "2"),
            (660, 236, "9.80"),
        ],
        [(x0, y0, x1, y1) for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)],
    )
    assert items(page) == [
        {"description": "Hinge, brass, Left hand", "quantity": 4, "amount": 38.0},
        {"description": "Screws, steel Box of 200", "quantity": 2, "amount": 9.8},
    ]
