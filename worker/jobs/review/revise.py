"""A person's changes and decision: checked, stored as the next revision, told to ledger and audit log.

Of two people who change the same revision, the one who is stored first wins; the other is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas import pointer
from schemas.job import READ, EventCode, Job, KindRef
from schemas.record import Issue, Record, Severity, State
from schemas.registry import Schema
from schemas.review import REJECTED, Change, Decision, FieldState, Operation, Revision
from worker.checks import validate
from worker.checks.field_states import field_states, open_places
from worker.errors import (
    NotFound,
    ObjectMissing,
    OpenFlags,
    RecordChanged,
    RequestInvalid,
    StaleRevision,
    WrongState,
)
from worker.jobs import audit, change, kinds, outcome
from worker.jobs.app import App
from worker.jobs.ledger.reviews import Reviewed
from worker.jobs.ledger.sums import Judgement
from worker.jobs.review import correction, stored
from worker.jobs.review.draft import Draft
from worker.jobs.review.judgement import judged

_MOST_TOLD = 10
_MOST_VALUES = 100_000
_DEEPEST = 64
_CHANGES_NOTED = 1000  # of a record that was sent whole
_NOT_FOUND_AT_ALL = frozenset({"nothing_found", "key_field_missing"})


@dataclass(frozen=True, slots=True)
class ReviewOrder:
    """What a person wants done to a revision of a record."""

    revision: int
    changes: Sequence[Change] = ()
    decision: Decision | None = None
    reason: str | None = None
    sign_off: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A job, its record as it stands, and the schema it keeps to."""

    job: Job
    schema: Schema
    before: Revision


def review(app: App, job_id: str, order: ReviewOrder, *, project: str, actor: str) -> Revision:
    """Do what a person says; the record that follows.

    Raises NotFound, WrongState, StaleRevision, OpenFlags when something is open that is accepted, and
    RequestInvalid for changes that cannot be made or break the schema.
    """
    opened = _open(app, job_id, project)
    if order.revision != opened.before.revision:
        raise StaleRevision(current=opened.before.revision)
    if not order.changes and order.decision is None:
        raise RequestInvalid(detail="say what to change, or decide: accept, reject or postpone")
    if order.decision is Decision.REJECT and not (order.reason or "").strip():
        raise RequestInvalid(detail="a rejection needs a reason")
    draft = Draft(opened.before, stored.reading(app.store, opened.job), opened.schema.root)
    for step in order.changes:
        draft.apply(step)
    made = Revision(
        revision=order.revision + 1,
        at=app.clock(),
        actor=actor,
        changes=tuple(order.changes),
        decision=order.decision,
        reason=order.reason,
        marks=draft.marks,
        rows=draft.rows,
        below=opened.before.below,
        record=_checked(opened, draft.data, draft.issues).model_copy(update={"fields": draft.fields}),
    )
    return _store(app, opened.job, _decided(made, order))


def correct(
    app: App, job_id: str, data: Any, *, project: str, actor: str, if_match: int | None = None
) -> Revision:
    """Take a person's data as a whole; what differs from before is corrected.

    Raises NotFound, WrongState, RecordChanged when the record is not at the revision `if_match`,
    StaleRevision when it is changed just now, RequestInvalid for data the schema does not allow.
    """
    opened = _open(app, job_id, project)
    before = opened.before
    if if_match is not None and if_match != before.revision:
        raise RecordChanged(current=before.revision)
    if not isinstance(data, dict):
        raise RequestInvalid(detail="the corrected data are not a JSON object")
    marks = correction.marks(before, data)
    made = Revision(
        revision=before.revision + 1,
        at=app.clock(),
        actor=actor,
        changes=tuple(_as_changes(before.record.data or {}, data)),
        marks=marks,
        rows=correction.rows_of(before, data),
        below=before.below,
        record=_checked(opened, data, before.record.issues).model_copy(
            update={"fields": correction.evidence(before.record, data)}
        ),
    )
    order = ReviewOrder(before.revision)
    return _store(app, opened.job, _decided(made, order))


def check(app: App, job: Job, data: dict[str, Any]) -> tuple[Issue, ...]:
    """What would be wrong with these data; nothing is stored. Raises RequestInvalid for too many of them."""
    _require_bearable(data)
    return validate.check(data, _schema(app, job))


def tell_ledger(app: App, job: Job, revision: Revision) -> Job:
    """Tell the ledger of a revision that it may not know: whoever stored it may have been cut off."""
    if revision.revision <= job.review.revision:
        return job
    end, found = outcome.end_of(revision), _judgements(app, job, revision)
    done = Reviewed(_code(revision), end, revision.actor, app.clock(), found)
    return app.ledger.reviews.enter(job.id, project=job.spec.project, done=done)


def _judgements(app: App, job: Job, revision: Revision) -> Sequence[Judgement]:
    try:
        return judged(stored.reading(app.store, job), revision)
    except ObjectMissing:  # erased meanwhile, as the ledger will say
        return ()


def _open(app: App, job_id: str, project: str) -> Opened:
    job = app.ledger.jobs.get(job_id, project=project)
    if job.state not in READ and not stored.is_rejected(job):
        raise WrongState(state=job.state)
    return Opened(job, _schema(app, job), stored.newest(app, job))


def _schema(app: App, job: Job) -> Schema:
    spec = job.spec
    return kinds.load(app, spec.project, KindRef(spec.kind, spec.kind_version, spec.schema_sha256))


def _checked(opened: Opened, data: dict[str, Any], said: Sequence[Issue]) -> Record:
    """The record with these data and what is wrong with them; raises RequestInvalid for a new breach.

    `said` is what was said of the record before, where its places are now; what the checks say is said anew.
    """
    _require_bearable(data)
    record = opened.before.record
    checked_before = validate.check(record.data or {}, opened.schema)
    issues = validate.check(data, opened.schema)
    known = {(issue.code, issue.path) for issue in checked_before}
    broken = [i for i in issues if i.code == "schema_violation" and (i.code, i.path) not in known]
    if broken:
        told = "; ".join(f"{issue.path or '/'}: {issue.message}" for issue in broken[:_MOST_TOLD])
        raise RequestInvalid(detail=told)
    checked = {(issue.code, issue.message) for issue in checked_before}
    others = [one for one in said if (one.code, one.message) not in checked and _holds(one, data, opened)]
    return record.model_copy(update={"data": data, "issues": (*others, *issues)})


def _require_bearable(data: dict[str, Any]) -> None:
    """Raise RequestInvalid for data that no document holds, before anything walks through them."""
    level: list[Any] = [data]
    count = 0
    for _ in range(_DEEPEST):
        inner = [value for node in level for value in (node.values() if isinstance(node, dict) else node)]
        count += len(inner)
        level = [value for value in inner if isinstance(value, dict | list)]
        if count > _MOST_VALUES:
            raise RequestInvalid(detail=f"the data hold more than {_MOST_VALUES} values")
        if not level:
            return
    raise RequestInvalid(detail=f"the data are nested deeper than {_DEEPEST} levels")


def _holds(issue: Issue, data: dict[str, Any], opened: Opened) -> bool:
    """Whether what the reading said of the document is still so."""
    if issue.code == REJECTED:
        return False
    if issue.code not in _NOT_FOUND_AT_ALL:
        return True
    keys = opened.schema.keys if issue.code == "key_field_missing" else tuple(data)
    return not any(leaf is not None for key in keys for _, leaf in pointer.leaves(data.get(key)))


def _decided(made: Revision, order: ReviewOrder) -> Revision:
    """The revision with the state that follows from the decision and from what is open."""
    record = made.record
    left = open_places(field_states(made))
    if order.decision is Decision.REJECT:
        reason = (order.reason or "").strip()
        issue = Issue(code=REJECTED, severity=Severity.ERROR, message=reason)
        rejected = record.model_copy(update={"state": State.FAILED, "issues": (issue, *record.issues)})
        return made.model_copy(update={"record": rejected})
    if order.decision is Decision.ACCEPT and left and not order.sign_off:
        raise OpenFlags(open=list(left), count=len(left), first=left[0] or "/")
    signed: tuple[str, ...] = left if order.decision is Decision.ACCEPT else ()
    state = State.REVIEW if left and not signed else State.DONE
    return made.model_copy(
        update={
            "record": record.model_copy(update={"state": state}),
            "signed_off": signed,
            "marks": made.marks | dict.fromkeys(signed, FieldState.CONFIRMED),
        }
    )


def _store(app: App, job: Job, made: Revision) -> Revision:
    if not stored.append(app, job, made):
        raise StaleRevision(current=made.revision)
    action = made.decision or ("correct" if _corrects(made) else "confirm")
    audit.note(app, project=job.spec.project, actor=made.actor or "", action=action, subject=job.id)
    try:
        tell_ledger(app, job, made)
    except (NotFound, WrongState):  # erased meanwhile
        change.remove_if_erased(app, job)
        raise
    return made


def _code(made: Revision) -> EventCode:
    """What happened to the job."""
    if made.decision is Decision.REJECT:
        return EventCode.REJECTED
    if made.record.state is State.DONE:
        return EventCode.CORRECTED if _corrects(made) else EventCode.CONFIRMED
    return EventCode.POSTPONED if made.decision is Decision.POSTPONE else EventCode.CHECKED


def _corrects(made: Revision) -> bool:
    whole = made.decision is None and not made.changes  # sent whole, without a value that differs
    return whole or any(step.op is not Operation.CONFIRM for step in made.changes)


def _as_changes(before: Mapping[str, Any], data: Mapping[str, Any]) -> Iterable[Change]:
    """The values that differ, as changes one by one: for the history."""
    old = dict(pointer.leaves(before))
    new = [(at, value) for at, value in pointer.leaves(data) if at not in old or old[at] != value]
    for at, value in new[:_CHANGES_NOTED]:
        yield Change.model_construct(op=Operation.CORRECT, path=at, value=value)
