"""Which form the tables have, and how an older one becomes today's.

A form is a numbered revision, noted in the ledger itself. All steps run in one transaction under one
lock: of many processes that start at once one migrates, and one that is killed has changed nothing.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from worker.errors import LedgerOutdated, LedgerTooNew
from worker.jobs.ledger.database import Database
from worker.log import logger

_log = logger(__name__)
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""Every revision there has been, the first one first."""
TODAYS = REVISIONS[-1]
_UNCOUNTED = REVISIONS[0]  # what 0.1.0 made before revisions were counted
_NOTED_IN = "alembic_version"
_LOCK = "pagemill ledger migrations"


def prepare(database: Database, *, migrate: bool) -> None:
    """Make the tables of a new ledger, and with `migrate` those of an older one today's.

    Raises LedgerOutdated for an older one without `migrate`, LedgerTooNew, LedgerUnavailable.
    """
    with database.read() as connection:
        found = _require_known(connection)
    if found == TODAYS:
        return
    if found is not None and not migrate:
        raise LedgerOutdated(found=found, needed=TODAYS)
    with database.write(durable=True) as connection:
        database.lock(connection, _LOCK)
        found = _require_known(connection)  # another process may have been first
        if found == TODAYS:
            return
        _upgrade(connection, found)
    if found is not None:
        _log.info("ledger_migrated", since=found, to=TODAYS)


def revision_of(connection: Connection) -> str | None:
    """The revision of a ledger; None for an empty database."""
    tables = inspect(connection)
    if tables.has_table(_NOTED_IN):
        noted = connection.execute(text(f"SELECT version_num FROM {_NOTED_IN}")).scalar()  # noqa: S608 (a constant)
        if noted is not None:
            return str(noted)
    return _UNCOUNTED if tables.has_table("jobs") else None


def _require_known(connection: Connection) -> str | None:
    found = revision_of(connection)
    if found is not None and found not in REVISIONS:
        raise LedgerTooNew(found=found, known=TODAYS)
    return found


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command  # loads in a quarter of a second, and is hardly ever needed
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    if found == _UNCOUNTED:
        command.stamp(config, _UNCOUNTED)
    command.upgrade(config, "head")
