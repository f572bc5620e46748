"""The project a key belongs to: its name, and for how long it keeps what was read."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Admin, AppDep
from api.problems import responses
from worker.jobs import change
from worker.jobs.app import App

router = APIRouter(prefix="/v1/project", tags=["operation"])


class ProjectView(BaseModel):
    """A project, as far as it is set up."""

    name: str = Field(examples=["default"])
    retention_days: float | None = Field(description="Set for this project; null: as the service says.")
    service_retention_days: float | None = Field(
        description="For projects where nothing is set; null: for ever."
    )


class ProjectChange(BaseModel):
    """What is to be set."""

    model_config = ConfigDict(extra="forbid")

    retention_days: float | None = Field(
        gt=0, le=36_500, description="Age at which finished jobs are erased; null: as the service says."
    )


@router.get("", responses=responses())
def get_project(app: AppDep, principal: Admin) -> ProjectView:
    """The project of the key that asks."""
    return _shown(app, principal.project)


@router.patch("", responses=responses())
def change_project(wanted: ProjectChange, app: AppDep, principal: Admin) -> ProjectView:
    """Set for how long finished jobs are kept; what is older is erased, with its source, soon afterwards."""
    change.keep_for(app, principal.project, wanted.retention_days, actor=principal.actor)
    return _shown(app, principal.project)


def _shown(app: App, project: str) -> ProjectView:
    return ProjectView(
        name=project,
        retention_days=app.ledger.projects.retention().get(project),
        service_retention_days=app.settings.retention_days,
    )
