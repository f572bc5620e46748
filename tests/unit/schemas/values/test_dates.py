from __future__ import annotations

import pytest

from schemas.values import dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("01 Sep", "2025-09-01"),
        ("3rd March", "2025-03-03"),
        ("Oct 5", "2025-10-05"),
        ("03.11.", "2025-11-03"),
        ("17/11", "2025-11-17"),
        ("5月3日", "2025-05-03"),
        ("31.02.", None),
        ("12 pieces", None),
        ("1/2 l", None),
    ],
)
def test_a_day_without_its_year(text: str, day: str | None) -> None:
    assert dates.of_year(text, 2025) == day


def test_a_year_of_two_digits_leads_where_a_full_year_of_the_page_ends_so() -> None:
    assert dates.year_leads("2024年10月28日 お支払\n24.09.01 スーパー")
    assert not dates.year_leads("Invoice of 2024\n24.09.01")
    assert not dates.year_leads("2023年10月\n24.09.01")
    (found,) = dates.find("24.09.01", year_first=True)
    assert found.iso == "2024-09-01"
