"""The two databases stories live on: an SQLite file of their own, and one Postgres database for each worker.

Every story that asks for `storage_url` is lived on both. Of a story with variants the first is lived on both, and the
others take turns: which second a caller hangs up in and where that is written down have little to do with each other.
Stories in a browser take turns from one to the next: there the pages are the story.
"""

from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer
from tests.storage import let_in
from voice import migrate

KINDS = ("sqlite", "postgres")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each story on each database."""
    if "storage_url" in metafunc.fixturenames:
        metafunc.parametrize("storage_url", KINDS, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is not its turn."""
    turns: dict[str, dict[str, int]] = {}
    items[:] = [item for item in items if _is_lived(item, turns)]


def _is_lived(item: pytest.Item, turns: dict[str, dict[str, int]]) -> bool:
    kind = item.callspec.params.get("storage_url") if hasattr(item, "callspec") else None
    if kind is None:
        return True
    in_browser = "windows" in item.fixturenames  # type: ignore[attr-defined]
    story, _, variant = item.nodeid.partition("[")
    known = turns.setdefault("in a browser" if in_browser else story, {})
    turn = known.setdefault(story + variant.replace(kind, ""), len(known))
    return (turn == 0 and not in_browser) or kind == KINDS[turn % 2]


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
    """A Postgres database that is emptied for each story: making one takes the server 150 ms, emptying it 1 ms."""

    def __init__(self, server: PostgresServer) -> None:
        self.url = server.create_database(server.template("ringback", migrate.upgrade))
        tables = "SELECT format('DELETE FROM %I;', tablename) FROM pg_tables WHERE schemaname = 'public'"
        numbers = "SELECT format('SELECT setval(%L, 1, false);', sequencename) FROM pg_sequences"
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(f"{tables} AND tablename <> 'alembic_version' UNION ALL {numbers}").fetchall()
            self._made = _columns(connection)
        # As a replica it asks for no order among the tables.
        self._empty = "SET session_replication_role = replica;" + "".join(row[0] for row in rows)

    def empty(self) -> None:
        """Nobody else is connected, nothing is in the tables, and every number begins at one."""
        let_in(self.url, False)
        let_in(self.url, True)
        with psycopg.connect(self.url) as connection:
            assert _columns(connection) == self._made, "a story changed the tables: it needs a database of its own"
            connection.execute(self._empty.encode())


def _columns(connection: psycopg.Connection) -> str:
    own = "SELECT md5(string_agg(attrelid || attname, ',' ORDER BY attrelid, attnum)) FROM pg_attribute"
    return str(connection.execute(f"{own} WHERE attrelid > 16383").fetchone())  # what came after the system's own


@pytest.fixture(scope="session")
def _emptied(postgres_server: PostgresServer) -> _Emptied:
    return _Emptied(postgres_server)


@pytest.fixture
def postgres_url(_emptied: _Emptied) -> str:
    """An empty Postgres database."""
    _emptied.empty()
    return _emptied.url


@pytest.fixture
def storage_url(request: pytest.FixtureRequest) -> str:
    """An empty database: the story is lived on each of the two."""
    return str(request.getfixturevalue(f"{request.param}_url"))
