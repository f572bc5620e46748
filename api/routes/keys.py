"""Keys of a project, for those who administer it: listed, made, revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Admin, AppDep, Principal, Scope, new_key
from api.problems import responses
from api.views import moment
from worker.errors import Forbidden, NotFound
from worker.jobs import audit
from worker.jobs.app import App
from worker.jobs.ledger.access import ApiKey

router = APIRouter(prefix="/v1/keys", tags=["operation"])
_DAY = 86_400.0
KeyId = Annotated[str, Path(max_length=16, examples=["9f86d081884c"])]


class KeyRequest(BaseModel):
    """A key that is wanted: it may no more than the one that asks for it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="Whose it is.", examples=["scanner"])
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: float | None = Field(None, gt=0, le=36_500, description="How long it holds; else for ever.")


class KeyView(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    valid: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey, now: float) -> Self:
        """A key as the API shows it."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=sorted(Scope(scope) for scope in key.scopes & set(Scope)),
            valid=key.is_valid(now),
            created_at=moment(key.created_at),
            expires_at=moment(key.expires_at),
            revoked_at=moment(key.revoked_at),
        )


class KeyMade(KeyView):
    """A new key, with its secret."""

    key: str = Field(description="The key itself; it is shown this once.", examples=["pm_…"])


@router.get("", responses=responses())
def list_keys(app: AppDep, principal: Admin) -> list[KeyView]:
    """The keys of the project, the newest first."""
    now = app.clock()
    return [KeyView.of(key, now) for key in app.ledger.access.keys_of(principal.project)]


@router.post("", status_code=201, responses=responses())
def make_key(wanted: KeyRequest, response: Response, app: AppDep, principal: Admin) -> KeyMade:
    """A new key of the project; it has no scope, and no larger limit, than the one that asks."""
    missing = set(wanted.scopes) - principal.scopes
    if missing:
        raise Forbidden(reason=f"This key lacks the scopes it would give: {', '.join(sorted(missing))}")
    made, now = new_key(), app.clock()
    maker = _own(app, principal)
    until = now + wanted.days * _DAY if wanted.days else None
    key = ApiKey(
        id=made.id,
        project=principal.project,
        name=wanted.name.replace("\0", ""),
        hash=made.hash,
        scopes=frozenset(wanted.scopes),
        created_at=now,
        expires_at=_sooner(until, maker.expires_at if maker else None),
        rate_per_minute=maker.rate_per_minute if maker else None,
        max_bytes=maker.max_bytes if maker else None,
    )
    app.ledger.access.add_key(key)
    audit.note(app, project=principal.project, actor=principal.actor, action="key new", subject=key.id)
    response.headers["Cache-Control"] = "no-store"
    return KeyMade(**KeyView.of(key, now).model_dump(), key=made.text)


@router.delete("/{key_id}", status_code=204, responses=responses(404))
def revoke_key(key_id: KeyId, app: AppDep, principal: Admin) -> None:
    """End a key of the project, and the sessions that were begun with it."""
    key = app.ledger.access.key(key_id.replace("\0", ""))
    if key is None or key.project != principal.project:
        raise NotFound(what="key with this id")
    app.ledger.access.revoke(key.id, now=app.clock())
    audit.note(app, project=key.project, actor=principal.actor, action="key revoke", subject=key.id)


def _own(app: App, principal: Principal) -> ApiKey | None:
    """The key that asks; None where keys are off."""
    kind, _, key_id = principal.actor.partition(":")
    return app.ledger.access.key(key_id) if kind == "key" else None


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((end for end in (one, other) if end is not None), default=None)
