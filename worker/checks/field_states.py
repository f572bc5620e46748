"""How sure each value of a record is, and why some need a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas import pointer
from schemas.record import Evidence, Record, Severity
from schemas.review import FieldState, ReviewReason, ReviewSummary, Revision

LOW_CONFIDENCE = "low_confidence"
_SEARCHED = 4096  # characters of a record that a search looks at
_MOST_REASONS = 10
_LONGEST_TOLD = 80


def field_states(revision: Revision) -> Mapping[str, FieldState]:
    """The state of every value, and of every place with an error, in document order; none without data."""
    record, marks = revision.record, revision.marks
    if record.data is None:
        return {}
    wrong = [issue.path for issue in record.issues if issue.severity is Severity.ERROR]
    values = [at for at, _ in pointer.leaves(record.data)] if record.data else []
    states: dict[str, FieldState] = {}
    for at in dict.fromkeys((*values, *record.fields, *wrong, *marks)):
        item = record.fields.get(at)
        if at in marks:
            states[at] = marks[at]
        elif at in wrong or (item is not None and item.confidence < revision.below):
            states[at] = FieldState.OPEN
        else:
            states[at] = FieldState.SURE
    return states


def open_places(states: Mapping[str, FieldState]) -> tuple[str, ...]:
    """The places that need a person."""
    return tuple(at for at, state in states.items() if state is FieldState.OPEN)


def reasons(record: Record, states: Mapping[str, FieldState]) -> Iterator[ReviewReason]:
    """Why each open place is open: what is wrong there, or what else it may be."""
    for at in open_places(states):
        told = [issue for issue in record.issues if issue.path == at and issue.severity is not Severity.INFO]
        for issue in told:
            yield ReviewReason(path=at, code=issue.code, message=issue.message)
        if not any(issue.severity is Severity.ERROR for issue in told):
            yield ReviewReason(path=at, code=LOW_CONFIDENCE, message=_doubt(record.fields[at]))


def summary(revision: Revision) -> ReviewSummary:
    """What lists say of it; the least sure value is an open one where there is one."""
    record, states = revision.record, field_states(revision)
    open_ = open_places(states)
    among = open_ or [at for at in record.fields if states.get(at) is FieldState.SURE]
    weakest = min(among, key=lambda at: _confidence(record, at), default=None)
    codes = dict.fromkeys(reason.code for reason in reasons(record, states))
    return ReviewSummary(
        open=len(open_),
        weakest=1.0 if weakest is None else _confidence(record, weakest),
        weakest_path=weakest,
        reasons=tuple(codes)[:_MOST_REASONS],
        revision=revision.revision,
    )


def searchable(record: Record) -> str:
    """What a search finds a record by: its file's name and the first of its values, without case."""
    values = (str(value) for _, value in pointer.leaves(record.data or {}) if value not in (None, {}))
    text = record.provenance.filename
    for value in values:
        if len(text) > _SEARCHED:
            break
        text += f"\n{value}"
    return text.replace("\0", "").casefold()[:_SEARCHED]


def _confidence(record: Record, at: str) -> float:
    item = record.fields.get(at)
    return 0.0 if item is None else item.confidence


def _doubt(item: Evidence) -> str:
    others = "".join(f"; {_short(other.value)} ({other.confidence:.0%})" for other in item.alternatives)
    return f"{item.confidence:.0%} sure" + (f"; it may also be{others[1:]}" if others else "")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"
