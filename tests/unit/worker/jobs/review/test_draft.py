"""A record while changes are laid over it."""

from __future__ import annotations

from schemas.record import Issue, Record, Severity, State
from schemas.registry import from_json_schema
from schemas.review import Change, Operation, Revision
from tests.build import PROVENANCE
from worker.jobs.review.draft import Draft

ITEM = {"type": "object", "properties": {"what": {"type": "string"}}}
ROOT = from_json_schema(
    {"type": "object", "properties": {"items": {"type": "array", "items": ITEM}}}, name="mine"
).root


def test_what_was_said_of_an_item_goes_where_it_goes() -> None:
    said = tuple(
        Issue(code="doubtful", severity=Severity.WARNING, path=f"/items/{index}/what", message=str(index))
        for index in range(3)
    )
    record = Record(
        job_id="j",
        kind="mine",
        state=State.REVIEW,
        data={"items": [{"what": name} for name in "abc"]},
        issues=said,
        provenance=PROVENANCE,
    )
    draft = Draft(Revision(revision=0, record=record), record, ROOT)
    draft.apply(Change(op=Operation.REMOVE_ROW, path="/items/1"))
    draft.apply(Change(op=Operation.INSERT_ROW, path="/items/0", value={"what": "new"}))
    draft.apply(Change(op=Operation.MOVE_ROW, path="/items/2", to=0))
    assert [item["what"] for item in draft.data["items"]] == ["c", "new", "a"]
    assert {issue.message: issue.path for issue in draft.issues} == {
        "0": "/items/2/what",
        "2": "/items/0/what",
    }
