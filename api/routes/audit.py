"""The audit log: who submitted, read, corrected, exported and erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Admin, AppDep
from api.problems import responses
from api.views import AuditView, moment

router = APIRouter(prefix="/v1/audit", tags=["operation"])


@router.get("", responses=responses())
def list_audit(
    app: AppDep,
    principal: Admin,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AuditView]:
    """Entries of the project after the given id, the oldest first."""
    entries = app.ledger.access.entries(principal.project, after=after, limit=limit)
    return [
        AuditView(
            id=entry.id, at=moment(entry.at), actor=entry.actor, action=entry.action, subject=entry.subject
        )
        for entry in entries
    ]
