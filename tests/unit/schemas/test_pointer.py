"""JSON Pointers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import pointer


@given(st.lists(st.one_of(st.text(), st.integers(0, 99)), max_size=6))
def test_pointers_split_into_what_they_were_joined_from(parts: list[str | int]) -> None:
    assert pointer.split(pointer.join(*parts)) == tuple(map(str, parts))


def test_leaves_can_be_fetched_again() -> None:
    data = {"a": [{"b/c": 1}, {"b/c": None}], "~": "x", "empty": []}
    found = dict(pointer.leaves(data))
    assert found == {"/a/0/b~1c": 1, "/a/1/b~1c": None, "/~0": "x"}
    assert all(pointer.get(data, at) == value for at, value in found.items())


@pytest.mark.parametrize("bad", ["a", "a/b"])
def test_a_pointer_without_its_slash_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a JSON Pointer"):
        pointer.split(bad)
