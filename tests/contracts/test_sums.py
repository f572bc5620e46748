"""What the ledger adds up for overviews, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from schemas.job import EventCode, JobState
from schemas.review import ReviewSummary
from tests.contracts.ledger_rows import ledger, put, spec, take
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.ledger.reviews import Reviewed
from worker.jobs.ledger.sums import NOT_READ, Accuracy, Ended, Judgement, Stretch

__all__ = ["ledger"]
FROM_HUNDRED = Stretch(since=100.0, step=10.0)


def end(ledger: Ledger, number: int, *, at: float, end: End, project: str = "p") -> str:
    job = put(ledger, number, project=project)
    assert take(ledger) == job
    ledger.jobs.finish(job, token="t", end=end, now=at)
    return job


def test_what_ended_is_added_up_by_steps_for_one_project(ledger: Ledger) -> None:
    end(ledger, 1, at=99.9, end=End(JobState.DONE, 1000))
    end(ledger, 2, at=100.0, end=End(JobState.DONE, 2))
    end(ledger, 3, at=109.9, end=End(JobState.REVIEW, 3))
    end(ledger, 4, at=125.0, end=End(JobState.FAILED, 1, "corrupt_file"))
    end(ledger, 5, at=126.0, end=End(JobState.DONE, 500), project="q")
    put(ledger, 6)
    assert ledger.sums.ended("p", FROM_HUNDRED) == [Ended(0, 2, 1, 5), Ended(2, 1, 0, 1)]
    assert ledger.sums.ended("nobody", FROM_HUNDRED) == []


def test_failures_are_counted_for_one_project_the_most_frequent_first(ledger: Ledger) -> None:
    for number, code in enumerate(("too_large", "corrupt_file", "corrupt_file")):
        end(ledger, number, at=1.0, end=End(JobState.FAILED, error_code=code))
    end(ledger, 9, at=1.0, end=End(JobState.FAILED, error_code="too_large"), project="q")
    assert list(ledger.sums.failures("p").items()) == [("corrupt_file", 2), ("too_large", 1)]
    assert ledger.lists.failures() == {"corrupt_file": 2, "too_large": 2}


def test_what_people_settled_is_summed_by_confidence_and_by_field(ledger: Ledger) -> None:
    judge(ledger, 1, 105.0, Judgement("/total", 9, 1, 1), Judgement("/items/*/what", 3, 4, 1))
    judge(ledger, 2, 119.0, Judgement("/total", 3, 1, 0), Judgement("/total", NOT_READ, 1, 0))
    judge(ledger, 3, 99.0, Judgement("/total", 9, 1, 0))
    assert ledger.sums.confidence("p", FROM_HUNDRED) == {3: (5, 1), 9: (1, 1)}
    assert ledger.sums.accuracy("p", FROM_HUNDRED) == [
        Accuracy("receipt", "/items/*/what", 0, 4, 1),
        Accuracy("receipt", "/total", 0, 1, 1),
        Accuracy("receipt", "/total", 1, 2, 0),
    ]
    assert ledger.sums.confidence("q", FROM_HUNDRED) == {}


def test_a_later_revision_takes_the_place_of_the_earlier_one_and_erasing_takes_both(ledger: Ledger) -> None:
    job = judge(ledger, 1, 105.0, Judgement("/total", 9, 1, 1))
    say(ledger, job, 2, 107.0, Judgement("/total", 9, 1, 0))
    assert ledger.sums.confidence("p", FROM_HUNDRED) == {9: (1, 0)}
    say(ledger, job, 3, 108.0)
    assert ledger.sums.confidence("p", FROM_HUNDRED) == {}
    say(ledger, job, 4, 109.0, Judgement("/total", 9, 1, 1))
    ledger.erasures.bury(spec(1), now=110.0, folder="f/", source="s", again_at=200.0)
    assert ledger.sums.accuracy("p", FROM_HUNDRED) == []


def judge(ledger: Ledger, number: int, at: float, *found: Judgement) -> str:
    """A job that a person has settled at a time."""
    job = end(ledger, number, at=90.0, end=End(JobState.REVIEW, 1))
    say(ledger, job, 1, at, *found)
    return job


def say(ledger: Ledger, job: str, revision: int, at: float, *found: Judgement) -> None:
    done = End(JobState.DONE, 1, review=ReviewSummary(revision=revision))
    ledger.reviews.enter(job, project="p", done=Reviewed(EventCode.CORRECTED, done, "key:x", at, found))
