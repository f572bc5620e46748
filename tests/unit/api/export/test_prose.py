from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from api.export.prose import ProseForm, render
from worker.errors import RequestInvalid

_MARKUP = "\\`*_{}[]()<>#+-=.!|~&;:1ab é水\u2022"
_texts = st.text(st.sampled_from(_MARKUP), min_size=1, max_size=12).filter(lambda text: text.strip())
_blocks = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["title", "paragraph", "caption", "header", "footer"]),
            "text": st.lists(_texts, min_size=1, max_size=3).map("\n".join),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("list"), "items": st.lists(_texts.map(lambda t: f"\u2022 {t}"), min_size=1)}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("table"),
            "rows": st.lists(
                st.lists(st.none() | _texts, min_size=1, max_size=3).map(lambda row: {"cells": row}),
                min_size=1,
                max_size=3,
            ),
        }
    ),
)


def _data(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"pages": [{"lines": [], "blocks": list(blocks)}]}


def _words(blocks: list[dict[str, Any]]) -> str:
    said = [
        part
        for block in blocks
        for part in (
            block.get("text"),
            *(item.removeprefix("\u2022") for item in block.get("items", ())),
            *(cell for row in block.get("rows", ()) for cell in row["cells"]),
        )
    ]
    return "".join("".join(part or "" for part in said).split())


@settings(max_examples=300, deadline=None)
@given(st.lists(_blocks, min_size=1, max_size=4))
def test_a_reader_of_markdown_gets_every_sign_once_and_no_markup_of_the_page(
    blocks: list[dict[str, Any]],
) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(render(_data(*blocks), ProseForm.MD))
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "softbreak", "hardbreak", "text_special"}
    assert "".join("".join(child.content for child in inline).split()) == _words(blocks)
    assert not {token.type for token in tokens} & {
        "hr",
        "code_block",
        "fence",
        "html_block",
        "blockquote_open",
    }


@given(st.lists(_blocks, min_size=1, max_size=4))
def test_plain_text_has_every_sign_once(blocks: list[dict[str, Any]]) -> None:
    said = render(_data(*blocks), ProseForm.TXT)
    assert sorted("".join(said.replace("\u2022", "").split())) == sorted(_words(blocks).replace("\u2022", ""))


def test_blocks_take_the_forms_of_markdown() -> None:
    said = render(
        _data(
            {"type": "title", "level": 2, "text": "Rates #1"},
            {"type": "paragraph", "text": "- not an item\n2. nor this"},
            {"type": "list", "items": ["1. one", "2) two", "a) three", "– four"]},
            {"type": "table", "rows": [{"cells": ["a|b", "c"]}, {"cells": [None, "d"]}]},
        ),
        ProseForm.MD,
    )
    assert said.splitlines() == [
        "## Rates #1",
        "",
        "\\- not an item  ",
        "2\\. nor this",
        "",
        "1. one",
        "2) two",
        "- a) three",
        "- four",
        "",
        "| a\\|b | c |",
        "| --- | --- |",
        "|  | d |",
    ]


def test_pages_are_set_apart_and_records_from_before_there_were_blocks_have_their_lines() -> None:
    old = {"pages": [{"lines": ["one", "two"]}, {"lines": ["three"]}]}
    assert render(old, ProseForm.TXT) == "one\ntwo\n\f\nthree\n"
    assert render(old, ProseForm.MD) == "one  \ntwo\n\nthree\n"


@pytest.mark.parametrize("data", [None, {"total": 3}, {"pages": [{"rooms": []}]}])
def test_other_kinds_have_no_text(data: dict[str, Any] | None) -> None:
    with pytest.raises(RequestInvalid, match=re.escape("kind text")):
        render(data, ProseForm.MD)
