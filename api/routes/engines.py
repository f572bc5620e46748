"""The engines that documents can be read with."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth import AppDep, ReaderOf
from api.problems import responses
from schemas import extensions
from worker.errors import RequestInvalid
from worker.jobs import catalogue

router = APIRouter(prefix="/v1/engines", tags=["kinds"])


class EngineView(BaseModel):
    """An engine."""

    name: str = Field(examples=["embedded"])
    queue: str = Field(description="Where its jobs wait.", examples=["cpu"])
    preset: bool = Field(description="Whether it reads where none is named.")


class EngineList(BaseModel):
    """The engines there are."""

    engines: list[EngineView]


@router.get("", responses=responses())
def list_engines(app: AppDep, _principal: ReaderOf) -> EngineList:
    """The engines of this service; those whose queue no worker serves keep their jobs waiting."""
    found = []
    for name in extensions.names("engines"):
        try:
            queue = catalogue.entry(name).queue
        except RequestInvalid:  # another package's, and broken
            continue
        found.append(EngineView(name=name, queue=queue, preset=name == app.settings.engine))
    return EngineList(engines=found)
