"""Real servers for the tests, both from pip: one Postgres for the whole run, one Redis-protocol server for each worker.

Not finding or starting one is a failure, never a skip: a suite that went green without them would have shown little.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.postgres import PostgresServer, running_postgres, start_tied, wait_or_kill
from tests.waiting import until
from voice.embedded.redis_server import embedded_url, redis_process

_running = pytest.StashKey[PostgresServer]()


def _postgres_of(config: pytest.Config) -> PostgresServer:
    if _running not in config.stash:
        stack = contextlib.ExitStack()
        config.add_cleanup(stack.close)
        config.stash[_running] = stack.enter_context(running_postgres())
    return config.stash[_running]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist: the process that hands out the tests starts the one server, and tells each worker where it is."""
    try:
        node.workerinput["postgres_folder"] = str(_postgres_of(node.config).folder)
    except AssertionError as problem:
        pytest.exit(str(problem), returncode=1)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> PostgresServer:
    """The run's Postgres."""
    told = getattr(pytestconfig, "workerinput", None)
    return PostgresServer(Path(told["postgres_folder"])) if told else _postgres_of(pytestconfig)


@pytest.fixture
def new_postgres_database(postgres_server: PostgresServer) -> Iterator[Callable[..., str]]:
    """Makes databases, `new_postgres_database(template=None) -> url`; they are dropped after the test."""
    made: list[str] = []

    def new(template: str | None = None) -> str:
        made.append(postgres_server.create_database(template))
        return made[-1]

    yield new
    for url in made:
        postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """This worker's Redis-protocol server, from the wheel. Tests want `redis_url`, which is empty for each."""
    home = tmp_path_factory.mktemp("home")
    told, url = redis_process(home, "wheel"), embedded_url(home, "wheel")
    assert told is not None
    assert url is not None
    process = start_tied(told.command)
    try:
        until(told.ready, "the Redis server to answer", seconds=20)
        yield url
    finally:
        process.terminate()
        wait_or_kill(process)


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """An empty Redis-protocol server, on a unix socket."""
    with Redis.from_url(redis_server_url) as client:
        client.flushall()
    return redis_server_url
