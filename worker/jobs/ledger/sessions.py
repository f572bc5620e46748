"""Who is signed in to the page, and the links by which one may sign in once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, insert, select

from worker.jobs.ledger.database import Database
from worker.jobs.ledger.tables import sessions


class Purpose(StrEnum):
    """What a secret is good for."""

    SESSION = "session"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Session:
    """A key that somebody uses without having it at hand; `hash` is the SHA-256 of the secret they have."""

    hash: str
    key_id: str
    purpose: Purpose
    created_at: float
    expires_at: float


class Sessions:
    """The table of sessions and of links."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: Session) -> None:
        """Store a new one."""
        row = {name: getattr(session, name) for name in Session.__slots__}
        with self._database.write(durable=True) as connection:
            connection.execute(insert(sessions).values(row))

    def find(self, hash_: str, *, now: float) -> Session | None:
        """A session by its hash, unless it has run out."""
        query = select(sessions).where(sessions.c.hash == hash_, sessions.c.purpose == Purpose.SESSION)
        with self._database.read() as connection:
            row = connection.execute(query.where(sessions.c.expires_at > now)).first()
        if row is None:
            return None
        return Session(row.hash, row.key_id, Purpose(row.purpose), row.created_at, row.expires_at)

    def take_link(self, hash_: str, *, now: float) -> str | None:
        """The id of the key that a link stands for, to whoever asks first; None afterwards."""
        mine = (sessions.c.hash == hash_, sessions.c.purpose == Purpose.LINK, sessions.c.expires_at > now)
        with self._database.write(durable=True) as connection:
            key_id = connection.execute(select(sessions.c.key_id).where(*mine)).scalar()
            taken = connection.execute(delete(sessions).where(*mine)).rowcount
        return str(key_id) if key_id is not None and taken else None

    def end(self, hash_: str) -> None:
        """Forget one; nothing happens when it is not there."""
        with self._database.write(durable=True) as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == hash_))

    def forget(self, *, before: float) -> None:
        """Forget those that ran out before a time."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at < before))
