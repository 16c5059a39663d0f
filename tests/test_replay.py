"""Past calls played again: today's settings give back what happened, and another setting shows whom it would catch."""

import contextlib
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from dashboard import replay_words
from tests import documents, firm, moody
from tests.conftest import MakeWorld
from tests.simulator import openapi
from voice import availability, past_calls, ringing
from voice.db import Database
from voice.firm import Line, StaffMember
from voice.models import Leg, Mailbox
from voice.replay import play as playing
from voice.replay import study as studying
from voice.replay.box import Box
from voice.replay.stage import NEVER_MISSED, Outcome, Stage, empty_database
from voice.replay.study import study
from voice.replay.swift import Swift
from voice.rules import compared, other_settings, presence
from voice.rules.habits import Habits
from voice.rules.other_settings import TODAY, Change
from voice.rules.past import Held, Past, PastCall, Ring, rooms
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


def test_a_phone_is_stopped_before_its_mailbox_and_its_owner_has_the_caller() -> None:
    """Sam needs eight seconds to the phone, and the mailbox is there after nine: stopped before it, it rings again."""
    whole, apart = in_vain(4, dt.timedelta(minutes=4)), dt.timedelta(minutes=2)
    took, machine = Ring("sam", 0.2, 0.4, 8.4, "accepted", 1.0), Ring("sam", 0.2, 0.4, 9.4, "silent", 20.0)
    calls = tuple(
        replace(call, at=call.at + apart, rings=(machine,), cause="mailbox", waited=29.4, ring_seconds=40)
        if call.missed
        else replace(call, rings=(took,), waited=9.4, ring_seconds=40)
        for call in whole.calls
    )
    whole = replace(whole, calls=calls, line=whole.line | {"ring_seconds": 40})
    (shorter,) = (each for each in other_settings.candidates(whole) if each.kind == "shorter")
    result = study(whole, shorter, _ignore, draws=1)
    (proposal,) = result["proposals"]
    assert (result["same"], result["missed"]) == (4, 2)
    assert proposal["usual"] > 0
    assert proposal["words"] == "Stop sam’s phone after 7 seconds, before the mailbox takes the call"


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A database without rows."""
    with empty_database() as path:
        yield path


def rung(template: Path, past: Past, kind: type[Box], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each time a phone was rung when these calls are played in such a box, to the moment."""
    found: list[Any] = []

    class Kept(Stage):
        def close(self) -> None:
            rows = sa.select(Leg.staff_id, Leg.placed_at, Leg.ringing_at, Leg.picked_up_at, Leg.ended_at, Leg.state)
            with self.database.reading() as session:
                found.extend(session.execute(rows.order_by(Leg.placed_at)).all())
            super().close()

    monkeypatch.setattr(playing, "Stage", Kept)
    monkeypatch.setattr(playing, "Swift", kind)
    drawn = Habits(past.calls).draw("0")
    one_more = Change("extra", {}, {"tue": "11:00-13:00"})
    playing.play(template, past, one_more, drawn, rooms(past.calls), lambda _calls: None)
    return found


def test_looks_of_the_worker_that_are_left_out_change_no_ring_of_any_phone(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = in_vain(4, dt.timedelta(minutes=4))
    past = replace(past, line=past.line | {"ring": "in_order"})
    each_look = rung(template, past, Box, monkeypatch)
    assert len({row.staff_id for row in each_look}) == 2
    assert rung(template, past, Swift, monkeypatch) == each_look


def test_who_took_fewest_calls_is_known_from_what_happened_not_from_what_was_played(template: Path) -> None:
    past = in_vain(2, dt.timedelta(minutes=4))
    past = replace(past, people=(*past.people, past.people[0] | {"id": "alex"}))
    with contextlib.closing(Stage(template, past, TODAY, "counted")) as stage:
        with stage.database.transaction() as session:
            at = TUESDAY_ELEVEN + dt.timedelta(seconds=9)
            session.add(stage._leg(Held("alex", TUESDAY_ELEVEN, at, True), TUESDAY_ELEVEN, "ended", at))
            session.flush()
            session.execute(sa.update(Leg).values(purpose="ring"))
        stage.remember(presence.talks(past))
        with stage.database.reading() as session:
            now = TUESDAY_ELEVEN + dt.timedelta(minutes=5)
            assert ringing._answered_lately(session, ["sam", "alex"], now) == {"sam": 1}


def test_who_came_back_does_not_rest_because_of_rings_in_vain_of_a_playing(template: Path) -> None:
    past = in_vain(2, dt.timedelta(minutes=4))
    with contextlib.closing(Stage(template, past, TODAY, "rested")) as stage:
        back = TUESDAY_ELEVEN + dt.timedelta(minutes=1)
        stage.goes(Held("sam", TUESDAY_ELEVEN, back))
        with stage.database.transaction() as session:
            availability.come_back(session, back)  # from now on rings in vain would count
        stage.knows(past.calls[1])
        with stage.database.reading() as session:
            assert session.get_one(StaffMember, "sam").on_since == NEVER_MISSED


def test_of_very_many_calls_some_are_played_and_the_rest_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[int] = []

    def as_told(self: Any, change: Change, some: Any, _seed: str) -> list[Outcome]:
        calls = [call for room in some for call in room]
        played.append(len(calls))
        self._count(len(calls))
        helped = {
            call.id for call in calls if call.missed and "ring_seconds" in change.line and int(call.id[1:]) % 4 == 1
        }
        return [
            Outcome(call.id, "talked", None, "sam") if call.id in helped else Outcome(call.id, *compared.was(call))
            for call in calls
        ]

    monkeypatch.setattr(studying._Study, "_play", as_told)
    told: list[tuple[int, int]] = []
    found = study(in_vain(2000, dt.timedelta(minutes=2)), None, lambda done, of: told.append((done, of)))
    assert (found["calls"], found["missed"]) == (2000, 1000)
    assert found["same"] == found["played"] <= 1300
    assert sum(played) < 4000
    assert told[-1][0] == told[-1][1]
    best = found["proposals"][0]
    assert (best["change"]["kind"], best["touched"]) == ("ring_seconds", 1000)
    assert best["played"] < 100
    assert best["least"] <= best["touched"] / 2 <= best["most"]
    assert replay_words.caught(best).startswith("about ")
    assert f"with {best['played']} of the {best['touched']} callers" in replay_words.sure(best)


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
