"""How a project does: what was read when, why jobs failed, how right values were found to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.auth import AppDep, ReaderOf
from api.problems import responses
from api.routes.counts import Counted
from api.views import moment
from schemas.job import JobState
from worker.jobs.ledger.lists import Filter
from worker.jobs.ledger.sums import Accuracy, Ended, Stretch

router = APIRouter(prefix="/v1/overview", tags=["jobs"])
_HOUR = 3600.0
_DAY = 24 * _HOUR
_MOST_FIELDS = 40
_MOST_FAILURES = 12


class Period(StrEnum):
    """How far back."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_LENGTHS = {Period.DAY: _DAY, Period.WEEK: 7 * _DAY, Period.MONTH: 30 * _DAY}
_STEPS = {Period.DAY: _HOUR, Period.WEEK: 6 * _HOUR, Period.MONTH: _DAY}
_JUDGED_STEPS = {Period.DAY: 6 * _HOUR, Period.WEEK: _DAY, Period.MONTH: 5 * _DAY}


class EndedView(BaseModel):
    """What ended from a time on, for one step."""

    at: datetime
    documents: int
    unaided: int = Field(description="Documents that are done without a person.")
    pages: int


class ConfidenceView(BaseModel):
    """Values read with a confidence in a tenth, in records that people have settled since."""

    at_least: float = Field(examples=[0.9])
    judged: int
    right: int = Field(description="Left as they were read.")


class JudgedView(BaseModel):
    """Values of a field that people have settled in one step."""

    at: datetime
    judged: int
    right: int


class FieldView(BaseModel):
    """How right a field of a kind was, by what people made of it."""

    kind: str = Field(examples=["receipt"])
    field: str = Field(description="A JSON Pointer, with * for indices.", examples=["/items/*/total"])
    judged: int
    right: int = Field(description="Left as they were read; what was missed is not right.")
    steps: list[JudgedView]


class OverviewView(BaseModel):
    """Sums over a project, made by the database."""

    since: datetime
    step_seconds: int = Field(description="Length of a step of `ended`.")
    judged_step_seconds: int = Field(description="Length of a step of `fields`.")
    states: Mapping[JobState, int] = Field(description="Jobs that are in each state, as GET /v1/counts says.")
    failures: Mapping[str, int] = Field(description="Failed jobs by code, the most frequent first.")
    ended: list[EndedView] = Field(description="Every step of the period.")
    confidence: list[ConfidenceView] = Field(description="Tenths in which something was judged.")
    fields: list[FieldView] = Field(description="The fields of which most was wrong come first.")


@router.get("", responses=responses())
def get_overview(
    request: Request,
    app: AppDep,
    principal: ReaderOf,
    period: Annotated[Period, Query(description="The last 24 hours, 7 or 30 days")] = Period.DAY,
) -> OverviewView:
    """How the project does: states and failures now, what ended in a period, how right it was found to be."""
    sums, project = app.ledger.sums, principal.project
    since = app.clock() - _LENGTHS[period]
    span, judged = Stretch(since, _STEPS[period]), Stretch(since, _JUDGED_STEPS[period])
    counted: Counted = request.app.state.counted
    return OverviewView(
        since=moment(since),
        step_seconds=int(span.step),
        judged_step_seconds=int(judged.step),
        states=counted.get(Filter(project)).states,
        failures=dict(list(sums.failures(project).items())[:_MOST_FAILURES]),
        ended=_ended(sums.ended(project, span), span, round(_LENGTHS[period] / span.step)),
        confidence=[
            ConfidenceView(at_least=tenth / 10, judged=total, right=kept)
            for tenth, (total, kept) in sums.confidence(project, judged).items()
        ],
        fields=_fields(sums.accuracy(project, judged), judged),
    )


def _ended(found: Sequence[Ended], span: Stretch, count: int) -> list[EndedView]:
    """Every step; what has ended while the database was asked belongs to the last one."""
    views = [
        EndedView(at=moment(span.since + step * span.step), documents=0, unaided=0, pages=0)
        for step in range(count)
    ]
    for one in found:
        view = views[min(one.step, count - 1)]
        view.documents += one.documents
        view.unaided += one.unaided
        view.pages += one.pages
    return views


def _fields(found: Sequence[Accuracy], span: Stretch) -> list[FieldView]:
    fields: dict[tuple[str, str], FieldView] = {}
    for one in found:
        new = FieldView(kind=one.kind, field=one.field, judged=0, right=0, steps=[])
        view = fields.setdefault((one.kind, one.field), new)
        view.judged += one.total
        view.right += one.kept
        at = moment(span.since + one.step * span.step)
        view.steps.append(JudgedView(at=at, judged=one.total, right=one.kept))
    worst = sorted(fields.values(), key=lambda view: (view.right - view.judged, view.kind, view.field))
    return worst[:_MOST_FIELDS]
