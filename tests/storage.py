"""A story's database: how it is hurried, lost and found again."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import make_url

KINDS = ("sqlite", "postgres")


def waits_for_no_disk(engine: sa.Engine) -> None:
    """Nothing in a story must survive a power cut. The tests' Postgres is told so at its start."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))


def hang_up(engine: sa.Engine) -> None:
    """Close what one of many lives in a story had open. Postgres keeps what rests for the next: see `tests.on_both`."""
    if engine.dialect.name == "sqlite":
        engine.dispose()


def lose(url: str) -> None:
    """The database is gone: the file is moved away and something else lies in its place; or nobody is let in."""
    if (path := _file(url)) is None:
        let_in(url, False)
    else:
        path.rename(path.with_suffix(".away"))
        path.mkdir()


def restore(url: str) -> None:
    """It is back as it was."""
    if (path := _file(url)) is None:
        let_in(url, True)
    else:
        path.rmdir()
        path.with_suffix(".away").rename(path)


@contextlib.contextmanager
def held(url: str) -> Iterator[None]:
    """Somebody else holds it: nobody can write."""
    if (path := _file(url)) is None:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE calls IN EXCLUSIVE MODE")
            yield
    else:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield


def _file(url: str) -> Path | None:
    parts = make_url(url)
    return Path(str(parts.database)) if parts.get_backend_name() == "sqlite" else None


def let_in(url: str, anybody: bool) -> None:
    """Whether this Postgres database takes connections; when not, those it has are cut."""
    name = make_url(url).database
    keeper = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(keeper, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {anybody}'.encode())
        if not anybody:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(cut, (name,))
