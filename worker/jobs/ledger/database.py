"""A database by URL: SQLite with a write-ahead log, or PostgreSQL. The only place that knows which."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Executable, Table, create_engine, event, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, InvalidatePoolError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from worker.errors import LedgerUnavailable, MissingExtra, RequestInvalid, SettingsInvalid
from worker.jobs.ledger.tables import metadata

_BUSY_MS = 30_000  # how long a writer waits for another one
_BELIEVED = 1.0  # seconds after its last use for which a connection is not asked whether it lives


class Database:
    """Transactions that read and transactions that write."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self.has_clock = not self._is_sqlite
        self.skip_locked = "" if self._is_sqlite else "FOR UPDATE SKIP LOCKED"
        # SQLite lets writers wait by sleeping ever longer; threads that wait for a lock go on at once.
        self._one_writer = threading.Lock() if self._is_sqlite else contextlib.nullcontext()
        self._inserts: dict[tuple[Table, bool], Executable] = {}  # to build one takes longer than to run it

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """What is read, on SQLite in one state of things.

        On PostgreSQL every statement sees what was committed before it, in a transaction or out of one;
        without, two round trips are spared.
        """
        with self._begin(**({} if self._is_sqlite else {"isolation_level": "AUTOCOMMIT"})) as connection:
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
        insert = self._insert(table, replacing=False)
        return connection.execute(insert, values).first() is not None

    def put(self, connection: Connection, table: Table, **values: Any) -> None:
        """Insert a row, or let it take the place of the one with its key; `values` has every column."""
        connection.execute(self._insert(table, replacing=True), values)

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

    def _insert(self, table: Table, *, replacing: bool) -> Executable:
        found = self._inserts.get((table, replacing))
        if found is None:
            key = list(table.primary_key.columns)
            new = (sqlite if self._is_sqlite else postgresql).insert(table)
            if replacing:
                others = {column.name: new.excluded[column.name] for column in table.c if column not in key}
                found = new.on_conflict_do_update(index_elements=key, set_=others)
            else:  # RETURNING tells what `rowcount` does not on every driver
                found = new.on_conflict_do_nothing().returning(key[0])
            self._inserts[table, replacing] = found
        return found

    @contextmanager
    def _begin(self, **how: Any) -> Iterator[Connection]:
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
        return _server(url)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtra(feature=f"The ledger on {parsed.get_backend_name()}", extra="service") from error


def _server(url: str) -> Engine:
    """Connections that have rested are asked whether they live before they are used.

    One that was used a moment ago is believed: where it died since, that costs one call, and the pool is new.
    """
    engine = create_engine(url, pool_size=10, max_overflow=20)

    def rests(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = time.monotonic()

    def ask(connection: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if time.monotonic() - entry.info.get("rests_since", math.inf) < _BELIEVED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", ask)
    return engine


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
    wanted = "FULL" if how.get("durable") else "NORMAL"
    if how.get("writes") and connection.info.get("synchronous") != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
        connection.info["synchronous"] = wanted  # which goes with the connection, as the setting does
    connection.exec_driver_sql("BEGIN IMMEDIATE" if how.get("writes") else "BEGIN")
