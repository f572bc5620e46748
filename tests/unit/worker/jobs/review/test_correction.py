from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import pointer
from schemas.record import Citation, Evidence, Record, State
from tests.build import PROVENANCE
from worker.jobs.review import correction


def record(data: dict[str, Any]) -> Record:
    """A record every value of which cites its own pointer."""
    fields = {
        at: Evidence(confidence=0.9, citations=(Citation(page=1, box=(0, 0, 1, 1), text=at),))
        for at, value in pointer.leaves(data)
        if value is not None
    }
    return Record(job_id="1", kind="k", state=State.DONE, data=data, fields=fields, provenance=PROVENANCE)


def cites(fields: dict[str, Evidence]) -> dict[str, str | None]:
    return {at: item.citations[0].text if item.citations else None for at, item in fields.items()}


def test_a_corrected_value_keeps_no_citation_of_what_it_replaced() -> None:
    fields = correction.evidence(record({"total": 5.0, "company": "Mill"}), {"total": 6.0, "company": "Mill"})
    assert fields["/total"] == Evidence(confidence=1.0, origin="corrected")
    assert cites(fields) == {"/total": None, "/company": "/company"}


def test_evidence_goes_with_an_item_when_another_is_taken_out_or_put_in() -> None:
    items = [{"n": 1, "name": "a"}, {"n": 1, "name": "b"}, {"n": 1, "name": "c"}]
    read = record({"items": items})
    assert cites(correction.evidence(read, {"items": items[1:]})) == {
        "/items/0/n": "/items/1/n",
        "/items/0/name": "/items/1/name",
        "/items/1/n": "/items/2/n",
        "/items/1/name": "/items/2/name",
    }
    longer = [items[0], {"n": 1, "name": "new"}, *items[1:]]
    found = cites(correction.evidence(read, {"items": longer}))
    assert found["/items/1/n"] is None
    assert found["/items/3/name"] == "/items/2/name"


def test_an_item_of_which_one_value_changed_keeps_the_evidence_of_the_others() -> None:
    items = [{"n": 1, "name": "a"}, {"n": 1, "name": "b"}]
    changed = [items[0], {"n": 1, "name": "B"}]
    found = cites(correction.evidence(record({"items": items}), {"items": changed}))
    assert found == {
        "/items/0/n": "/items/0/n",
        "/items/0/name": "/items/0/name",
        "/items/1/n": "/items/1/n",
        "/items/1/name": None,
    }


def test_what_becomes_another_type_is_corrected() -> None:
    assert correction.evidence(record({"a": 1}), {"a": True})["/a"].origin == "corrected"


_VALUES = st.recursive(
    st.none() | st.integers(0, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from("abc"), _VALUES), st.dictionaries(st.sampled_from("abc"), _VALUES))
def test_a_citation_is_always_that_of_the_same_value(read: dict[str, Any], data: dict[str, Any]) -> None:
    fields = correction.evidence(record(read), data)
    for at, item in fields.items():
        assert item.origin == "corrected" or pointer.get(read, item.citations[0].text) == pointer.get(
            data, at
        )
    untouched = correction.evidence(record(read), read)
    assert untouched == record(read).fields
