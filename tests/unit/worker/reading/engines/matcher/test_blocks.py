"""The blocks that lines make up."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from schemas import registry
from schemas.page import Line
from tests.build import HEIGHT, WIDTH, line, page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines

_FULL = "so many words that they fill a whole line up to its end"  # 55 letters of ten pixels


def _page(*lines: Line, number: int = 1) -> PageLines:
    return PageLines(number, WIDTH, HEIGHT, lines, from_layer=len(lines))


def _down(*texts: str, top: float = 300, x: float = 60, letter: float = 20, step: float = 26) -> list[Line]:
    return [line(x, top + step * at, text, letter=letter) for at, text in enumerate(texts)]


def _blocks(*pages: PageLines) -> list[list[dict[str, Any]]]:
    data = read_lines(pages, registry.kind("text").root).data
    return [page["blocks"] for page in data["pages"]]


def _said(blocks: Sequence[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [
        (block["type"], block["text"] or block["items"] or [row["cells"] for row in block["rows"]])
        for block in blocks
    ]


def test_a_page_of_everything() -> None:
    page = _page(
        line(60, 30, "The running head", letter=16),
        line(60, 180, "A larger title", letter=34),
        *_down(_FULL, _FULL, "and its end."),
        *_down("\u2022 first item", "\u2022 second item", top=420),
        *_down("Name    ", "Oil", "Wax", top=520),
        *_down("Count", "12", "7", top=520, x=500),
        line(60, 620, "Tab. 3: what there is", letter=16),
        *_down(_FULL, "ends here.", top=720),
        line(480, 1370, "- 7 -", letter=16),
    )
    assert _said(_blocks(page)[0]) == [
        ("header", "The running head"),
        ("title", "A larger title"),
        ("paragraph", f"{_FULL} {_FULL} and its end."),
        ("list", ["\u2022 first item", "\u2022 second item"]),
        ("table", [["Name    ", "Count"], ["Oil", "12"], ["Wax", "7"]]),
        ("caption", "Tab. 3: what there is"),
        ("paragraph", f"{_FULL} ends here."),
        ("footer", "- 7 -"),
    ]


def test_titles_have_levels_by_their_size_in_the_whole_document() -> None:
    first = _page(line(60, 100, "Whole book", letter=44), *_down(_FULL, _FULL, "end."))
    second = _page(line(60, 100, "A chapter", letter=32), *_down(_FULL, _FULL, "end."), number=2)
    assert [blocks[0]["level"] for blocks in _blocks(first, second)] == [1, 2]


def test_a_short_line_in_another_font_above_text_is_a_title_and_one_below_is_none() -> None:
    bold = [replace(found, font="b") for found in _down("On its own", top=260)]
    text = [replace(found, font="a") for found in _down(_FULL, _FULL, "end.")]
    assert _said(_blocks(_page(*bold, *text))[0])[0] == ("title", "On its own")
    below = [replace(found, font="b") for found in _down("On its own", top=378)]
    assert ("title", "On its own") not in _said(_blocks(_page(*text, *below))[0])


def test_on_a_picture_titles_are_told_by_the_width_of_their_letters_and_the_white_above() -> None:
    bold = line(60, 500, "On its own", letter=23)
    lines = (*_down(_FULL, _FULL, "end."), replace(bold, box=replace(bold.box, y1=520 / HEIGHT)))
    seen = replace(_page(*lines, *_down(_FULL, _FULL, "end.", top=530)), from_layer=0)
    assert _said(_blocks(seen)[0])[1] == ("title", "On its own")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ((_FULL[:-3] + "con-", "tinued here."), _FULL[:-3] + "continued here."),
        ((_FULL[:-3] + "well-", "known. It is well-known"), _FULL[:-3] + "well-known. It is well-known"),
        ((_FULL[:-3] + "Mid-", "Atlantic"), _FULL[:-3] + "Mid-Atlantic"),
        ((_FULL[:-3] + "1914-", "1918"), _FULL[:-3] + "1914- 1918"),
        (("山川草木各有其時" * 4, "水流不息"), "山川草木各有其時" * 4 + "水流不息"),
        (("ดินแดนแห่งรอยยิ้มและความสุขของทุกคนในโลกกว้าง", "นี้"), "ดินแดนแห่งรอยยิ้มและความสุขของทุกคนในโลกกว้างนี้"),
    ],
)
def test_lines_of_a_paragraph_are_joined_as_they_are_read(lines: tuple[str, str], text: str) -> None:
    assert _said(_blocks(_page(*_down(*lines)))[0]) == [("paragraph", text)]


def test_lines_that_end_where_the_next_word_had_found_room_stay_lines() -> None:
    page = _page(*_down("Kim Lund", "12 Long Winding Valley Road", "Oslo"))
    assert _said(_blocks(page)[0]) == [("paragraph", "Kim Lund\n12 Long Winding Valley Road\nOslo")]


def test_paragraphs_begin_after_white_a_short_line_or_with_a_line_set_in() -> None:
    set_in = [line(100, 378, _FULL[:50], letter=20), line(60, 404, "last end.", letter=20)]
    page = _page(*_down(_FULL, _FULL, _FULL), *set_in, *_down(_FULL, _FULL, top=460))
    assert [len(text) for _, text in _said(_blocks(page)[0])] == [3 * 56 - 1, 50 + 10, 2 * 56 - 1]


def test_numbers_begin_items_where_they_count() -> None:
    page = _page(
        *_down(_FULL, "1. one", "2. two", top=300), *_down("1914. A year in the middle of a text", top=500)
    )
    assert _said(_blocks(page)[0])[1:] == [
        ("list", ["1. one", "2. two"]),
        ("paragraph", "1914. A year in the middle of a text"),
    ]


def test_signs_that_stand_apart_belong_to_their_items() -> None:
    lines = [*_down("\u2022", "\u2022"), *_down("one item", "two items", x=110)]
    assert _said(_blocks(_page(*lines))[0]) == [("list", ["\u2022 one item", "\u2022 two items"])]


def test_what_comes_again_in_the_margin_is_header_or_footer_and_table_heads_are_not() -> None:
    def page(number: int) -> PageLines:
        return _page(
            line(60, 120, f"A long report of the year, part {number}"),
            *_down("Item", f"row {number}", "more", top=180),
            *_down("Price", "1.00", f"{number}.00", top=180, x=500),
            line(60, 1290, f"{number} of 3 in all"),
            number=number,
        )

    for blocks in _blocks(page(1), page(2), page(3)):
        assert [block["type"] for block in blocks] == ["header", "table", "footer"]


def test_heads_over_several_columns_rows_of_one_cell_and_the_rest_of_a_cell_in_tables() -> None:
    rows = {
        300: [(450, "Both of these columns")],
        340: [(60, "Ware"), (450, "new"), (700, "used")],
        380: [(60, "Oil of a long"), (450, "1"), (700, "2")],
        400: [(60, "name")],
        440: [(60, "Wax"), (700, "4")],
        480: [(60, "Ink"), (450, "5"), (700, "6")],
    }
    lines = [line(x, y, text, letter=18) for y, row in rows.items() for x, text in row]
    assert _said(_blocks(_page(*lines))[0])[-1] == (
        "table",
        [["Ware", "new", "used"], ["Oil of a long name", "1", "2"], ["Wax", None, "4"], ["Ink", "5", "6"]],
    )


def test_a_page_whose_lines_lie_anyhow_has_each_of_them_in_one_block() -> None:
    rng = random.Random(3)  # noqa: S311
    for _ in range(30):
        lines = [
            line(
                rng.uniform(0, 800),
                rng.uniform(0, 1350),
                f"{rng.choice(['', '- ', '2. '])}w{at} x",
                letter=rng.uniform(9, 40),
            )
            for at in range(rng.randrange(1, 40))
        ]
        said = " ".join(str(part) for _, part in _said(_blocks(_page(*lines))[0]))
        assert sorted(re.findall(r"w\d+", said)) == sorted(f"w{at}" for at in range(len(lines)))


def test_a_page_without_lines_has_no_blocks() -> None:
    assert _blocks(page_of()) == [[]]
