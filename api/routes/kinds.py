"""Kinds: what documents can be read as, shipped and a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.concurrency import run_in_threadpool

from api.auth import AppDep, ReaderOf, Scope, Submitter
from api.intake import require_json
from api.problems import responses
from api.store_threads import in_store_thread
from api.views import KindVersionView, KindView, moment
from schemas import registry
from schemas.job import KindRef
from worker.errors import Forbidden
from worker.jobs import audit, kinds

router = APIRouter(prefix="/v1/kinds", tags=["kinds"])
KindName = Annotated[str, Path(max_length=64, examples=["receipt"])]


@router.get("", responses=responses())
def list_kinds(app: AppDep, principal: ReaderOf) -> list[KindView]:
    """Every kind the project can use, in its newest version."""
    called = kinds.titles(app, principal.project)
    refs = kinds.names(app, principal.project).values()
    return [_view(ref, titles=called.get(ref.name, {})) for ref in refs]


@router.get("/{name}", responses=responses(404))
async def get_kind(
    name: KindName,
    app: AppDep,
    principal: ReaderOf,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="The newest if none is named")
    ] = None,
) -> KindView:
    """A kind and its JSON Schema."""
    ref = await run_in_threadpool(kinds.find, app, principal.project, name, version=version)
    schema = await in_store_thread(kinds.load, app, principal.project, ref)
    return _view(ref, schema.json_schema, titles=kinds.titles_of(schema.json_schema))


@router.get("/{name}/versions", responses=responses(404))
def list_versions(name: KindName, app: AppDep, principal: ReaderOf) -> list[KindVersionView]:
    """The versions of a kind, the newest first."""
    found = kinds.versions(app, principal.project, name)
    return [
        KindVersionView(
            version=one.version, schema_sha256=one.schema_sha256, created_at=moment(one.created_at or None)
        )
        for one in found
    ]


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
        ref = kinds.define(app, principal.project, require_json(schema), name=name)
        done = f"{name} v{ref.version}"
        audit.note(app, project=principal.project, actor=principal.actor, action="define", subject=done)
        return _view(ref, schema, titles=kinds.titles_of(schema))

    return await in_store_thread(define)


def _view(ref: KindRef, schema: Mapping[str, Any] | None = None, *, titles: Mapping[str, str]) -> KindView:
    return KindView(
        name=ref.name, version=ref.version, schema_sha256=ref.schema_sha256, titles=titles, json_schema=schema
    )
