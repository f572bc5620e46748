"""How right a reading was, by what a person left of it."""

from __future__ import annotations

from typing import Any

from schemas import pointer
from schemas.record import Evidence, Record, State
from schemas.review import Revision
from tests.build import PROVENANCE
from worker.jobs.ledger.sums import NOT_READ, Judgement
from worker.jobs.review.judgement import judged

READ = {"name": "Mill", "total": 5.0, "date": None, "items": [{"what": "a"}, {"what": "b"}]}


def record(data: dict[str, Any], state: State = State.DONE, confidence: float = 0.95) -> Record:
    fields = {at: Evidence(confidence=confidence) for at, value in pointer.leaves(data) if value is not None}
    return Record(job_id="1", kind="k", state=state, data=data, fields=fields, provenance=PROVENANCE)


def says(data: dict[str, Any], **more: Any) -> set[Judgement]:
    return set(judged(record(READ), Revision(revision=1, record=record(data), **more)))


def test_what_was_left_is_right_and_what_was_changed_or_cleared_is_not() -> None:
    assert says({**READ, "name": "Mühle", "total": None}) == {
        Judgement("/name", 9, 1, 0),
        Judgement("/total", 9, 1, 0),
        Judgement("/items/*/what", 9, 2, 2),
    }


def test_what_was_not_read_and_is_there_has_no_confidence() -> None:
    assert Judgement("/date", NOT_READ, 1, 0) in says({**READ, "date": "2026-11-26"})


def test_rows_are_followed_where_others_were_put_in_and_taken_out() -> None:
    data = {**READ, "items": [{"what": "new"}, {"what": "b"}]}
    found = says(data, rows={"/items/0": None, "/items/1": "/items/1"})
    assert {one for one in found if one.field == "/items/*/what"} == {
        Judgement("/items/*/what", NOT_READ, 1, 0),  # the new one
        Judgement("/items/*/what", 9, 2, 1),  # the first is gone, the second was right
    }


def test_yes_is_not_one() -> None:
    before, after = record({"paid": True}), record({"paid": 1})
    assert judged(before, Revision(revision=1, record=after)) == [Judgement("/paid", 9, 1, 0)]


def test_values_are_told_apart_by_how_sure_they_were_and_certainty_belongs_to_the_last_tenth() -> None:
    for confidence, tenth in ((0.0, 0), (0.31, 3), (1.0, 9)):
        read = record({"name": "Mill"}, confidence=confidence)
        settled = Revision(revision=1, record=record({"name": "Mill"}))
        assert judged(read, settled) == [Judgement("/name", tenth, 1, 1)]


def test_nothing_is_said_while_values_are_open_or_of_a_rejected_document() -> None:
    for state in (State.REVIEW, State.FAILED):
        assert judged(record(READ), Revision(revision=1, record=record(READ, state))) == ()
