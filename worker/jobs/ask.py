"""A question about a document that is here already: a job of its own, read as every other one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from schemas import question
from schemas.job import READ, Job, KindRef
from schemas.question import Turn
from schemas.registry import Schema
from worker.errors import RequestInvalid, WrongState
from worker.jobs import kinds, object_keys
from worker.jobs.app import App
from worker.jobs.review import stored
from worker.jobs.submit import SubmitOptions, submit
from worker.owned_folders import OwnedFolder

_MOST_TURNS = 20


@dataclass(frozen=True, slots=True)
class QuestionOrder:
    """What is asked of a job's document.

    `schema` is the form of the answer (None: words), `after` the job of an earlier question that this one
    follows, `engine` who answers (None: who read the document).
    """

    text: str
    schema: Mapping[str, Any] | None = None
    after: Job | None = None
    engine: str | None = None


def ask(app: App, job: Job, order: QuestionOrder, *, actor: str) -> tuple[Job, bool]:
    """The job that answers, and whether it is new: the same question after the same turns is one job.

    Raises RequestInvalid, WrongState for an earlier question without an answer, SchemaInvalid, ObjectMissing
    where the document was erased, and what `submit` raises.
    """
    if order.after is not None:
        _require_answered(app, job, order.after)
    before = order.after.id if order.after is not None else None
    made = question.schema_for(order.text, after=before, schema=order.schema)
    spec = job.spec
    options = SubmitOptions(
        project=spec.project,
        kind=kinds.store_schema(app, spec.project, made.json_schema, name=made.name),
        engine=order.engine or spec.engine,
        priority=spec.priority,
    )
    with closing(OwnedFolder("pagemill-source-")) as folder:
        path = folder.path / "source"
        app.store.fetch(object_keys.source(spec), path)
        with path.open("rb") as file:
            return submit(app, file, spec.filename, options=options, actor=actor)


def with_history(app: App, project: str, schema: Schema) -> Schema:
    """A schema whose question follows others, with what was answered to them; raises NotFound, ObjectMissing.

    Schemas name only the job of the question before: what was answered is erased with its job.
    """
    asked = question.of_schema(schema.root)
    if asked is None or asked.after is None:
        return schema
    turns: list[Turn] = []
    while asked is not None and asked.after is not None and len(turns) < _MOST_TURNS:
        before = app.ledger.jobs.get(asked.after, project=project)
        asked = question.of_schema(_schema(app, before).root)
        if asked is not None:
            answer = question.answer_of(stored.newest(app, before).record.data)
            turns.insert(0, Turn(asked.text, answer))
    return question.following(schema, turns)


def _require_answered(app: App, job: Job, before: Job) -> None:
    if before.spec.source_sha256 != job.spec.source_sha256:
        raise RequestInvalid(detail="the question before was about another document")
    if question.of_schema(_schema(app, before).root) is None:
        raise RequestInvalid(detail="the job before was no question")
    if before.state not in READ:
        raise WrongState(state=before.state)


def _schema(app: App, job: Job) -> Schema:
    spec = job.spec
    return kinds.load(app, spec.project, KindRef(spec.kind, spec.kind_version, spec.schema_sha256))
