"""The database is gone at some moment of a call, and back: the caller is served, nothing is lost or done twice."""

import contextlib
import itertools
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask
from structlog.testing import capture_logs

from tests import firm
from tests.conftest import MakeWorld, make_settings
from tests.proxy import Proxy
from tests.signed import arrival, call_sid, post
from tests.world import World
from voice import roster
from voice.app import create_app
from voice.carrier import spool, webhooks
from voice.db import Database
from voice.ledger import CarrierEvent, Message
from voice.models import Call, Callback, Leg
from voice.settings import Settings
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg

ANSWERED_WITHIN = 2.5  # seconds, whatever is broken


def spooled(settings: Settings) -> list[Path]:
    """What lies in the spool."""
    return spool.waiting(settings)


def talked_seconds(leg: PhoneLeg) -> float:
    """By the carrier's own account."""
    return sum((span.until - span.at).total_seconds() for span in leg.bridges if span.until)


def settled(world: World) -> Call:
    """The one call, after it is over: recorded once, its outcome as the carrier saw it, nothing left over."""
    [call] = world.calls()
    callbacks = world.callbacks()
    assert call.outcome in ("talked", "callback")
    assert len(callbacks) == (call.outcome == "callback")
    assert spooled(world.settings) == []
    assert not list(spool.folder(world.settings).glob("*.failed"))
    legs = world.read(lambda session: session.scalars(sa.select(Leg)).all())
    assert all(leg.ended_at for leg in legs)
    keys = world.read(lambda session: session.scalars(sa.select(CarrierEvent.key)).all())
    assert len(keys) == len(set(keys))
    return call


def knows_the_firm(world: World) -> None:
    """The worker has looked round once, and written the roster file."""
    world.advance(1)
    assert roster.file_path(world.settings.home).exists()


@pytest.mark.proves("01-2.15", "01-6.10")
def test_a_call_while_the_database_is_gone_rings_staff_from_the_roster_file(world: World) -> None:
    knows_the_firm(world)
    sam, alex = world.staff("sam", scripts.Mailbox(after=3)), world.staff("alex", scripts.Answers(after=4))
    world.lose_storage()
    leg = world.rings(talk=40)
    world.advance(120)
    assert talked_seconds(leg) == pytest.approx(40, abs=1)
    assert [len(sam.rings), len(alex.rings)] == [1, 1]
    files = spooled(world.settings)
    assert len(files) >= 5
    world.restore_storage()
    world.advance(60)
    call = settled(world)
    assert (call.outcome, call.answered_by, call.source, call.sid) == ("talked", "alex", "spool", leg.sid)
    assert abs((call.received_at - leg.created_at).total_seconds()) < 1
    assert [len(sam.rings), len(alex.rings)] == [1, 1]  # what is read back rings nobody


@pytest.mark.proves("01-2.15")
def test_a_caller_nobody_answers_while_the_database_is_gone_leaves_a_message_and_is_called_back(world: World) -> None:
    knows_the_firm(world)
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Declines(after=2))
    world.lose_storage()
    leg = world.rings(message="My boiler leaks.")
    world.advance(120)
    assert "what it's about" in world.caller().said_to_it()
    assert "will ring you by" not in world.caller().said_to_it()  # no time can be promised here
    world.restore_storage()
    world.advance(60)
    call = settled(world)
    assert (call.outcome, call.cause) == ("callback", "our_outage")
    assert world.callbacks()[0].first_called_at == call.received_at
    assert abs((call.received_at - leg.created_at).total_seconds()) < 1
    messages = world.read(lambda session: session.scalars(sa.select(Message.call_id)).all())
    assert messages == [call.id]


# What goes on at that second of the call: nothing yet, the greeting, ringing, being asked for a key, talking, over.
MOMENTS = (0.0, 0.5, 3.0, 4.5, 6.3, 7.6, 8.5, 25.0, 39.0, 41.0)


@pytest.mark.proves("01-2.15", "01-6.10")
@pytest.mark.parametrize("lasts", [2.0, 9.0, 300.0])
@pytest.mark.parametrize("gone_at", MOMENTS)
def test_the_database_gone_at_any_step_leaves_the_outcome_right(world: World, gone_at: float, lasts: float) -> None:
    knows_the_firm(world)
    sam, alex = world.staff("sam", scripts.Answers(after=5)), world.staff("alex", scripts.Off())
    leg = world.rings(patience=100, talk=30)
    world.advance(gone_at)
    world.lose_storage()
    world.advance(lasts)
    world.restore_storage()
    world.advance(400 - lasts)
    call = settled(world)
    seconds = talked_seconds(leg)
    assert (call.outcome == "talked") == (seconds >= 10), (seconds, call.state, call.cause)
    assert alex.rings == []
    assert len(sam.rings) <= 2  # once in the queue, once more on the ladder
    for one, other in itertools.pairwise(sam.rings):
        assert one.ended is not None
        assert one.ended <= other.started
    assert leg.over
    for seen in world.day.carrier.exchanges:
        assert seen.status in (200, 204)
        assert seen.seconds < ANSWERED_WITHIN


@pytest.mark.proves("01-2.15")
def test_a_caller_who_hangs_up_while_the_database_is_gone_is_called_back_though_only_the_spool_knows(
    world: World,
) -> None:
    knows_the_firm(world)
    world.staff("sam", scripts.Script())
    world.staff("alex", scripts.Script())
    world.lose_storage()
    world.rings(patience=9)
    world.advance(30)
    world.restore_storage()
    world.advance(30)
    call = settled(world)
    assert (call.outcome, call.state, call.path) == ("callback", "abandoned", "fallback")


@pytest.mark.proves("01-2.15")
def test_blocked_callers_and_closed_hours_hold_without_the_database_too(make_world: MakeWorld) -> None:
    world = make_world(hours=dict.fromkeys(("tue",), "09:00-17:00"))
    knows_the_firm(world)
    world.lose_storage()
    world.rings(patience=60)
    world.advance(90)
    assert [phone.rings for phone in world.phones.values()] == [[], [], []]
    assert "getting someone" not in world.caller().said_to_it()
    assert "what it's about" in world.caller().said_to_it()
    world.restore_storage()
    world.advance(10)
    assert settled(world).outcome == "callback"


@pytest.mark.proves("01-2.15")
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"lines": [{"number": 3}], "blocked": []}', b"\xff\xfe"])
def test_without_a_roster_file_or_with_a_broken_one_the_caller_is_asked_for_a_message(
    world: World, content: bytes | None
) -> None:
    knows_the_firm(world)
    world.lose_storage()
    path = roster.file_path(world.settings.home)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    world.rings(message="My boiler leaks.")
    world.advance(60)
    assert "what it's about" in world.caller().said_to_it()
    assert [phone.rings for phone in world.phones.values()] == [[], [], []]
    world.restore_storage()
    world.advance(30)
    assert settled(world).outcome == "callback"


@pytest.mark.proves("01-2.15")
def test_the_roster_file_holds_what_the_tables_hold_and_is_for_this_machine_only(world: World) -> None:
    knows_the_firm(world)
    path = roster.file_path(world.settings.home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert roster.kept(world.settings.home) == world.read(roster.current)


# --- the spool by itself


@pytest.fixture
def spooling(settings: Settings, database: Database) -> Iterator[tuple[Flask, Path]]:
    """The phone side with a firm, and its database file moved away."""
    firm.found(database)
    app = create_app(settings, database)
    with database.reading() as session:
        roster.keep(roster.current(session), settings.home)
    path = Path(str(database.engine.url.database))
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    with capture_logs():
        yield app, path


def back(path: Path) -> None:
    """The database file is in its place again."""
    path.rmdir()
    path.with_suffix(".away").rename(path)


def count(database: Database, table: type) -> int:
    """Rows of a table."""
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.mark.proves("01-2.15")
def test_what_is_spooled_is_synced_and_for_this_machine_only(
    spooling: tuple[Flask, Path], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = [], os.fsync

    def noted(handle: int) -> None:
        synced.append(handle)
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    assert post(spooling[0], "/voice/incoming", arrival(call_sid())).status_code == 200
    [file] = spooled(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert len(synced) == 2  # the content, and its name
    assert json.loads(file.read_text())["form"]["To"] == firm.LINE


@pytest.mark.proves("01-2.15")
def test_the_spool_is_read_once_however_often_and_by_however_many(
    spooling: tuple[Flask, Path], settings: Settings, database: Database
) -> None:
    app, path = spooling
    sids = [call_sid() for _ in range(8)]
    for sid in sids:
        post(app, "/voice/incoming", arrival(sid, From=f"+1212555{int(sid[-4:], 16) + 2000}"))
        post(app, "/voice/status", arrival(sid, CallStatus="completed", From=f"+1212555{int(sid[-4:], 16) + 2000}"))
    copies = {file: file.read_bytes() for file in spooled(settings)}
    assert len(copies) == 16
    back(path)
    start = threading.Barrier(4)

    def read() -> None:
        start.wait(10)
        webhooks.read_spool(Database(database.url), settings)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert spooled(settings) == []
    expected = {Call: 8, Callback: 8, CarrierEvent: 16}
    assert {table: count(database, table) for table in expected} == expected
    for file, content in copies.items():  # a copy that was put back, as from a backup
        file.write_bytes(content)
    assert webhooks.read_spool(database, settings) == 16
    assert {table: count(database, table) for table in expected} == expected


@pytest.mark.proves("01-2.15")
def test_a_torn_or_foreign_file_in_the_spool_stops_none_of_the_others(
    spooling: tuple[Flask, Path], settings: Settings, database: Database
) -> None:
    app, path = spooling
    post(app, "/voice/incoming", arrival(call_sid()))
    [good] = spooled(settings)
    torn = good.with_name("00000000T000000-torn.json")
    torn.write_bytes(good.read_bytes()[:100])
    good.with_name("00000000T000001-odd.json").write_text('{"name": "nothing of ours"}')
    good.with_name("00000000T000002-x.draft").write_bytes(b"half")  # a power cut: never named, so never heard of
    back(path)
    webhooks.read_spool(database, settings)
    assert count(database, Call) == 1
    assert spooled(settings) == []
    assert sorted(file.suffix for file in torn.parent.iterdir()) == [".draft", ".failed", ".failed"]
    assert webhooks.read_spool(database, settings) == 0


@pytest.mark.proves("01-2.15")
def test_a_disk_that_takes_nothing_either_costs_the_caller_nothing(
    spooling: tuple[Flask, Path], settings: Settings
) -> None:
    spool.folder(settings).write_text("a file where the folder should be")
    answer = post(spooling[0], "/voice/incoming", arrival(call_sid()))
    assert answer.status_code == 200
    assert ElementTree.fromstring(answer.data).find("Redirect") is not None  # noqa: S314


@pytest.mark.proves("01-2.15", "01-2.1")
def test_a_roster_file_that_cannot_be_written_costs_the_caller_nothing(settings: Settings, database: Database) -> None:
    firm.found(database)
    roster.file_path(settings.home).mkdir()
    with capture_logs() as logs:
        answer = post(create_app(settings, database), "/voice/incoming", arrival(call_sid()))
    assert b"Enqueue" in answer.data
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["roster_not_kept"]


# --- real time: locks, refusals and silence of real servers


@contextlib.contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Real seconds so far."""
    start = time.monotonic()
    yield lambda: time.monotonic() - start


@pytest.mark.proves("01-2.15")
def test_a_database_locked_for_three_seconds_degrades_in_time_and_loses_nothing(
    settings: Settings, database: Database
) -> None:
    firm.found(database)
    app = create_app(settings, database)
    assert post(app, "/voice/incoming", arrival(call_sid())).status_code == 200
    other = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    took: list[float] = []
    bodies: list[bytes] = []

    def deliver(number: int) -> None:
        with timed() as seconds:
            form = arrival(call_sid(), From=f"+1212555300{number}")
            bodies.append(post(app, "/voice/incoming", form).data)
        took.append(seconds())

    callers = [threading.Thread(target=deliver, args=(number,)) for number in range(3)]
    with capture_logs():
        for caller in callers:
            caller.start()
            time.sleep(0.4)  # three callers, one after the other, into the same lock
        for caller in callers:
            caller.join(10)
        assert max(took) < ANSWERED_WITHIN
        assert all(b"Redirect" in body for body in bodies)
        assert len(spooled(settings)) == 3
        other.execute("ROLLBACK")
        other.close()
        webhooks.read_spool(database, settings)
    assert count(database, Call) == 4


@pytest.fixture
def far_settings(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Settings, Proxy]]:
    """Settings of an installation whose Postgres is reached through a line that can break."""
    parts = urlsplit(postgres_url)
    with Proxy(Path(dict([parts.query.split("=")])["host"].replace("%2F", "/")) / ".s.PGSQL.5432") as proxy:
        near = urlunsplit((parts.scheme, f"postgres@127.0.0.1:{proxy.port}", parts.path, "", ""))
        yield make_settings(near, tmp_path), proxy


@pytest.mark.proves("01-2.15", "01-6.10")
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
        assert len(spooled(settings)) == 2
        proxy.mend()
        assert b"Enqueue" in post(app, "/voice/incoming", arrival(call_sid())).data
    assert count(database, Call) == 4  # and what was spooled has been read back beside it
    assert spooled(settings) == []
    database.engine.dispose()
