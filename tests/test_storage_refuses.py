"""A database that is there and refuses: full, read-only, busy for a moment, or silent about whether it has written."""

import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from tests import firm
from tests.signed import arrival, call_sid, count, post
from tests.world import World
from voice import calls, carrier_pace, clock
from voice.app import create_app
from voice.carrier import spool
from voice.db import Database
from voice.ledger import CallEvent, CarrierEvent
from voice.models import Base, Call
from voice.settings import Settings
from voice.simulator import scripts


def full(database: Database, on: bool) -> None:
    """The disk has no page left for it."""
    _each(database, "PRAGMA max_page_count = 1" if on else "PRAGMA max_page_count = 1073741823")


def read_only(database: Database, on: bool) -> None:
    """The file system takes no writing."""
    _each(database, f"PRAGMA query_only = {on}")


def no_commit(database: Database, on: bool) -> None:
    """What was written cannot be made to last, as when syncing fails."""
    (sa.event.listen if on else sa.event.remove)(database.engine, "commit", _fails)


def _fails(_connection: sa.Connection) -> None:
    raise sa.exc.OperationalError("COMMIT", None, Exception("disk I/O error"))


def _each(database: Database, pragma: str) -> None:
    """On every connection: the pool's only one."""
    with database.engine.connect().execution_options(reading=True) as connection:
        connection.exec_driver_sql(pragma)


@pytest.mark.proves("D3", "D4")
@pytest.mark.lived_on("sqlite")
@pytest.mark.parametrize("fault", [full, read_only, no_commit])
def test_a_disk_that_takes_nothing_more_leaves_rows_whole_and_callers_answered(
    settings: Settings, database: Database, fault: Callable[[Database, bool], None]
) -> None:
    firm.found(database)
    app = create_app(settings, database)
    answers = [post(app, "/voice/incoming", arrival(call_sid())).data]
    with capture_logs():
        fault(database, True)
        while b"Enqueue" in answers[-1]:  # what is left of the last page is used up first
            answer = post(app, "/voice/incoming", arrival(call_sid(), NewThing="x" * 40_000))
            assert answer.status_code == 200
            answers.append(answer.data)
        assert b"<Redirect" in answers[-1]  # up the ladder
        if fault is not full:  # there a sign of life may still fit into its page
            with pytest.raises(sa.exc.OperationalError), database.transaction() as session:
                carrier_pace.row(session, clock.now()).worker_seen_at = clock.now()
            assert app.test_client().get("/readyz").status_code == 503
        before = count(database, Call)
        assert (before, len(spool.waiting(settings))) == (len(answers) - 1, 1)
        fault(database, False)
        assert b"Enqueue" in post(app, "/voice/incoming", arrival(call_sid())).data
    assert (count(database, Call), spool.waiting(settings)) == (before + 2, [])
    with contextlib.closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as file:
        assert file.execute("PRAGMA quick_check").fetchall() == [("ok",)]


@pytest.mark.proves("D2")
def test_a_writer_takes_its_turn_when_it_begins_not_when_it_first_writes(sqlite_url: str) -> None:
    ours, path = Database(sqlite_url), sqlite_url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
        with ours.transaction() as session:
            assert session.scalars(sa.select(Call)).all() == []  # it has only read so far
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        with ours.reading() as session:
            assert session.scalars(sa.select(Call)).all() == []
            other.execute("BEGIN IMMEDIATE")  # who reads is in nobody's way


@pytest.mark.proves("D10")
@pytest.mark.lived_on("sqlite")
@pytest.mark.parametrize(("state", "tries"), [("40001", 3), ("40P01", 3), ("57P01", 1)])
def test_a_transaction_the_database_gives_back_is_tried_again(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, state: str, tries: int
) -> None:
    firm.found(database)
    app, arrive, tried = create_app(settings, database), calls.arrive, itertools.count(1)

    def refused_twice(session: Session, *more: object) -> Call:
        call = arrive(session, *more)  # type: ignore[arg-type]
        if next(tried) < 3:
            raise sa.exc.OperationalError("UPDATE", None, SimpleNamespace(sqlstate=state))  # type: ignore[arg-type]
        return call

    monkeypatch.setattr(calls, "arrive", refused_twice)
    with capture_logs():
        answer = post(app, "/voice/incoming", arrival(call_sid()))
    assert (b"Enqueue" in answer.data) == (tries == 3)
    assert next(tried) == tries + 1
    assert count(database, Call) == (tries == 3)


@contextlib.contextmanager
def silent_commit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next transaction is committed, and the connection is gone before the database could say so."""
    whole = Database.transaction

    @contextlib.contextmanager
    def transaction(database: Database) -> Iterator[Session]:
        with whole(database) as session:
            yield session
        monkeypatch.setattr(Database, "transaction", whole)
        raise sa.exc.OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(Database, "transaction", transaction)
    yield
    assert Database.transaction is whole, "nothing was committed"


@pytest.mark.proves("D9")
@pytest.mark.lived_on("sqlite")
def test_a_commit_nobody_has_heard_of_is_looked_up_and_its_caller_talks_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(1)
    sam, alex = world.staff("sam", scripts.Answers(after=3)), world.staff("alex", scripts.Off())
    with silent_commit(monkeypatch):
        leg = world.rings(talk=30)
        world.advance(0.1)
    world.advance(90)
    assert [call.sid for call in world.calls()] == [leg.sid]
    assert (world.call(leg).outcome, world.call(leg).answered_by) == ("talked", "sam")
    assert len(leg.bridges) == 1
    assert alex.rings == []
    for one, other in itertools.pairwise(sam.rings):  # at most once in the queue, and then on the ladder
        assert one.ended is not None
        assert one.ended <= other.started
    assert len(sam.rings) <= 2
    keys = world.read(lambda session: session.scalars(sa.select(CarrierEvent.key)).all())
    assert len(keys) == len(set(keys))
    assert (world.callbacks(), spool.waiting(world.settings)) == ([], [])


SIZES = sa.text("SELECT table_name, data_type FROM information_schema.columns WHERE column_name = 'id'")


@pytest.mark.proves("E21")
def test_rows_are_numbered_beyond_two_to_the_31st(postgres_url: str) -> None:
    database = Database(postgres_url)
    numbered = [
        table for table in Base.metadata.sorted_tables
        if table.autoincrement_column is not None and isinstance(table.autoincrement_column.type, sa.Integer)
    ]  # fmt: skip
    assert len(numbered) > 8
    with database.transaction() as session:
        sizes = {row.table_name: row.data_type for row in session.execute(SIZES)}
        session.execute(sa.text("SELECT setval(pg_get_serial_sequence('call_events', 'id'), 2147483647)"))
        event = CallEvent(kind="claimed", at=clock.now(), data={})
        session.add(event)
        session.flush()
        assert event.id == 2**31
    assert {table.name: sizes[table.name] for table in numbered if sizes[table.name] != "bigint"} == {}
    database.engine.dispose()
