"""The job behind a replay: one at a time, its end told once, stopped, begun anew, and not for ever."""

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.firm import LINE, found
from tests.past_weeks import asked, some_calls, state
from voice import clock, replays
from voice.carrier.client import Carrier
from voice.db import Database
from voice.ledger import Outbox
from voice.models import Call
from voice.replay_tables import Replay
from voice.rules.other_settings import DAYS, Change
from voice.settings import Settings
from voice.work import jobs, outbox, replaying, rounds
from voice.work.tools import Tools

WAIT = 90.0  # seconds a replay of a few calls may take on a slow machine


def test_one_replay_at_a_time_and_its_end_is_told_once(database: Database) -> None:
    found(database)
    first = asked(database)
    with database.transaction() as session:
        assert replays.ask(session, LINE, 1, "Alex", clock.now()) is None
        assert replays.get_on(session, first, 3, 40, clock.now())
        assert replays.cancel(session, first, clock.now())
        assert not replays.get_on(session, first, 4, 40, clock.now())
        assert not replays.finish(session, first, {"calls": 1}, clock.now())
    assert (state(database, first).state, state(database, first).done) == ("cancelled", 3)
    asked(database)


@pytest.fixture
def tools(settings: Settings, database: Database) -> Tools:
    """What a job works with."""
    found(database)
    return Tools(settings, database, Carrier(settings))


def run(tools: Tools) -> None:
    """The worker runs what is due."""
    with tools.database.reading() as session:
        rows = [row.id for row in outbox.due(session, clock.now())]
    for row_id in rows:
        jobs.run(tools, row_id, clock.now())


def test_a_replay_runs_beside_the_worker_and_keeps_what_it_found(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "FEWEST", 3)
    ids = some_calls(tools.database, 3)
    with tools.database.reading() as session:
        came = session.get_one(Call, ids[1]).received_at.astimezone(ZoneInfo("America/New_York"))
    around = f"{came - dt.timedelta(minutes=1):%H:%M}-{came + dt.timedelta(minutes=2):%H:%M}"
    replay_id = asked(tools.database, Change("extra", {}, {DAYS[came.weekday()]: around}))
    run(tools)
    row = state(tools.database, replay_id)
    assert row.state == "done", row.problem
    assert row.result is not None
    assert (row.result["calls"], row.result["same"], row.done, row.of) == (3, 3, 8, 8)
    (proposal,) = row.result["proposals"]
    assert set(proposal["often"]) <= {ids[1]}
    with tools.database.reading() as session:
        assert session.scalars(sa.select(Outbox).where(Outbox.done_at.is_(None))).all() == []


def test_too_few_calls_are_said_to_be_too_few(tools: Tools) -> None:
    some_calls(tools.database, 2)
    replay_id = asked(tools.database)
    run(tools)
    row = state(tools.database, replay_id)
    assert (row.state, row.problem) == ("failed", replaying.TOO_FEW)


def until(seen: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = clock.monotonic() + WAIT
    while not seen():
        assert clock.monotonic() < end
        clock.sleep(0.1)


def killed_amid(tools: Tools, replay_id: str) -> None:
    """RQ's own process runs the job, and is killed while calls are played."""
    with tools.database.reading() as session:
        row_id = session.scalars(sa.select(Outbox.id).where(Outbox.key == replays.key(replay_id))).one()
    given = tools.settings
    env = os.environ | {
        "DATABASE_URL": given.database_url, "RINGBACK_HOME": str(given.home), "PUBLIC_URL": given.public_url,
        "SECRET_KEY": given.secret_key, "TWILIO_ACCOUNT_SID": given.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": given.twilio_auth_token,
    }  # fmt: skip
    run_it = f"from voice.work.rq_worker import run_row; run_row({row_id})"
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", run_it], env=env) as worker:
        until(lambda: state(tools.database, replay_id).done > 0)
        (player,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        worker.kill()
    gone = Path(f"/proc/{player}/stat")
    until(lambda: not gone.exists() or gone.read_text().rpartition(") ")[2].startswith("Z"))


@pytest.mark.lived_on("sqlite")  # what is played is in an SQLite of its own; the rows are looked at on both below
def test_a_replay_survives_its_worker_and_ends_within_seconds_when_it_is_cancelled(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "_stopping", threading.Event())  # which is set below, for good
    some_calls(tools.database, 30)
    replay_id = asked(tools.database)
    job = sa.update(Outbox).where(Outbox.key == replays.key(replay_id))

    killed_amid(tools, replay_id)
    with tools.database.transaction() as session:
        assert state(tools.database, replay_id).state == "running"
        assert outbox.due(session, clock.now()) == []  # nobody can tell yet that it was killed
        assert replays.is_silent(
            session, session.get_one(Replay, replay_id), clock.now() + replays.SILENT
        )  # it is said
        later = clock.now() + outbox.TAKE_AGAIN
        assert [row.job for row in outbox.due(session, later)] == [replays.JOB]
        session.execute(job.values(taken_at=clock.now() - outbox.TAKE_AGAIN))  # a minute goes by

    before = state(tools.database, replay_id).done
    working = threading.Thread(target=run, args=(tools,))
    working.start()
    until(lambda: state(tools.database, replay_id).done != before)
    with tools.database.reading() as session:
        assert replays.tries(session, replay_id) == 2  # so the page says that it was begun anew
    replaying.stop()
    working.join(5)
    assert not working.is_alive()
    with tools.database.reading() as session:
        row = session.scalars(sa.select(Outbox).where(Outbox.key == replays.key(replay_id))).one()
        assert (row.done_at, row.taken_at) == (None, None)  # the next worker takes it
        assert state(tools.database, replay_id).state == "running"
    monkeypatch.setattr(replaying, "_stopping", threading.Event())
    with tools.database.transaction() as session:
        session.execute(job.values(due_at=clock.now()))
    working = threading.Thread(target=run, args=(tools,))
    working.start()
    clock.sleep(1)
    with tools.database.transaction() as session:
        assert replays.cancel(session, replay_id, clock.now())
    working.join(5)
    assert not working.is_alive()
    assert state(tools.database, replay_id).state == "cancelled"


def test_a_replay_whose_worker_was_killed_is_begun_anew_but_not_for_ever(tools: Tools) -> None:
    some_calls(tools.database)
    for trouble in ("killed again and again", "job over"):
        replay_id, a_minute_ago = asked(tools.database), clock.now() - outbox.TAKE_AGAIN
        with tools.database.transaction() as session:
            assert not replays.is_silent(session, session.get_one(Replay, replay_id), clock.now())
            before: dict[str, Any] = {"tries": replaying.MOST_TRIES, "due_at": a_minute_ago, "taken_at": a_minute_ago}
            job = sa.update(Outbox).where(Outbox.key == replays.key(replay_id))
            session.execute(job.values(before if trouble == "killed again and again" else {"done_at": clock.now()}))
        with tools.database.reading() as session:
            assert replays.is_silent(session, session.get_one(Replay, replay_id), clock.now())
        if trouble == "killed again and again":
            run(tools)  # the next worker, a minute later
        else:
            rounds.go(tools.database, tools.settings, clock.now())
        assert (state(tools.database, replay_id).state, state(tools.database, replay_id).problem) == (
            "failed", replays.GIVEN_UP,
        )  # fmt: skip
