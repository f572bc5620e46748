"""Sessions: a browser uses a key by a cookie that no script can read, and says that it means what it sends.

The cookie is HttpOnly and SameSite=Strict. A request that changes something carries besides it, in a header,
a token that only pages of this service can have asked for (OWASP, Cross-Site Request Forgery Prevention:
a token bound to the session by HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from fastapi import Request, Response

from worker.errors import CsrfRefused, LinkSpent, Unauthorized
from worker.jobs.app import App
from worker.jobs.ledger.access import ApiKey
from worker.jobs.ledger.sessions import Purpose, Session

COOKIE = "pagemill_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its browser has it: the secret of its cookie, whose it is, until when it holds."""

    secret: str
    key_id: str
    expires_at: float

    @property
    def csrf_token(self) -> str:
        """What requests that change something carry in `CSRF_HEADER`."""
        return hmac.new(self.secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def open_session(app: App, key: ApiKey) -> SignedIn:
    """A new session for whoever has this key; it ends with the key."""
    now = app.clock()
    until = min(now + app.settings.session_hours * _HOUR, key.expires_at or float("inf"))
    return SignedIn(_stored(app, key.id, Purpose.SESSION, until), key.id, until)


def new_link(app: App, key_id: str, *, seconds: float) -> str:
    """A secret with which one may sign in once, within so many seconds."""
    return _stored(app, key_id, Purpose.LINK, app.clock() + seconds)


def key_of_link(app: App, secret: str) -> ApiKey:
    """The key that a link stands for, once; raises LinkSpent."""
    key_id = app.ledger.sessions.take_link(_hash(secret), now=app.clock())
    key = None if key_id is None else app.ledger.access.key(key_id)
    if key is None or not key.is_valid(app.clock()):
        raise LinkSpent
    return key


def key_of_cookie(app: App, request: Request) -> ApiKey:
    """The key behind the session of a request; raises Unauthorized, CsrfRefused."""
    session = find(app, request)
    key = None if session is None else app.ledger.access.key(session.key_id)
    if session is None or key is None or not key.is_valid(app.clock()):
        raise Unauthorized
    given = request.headers.get(CSRF_HEADER, "")
    is_meant = hmac.compare_digest(given.encode(), session.csrf_token.encode())
    if request.method not in _SAFE_METHODS and not is_meant:
        raise CsrfRefused
    return key


def find(app: App, request: Request) -> SignedIn | None:
    """The session of a request, if its cookie names one that holds."""
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    found = app.ledger.sessions.find(_hash(secret), now=app.clock())
    return None if found is None else SignedIn(secret, found.key_id, found.expires_at)


def set_cookie(response: Response, request: Request, session: SignedIn, *, now: float) -> None:
    """Give a browser its session; over TLS alone where it came by TLS."""
    response.set_cookie(
        COOKIE,
        session.secret,
        max_age=int(session.expires_at - now),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def close_session(app: App, request: Request, response: Response) -> None:
    """End the session of a request, here and in its browser."""
    session = find(app, request)
    if session is not None:
        app.ledger.sessions.end(_hash(session.secret))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _stored(app: App, key_id: str, purpose: Purpose, until: float) -> str:
    secret = secrets.token_urlsafe(32)
    app.ledger.sessions.add(Session(_hash(secret), key_id, purpose, app.clock(), until))
    return secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
