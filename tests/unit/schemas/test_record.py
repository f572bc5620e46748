"""A record as those use it who read it."""

from __future__ import annotations

import pytest

from schemas.record import Record, State, failed
from tests.build import PROVENANCE


def test_values_are_found_by_their_place_in_the_data() -> None:
    data = {"total": None, "items": [{"amount": 3.5}], "a/b": "x"}
    record = Record(job_id="j", kind="k", state=State.DONE, data=data, provenance=PROVENANCE)
    assert record.value("/total") is None
    assert record.value("/items/0/amount") == 3.5
    assert record.value("/a~1b") == "x"
    for missing in ("/items/1", "/nothing", "/total/x"):
        with pytest.raises(LookupError):
            record.value(missing)


def test_where_nothing_was_read_there_are_no_values() -> None:
    record = failed(job_id="j", kind="k", code="corrupt_file", message="It is.", provenance=PROVENANCE)
    with pytest.raises(LookupError):
        record.value("/total")
