"""A database by URL: SQLite with a write-ahead log, or PostgreSQL. The only place that knows which."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from worker.errors import LedgerUnavailable, MissingExtra, RequestInvalid, SettingsInvalid
from worker.jobs.ledger.tables import metadata

_BUSY_MS = 30_000  # how long a writer waits for another one


class Database:
    """Transactions that read and transactions that write."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self.has_clock = not self._is_sqlite
        self.skip_locked = "" if self._is_sqlite else "FOR UPDATE SKIP LOCKED"
        # SQLite lets writers wait by sleeping ever longer; threads that wait for a lock go on at once.
        self._one_writer = threading.Lock() if self._is_sqlite else contextlib.nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of things."""
        with self._begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that changes things, all or none of them.

        After a power cut a durable one is still there; the last others may not be, which is
        enough for what the store tells again (claims, progress, ends).
        """
        with self._one_writer, self._begin(writes=True, durable=durable) as connection:
            yield connection

    def insert_new(self, connection: Connection, table: Table, **values: Any) -> bool:
        """Insert a row where there is none with its key; whether there was none."""
        dialect = sqlite if self._is_sqlite else postgresql
        insert = dialect.insert(table).values(values).on_conflict_do_nothing()
        key = table.primary_key.columns[0]  # RETURNING tells what `rowcount` does not on every driver
        return connection.execute(insert.returning(key)).first() is not None

    def lock(self, connection: Connection, name: str) -> None:
        """Keep others who lock this name waiting until the transaction ends; it is one that writes."""
        if not self._is_sqlite:  # where one that writes is alone
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
            )

    def check(self) -> None:
        """Raise LedgerUnavailable when nothing can be written, or a table is not today's."""
        with self.write() as connection:
            for table in metadata.tables.values():
                connection.execute(select(table).limit(1)).all()

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    @contextmanager
    def _begin(self, **how: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(**how) as connection, connection.begin():
                yield connection
        except DataError as error:
            raise RequestInvalid(detail="a value holds what no database can store") from error
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise LedgerUnavailable(detail=type(cause).__name__) from error


def _engine(url: str) -> Engine:
    parsed = _parsed(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url, parsed.database)
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtra(feature=f"The ledger on {parsed.get_backend_name()}", extra="service") from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise SettingsInvalid(detail="DATABASE_URL is not a database URL") from error


def _sqlite(url: str, path: str | None) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_size=10, max_overflow=30)
    else:  # one connection, taken in turns, for each would have a database of its own
        engine = create_engine(
            url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
        )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not where pysqlite guesses
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")


def _begin(connection: Connection) -> None:
    """A writer takes its turn at once: one that reads first could not be let in later."""
    how = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if how.get('durable') else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if how.get("writes") else "BEGIN")
