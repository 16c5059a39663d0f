"""A day in seconds: the virtual clock, and how a harness runs an application's own workers beside it."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator.town import LINE, Town, make_town
from voice.simulator.day import Day
from voice.simulator.scripts import Answers

pytestmark = pytest.mark.proves("01-4.5")


def test_nothing_happens_until_time_passes(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say>")
    town.call()
    assert not town.toy.asked
    assert town.day.next_event_at() == town.day.now
    town.day.advance(0.05)
    assert town.ann.said_to_it() == "Hello."


def test_the_clock_stands_exactly_where_it_was_sent(town: Town) -> None:
    start = town.day.now
    town.day.advance(0.1)
    town.day.advance(0.2)
    town.day.run_until(start + timedelta(hours=30))
    assert town.day.now == start + timedelta(hours=30)


def test_going_from_event_to_event_gets_everywhere(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say><Pause length='7'/>")
    town.call()
    steps = 0
    while (due := town.day.next_event_at()) is not None:
        assert due >= town.day.now
        town.day.run_until(due)
        steps += 1
    assert town.toy.at("/over")
    assert steps < 30


def test_the_application_is_told_of_every_move_of_the_clock_before_it_is_asked(town: Town) -> None:
    seen: list[datetime] = []
    town.day.on_time = seen.append
    town.answers(voice="<Say>Hello.</Say>")
    town.call()
    town.day.advance(5)
    assert seen == sorted(seen)
    assert all(asked.at in seen for asked in town.toy.asked)
    assert seen[-1] == town.day.now


def test_workers_run_between_instants_while_the_loop_stands(town: Town) -> None:
    jobs: list[str] = []
    town.toy.answers["/voice"] = lambda form: jobs.append(form["CallSid"]) or "<Say>Hello.</Say><Pause length='9'/>"  # type: ignore[func-returns-value]
    town.sam.script = Answers(after=1, key="")
    town.answers(leg="<Say>A caller.</Say>")

    def work() -> None:
        while jobs:
            jobs.pop()
            town.ring(town.sam)

    town.day.between = work
    town.call()
    town.day.advance(3)
    first = town.sam.rings[0].started - town.ann.captions[0].at
    assert first.total_seconds() < 0.5


def test_an_application_killed_in_the_middle_of_a_request_is_a_broken_connection(town: Town) -> None:
    class Killed(BaseException):
        pass

    def die(_: dict[str, str]) -> str:
        raise Killed

    town.toy.answers["/voice"] = die
    town.call()
    town.day.advance(10)
    assert town.day.carrier.exchanges[0].error == 11205
    assert "application error" in town.ann.said_to_it()


def test_the_same_day_twice_is_the_same_to_the_letter() -> None:
    days = []
    for _ in range(2):
        town = make_town()
        town.answers(voice="<Enqueue waitUrl='/wait' action='/out'>one</Enqueue>", wait="<Pause length='3'/>")
        town.call(patience=10)
        town.day.advance(20)
        days.append([(asked.at, asked.path, asked.form, asked.headers) for asked in town.toy.asked])
        town.close()
    assert days[0] == days[1]


def test_a_day_of_three_hundred_calls_passes_in_seconds() -> None:
    town = make_town()
    town.answers(
        voice=lambda form: f"<Enqueue waitUrl='/wait' action='/out'>{form['CallSid']}</Enqueue>",
        wait="<Play>/ring.wav</Play><Pause length='5'/>",
        out="<Hangup/>",
    )
    town.toy.answers["/ring.wav"] = (200, {"Content-Type": "audio/wav"}, b"")
    dice = random.Random(1)
    began = time.perf_counter()
    for number in range(300):
        town.day.phone(f"+1212556{number:04}").dial(LINE, patience=dice.uniform(5, 60))
        town.day.advance(dice.expovariate(1 / 96))
    town.day.advance(120)
    assert len(town.toy.at("/over")) == len(town.toy.at("/out")) == 300
    assert not town.day.carrier.live_legs()
    assert time.perf_counter() - began < 20
    town.close()


def test_a_day_may_start_at_any_instant() -> None:
    start = datetime(2026, 3, 8, 6, 59, tzinfo=UTC)
    with Day(start=start) as day:
        assert day.now == start
