from __future__ import annotations

import pytest

from tests.build import page_of
from worker.reading.engines.matcher import typed_spans
from worker.reading.engines.matcher.rows import arrange


@pytest.mark.parametrize(
    ("text", "city", "region", "code"),
    [
        ("Springfield, NY 10001-1234", "Springfield", "NY", "10001-1234"),
        ("4 Elm Road, Springfield NY 10001", "Springfield", "NY", "10001"),
        ("D-12345 Musterstadt", "Musterstadt", None, "12345"),
        ("Camford CB1 2AB", "Camford", None, "CB1 2AB"),
        ("Order 4711", None, None, None),
    ],
)
def test_the_parts_of_a_town(text: str, city: str | None, region: str | None, code: str | None) -> None:
    [cell] = arrange([page_of(text)]).cells
    finders = (typed_spans.cities, typed_spans.regions, typed_spans.zips)
    found = [next((typed.value for typed in find(cell)), None) for find in finders]
    assert found == [city, region, code]
