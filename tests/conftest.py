"""What every story shares."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from tests import firm, storage
from tests.world import URL, World
from voice import db
from voice.db import Database
from voice.settings import Settings

pytest_plugins = [
    "tests.network",
    "tests.servers",
    "tests.on_both",
    "tests.browsers",
    "tests.windows",
    "tests.mornings",
    "tests.figures_history",
]

# A falsified example is shrunk, but not explained: that takes minutes, and the time of the test runs out on it unseen.
# Nor is any example held to a time: that the machine was busy is nobody's fault.
hypothesis.settings.register_profile(
    "told", phases=set(hypothesis.Phase) - {hypothesis.Phase.explain}, print_blob=True, deadline=None
)
hypothesis.settings.load_profile("told")

ACCOUNT = "AC" + "a1" * 16
AUTH_TOKEN = "a-token-made-up-for-tests"


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look at it again, nor at each 700 new objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class _Kept(BytecodeCache):
    """Compiled templates, for as long as the run lasts."""

    def __init__(self) -> None:
        self._codes: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key + bucket.checksum] = bucket.code


@pytest.fixture(autouse=True, scope="session")
def _compile_once() -> Iterator[None]:
    """Each story has a database and an application of its own, but all speak the same SQL, draw the same pages and have
    the same routes: compiling them anew took two thirds of the suite."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_sqlite_engine", "_postgres_engine"):
            patch.setattr(db, name, _alike(getattr(db, name)))
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Kept()})
        patch.setattr(Rule, "_compile_builder", _built_once(Rule._compile_builder))
        yield
        for pool in _kept.values():
            pool.dispose()


_engines: dict[type, sa.Engine] = {}
_made: list[sa.Engine] = []
_kept: dict[str, sa.Pool] = {}


@pytest.fixture(autouse=True)
def _hang_up_on_databases() -> Iterator[None]:
    """No connection outlives its story, but for those to Postgres that rest: see `tests.on_both`."""
    yield
    while _made:
        engine = _made.pop()
        assert isinstance(engine.pool, sa.QueuePool)
        if engine.pool not in _kept.values() or engine.pool.checkedout():
            engine.dispose()


def _alike(make: Callable[[str], sa.Engine]) -> Callable[[str], sa.Engine]:
    def made(url: str) -> sa.Engine:
        engine = make(url)
        _made.append(engine)
        if engine.dialect.name == "postgresql":
            engine.pool = _kept.setdefault(url, engine.pool)
        if (first := _engines.get(type(engine.dialect))) is not None:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
            return engine

        @sa.event.listens_for(engine, "connect")  # a dialect is complete only when it has met its server
        def _met(*_given: Any) -> None:
            _engines.setdefault(type(engine.dialect), engine)

        return engine

    return made


def _built_once(build: Callable[[Rule, bool], Callable[..., Any]]) -> Callable[..., Callable[..., Any]]:
    kept: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def built(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        key = (rule.rule, rule.subdomain, repr(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = build(rule, append_unknown)
        return kept[key]

    return built


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """A story that sets the log up writes to its own screen, which is gone when the next one begins."""
    yield
    structlog.reset_defaults()


def make_settings(url: str, home: Path, **more: Any) -> Settings:
    """Settings as the environment would give them."""
    return Settings.from_env(
        {
            "DATABASE_URL": url, "RINGBACK_HOME": str(home), "PUBLIC_URL": URL, "SECRET_KEY": "k" * 64,
            "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, **more,
        }
    )  # fmt: skip


@pytest.fixture
def settings(storage_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation."""
    return make_settings(storage_url, tmp_path)


@pytest.fixture
def database(settings: Settings) -> Database:
    """An empty database."""
    made = Database(settings.database_url)
    storage.waits_for_no_disk(made.engine)
    return made


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(settings: Settings, database: Database) -> Iterator[MakeWorld]:
    """Set up Acme Plumbing with what the story needs: `make_world(staff=("sam",), ring_seconds=30, start=…)`."""
    made: list[World] = []

    def make(start: Any = firm.MONDAY_TEN, **how: Any) -> World:
        firm.found(database, **how)
        made.append(World(database, settings, start))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Acme Plumbing on a Monday at ten, always open, with Sam and Alex."""
    return make_world()
