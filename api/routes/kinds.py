"""Kinds: what documents can be read as, shipped and a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.concurrency import run_in_threadpool

from api.auth import AppDep, ReaderOf, Scope, Submitter
from api.intake import require_text
from api.problems import responses
from api.store_threads import in_store_thread
from api.views import KindView
from schemas import registry
from worker.errors import Forbidden
from worker.jobs import audit, kinds
from worker.jobs.kinds import KindRef

router = APIRouter(prefix="/v1/kinds", tags=["kinds"])
KindName = Annotated[str, Path(max_length=64, examples=["receipt"])]


@router.get("", responses=responses())
def list_kinds(app: AppDep, principal: ReaderOf) -> list[KindView]:
    """Every kind the project can use, in its newest version."""
    return [_view(ref) for ref in kinds.names(app, principal.project).values()]


@router.get("/{name}", responses=responses(404))
async def get_kind(name: KindName, app: AppDep, principal: ReaderOf) -> KindView:
    """A kind and its JSON Schema."""
    ref = await run_in_threadpool(kinds.find, app, principal.project, name)
    schema = await in_store_thread(kinds.load, app, principal.project, ref)
    return _view(ref, schema.json_schema)


@router.put("/{name}", responses=responses())
async def put_kind(
    name: KindName,
    schema: Annotated[dict[str, Any], Body(description="A JSON Schema.")],
    app: AppDep,
    principal: Submitter,
) -> KindView:
    """Define a kind, or its next version. Jobs keep the version they were submitted under.

    A shipped kind, which others of the project read by, is replaced only with the scope admin.
    """
    if name in registry.kinds() and Scope.ADMIN not in principal.scopes:
        raise Forbidden(reason=f"{name} is a kind that Pagemill brings; to replace it takes the scope admin")

    def define() -> KindView:
        ref = kinds.define(app, principal.project, require_text(schema), name=name)
        done = f"{name} v{ref.version}"
        audit.note(app, project=principal.project, actor=principal.actor, action="define", subject=done)
        return _view(ref, schema)

    return await in_store_thread(define)


def _view(ref: KindRef, schema: Mapping[str, Any] | None = None) -> KindView:
    return KindView(name=ref.name, version=ref.version, schema_sha256=ref.schema_sha256, json_schema=schema)
