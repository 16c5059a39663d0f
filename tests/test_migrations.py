"""The tables the migrations build are the tables the code knows, on both databases, up, down and up again."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import voice.ledger
from tests.postgres import PostgresServer
from voice import migrate
from voice.models import Base


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('empty')}/ringback.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create_database()


def tables(url: str) -> set[str]:
    """Our tables, as the database has them."""
    engine = sa.create_engine(url)
    found = set(sa.inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return found


@pytest.mark.proves("01-6.16")
def test_up_down_and_up_again_leaves_no_difference_to_the_models(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade(empty_url, "base")
    assert tables(empty_url) == set()
    migrate.upgrade(empty_url)
    assert tables(empty_url) == set(Base.metadata.tables)
    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert difference == []


@pytest.mark.proves("01-6.16", "M3")
def test_migrating_twice_is_harmless_and_there_is_one_newest(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)
    with migrate.locked(empty_url) as connection:
        assert len(ScriptDirectory.from_config(migrate.config(connection)).get_heads()) == 1
    assert voice.ledger.CallEvent.__tablename__ in tables(empty_url)
