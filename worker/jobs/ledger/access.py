"""Who may do what, and who did: API keys, requests already answered, the audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from worker.errors import KeyReused, NotFound
from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import audit, keys, requests

_FORGOTTEN_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: only the SHA-256 of its secret. Times are seconds since 1970."""

    id: str
    project: str
    name: str
    hash: str
    scopes: frozenset[str]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    rate_per_minute: int | None = None
    max_bytes: int | None = None

    def is_valid(self, now: float) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done."""

    id: int
    at: float
    project: str
    actor: str
    action: str
    subject: str


class Access:
    """The tables of keys, requests and the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_key(self, key: ApiKey) -> None:
        """Store a new key."""
        row = {name: getattr(key, name) for name in ApiKey.__slots__}
        row["scopes"] = " ".join(sorted(key.scopes))
        with self._database.write(durable=True) as connection:
            connection.execute(insert(keys).values(row))

    def key(self, key_id: str) -> ApiKey | None:
        """A key by its id."""
        with self._database.read() as connection:
            row = connection.execute(select(keys).where(keys.c.id == key_id)).first()
        return None if row is None else _key(row)

    def keys_of(self, project: str) -> Sequence[ApiKey]:
        """The keys of a project, the newest first."""
        own = select(keys).where(keys.c.project == project).order_by(keys.c.created_at.desc(), keys.c.id)
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(own)]

    def all_keys(self) -> Sequence[ApiKey]:
        """Every key, the oldest first."""
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(select(keys).order_by(keys.c.created_at))]

    def revoke(self, key_id: str, *, now: float) -> None:
        """End a key; raises NotFound."""
        with self._database.write(durable=True) as connection:
            change = update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
            if connection.execute(change.values(revoked_at=now)).rowcount == 0:
                raise NotFound(what="key with this id; `pagemill keys list` has them")

    def answered(self, project: str, key: str, *, fingerprint: str) -> Sequence[str] | None:
        """The jobs an Idempotency-Key led to; raises KeyReused when it came with another request."""
        with self._database.read() as connection:
            query = select(requests).where(requests.c.project == project, requests.c.key == key)
            row = connection.execute(query).first()
        if row is None:
            return None
        if row.fingerprint != fingerprint:
            raise KeyReused
        found: list[str] = json.loads(row.job_ids)
        return found

    def remember(
        self, project: str, key: str, *, fingerprint: str, job_ids: Sequence[str], now: float
    ) -> None:
        """Note what an Idempotency-Key led to."""
        row = {
            "project": project,
            "key": key,
            "fingerprint": fingerprint,
            "job_ids": json.dumps(list(job_ids)),
            "created_at": now,
        }
        with self._database.write(durable=True) as connection:
            self._database.insert_new(connection, requests, **row)

    def forget_requests(self, *, before: float) -> None:
        """Drop Idempotency-Keys older than a time."""
        with self._database.write() as connection:
            connection.execute(delete(requests).where(requests.c.created_at < before))

    def forget_audit(self, *, before: float) -> None:
        """Drop entries of the audit log older than a time; they lie in the order in which they were made."""
        oldest = select(audit.c.id, audit.c.at).order_by(audit.c.id).limit(_FORGOTTEN_AT_ONCE)
        while True:
            with self._database.write() as connection:
                old = [row.id for row in connection.execute(oldest) if row.at < before]
                if old:
                    connection.execute(delete(audit).where(audit.c.id.in_(old)))
            if len(old) < _FORGOTTEN_AT_ONCE:
                return

    def note(self, *, project: str, actor: str, action: str, subject: str, now: float) -> None:
        """Write to the audit log."""
        row = {"at": now, "project": project, "actor": actor, "action": action, "subject": subject[:255]}
        with self._database.write(durable=True) as connection:
            connection.execute(insert(audit).values(row))

    def entries(self, project: str, *, after: int = 0, limit: int = 100) -> Sequence[AuditEntry]:
        """The audit log of a project, the oldest entry first."""
        query = select(audit).where(audit.c.project == project, audit.c.id > after)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(audit.c.id).limit(limit))
            return [AuditEntry(r.id, r.at, r.project, r.actor, r.action, r.subject) for r in rows]


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row.id,
        project=row.project,
        name=row.name,
        hash=row.hash,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        rate_per_minute=row.rate_per_minute,
        max_bytes=row.max_bytes,
    )
