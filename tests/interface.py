"""Acme Plumbing in a database of each kind, and a program that speaks to its JSON interface."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.program import ACME, JANE, MAIN, NOON, Program, people_side
from voice import business, tokens
from voice.db import Database
from voice.models import Call, Callback
from voice.settings import Settings


@pytest.fixture
def acme(database: Database) -> Database:
    """Acme Plumbing in each kind of database: sam and alex on the main line, alex on the other."""
    with database.transaction() as session:
        business.apply(session, ACME, NOON)
    return database


@pytest.fixture
def program(acme: Database, tmp_path: Path) -> Iterator[Program]:
    """A program with a token at noon on a Tuesday, when Acme is open."""
    with time_machine.travel(NOON, tick=False):
        with acme.transaction() as session:
            token = tokens.make_token(session, "tests", NOON)
        app = people_side(Settings(ringback_home=str(tmp_path)), acme)
        app.testing = True
        yield Program(app.test_client(), token)


@pytest.fixture
def add_call(acme: Database) -> Callable[..., str]:
    """Writes a call that came `minutes` before noon; its id. Values are columns of Call."""

    def add(minutes: float = 30, caller: str | None = JANE, line: str = MAIN, **values: Any) -> str:
        received = NOON - dt.timedelta(minutes=minutes)
        with acme.transaction() as session:
            sid = f"CA{len(session.query(Call).all()):032x}"
            usual = {"state": "completed", "outcome": "talked", "sid": sid, "dialled": line, "source": "webhook"}
            times = {"received_at": received, "ring_from": received, "ring_until": received, "seen_at": received}
            key = caller or f"withheld:{sid}"
            call = Call(line=line, caller=caller, caller_key=key, **(usual | times | values))
            session.add(call)
            session.flush()
            return call.id

    return add


@pytest.fixture
def add_callback(acme: Database) -> Callable[..., str]:
    """Writes a callback due `minutes` after noon; its id. Values are columns of Callback."""

    def add(minutes: float = 30, caller: str | None = JANE, line: str = MAIN, **values: Any) -> str:
        rang, due = NOON - dt.timedelta(minutes=30), NOON + dt.timedelta(minutes=minutes)
        times = {"first_called_at": rang, "last_called_at": rang, "promised_by": due, "due_at": due}
        usual = {"reason": "rang_out", "state": "waiting"}
        with acme.transaction() as session:
            callback = Callback(line=line, caller=caller, caller_key=caller or "withheld:x", **(usual | times | values))
            session.add(callback)
            session.flush()
            return callback.id

    return add


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new installation on SQLite; nothing of this machine's settings reaches it."""
    for name in Settings.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("RINGBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RINGBACK_REDIS_SERVER", "wheel")
    return tmp_path / "home"


@pytest.fixture
def acme_file(tmp_path: Path) -> Path:
    """Acme's business.toml."""
    path = tmp_path / "business.toml"
    path.write_text(ACME)
    return path
