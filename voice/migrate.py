"""Brings a database to the newest schema; safe when several processes start together."""

import contextlib
import pathlib
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOCK_NUMBER = 727_001


@contextlib.contextmanager
def locked(url: str) -> Iterator[sa.Connection]:
    """A connection on which only this process migrates; commits when the block ends well."""
    engine = sa.create_engine(url)
    if make_url(url).get_backend_name() == "sqlite":
        pathlib.Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA busy_timeout=30000")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
        yield connection
        connection.commit()
    engine.dispose()


def config(connection: sa.Connection) -> Config:
    """Alembic's settings for a connection that is already open and locked."""
    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations that `url` has not seen yet."""
    with locked(url) as connection:
        command.upgrade(config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to an older schema."""
    with locked(url) as connection:
        command.downgrade(config(connection), revision)
