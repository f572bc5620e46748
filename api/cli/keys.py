"""`pagemill keys` and `retention`: who may use the service, and how long it keeps what they sent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from api import webhooks
from api.auth import Scope, new_key
from api.sessions import new_link
from worker import settings
from worker.errors import RequestInvalid
from worker.jobs import audit, change
from worker.jobs.app import App, connect
from worker.jobs.kinds import require_name
from worker.jobs.ledger.access import ApiKey

_DAY = 86_400.0
_MINUTE = 60.0
_DEFAULT_FOLDER = settings.Settings.model_fields["data_dir"].default
_ACTOR = "command line"


def run_new(options: argparse.Namespace) -> int:
    """Print a new key."""
    scopes = {scope.strip() for scope in options.scopes.split(",")}
    unknown = scopes - set(Scope)
    if unknown:
        raise RequestInvalid(detail=f"no such scope: {', '.join(sorted(unknown))}")
    require_name(options.project)
    with _app() as app:
        now = app.clock()
        expires_at = now + options.days * _DAY if options.days else None
        made = new_key()
        app.ledger.access.add_key(
            ApiKey(
                id=made.id,
                project=options.project,
                name=options.name,
                hash=made.hash,
                created_at=now,
                scopes=frozenset(scopes),
                expires_at=expires_at,
                rate_per_minute=options.rate,
                max_bytes=options.max_bytes,
            )
        )
        audit.note(app, project=options.project, actor=_ACTOR, action="key new", subject=made.id)
    print(made.text)
    print(f"Its id is {made.id}. This is the only time the key itself is shown.", file=sys.stderr)
    return 0


def run_list() -> int:
    """Print every key's id, project, scopes, name and state."""
    with _app() as app:
        print(f"{'id':<12}  {'project':<16} {'scopes':<28} {'state':<8} {'until':<11} name", file=sys.stderr)
        for key in app.ledger.access.all_keys():
            state = "valid" if key.is_valid(app.clock()) else "revoked" if key.revoked_at else "expired"
            until = _day(key.expires_at) if key.expires_at else "no end"
            scopes = ",".join(sorted(key.scopes))
            print(f"{key.id}  {key.project:<16} {scopes:<28} {state:<8} {until:<11} {key.name}")
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    """End a key."""
    with _app() as app:
        app.ledger.access.revoke(options.id, now=app.clock())
        found = app.ledger.access.key(options.id)
        assert found is not None
        audit.note(app, project=found.project, actor=_ACTOR, action="key revoke", subject=options.id)
    return 0


def run_link(options: argparse.Namespace) -> int:
    """Print the address at which somebody signs in to the page, once, with a key that stays here."""
    with _app() as app:
        key = app.ledger.access.key(options.id)
        if key is None or not key.is_valid(app.clock()):
            raise RequestInvalid(detail="no key that holds has this id; `pagemill keys list` has them")
        secret = new_link(app, key.id, seconds=options.minutes * _MINUTE)
        audit.note(app, project=key.project, actor=_ACTOR, action="key link", subject=key.id)
        print(f"{app.settings.url.rstrip('/')}/#/sign-in/{secret}")
    print(f"It is good once, and for {options.minutes:g} minutes.", file=sys.stderr)
    return 0


def run_secret(options: argparse.Namespace) -> int:
    """Print the webhook secret of a project."""
    with _app() as app:
        print(webhooks.project_secret(app, options.project))
    return 0


def run_retention(options: argparse.Namespace) -> int:
    """Set the retention of a project."""
    if options.days is not None and options.days <= 0:
        raise RequestInvalid(detail="days must be more than 0")
    with _app() as app:
        change.keep_for(app, options.project, options.days, actor=_ACTOR)
    return 0


@contextmanager
def _app() -> Iterator[App]:
    found = _found()
    app = connect(found, migrate=found.database_url is None)  # a database may be in use by other versions
    try:
        print(f"ledger: {settings.origin(found)}", file=sys.stderr)
        yield app
    finally:
        app.close()


def _found() -> settings.Settings:
    """The settings; raises RequestInvalid where a ledger would be made that no service has."""
    found = settings.load()
    anew = found.database_url is None and not (found.data_dir / "ledger.sqlite").exists()
    if anew and found.data_dir == _DEFAULT_FOLDER:
        raise RequestInvalid(
            detail=f"there is no ledger in {found.data_dir.resolve()}; run it where the service runs, or set "
            "PAGEMILL_DATA_DIR or DATABASE_URL"
        )
    return found


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
