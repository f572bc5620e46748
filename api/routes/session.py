"""Sign in to the page, see as whom, sign out."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import sessions
from api.auth import ANYONE, AppDep, KeyHolder, Principal, Scope, count_sign_in, key_of, principal_of
from api.problems import responses
from api.sessions import SignedIn
from api.views import moment
from worker.errors import RequestInvalid
from worker.jobs import audit
from worker.settings import Settings

router = APIRouter(prefix="/v1/session", tags=["session"])


class SignInRequest(BaseModel):
    """A key, or the secret of a link from `pagemill keys link`."""

    model_config = ConfigDict(extra="forbid")

    key: str | None = Field(None, max_length=200, examples=["pm_…"])
    link: str | None = Field(None, max_length=200)


class SessionView(BaseModel):
    """As whom a browser or a key asks."""

    project: str
    actor: str
    scopes: list[Scope]
    expires_at: datetime | None = Field(description="Of a session; null for a key, and where keys are off.")
    csrf_token: str | None = Field(description="For X-CSRF-Token, with every request that changes something.")
    direct_above: int = Field(description="Bytes above which a file should go by POST /v1/uploads.")
    max_upload: int = Field(description="Bytes of one request of POST /v1/jobs.")

    @classmethod
    def of(cls, who: Principal, settings: Settings, session: SignedIn | None = None) -> Self:
        """A principal as the API shows it."""
        return cls(
            project=who.project,
            actor=who.actor,
            scopes=sorted(who.scopes),
            expires_at=None if session is None else moment(session.expires_at),
            csrf_token=None if session is None else session.csrf_token,
            direct_above=settings.direct_above,
            max_upload=min(settings.max_upload, who.max_bytes or settings.max_upload),
        )


@router.post("", responses=responses())
def sign_in(wanted: SignInRequest, request: Request, response: Response, app: AppDep) -> SessionView:
    """Begin a session: its cookie comes with the answer. A link is good for one."""
    if app.settings.auth == "off":
        return SessionView.of(ANYONE, app.settings)
    if (wanted.key is None) == (wanted.link is None):
        raise RequestInvalid(detail="send either a key or the secret of a link")
    count_sign_in(request, app)
    if wanted.link is not None:
        key = sessions.key_of_link(app, wanted.link)
    else:
        key = key_of(app, (wanted.key or "").strip(), path=request.url.path)
    session, who = sessions.open_session(app, key), principal_of(key)
    audit.note(app, project=who.project, actor=who.actor, action="sign in", subject=key.id)
    sessions.set_cookie(response, request, session, now=app.clock())
    response.headers["Cache-Control"] = "no-store"
    return SessionView.of(who, app.settings, session)


@router.get("", responses=responses())
def get_session(request: Request, response: Response, app: AppDep, principal: KeyHolder) -> SessionView:
    """As whom one asks, and the token that goes with the cookie."""
    response.headers["Cache-Control"] = "no-store"
    by_key = app.settings.auth == "off" or "authorization" in request.headers
    return SessionView.of(principal, app.settings, None if by_key else sessions.find(app, request))


@router.delete("", status_code=204, responses=responses())
def sign_out(request: Request, response: Response, app: AppDep, _principal: KeyHolder) -> None:
    """End the session; a key stays as it is."""
    sessions.close_session(app, request, response)
