"""Who asks: API keys and sessions, what they may do, how often. Nothing is asked when `auth` is off.

A key reads `pm_<id>_<secret>`; the ledger holds the SHA-256 of the whole, which is enough for a
secret of 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from api import sessions
from api.addresses import is_loopback
from worker.errors import (
    Forbidden,
    LedgerUnavailable,
    QueueUnavailable,
    RateLimited,
    SettingsInvalid,
    Unauthorized,
)
from worker.jobs.app import App
from worker.jobs.ledger.access import ApiKey
from worker.log import logger
from worker.settings import Settings

_log = logger(__name__)
DEFAULT_PROJECT = "default"
_PREFIX = "pm"
_BEARER = HTTPBearer(auto_error=False, description="An API key, see `pagemill keys`.")  # for the document
_SIGN_INS = 30  # a minute, from one address
_FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Scope(StrEnum):
    """What a key allows."""

    SUBMIT = "submit"  # send documents, cancel and retry, define kinds
    READ = "read"  # see jobs, records and pages
    REVIEW = "review"  # correct records
    ADMIN = "admin"  # erase, and read the audit log


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who may do something in one project."""

    project: str
    actor: str
    scopes: frozenset[str]
    max_bytes: int | None = None


ANYONE = Principal(DEFAULT_PROJECT, "local", frozenset(Scope))


def app_of(request: Request) -> App:
    """The parts of the service behind a request."""
    return cast("App", request.app.state.parts)


AppDep = Annotated[App, Depends(app_of)]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as its owner sees it, once, and what is stored of it."""

    text: str
    id: str
    hash: str


def new_key() -> NewKey:
    """A random key."""
    key_id = secrets.token_hex(6)
    text = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    return NewKey(text, key_id, _hash(text))


def require(scope: Scope | None) -> Callable[..., Principal]:
    """A dependency: who asks, when the key has this scope, if one is named.

    Raises Unauthorized, CsrfRefused, Forbidden, RateLimited.
    """

    def allowed(request: Request, app: AppDep, _key: Annotated[object, Depends(_BEARER)]) -> Principal:
        principal = ANYONE if app.settings.auth == "off" else _holder(request, app)
        if scope is not None and scope not in principal.scopes:
            raise Forbidden(reason=f"This key lacks the scope {scope}")
        return principal

    return allowed


def require_safe(settings: Settings) -> None:
    """Raise SettingsInvalid where everyone on the network could do everything."""
    if settings.auth == "off" and not is_loopback(settings.host):
        raise SettingsInvalid(
            detail=f"PAGEMILL_AUTH=off is for loopback addresses, and PAGEMILL_HOST is {settings.host}"
        )


def still_holds(request: Request, app: App) -> bool:
    """Whether the key or session behind a request that is still being answered has not ended meanwhile."""
    try:
        return app.settings.auth == "off" or bool(_key_behind(request, app))
    except Unauthorized:
        return False
    except LedgerUnavailable:  # nobody can say so now
        return True


def _holder(request: Request, app: App) -> Principal:
    key = _key_behind(request, app)
    if key.rate_per_minute is not None:
        _count(app, key.id, limit=key.rate_per_minute)
    return principal_of(key)


def _key_behind(request: Request, app: App) -> ApiKey:
    given = request.headers.get("authorization")
    if given is None and sessions.COOKIE in request.cookies:
        return sessions.key_of_cookie(app, request)
    scheme, _, text = (given or "").partition(" ")
    return key_of(app, text.strip() if scheme.lower() == "bearer" else "", path=request.url.path)


def key_of(app: App, text: str, *, path: str) -> ApiKey:
    """The key that reads so; raises Unauthorized."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != _PREFIX:
        raise Unauthorized
    key = app.ledger.access.key(parts[1])
    known = key.hash if key is not None else _hash("")
    if not hmac.compare_digest(known, _hash(text)) or key is None or not key.is_valid(app.clock()):
        _log.warning("key_refused", key=parts[1][:16], path=path)
        raise Unauthorized
    return key


def principal_of(key: ApiKey) -> Principal:
    """Who has this key."""
    return Principal(key.project, f"key:{key.id}", key.scopes, key.max_bytes)


def count_sign_in(request: Request, app: App) -> None:
    """Let an address try only so often; raises RateLimited."""
    address = request.client.host if request.client else "unknown"
    _count(app, f"sign-in:{address}", limit=_SIGN_INS)


def _count(app: App, who: str, *, limit: int) -> None:
    now = app.clock()
    try:
        count = app.broker.count_request(who, int(now // 60))
    except QueueUnavailable:  # requests that cannot be counted are let in: the queue's loss is not theirs
        return
    if count > limit:
        raise RateLimited(limit=limit, seconds=int(60 - now % 60) + 1)


def require_local(headers: Mapping[str, str], *, method: str, path: str) -> None:
    """Auth is off: whoever reaches loopback, but no page of another site through a browser on it.

    Raises Forbidden.
    """
    host = _host_of(f"//{headers.get('host', '')}")
    origin = headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
    if not is_loopback(host) or (foreign and method not in _SAFE_METHODS):
        _log.warning("origin_refused", host=host[:80], path=path)
        raise Forbidden(reason="Without keys, only pages and programs of this machine are let in")


def is_operator(request: Request, settings: Settings) -> bool:
    """Whether what only operators should see may be shown: on this machine, or with the token for it.

    Who comes through a proxy is not on this machine, although the proxy may be.
    """
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    near = request.client is not None and is_loopback(request.client.host)
    asked_here = is_loopback(_host_of(f"//{request.headers.get('host', '')}"))
    return near and asked_here and not _FORWARDED & set(request.headers.keys())


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


KeyHolder = Annotated[Principal, Depends(require(None))]
Submitter = Annotated[Principal, Depends(require(Scope.SUBMIT))]
ReaderOf = Annotated[Principal, Depends(require(Scope.READ))]
Reviewer = Annotated[Principal, Depends(require(Scope.REVIEW))]
Admin = Annotated[Principal, Depends(require(Scope.ADMIN))]
