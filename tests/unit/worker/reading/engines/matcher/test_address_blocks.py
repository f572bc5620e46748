from __future__ import annotations

import pytest

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher import address_blocks
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.wordings import shipped


@pytest.mark.parametrize(
    ("text", "of_address"),
    [
        ("Lindenstraße 12", True),
        ("12345 Musterstadt", True),
        ("Springfield, NY 10001", True),
        ("北京市安宁区华明路12号", True),
        ("Kim Lund", False),
        ("0171 123 45 67", False),
        ("Invoice No: 12345", False),
    ],
)
def test_lines_of_addresses(text: str, of_address: bool) -> None:
    assert address_blocks.is_address_line(text) is of_address


def test_blocks_are_counted_and_their_lines_known() -> None:
    rows = [
        "Nordlicht GmbH",
        "Am Kai 3",
        "20457 Hamburg",
        "",
        "Kim Lund",
        "Lindenstraße 12",
        "12345 Neustadt",
    ]
    root = from_json_schema({"type": "object", "properties": {}}, name="mine").root
    graph = graph_of([page_of(*rows)], root, shipped())
    found = {cell.text: address_blocks.find(graph).get(id(cell)) for cell in graph.sheet.layout.cells}
    buyer = found["Kim Lund"]
    assert buyer is not None
    assert (buyer.line, buyer.size, buyer.address_below, buyer.order) == (0, 3, 2, 1)
