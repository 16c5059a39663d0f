"""The two databases stories live on: an SQLite file of their own, and one Postgres database for each worker.

Every story that asks for `storage_url` is lived on both. Of a story with variants the first is lived on both, and the
others take turns: which second a caller hangs up in and where that is written down have little to do with each other.
Stories in a browser take turns from one to the next: there the pages are the story. With RINGBACK_EVERYTHING=1 nothing
takes turns, and every variant is lived on both: that takes half as long again.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer
from tests.storage import KINDS, let_in
from voice import migrate

# Ends whatever a story has left at work.
HURRY = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
)
# What takes longest begins first, so that no worker is left alone with it at the end.
FIRST = ("test_a_day", "test_two_commands", "test_as_started", "test_running")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each story on each database."""
    if "storage_url" in metafunc.fixturenames:
        told = metafunc.definition.get_closest_marker("lived_on")
        metafunc.parametrize("storage_url", told.args if told else KINDS, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is not its turn."""
    turns: dict[str, dict[str, int]] = {}
    if not os.environ.get("RINGBACK_EVERYTHING"):
        items[:] = [item for item in items if _is_lived(item, turns)]
    items.sort(key=lambda item: item.path.stem not in FIRST)


def _is_lived(item: pytest.Item, turns: dict[str, dict[str, int]]) -> bool:
    kind = item.callspec.params.get("storage_url") if hasattr(item, "callspec") else None
    if kind is None:
        return True
    in_browser = "windows" in item.fixturenames  # type: ignore[attr-defined]
    story, _, variant = item.nodeid.partition("[")
    known = turns.setdefault("in a browser" if in_browser else story, {})
    turn = known.setdefault(story + variant.replace(kind, ""), len(known))
    is_told = item.get_closest_marker("lived_on") is not None
    return is_told or (turn == 0 and not in_browser) or kind == KINDS[turn % 2]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database the migrations have built, to be copied."""
    path = tmp_path_factory.mktemp("template") / "ringback.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    copy = tmp_path / "ringback.db"
    copy.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{copy}"


class _Emptied:
    """A Postgres database that is emptied for each story: making one takes the server 150 ms, emptying it 1 ms.

    Connections that do nothing are left to the next story: what the server learns anew on each, of eighty tables and
    the plans of every statement, took a third of what the stories on Postgres took.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._make()

    def empty(self) -> str:
        """Nobody is at work, nothing is in the tables, and every number begins at one; its url."""
        try:
            is_as_made = self._empty()
        except psycopg.OperationalError:  # a story about a database that is gone
            let_in(self._url, True)
            self._keeper = self._connected()
            is_as_made = self._empty()
        if not is_as_made:  # a story about the tables themselves
            self._keeper.close()
            self._make()
        return self._url

    def close(self) -> None:
        """No story follows."""
        self._keeper.close()

    def _empty(self) -> bool:
        self._keeper.execute(HURRY)
        if is_as_made := _columns(self._keeper) == self._made:
            self._keeper.execute("SELECT pg_temp.empty()")
        return is_as_made

    def _make(self) -> None:
        self._url = self._server.create_database(self._server.template("ringback", migrate.upgrade))
        self._keeper = self._connected()
        self._made = _columns(self._keeper)

    def _connected(self) -> psycopg.Connection:
        keeper = psycopg.connect(self._url, autocommit=True)
        tables = "SELECT format('DELETE FROM %I;', tablename) FROM pg_tables WHERE schemaname = 'public'"
        numbers = "SELECT format('PERFORM setval(%L, 1, false);', sequencename) FROM pg_sequences"
        rows = keeper.execute(f"{tables} AND tablename <> 'alembic_version' UNION ALL {numbers}".encode()).fetchall()
        body = "".join(row[0] for row in rows)
        # As a replica it asks for no order among the tables.
        keeper.execute(
            f"CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica "
            f"AS $$ BEGIN {body} END $$".encode()
        )
        return keeper


def _columns(connection: psycopg.Connection) -> str:
    own = "SELECT md5(string_agg(attrelid || attname, ',' ORDER BY attrelid, attnum)) FROM pg_attribute"
    return str(connection.execute(f"{own} WHERE attrelid > 16383").fetchone())  # what came after the system's own


@pytest.fixture(scope="session")
def _emptied(postgres_server: PostgresServer) -> Iterator[_Emptied]:
    with contextlib.closing(_Emptied(postgres_server)) as emptied:
        yield emptied


@pytest.fixture(scope="session")
def new_storage(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, _emptied: _Emptied
) -> Callable[[str], str]:
    """`new_storage(kind)`: an empty database for one of many short lives in a single test. There is one Postgres."""

    def new(kind: str) -> str:
        if kind == "postgres":
            return _emptied.empty()
        copy = tmp_path_factory.mktemp("life") / "ringback.db"
        copy.write_bytes(sqlite_template.read_bytes())
        return f"sqlite:///{copy}"

    return new


@pytest.fixture
def postgres_url(_emptied: _Emptied) -> str:
    """An empty Postgres database."""
    return _emptied.empty()


@pytest.fixture
def storage_url(request: pytest.FixtureRequest) -> str:
    """An empty database: the story is lived on each of the two."""
    return str(request.getfixturevalue(f"{request.param}_url"))
