"""One day of three hundred callers, and the carrier's own log beside ours, line by line."""

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from twilio.rest import Client

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import call_log, callbacks, on_ladder
from voice.firm import StaffMember
from voice.models import Attempt, Leg
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.work import rounds, worker

SEVEN = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)  # in New York, two hours before the line opens
HOURS = 13  # until eight in the evening
CALLERS = {"sqlite": 300, "postgresql": 60}  # sixty show whether the other database adds up as well
WITHHELD = ("anonymous", "+266696687")
BREAKS = ((16_600, "sam", "away"), (19_400, "sam", "on"), (21_600, "kim", "off"), (28_800, "kim", "on"))
NUISANCE = "+12125550199"  # blocked by the owner
UNWANTED: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (11_000, NUISANCE, {}), (12_000, firm.LINE, {}), (40_000, NUISANCE, {}),  # a loop, and one after hours
)  # fmt: skip
TALK = 10.0  # seconds; less is no talk
READ_EVERY = dt.timedelta(minutes=20)
BLUR = 1.0  # seconds between what the carrier saw and what it told us
NAMED = 3.0  # seconds in which the caller is told with whom they talk: joined, and not heard yet


@dataclass(frozen=True)
class AsItComes(scripts.Script):
    """Somebody with a day to get through: mostly answers, sometimes declines, is away, or it is a machine."""

    dice: random.Random = field(default_factory=random.Random)

    def chosen(self) -> scripts.Script:
        return self.dice.choices(
            (
                scripts.Answers(after=self.dice.uniform(2, 12)),
                scripts.Answers(after=self.dice.uniform(2, 12), talk=self.dice.choice((4, 15, 40))),
                scripts.Declines(after=self.dice.uniform(1, 6)),
                scripts.Mailbox(after=self.dice.uniform(8, 14)),
                scripts.Drops(after=3, drops_after=2),
                scripts.Script(),
                scripts.Off(),
            ),
            weights=(48, 7, 12, 8, 5, 12, 8),
        )[0]


def _arrivals(dice: random.Random, callers: int) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """(second of the day, number, how they behave); busiest around ten and two."""
    people = [f"+1212555{1000 + n}" for n in range(170)]
    for _ in range(callers):
        peak = dice.choices((3, 7, None), weights=(40, 35, 25))[0]
        at = dice.uniform(0, HOURS * 3600) if peak is None else dice.gauss(peak * 3600, 2400)
        number = dice.choice(WITHHELD) if dice.random() < 0.06 else dice.choice(people)
        how: dict[str, Any] = {"patience": dice.choice((None, None, None, 2.0, 9.0, 17.0, 25.0))}
        how["talk"] = dice.choice((5.0, 15.0, 30.0, 75.0, 200.0))
        if dice.random() < 0.3:
            how["message"] = "It is about the boiler."
        yield min(max(at, 0), HOURS * 3600), number, how


def _goes(world: World, name: str, where: str) -> None:
    """Somebody takes a break, or is back."""
    with world.database.transaction() as session:
        session.get_one(StaffMember, name).availability = where


def _play(world: World, callers: int) -> list[PhoneLeg]:
    dice = random.Random(20261123)
    # It is a long day, and little of it is spent ringing: the worker looks round less often than it would, and reads
    # the carrier's log less often (it says all the day's calls each time).
    world.soon = world.tick = dt.timedelta(seconds=1)
    world.rest = dt.timedelta(minutes=1)
    for name in firm.PHONES:
        world.staff(name, AsItComes(dice=random.Random(name)))
    world.write(lambda session: callbacks.block(session, NUISANCE, True, world.now))
    legs, breaks = [], list(BREAKS)
    for at, number, how in sorted((*_arrivals(dice, callers), *UNWANTED), key=lambda arrival: arrival[0]):
        while breaks and breaks[0][0] <= at:
            _goes(world, *breaks.pop(0)[1:])
        world.run_until(max(world.now, SEVEN + dt.timedelta(seconds=at)))
        if world.caller(number).state == "idle":
            legs.append(world.rings(number, **how))
    world.advance(1800)
    return legs


def _talk_seconds(leg: PhoneLeg) -> float:
    return sum((span.until - span.at).total_seconds() for span in leg.bridges if span.until)


@pytest.mark.timeout(600)
@pytest.mark.proves("01-6.12", "L4", "S1", "S2", "S3", "S6", "S7", "S20")
def test_a_day_of_three_hundred_callers_adds_up_and_the_carrier_agrees_line_by_line(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_log, "EVERY", READ_EVERY)
    monkeypatch.setattr(worker, "SWEEP_EVERY", dt.timedelta(seconds=20))
    monkeypatch.setattr(on_ladder, "WORKER_GONE", dt.timedelta(minutes=2))  # it gives a sign of life as rarely
    monkeypatch.setattr(rounds, "EVERY", READ_EVERY)  # what the owner is told is another story
    world = make_world(staff=("sam", "alex", "kim"), start=SEVEN, hours=firm.OFFICE)
    callers = CALLERS[world.database.engine.dialect.name]
    placed = _play(world, callers)
    calls = {call.sid: call for call in world.calls()}
    assert len(calls) >= callers

    outcomes = Counter(call.outcome for call in calls.values())
    assert len(calls) == outcomes["talked"] + outcomes["callback"] + outcomes["blocked"]
    refused = [(call.caller, call.cause) for call in world.calls() if call.outcome == "blocked"]
    assert refused == [(NUISANCE, "blocked"), (firm.LINE, "loop"), (NUISANCE, "blocked")]
    assert (
        min(outcomes["talked"], outcomes["callback"]) > callers // 10
    )  # a day on which nothing happened would show nothing

    _the_carriers_log_agrees(world, placed)
    _talks_are_talks(world, placed)
    _one_open_callback_for_each_caller(world)
    _no_phone_rang_twice_at_once(world)
    _every_leg_was_written_down(world)


def _the_carriers_log_agrees(world: World, placed: list[PhoneLeg]) -> None:
    config = world.day.carrier.config
    client = Client(config.account_sid, config.auth_token, http_client=world.day.http_client)
    listed = {call.sid: call for call in client.calls.list(to=firm.LINE)}
    ours = {call.sid: call for call in world.calls()}
    assert set(listed) == set(ours) == {leg.sid for leg in placed}
    for sid, call in ours.items():
        theirs = listed[sid]
        assert theirs.direction == "inbound"
        assert call.caller in (theirs._from, None)
        assert abs((call.received_at - theirs.date_created).total_seconds()) <= BLUR + 1  # it tells whole seconds
        assert call.ended_at is not None
        assert abs((call.ended_at - theirs.end_time).total_seconds()) <= BLUR + 1


def _talks_are_talks(world: World, placed: list[PhoneLeg]) -> None:
    ours = {call.sid: call for call in world.calls()}
    for leg in placed:
        seconds, call = _talk_seconds(leg), ours[leg.sid]
        if call.outcome == "talked" and call.round == 0:  # cut off, rung again and hung up: staff said they were done
            assert seconds >= TALK - NAMED, (leg.sid, seconds)
        if seconds >= TALK + BLUR and call.round == 0:  # who was cut off and not reached again is called back
            assert call.outcome == "talked", (leg.sid, seconds, call.cause)


def _one_open_callback_for_each_caller(world: World) -> None:
    calls, kept = world.calls(), world.callbacks()
    still_open = Counter((callback.line, callback.caller_key) for callback in kept if callback.state != "closed")
    assert max(still_open.values()) == 1
    counted = Counter(call.callback_id for call in calls if call.callback_id)
    assert counted == {callback.id: callback.calls for callback in kept}
    last = {call.caller_key: call for call in calls}
    for callback in kept:
        assert callback.first_called_at == min(c.received_at for c in calls if c.callback_id == callback.id)
        if callback.state == "closed":
            assert callback.closed_reason == "got_through"
        else:  # nobody waits who has been talked with since
            assert last[callback.caller_key].outcome == "callback"


def _no_phone_rang_twice_at_once(world: World) -> None:
    for phone in world.phones.values():
        spans = sorted(phone.rings, key=lambda span: span.started)
        for one, other in itertools.pairwise(spans):
            assert one.ended is not None
            assert one.ended <= other.started, (phone.name, one, other)


def _every_leg_was_written_down(world: World) -> None:
    truth = {leg.sid for leg in world.day.calls() if leg.direction.startswith("outbound")}
    rows = world.read(lambda session: list(session.scalars(sa.select(Leg))))
    rung_back = world.read(lambda session: set(session.scalars(sa.select(Attempt.child_sid))))  # "any key to ring them"
    assert {row.sid for row in rows} | rung_back - {None} == truth
    assert all(row.ended_at is not None for row in rows)
