from __future__ import annotations

import pytest

from worker.reading.engines.matcher.readers import side_lengths


@pytest.mark.parametrize(
    ("feet", "metres", "expected"),
    [
        ("157 x 125", "4.76 x 3.79", "15'7 x 12'5"),
        ("8'4 x 82", "2.55 × 2.50", "8'4 x 8'2"),
        ("122 x 9'10", "3.72 x 3.00", "12'2 x 9'10"),
        ("13'0 x 11'10", "3970 x 3610", "13'0 x 11'10"),
        ('10\'1" x 111"', "3.07m x 3.38m", "10'1\" x 11'1\""),
        ("9.2 ft X 14.4 ft", "2.8 m X 4.4 m", "9.2 ft X 14.4 ft"),
        ("157 x 125", "5.76 x 3.79", None),
        ("9.2 ft x 14.4 ft", "2.0 m x 4.4 m", None),
        ("8'4", "2.55 x 2.50", None),
    ],
)
def test_feet_are_mended_where_metres_say_the_same(feet: str, metres: str, expected: str | None) -> None:
    assert side_lengths.in_feet(feet, metres) == expected


def test_signs_are_those_that_are_typed() -> None:
    assert side_lengths.as_typed("11'7° × 15'7\"") == "11'7\" x 15'7\""
