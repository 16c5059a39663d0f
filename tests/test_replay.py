"""Past calls played again: today's settings give back what happened, and another setting shows whom it would catch."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests import documents, firm, moody
from tests.conftest import MakeWorld
from tests.simulator import openapi
from voice import past_calls
from voice.db import Database
from voice.firm import Line
from voice.models import Mailbox
from voice.replay.box import Box
from voice.replay.study import study
from voice.rules.other_settings import Change
from voice.rules.past import Past, PastCall, Ring
from voice.work import replaying

TUESDAY_ELEVEN = dt.datetime(2026, 11, 24, 16, 5, tzinfo=dt.UTC)  # in New York


@pytest.fixture(autouse=True)
def _what_is_played_is_held_to_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Documents, complaints and requests of each carrier that calls were played again with."""
    wrong: list[str] = []
    close = Box.close

    def look_and_close(box: Box) -> None:
        carrier = box.day.carrier
        wrong.extend((*carrier.complaints, *documents.faults(carrier.documents, box.settings.public_url)))
        wrong.extend(openapi.wrong(carrier.requests))
        close(box)

    monkeypatch.setattr(Box, "close", look_and_close)
    yield
    assert wrong == []


def in_vain(count: int, every: dt.timedelta, start: dt.datetime = TUESDAY_ELEVEN) -> Past:
    """So many callers, one after the other; Sam takes every second one, and is on the phone with them for the next."""
    calls: list[PastCall] = []
    line = firm.line_row()
    for place in range(count):
        at = start + every * (place // 2)
        took = Ring("sam", 0.2, 0.4, 3.0, "accepted", 1.0)
        usual: dict[str, Any] = {"withheld": False, "ring_seconds": 20, "mode": "everyone"}
        if place % 2:
            missed: dict[str, Any] = {
                "outcome": "callback",
                "cause": "all_busy",
                "answered_by": None,
                "waited": 21.0,
                "talk": 0.0,
            }
            calls.append(PastCall(f"c{place}", at + dt.timedelta(seconds=8), who=place, **usual, **missed))
        else:
            talked: dict[str, Any] = {
                "outcome": "talked",
                "cause": None,
                "answered_by": "sam",
                "waited": 4.0,
                "talk": 40.0,
            }
            calls.append(PastCall(f"c{place}", at, who=place, rings=(took,), **usual, **talked))
    columns = {
        name: getattr(line, name)
        for name in past_calls.LINE_COLUMNS
        if getattr(line, name) is not None  # what the row's own default fills in
    }
    columns |= {"ring": "everyone", "in_order_step_seconds": 12, "last_person_first": True, "promise_minutes": 60}
    sam = {"id": "sam", "no_mailbox": False, "shifts": None, "time_zone": "", "days_off": []}
    return Past(columns | {"holidays": ""}, (sam,), tuple(calls))


def read(database: Database, since: dt.datetime, until: dt.datetime) -> Past:
    """Acme's line as it was."""
    with database.reading() as session:
        return past_calls.read(session, session.get_one(Line, firm.LINE), since, until)


@pytest.mark.lived_on("sqlite")  # what is played again is in an SQLite of its own, wherever the history lies
def test_todays_settings_give_back_what_happened(make_world: MakeWorld, database: Database) -> None:
    world = make_world(staff=("sam", "alex", "kim"), ring_seconds=25)
    alex = Mailbox(phone=firm.PHONES["alex"], seen=[[11.0, world.now.isoformat()]] * 2)
    world.write(lambda session: session.add(alex))
    moody.live(world, 14, seed=20261122)  # of more calls and other seeds, see `bench/replay.py`
    lived = Past.from_json(json.loads(json.dumps(read(database, firm.MONDAY_TEN, world.now).to_json())))
    count = len(lived.calls)
    assert count > 10
    assert {(ring.staff, ring.limit) for call in lived.calls for ring in call.rings} >= {("sam", 15), ("alex", 9)}
    assert {"talked", "callback"} <= {call.outcome for call in lived.calls}
    rung = {name: len(phone.rings) for name, phone in world.phones.items()}
    told: list[tuple[int, int]] = []
    nothing_else = Change("extra", {}, {"sun": "03:00-04:00"})
    result = study(lived, nothing_else, lambda done, of: told.append((done, of)), draws=1)
    assert result["differs"] == []
    assert result["proposals"][0]["usual"] == 0
    assert told[-1] == (count, count)
    assert {name: len(phone.rings) for name, phone in world.phones.items()} == rung  # nobody's phone rang for it


def test_one_more_person_in_the_worst_hours_is_proposed_with_how_sure_it_is() -> None:
    result = study(in_vain(8, dt.timedelta(minutes=4)), Change("extra", {}, {"tue": "11:00-13:00"}), _ignore, draws=2)
    (proposal,) = result["proposals"]
    assert (result["same"], result["missed"], result["draws"]) == (8, 4, 2)
    assert proposal["words"] == "One more person on Tuesdays, 11–13"
    assert 2 <= proposal["least"] <= proposal["usual"] <= proposal["most"] <= 4
    assert set(proposal["often"]) <= {f"c{place}" for place in range(1, 8, 2)}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The log of what is only played is nobody's."""
    with capture_logs():
        yield


def _ignore(_done: int, _of: int) -> None:
    """Who asked does not look."""


def test_what_plays_calls_again_can_reach_nothing(tmp_path: Any) -> None:
    attempts = """
import socket, subprocess, os, urllib.request
from voice.replay.__main__ import Unreachable, seal
seal()
for reach in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("api.twilio.com", 443),
    lambda: urllib.request.urlopen("http://127.0.0.1:9/"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    lambda: subprocess.run(["true"]), lambda: os.system("true"), os.fork,
):
    try:
        reach()
    except Unreachable:
        print("refused")
"""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", attempts], capture_output=True, text=True, env=replaying.environment()
    )
    assert ended.stdout.split() == ["refused"] * 7, ended.stderr
    assert not [name for name in replaying.environment() if "TWILIO" in name or "URL" in name or "SECRET" in name]
