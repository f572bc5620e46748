"""What works for a project, for those who administer it: the workers, and what waits for them."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth import Admin, AppDep
from api.problems import responses
from api.views import moment
from worker.settings import version

router = APIRouter(prefix="/v1/service", tags=["operation"])


class WorkerView(BaseModel):
    """A worker that has lately been heard of."""

    name: str = Field(examples=["host-4711"])
    engines: list[str] = Field(description="Engines it has loaded.")
    models: list[str] = Field(description="Models whose jobs it takes.")
    heard_at: datetime = Field(description="Its last sign of life.")


class WaitingView(BaseModel):
    """Jobs of the project that wait in one queue for one model."""

    queue: str = Field(examples=["cpu"])
    model: str | None = Field(description="null: for none in particular.")
    count: int
    oldest_at: datetime = Field(description="When the oldest of them came.")


class ServiceView(BaseModel):
    """Who works, and what waits."""

    version: str
    project: str
    workers: list[WorkerView]
    waiting: list[WaitingView]


@router.get("", responses=responses())
def get_service(app: AppDep, principal: Admin) -> ServiceView:
    """The workers of the service, and the jobs of the project that wait for them."""
    signs, now = app.broker.signs(), app.clock()
    workers = [
        WorkerView(
            name=sign.name,
            engines=list(sign.has.engines),
            models=sorted(filter(None, sign.has.models)),
            heard_at=moment(now - sign.ago),
        )
        for sign in signs
    ]
    waiting = [
        WaitingView(queue=one.queue, model=one.model, count=one.count, oldest_at=moment(one.oldest))
        for one in app.ledger.lists.waiting(principal.project)
    ]
    return ServiceView(version=version(), project=principal.project, workers=workers, waiting=waiting)
