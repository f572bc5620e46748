"""Doubtful values, which are asked for twice."""

from __future__ import annotations

import pytest

from tests.page_reading import BILL, PRINTED, fields_of, line, looking, read


def test_a_doubtful_value_is_asked_for_again_in_a_crop_around_its_place() -> None:
    without, batches = read(looking(12.5), BILL, PRINTED, look_below=0.5)
    assert sum(map(len, batches)) == 1
    reading, batches = read(looking(12.5), BILL, PRINTED, look_below=0.5, looks=4)
    [first], [again] = batches
    assert fields_of(again) == ["total"]
    height, width = again.picture.shape[:2]
    assert height < first.picture.shape[0] / 3
    assert width < first.picture.shape[1]
    assert reading.data == without.data == {"shop": "ACME", "total": 12.5}
    assert without.evidence["/total"].confidence < 0.5 < reading.evidence["/total"].confidence < 0.97
    assert reading.evidence["/shop"] == without.evidence["/shop"]
    assert reading.notes == ("page 1: 1 values were looked at again; 1 of them were read the same",)


@pytest.mark.parametrize("second", [72.5, None])
def test_a_second_look_that_differs_changes_no_value_and_takes_belief_away(second: float | None) -> None:
    without, _ = read(looking(second), BILL, PRINTED, look_below=0.5)
    reading, _ = read(looking(second), BILL, PRINTED, look_below=0.5, looks=4)
    assert reading.data["total"] == 12.5
    assert reading.evidence["/total"].confidence < without.evidence["/total"].confidence
    others = [other.value for other in reading.evidence["/total"].alternatives]
    assert others == ([second] if second else [])


def test_a_value_that_is_nowhere_stays_below_the_bar_however_often_it_is_said() -> None:
    reading, batches = read(
        looking(12.5), BILL, (line("ACME", 0.1), line("Thank you", 0.4)), look_below=0.5, looks=4
    )
    assert sum(map(len, batches)) == 2
    assert reading.evidence["/total"].confidence < 0.5
