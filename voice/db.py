"""The engine, the two kinds of transaction, and the column type that refuses naive times."""

import contextlib
import datetime as dt
import os
import pathlib
import threading
from collections.abc import Iterator
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

# The voice path may take 2.5 s in all (design: never slower), so one wait for a lock gets less.
LOCK_SECONDS = 2.0
STATEMENT_SECONDS = 1.5


class UTC(sa.types.TypeDecorator[dt.datetime]):
    """An aware instant, kept in UTC on both databases; a naive one is a bug and is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Refuse naive times; SQLite has no zones, so it is given UTC without one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was about to be stored")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Give every instant back aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class LockTimeout(sa.exc.TimeoutError):
    """Another thread of this process held the database too long."""


def one_row(result: sa.Result[Any]) -> bool:
    """Whether a conditional UPDATE changed its one row: who sees True has won, everyone else has not."""
    return cast("sa.CursorResult[Any]", result).rowcount == 1


class Database:
    """One engine and its two kinds of transaction. Verbs take the session and never commit."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        # SQLite's own busy handler is unfair under load: one lock per process keeps the slowest write short.
        self._writer = threading.Lock()
        os.register_at_fork(after_in_child=lambda: self.engine.dispose(close=False))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """Read and write; commits at the end of the block, rolls back when it raises."""
        with self._one_writer(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Read only, without taking SQLite's write lock."""
        with self.engine.connect().execution_options(reading=True) as connection, Session(connection) as session:
            yield session

    @contextlib.contextmanager
    def _one_writer(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=LOCK_SECONDS):
            raise LockTimeout("the database was busy for too long")
        try:
            yield
        finally:
            self._writer.release()


def _sqlite_engine(url: str) -> sa.Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(url, connect_args={"timeout": LOCK_SECONDS, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # FULL: a commit we answered for must survive a power cut, not only a crash.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # IMMEDIATE: a deferred transaction that turns into a writer fails at once instead of waiting its turn.
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgres_engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url,
        pool_size=16,
        max_overflow=48,
        pool_timeout=STATEMENT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 2,
            "options": f"-c statement_timeout={int(STATEMENT_SECONDS * 1000)} -c lock_timeout=1500",
        },
    )
