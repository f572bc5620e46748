"""Boxes on pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.page import Box, Line, even_edges, union

fractions = st.floats(0, 1)


@given(fractions, fractions, fractions, fractions, fractions)
def test_overlap_is_symmetric_and_whole_with_itself(
    a: float, b: float, c: float, d: float, shift: float
) -> None:
    box = Box(min(a, b), min(c, d), max(a, b) + 0.01, max(c, d) + 0.01)
    other = Box(box.x0 + shift, box.y0, box.x1 + shift, box.y1)
    assert box.iou(box) == pytest.approx(1.0)
    assert box.iou(other) == pytest.approx(other.iou(box))
    assert union([box, other]).area >= max(box.area, other.area)


def test_a_span_of_a_leaning_line_follows_its_slope() -> None:
    box = Box(0.0, 0.1, 1.0, 0.3)
    line = Line("ABCDEFGHIJ", box, 1.0, even_edges(box, 10), slope=0.1)
    first, last = line.span_box(0, 1), line.span_box(9, 10)
    assert first.x1 == pytest.approx(0.1)
    assert last.cy - first.cy == pytest.approx(0.09)
    assert first.height < box.height
