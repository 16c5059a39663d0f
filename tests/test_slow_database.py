"""Real locks, refusals and silence of real databases: the caller is answered in time all the same."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from structlog.testing import capture_logs

from tests import firm, storage
from tests.conftest import make_settings
from tests.proxy import Proxy
from tests.signed import arrival, call_sid, count, post
from voice.app import create_app
from voice.carrier import spool, webhooks
from voice.db import Database
from voice.models import Call
from voice.settings import Settings

ANSWERED_WITHIN = 2.5  # seconds, whatever is broken


@contextlib.contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Real seconds so far."""
    start = time.monotonic()
    yield lambda: time.monotonic() - start


@pytest.mark.proves("01-2.15", "D1", "S13")
def test_a_database_locked_for_three_seconds_degrades_in_time_and_loses_nothing(
    settings: Settings, database: Database
) -> None:
    firm.found(database)
    app = create_app(settings, database)
    assert post(app, "/voice/incoming", arrival(call_sid())).status_code == 200
    took: list[float] = []
    bodies: list[bytes] = []

    def deliver(number: int) -> None:
        with timed() as seconds:
            form = arrival(call_sid(), From=f"+1212555300{number}")
            bodies.append(post(app, "/voice/incoming", form).data)
        took.append(seconds())

    callers = [threading.Thread(target=deliver, args=(number,)) for number in range(3)]
    with capture_logs():
        with storage.held(database.url):
            for caller in callers:
                caller.start()
                time.sleep(0.4)  # three callers, one after the other, into the same lock
            for caller in callers:
                caller.join(10)
        assert max(took) < ANSWERED_WITHIN
        assert all(b"Redirect" in body for body in bodies)
        assert len(spool.waiting(settings)) == 3
        webhooks.read_spool(database, settings)
    assert count(database, Call) == 4


@pytest.fixture
def far_settings(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Settings, Proxy]]:
    """Settings of an installation whose Postgres is reached through a line that can break."""
    parts = urlsplit(postgres_url)
    with Proxy(Path(dict([parts.query.split("=")])["host"].replace("%2F", "/")) / ".s.PGSQL.5432") as proxy:
        near = urlunsplit((parts.scheme, f"postgres@127.0.0.1:{proxy.port}", parts.path, "", ""))
        yield make_settings(near, tmp_path), proxy


@pytest.mark.proves("01-2.15", "01-6.10", "D7", "D8", "S13")
@pytest.mark.parametrize("fault", ["refuse", "stall"])
def test_postgres_that_is_down_or_silent_degrades_in_time_and_loses_nothing(
    far_settings: tuple[Settings, Proxy], fault: str
) -> None:
    settings, proxy = far_settings
    database = Database(settings.database_url)
    firm.found(database)
    app = create_app(settings, database)
    assert b"Enqueue" in post(app, "/voice/incoming", arrival(call_sid())).data
    getattr(proxy, fault)()
    with capture_logs():
        for _again in range(2):  # with a connection from the pool, and with none
            with timed() as seconds:
                answer = post(app, "/voice/incoming", arrival(call_sid()))
                assert seconds() < ANSWERED_WITHIN
            assert answer.status_code == 200
            assert b"Redirect" in answer.data
        assert len(spool.waiting(settings)) == 2
        proxy.mend()
        assert b"Enqueue" in post(app, "/voice/incoming", arrival(call_sid())).data
    assert count(database, Call) == 4  # and what was spooled has been read back beside it
    assert spool.waiting(settings) == []
    database.engine.dispose()
