"""Forty made-up mornings with outages, lost news, late logs, failed listings and crashes: nobody lost, nobody twice."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
import time_machine
from structlog.testing import capture_logs

from tests import firm, storage
from tests.conftest import make_settings
from tests.simulator import openapi
from tests.storage import KINDS
from voice import calls, recovered
from voice.carrier import reconcile
from voice.carrier.client import Carrier
from voice.db import Database
from voice.models import Call, Callback
from voice.rules import numbers
from voice.simulator.day import Day
from voice.simulator.legs import Leg
from voice.simulator.switches import RestFault
from voice.work.tools import Tools

CALLERS = ["+12125550171", "+12125550172", "+12125550173", "+12125550174", "anonymous"]
START, STEP = firm.MONDAY_TEN, dt.timedelta(minutes=6)
MORNINGS = 40
MORNING, AFTER = 10, 4  # readings while people ring, and afterwards


class Killed(BaseException):
    """The process is gone in the middle of a reading."""


class History:
    """One morning. The carrier is the simulator's REST side; what our own web process was told is up to the dice."""

    def __init__(self, dice: Random, settings_folder: Path, url: str) -> None:
        self.dice, self.database = dice, Database(url)
        storage.waits_for_no_disk(self.database.engine)
        firm.found(self.database)
        settings = make_settings(url, settings_folder)
        account = {"account_sid": settings.twilio_account_sid, "auth_token": settings.twilio_auth_token}
        number = {"number": firm.LINE, "voice_url": "https://nobody.test/voice"}  # what we hear is done by hand below
        self.day = Day({**account, "numbers": [number]}, start=START)
        self.day.transport.down.add("https://nobody.test")
        self.tools = Tools(settings, self.database, Carrier(settings, http_client=self.day.http_client))
        begun = dice.choices(range(MORNING), k=dice.randint(1, 3))
        self.away = {step for first in begun for step in range(first, first + dice.randint(1, 4))}
        self.told: dict[str, Leg] = {}  # calls our web process was told of, whose end it was not told yet
        self.late: list[tuple[dt.datetime, Leg]] = []  # calls the log does not show yet
        self.listed: dict[str, Leg] = {}

    def ring(self, step: int) -> None:
        """Some people ring within this step; each is in the log by and by."""
        for _ in range(self.dice.choice((0, 0, 1, 1, 2))):
            self.day.advance(self.dice.uniform(1, 40))
            leg = self.day.phone(self.dice.choice(CALLERS)).dial(firm.LINE, patience=self.dice.uniform(1, 40))
            self.listed[leg.sid] = leg
            if step not in self.away and self.dice.random() < 0.8:
                self.arrives(leg)
            self.day.advance(0.1)
            if self.dice.random() < 0.5:
                lag = dt.timedelta(minutes=self.dice.uniform(0, 10))
                self.late.append((self.day.now + lag, self.day.carrier.calls.pop(leg.sid)))

    def arrives(self, leg: Leg) -> None:
        """Our web process is told of a call."""
        arrival = calls.Arrival(leg.sid, leg.to, numbers.parse_caller(leg.frm, leg.sid))
        with self.database.transaction() as session:
            calls.arrive(session, arrival, self.day.now)
        if self.dice.random() < 0.5:  # half of all ends are never told
            self.told[leg.sid] = leg

    def hear_of_ends(self) -> None:
        """Ends that are told, each once."""
        for leg in [leg for leg in self.told.values() if leg.ended_at]:
            with self.database.transaction() as session:
                call = calls.by_sid(session, leg.sid)
                assert call is not None
                calls.end(session, call, leg.ended_at or self.day.now)
            del self.told[leg.sid]

    def live(self) -> None:
        """Step by step; while we are away nothing is read, and the first reading afterwards is that of a start."""
        reconcile.run(self.tools, START, at_once=True)
        at_once = False
        for step in range(MORNING + AFTER):
            until = START + STEP * (step + 1)
            if step < MORNING:
                self.ring(step)
            self.day.run_until(until)
            for due, leg in [each for each in self.late if each[0] <= until]:
                self.day.carrier.calls[leg.sid] = leg
                self.late.remove((due, leg))
            if step in self.away:
                at_once = True
                continue
            self.hear_of_ends()
            if step < MORNING and self.dice.random() < 0.1:
                self.day.carrier.moods.rest.append(RestFault("error", match="GET", times=1))
            try:
                at_once = not reconcile.run(self.tools, until, at_once) and at_once
            except Killed:
                at_once = True

    def check(self) -> None:
        """The carrier's calls are ours, one callback per caller, counting each call once, from the first."""
        assert openapi.wrong(self.day.carrier.requests) == []
        with self.database.reading() as session:
            ours = {call.sid: call for call in session.scalars(sa.select(Call))}
            callbacks = {callback.caller_key: callback for callback in session.scalars(sa.select(Callback))}
        assert set(ours) == set(self.listed)
        assert {call.outcome for call in ours.values()} <= {"callback"}
        rang: dict[str, list[dt.datetime]] = defaultdict(list)
        for sid, leg in self.listed.items():
            rang[numbers.parse_caller(leg.frm, sid).key].append(leg.created_at)
        assert {key: callback.calls for key, callback in callbacks.items()} == {
            key: len(at) for key, at in rang.items()
        }
        for key, callback in callbacks.items():
            assert abs((callback.first_called_at - min(rang[key])).total_seconds()) <= 1


@pytest.mark.proves("01-2.14", "A20", "E25", "L4", "R4")
def test_forty_mornings(tmp_path: Path, new_storage: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    killer, whole = Random(0), recovered.find

    def find(*args: object, **more: object) -> Call:
        found = whole(*args, **more)  # type: ignore[arg-type]
        if killer.random() < 0.06:
            raise Killed
        return found

    monkeypatch.setattr(recovered, "find", find)
    for seed in range(MORNINGS):
        history = History(Random(seed), tmp_path, new_storage(KINDS[seed % 2]))
        with capture_logs(), time_machine.travel(START, tick=False) as clock:
            history.day.on_time = clock.move_to
            history.live()
            try:
                history.check()
            except AssertionError as wrong:
                raise AssertionError(f"morning {seed}") from wrong
            finally:
                history.day.close()
                storage.hang_up(history.database.engine)
