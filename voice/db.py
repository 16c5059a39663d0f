"""The engine, the two kinds of transaction, and the column type that refuses naive times."""

import contextlib
import datetime as dt
import functools
import math
import os
import pathlib
import select
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from voice import clock

# The voice path may take 2.5 s in all (design: never slower), so every wait of it gets less.
LOCK_SECONDS = 2.0  # for SQLite's one writer: first in this process, then, with what is left, among processes
STATEMENT_SECONDS = 1.5  # after which Postgres gives up
SILENCE_SECONDS = 1.8  # after which we do: a server that has stalled gives nothing up by itself
LOG_MILLISECONDS = 200  # while readers go on reading what the log is to be emptied of, writers wait
TURNS = 4  # of somebody at a screen, who would rather wait for a few seconds than press again
MOST_IDS = 500
Id = TypeVar("Id", str, int)
TRUSTED_SECONDS = 1.0  # a connection that was used so lately is tried with no word, a third of all that would be said
PING_SECONDS = 0.3  # the same for the word a pooled connection is tried with: a new one, 2 s at most, may follow


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


@functools.cache
def insert_once(dialect: str, kind: type[Any], key: str) -> sa.Insert:
    """INSERT a row of `kind`, unless one with the same `key` is there. Kept: building it costs more than running it."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(kind.__table__).on_conflict_do_nothing(index_elements=[key])


def one_row(result: sa.Result[Any]) -> bool:
    """Whether a conditional UPDATE changed its one row: who sees True has won, everyone else has not."""
    return cast("sa.CursorResult[Any]", result).rowcount == 1


def took_too_long(error: sa.exc.DBAPIError) -> bool:
    """Whether the database gave this statement up, as STATEMENT_SECONDS asks of it."""
    return isinstance(error.orig, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable)


def chunks(ids: Sequence[Id]) -> Iterator[Sequence[Id]]:
    """Ids in portions that one statement can hold."""
    return (ids[at : at + MOST_IDS] for at in range(0, len(ids), MOST_IDS))


T = TypeVar("T")


def patiently(work: Callable[[], T]) -> T:
    """Do `work`, a whole transaction, once more when its turn did not come in time: nothing of it has been done.

    For people and programs, when many want the same row at once; a caller on the line is never kept waiting so long.
    """
    for _ in range(TURNS - 1):
        try:
            return work()
        except (sa.exc.TimeoutError, sa.exc.OperationalError) as error:
            if not _was_busy(error):
                raise
    return work()


def _was_busy(error: sa.exc.SQLAlchemyError) -> bool:
    cause = getattr(error, "orig", None)
    if isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        return True
    return isinstance(error, sa.exc.TimeoutError) or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


_engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    """A forked child must not speak on its parent's connections."""
    for engine in _engines:
        engine.dispose(close=False)


# One hook for all of them: a hook for each would keep its engine for as long as the process lives.
os.register_at_fork(after_in_child=_leave_to_the_parent)


class Database:
    """One engine and its two kinds of transaction. Verbs take the session and never commit."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        # SQLite's own busy handler is unfair under load: one lock per process keeps the slowest write short.
        self._writer = threading.Lock()
        _engines.add(self.engine)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """Read and write; commits at the end of the block, rolls back when it raises."""
        with self._one_writer() as left, Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"lock_seconds": left})
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Read only, without taking SQLite's write lock."""
        info = {"reading": True}  # see `voice.sight`
        options = {"reading": True, "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, Session(connection, info=info) as it:
            yield it
            if not self.is_sqlite:
                # Nothing was written; but after a rollback psycopg forgets every statement it has prepared.
                connection.commit()

    def leave_nothing_behind(self, anew: bool) -> bool:
        """Empty SQLite's log of what was deleted; `anew`: write its file anew first. False: somebody is at work there.

        Zeros stand where something was deleted, but a page that was parted may keep a copy until it is written anew.
        Calls that come in during that are answered from the roster file. Postgres does the same by itself, in its time.
        """
        if not self.is_sqlite:
            return True
        with self._one_writer(), contextlib.closing(self.engine.raw_connection()) as connection:
            if anew:
                connection.cursor().execute("VACUUM")
            connection.cursor().execute(f"PRAGMA busy_timeout={LOG_MILLISECONDS}")
            busy, *_pages = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() or (1,)
        return not busy

    @contextlib.contextmanager
    def _one_writer(self) -> Iterator[float]:
        """Wait for our turn; the seconds left to wait for other processes."""
        if not self.is_sqlite:
            yield 0.0
            return
        until = clock.monotonic() + LOCK_SECONDS
        if not self._writer.acquire(timeout=LOCK_SECONDS):
            raise LockTimeout("the database was busy for too long")
        try:
            yield max(until - clock.monotonic(), 0.0)
        finally:
            self._writer.release()


def _sqlite_engine(url: str) -> sa.Engine:
    path = make_url(url).database
    engine = sa.create_engine(
        url, connect_args={"timeout": LOCK_SECONDS, "isolation_level": None}, hide_parameters=True
    )

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: Any, _record: Any, given: list[Any], named: dict[str, Any]) -> None:
        # Never an empty file in the place of one that was moved away: it would swallow what lies in the other's log.
        given[0], named["uri"] = f"{pathlib.Path(given[0]).absolute().as_uri()}?mode=rw", True

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        record.info["file"] = _file(path)
        # FULL: a commit we answered for must survive a power cut, not only a crash. ON: who is erased is overwritten.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkout")
    def _still_there(_connection: Any, record: Any, _proxy: Any) -> None:
        # An open connection to a file that was moved away would go on writing to what nobody will ever read.
        if record.info["file"] != _file(path):
            raise sa.exc.DisconnectionError("the database file is another one now")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if "lock_seconds" in options:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(options['lock_seconds'] * 1000)}")
        # IMMEDIATE: a deferred transaction that turns into a writer fails at once instead of waiting its turn.
        connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")

    return engine


def _file(path: str | None) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; None for a database in memory, or none at all."""
    try:
        found = os.stat(path or "")
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Prompt(psycopg.Connection[Any]):
    """A connection that gives up a silent server: the driver itself would wait for as long as the network stands."""

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait for one answer, but not for ever."""
        seconds = PING_SECONDS if self.autocommit else SILENCE_SECONDS  # only the pool's trial word is autocommitted
        try:
            return super().wait(gen, *args, **(kwargs | {"timeout": seconds}))
        except psycopg.errors._WaitTimeout as error:
            self.close()
            raise psycopg.OperationalError("the database does not answer") from error


def _postgres_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=16,
        max_overflow=48,
        pool_timeout=STATEMENT_SECONDS,
        hide_parameters=True,  # errors are logged, and parameters are names, numbers and words
        pool_use_lifo=True,  # the one used last knows its tables and has statements prepared; the others may rest
        connect_args={
            "connect_timeout": 2,
            "options": f"-c statement_timeout={int(STATEMENT_SECONDS * 1000)} -c lock_timeout=1500",
        },
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, given: Any, named: Any) -> Any:
        return _Prompt.connect(*given, **named)

    @event.listens_for(engine, "checkin")
    def _rests(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = clock.monotonic()

    @event.listens_for(engine, "checkout")
    def _still_there(connection: Any, record: Any, _proxy: Any) -> None:
        rested = clock.monotonic() - record.info.get("rests_since", math.inf)
        if rested > TRUSTED_SECONDS or _has_news(connection):
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise sa.exc.InvalidatePoolError("the database has gone away") from error

    return engine


def _has_news(connection: psycopg.Connection[Any]) -> bool:
    """Whether something lies in the socket of a connection nobody has asked anything: mostly that it is at its end."""
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))
