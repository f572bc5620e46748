"""What the pages of a document say, put together."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import pointer, registry
from tests.vision_engine import SHOP
from worker.reading.engines.vision.merge import PageAnswer, merge
from worker.reading.engines.vision.token_evidence import TokenEvidence


def test_lists_of_pages_are_joined_and_the_first_page_with_a_value_wins() -> None:
    first = PageAnswer(
        1,
        {"shop": "A", "total": None, "items": [{"name": "x", "price": 1}]},
        {"/shop": TokenEvidence(1, 0.9), "/items/0/name": TokenEvidence(1, 0.8)},
    )
    second = PageAnswer(
        2,
        {"shop": "B", "total": 3, "items": [{"name": None, "price": None}, {"name": "y", "price": 2}]},
        {
            "/shop": TokenEvidence(2, 0.4),
            "/total": TokenEvidence(2, 0.7),
            "/items/1/name": TokenEvidence(2, 0.6),
        },
    )
    whole = merge([first, second], SHOP.root)
    assert whole.data == {
        "shop": "A",
        "total": 3,
        "paid": None,
        "items": [{"name": "x", "price": 1}, {"name": "y", "price": 2}],
    }
    assert whole.token_evidence["/items/1/name"] == TokenEvidence(2, 0.6)
    assert whole.token_evidence["/total"].page == 2
    assert [(other.value, other.page) for other in whole.token_evidence["/shop"].others] == [("B", 2)]


def test_lines_in_both_parts_of_a_page_are_listed_once() -> None:
    def part(*names: str, overlaps: bool) -> PageAnswer:
        return PageAnswer(1, {"items": [{"name": name, "price": 1} for name in names]}, overlaps=overlaps)

    whole = merge([part("a", "b", "c", overlaps=False), part("b", "c", "d", overlaps=True)], SHOP.root)
    assert [item["name"] for item in whole.data["items"]] == ["a", "b", "c", "d"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "shop": st.none() | st.text(min_size=1, max_size=3),
                "items": st.lists(
                    st.fixed_dictionaries({"name": st.none() | st.text(min_size=1, max_size=3)}), max_size=3
                ),
            }
        ),
        min_size=1,
        max_size=4,
    )
)
def test_merging_loses_no_item_and_invents_no_value(pages: list[dict[str, Any]]) -> None:
    whole = merge([PageAnswer(number, data) for number, data in enumerate(pages, start=1)], SHOP.root)
    names = [item["name"] for data in pages for item in data["items"] if item["name"] is not None]
    assert [item["name"] for item in whole.data.get("items") or []] == names
    assert whole.data["shop"] == next((data["shop"] for data in pages if data["shop"] is not None), None)
    told = {at for at, value in pointer.leaves(whole.data) if value is not None}
    assert told == set(whole.token_evidence)


def test_empty_cells_of_a_row_keep_their_places() -> None:
    rows = [{"cells": ["a", None, "c"]}]
    page = {"pages": [{"lines": ["a c"], "blocks": [{"type": "table", "rows": rows}]}]}
    whole = merge([PageAnswer(1, page)], registry.kind("text").root)
    assert whole.data["pages"][0]["blocks"][0]["rows"] == rows
