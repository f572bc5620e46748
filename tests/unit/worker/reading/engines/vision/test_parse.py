"""What a model says as JSON, and how probable it is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import pointer
from tests.vision_engine import SHOP
from worker.errors import OutputInvalid
from worker.reading.engines.vision import parse, value_spans
from worker.reading.engines.vision.base import Answer, Finish, Token
from worker.reading.engines.vision.token_evidence import TokenEvidence

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_every_scalar_of_a_json_text_is_found_where_it_stands(data: object) -> None:
    for text in (json.dumps(data), json.dumps(data, indent=2, ensure_ascii=False)):
        found = {at: text[start:end] for at, start, end in value_spans.scalars(text)}
        for at, value in pointer.leaves(data):
            quoted = f'"{found[at]}"' if isinstance(value, str) else found[at]
            assert json.loads(quoted) == value
        assert len(found) == len(list(pointer.leaves(data)))


def test_a_value_is_as_probable_as_its_own_tokens_whatever_stands_around_it() -> None:
    text = '{"shop": "AB", "total": 12}'
    tokens = [
        Token(i, i + 1, -1.0 if text[i] in "AB" else -0.1 if text[i] in "12" else -9.0, 0.5)
        for i in range(len(text))
    ]
    told = parse.read(Answer(text, Finish.STOP, tuple(tokens)), SHOP.root, page=3).token_evidence
    assert told["/shop"].probability == pytest.approx(np.exp(-1.0))
    assert told["/total"].probability == pytest.approx(np.exp(-0.1))
    assert told["/total"] == TokenEvidence(3, told["/total"].probability, 0.5)


def test_prose_around_the_object_and_values_of_other_types_are_seen_through() -> None:
    text = 'Here it is: {"shop": 7, "total": "1,234.50", "paid": "yes", "new": 1, "items": [{"price": "x"}]} Done.'
    data = parse.read(Answer(text, Finish.STOP), SHOP.root, page=1).data
    assert data == {"shop": "7", "total": 1234.5, "paid": None, "items": [{"name": None, "price": None}]}


@pytest.mark.parametrize("text", ["", "no", "[1]", '{"shop": "x"', '{"total": NaN}', "{" * 5000])
def test_what_is_no_object_is_no_answer(text: str) -> None:
    with pytest.raises(OutputInvalid):
        parse.read(Answer(text, Finish.STOP), SHOP.root, page=1)


@pytest.mark.parametrize("text", ['{"total": 1e999}', '{"items": ' + "[" * 900 + "]" * 900 + "}"])
def test_numbers_and_nesting_without_end_are_no_answer_or_null(text: str) -> None:
    try:
        data = parse.read(Answer(text, Finish.STOP, (Token(0, 3, -1.0),)), SHOP.root, page=1).data
    except OutputInvalid:
        return
    assert json.dumps(data, allow_nan=False)


def test_an_object_inside_braces_of_prose_is_found() -> None:
    text = r'The answer is \boxed{ {"shop": "A"} }'
    assert parse.read(Answer(text, Finish.STOP), SHOP.root, page=1).data["shop"] == "A"
