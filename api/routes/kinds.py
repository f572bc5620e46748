"""Kinds: what documents can be read as, shipped and a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path

from api.auth import AppDep, ReaderOf, Submitter
from api.intake import require_text
from api.problems import responses
from api.views import KindView
from worker.jobs import audit, kinds
from worker.jobs.kinds import KindRef

router = APIRouter(prefix="/v1/kinds", tags=["kinds"])
KindName = Annotated[str, Path(max_length=64, examples=["receipt"])]


@router.get("", responses=responses())
def list_kinds(app: AppDep, principal: ReaderOf) -> list[KindView]:
    """Every kind the project can use, in its newest version."""
    return [_view(ref) for ref in kinds.names(app, principal.project).values()]


@router.get("/{name}", responses=responses(404))
def get_kind(name: KindName, app: AppDep, principal: ReaderOf) -> KindView:
    """A kind and its JSON Schema."""
    ref = kinds.find(app, principal.project, name)
    return _view(ref, kinds.load(app, principal.project, ref).json_schema)


@router.put("/{name}", responses=responses())
def put_kind(
    name: KindName,
    schema: Annotated[dict[str, Any], Body(description="A JSON Schema.")],
    app: AppDep,
    principal: Submitter,
) -> KindView:
    """Define a kind, or its next version. Jobs keep the version they were submitted under."""
    ref = kinds.define(app, principal.project, require_text(schema), name=name)
    done = f"{name} v{ref.version}"
    audit.note(app, project=principal.project, actor=principal.actor, action="define", subject=done)
    return _view(ref, schema)


def _view(ref: KindRef, schema: Mapping[str, Any] | None = None) -> KindView:
    return KindView(name=ref.name, version=ref.version, schema_sha256=ref.schema_sha256, json_schema=schema)
