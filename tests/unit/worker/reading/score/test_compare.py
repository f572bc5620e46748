"""When two printings are the same value."""

from __future__ import annotations

from typing import Any

import pytest

from worker.reading.score.compare import equal


@pytest.mark.parametrize(
    ("expected", "read", "same"),
    [
        ("2018-01-25 10:28", "2018-01-25T10:28", True),
        ("2018-01-25 10:28", "2018-01-25T10:29", False),
        ("Tea T", "TeaT", True),
        ("12 10:28", "12T10:28", False),
        (2.5, "2.50", True),
        (None, "", False),
        (True, 1, False),
    ],
)
def test_the_same_value_may_be_printed_otherwise(expected: Any, read: Any, same: bool) -> None:
    assert equal(expected, read) is same
