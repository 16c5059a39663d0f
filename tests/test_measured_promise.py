"""The promise once a line is known: nine times in ten from its own figures, and never past the line's minutes."""

import datetime as dt
import random
import statistics
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bench.promise import AIM, fits, play
from tests.program import JANE, MAIN, NOON
from voice import phones, promising
from voice.db import Database
from voice.firm import Line, StaffMember
from voice.models import Attempt, Callback, Leg
from voice.rules import capacity
from voice.rules.capacity import EVEN, KEPT, SAYABLE, Figures, Measured, Wait, Worker
from voice.rules.hours import DAYS, Schedule
from voice.rules.promise import PromiseInputs, next_try, promise, retry_at

pytest_plugins = ["tests.interface"]

NEW_YORK = "America/New_York"
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
LINE = Schedule.make(dict.fromkeys(DAYS, "09:00-17:30"), NEW_YORK)
FIGURES = Figures(cycle=300, spread=1, lag=60, lag_spread=1)  # five minutes each, a minute until a free hand dials


def at(hour: int, minute: int = 0, day: int = 23) -> dt.datetime:
    """A New York time in November 2026, as UTC."""
    return dt.datetime(2026, 11, day, hour + 5, minute, tzinfo=dt.UTC)


def promised(
    now: dt.datetime, ahead: int, workers: tuple[Worker, ...], free: int = 0, minutes: int = 60
) -> dt.datetime:
    """What a caller is promised."""
    return promise(PromiseInputs(now, minutes, LINE, (NEW_YORK,), Measured(FIGURES, ahead, free, workers)))


@pytest.mark.proves("02-3.6")
def test_the_more_are_ahead_the_later_and_the_more_work_the_sooner() -> None:
    one, three = (Worker(LINE),), (Worker(LINE),) * 3
    assert [promised(at(10), ahead, one) for ahead in (0, 2, 4)] == [at(10, 10), at(10, 25), at(10, 40)]
    assert [promised(at(10), ahead, three) for ahead in (0, 2, 4)] == [at(10, 5), at(10, 10), at(10, 15)]
    assert promised(at(10), 0, one, free=1) == at(10, 5)


def test_the_lines_minutes_are_the_ceiling() -> None:
    assert promised(at(10), 50, (Worker(LINE),)) == at(11)
    assert promised(at(10), 50, (Worker(LINE),), minutes=240) == at(14)


@pytest.mark.proves("02-3.6")
def test_what_cannot_be_kept_before_closing_is_tomorrows() -> None:
    assert promised(at(17, 10), 2, (Worker(LINE),)) == at(9, 5, day=24)


def test_time_when_nobody_works_is_not_counted() -> None:
    early = Schedule.make(dict.fromkeys(DAYS, "09:00-12:00"), NEW_YORK)
    assert promised(at(11, 55), 0, (Worker(early),)) == at(9, 5, day=24)
    assert promised(at(13), 0, (Worker(early),)) == at(9, 10, day=24)
    late = Schedule.make(dict.fromkeys(DAYS, "14:00-17:30"), NEW_YORK)
    assert promised(at(13), 0, (Worker(early), Worker(late))) == at(14, 10)
    assert promised(at(10), 0, (Worker(LINE, back_at=at(12)),)) == at(12, 10)


def test_nobody_in_sight_leaves_it_to_the_lines_minutes() -> None:
    never = Schedule.make({}, NEW_YORK)
    assert promised(at(10), 0, (Worker(never),)) == at(11)
    assert promised(at(10), 0, ()) == at(11)


def test_the_chance_is_that_of_the_times_added_up() -> None:
    dice = random.Random(7)
    for jobs in (1, 3, 8):  # one person whose every time is log-normal, with a variance of 0.8 of its mean squared
        known = capacity.wait(Measured(Figures(300, 0.8, 0.001, 0.8), jobs - 1, 0, ()), 1)
        times = sorted(sum(dice.lognormvariate(-0.294, 0.767) * 300 for _ in range(jobs)) for _ in range(20_000))
        left = known.mean / statistics.mean(times)  # somebody is in the midst of the first
        assert left == pytest.approx(1 - 0.1 / jobs, abs=0.02)
        for chance in (0.5, 0.9):
            assert known.at(chance) == pytest.approx(times[int(chance * 20_000)] * left, rel=0.07)
            assert known.within(known.at(chance)) == pytest.approx(chance)


@given(st.floats(30, 20_000), st.floats(0.05, 4))
def test_a_time_rounded_up_is_kept_as_often_as_is_aimed_at_and_never_likelier_missed(
    mean: float, spread: float
) -> None:
    wait, step = Wait(mean, spread), SAYABLE.total_seconds()
    seconds = wait.before_rounding()
    told = [wait.within(seconds + step * (part + 0.5) / 200) for part in range(200)]  # callers ring at any moment
    assert min(told) >= EVEN
    assert statistics.mean(told) == pytest.approx(wait.within_when_rounded(seconds), abs=0.005)
    assert statistics.mean(told) == pytest.approx(KEPT, abs=0.01) or seconds == wait.at(EVEN)
    assert statistics.mean(told) > KEPT - 0.01


@pytest.mark.parametrize(("people", "load"), [(1, "busy"), (3, "full"), (10, "quiet")])
@pytest.mark.proves("02-3.6")
def test_of_hundreds_of_simulated_promises_nine_in_ten_are_kept(people: int, load: str) -> None:
    row = play(people, load, 2000, seed=2)
    assert AIM[0] - 0.02 <= row.at_90 <= AIM[1] + 0.02
    assert row.as_promised > AIM[0] - 0.02
    assert row.as_promised < AIM[1] + 0.02 or row.coarse
    assert row.late_minutes < 5


def test_a_line_quick_beside_five_minutes_keeps_more_and_the_table_says_why() -> None:
    row = play(10, "quiet", 1000, seed=2)
    assert not fits(row)
    assert row.coarse
    assert row.step_sooner < EVEN < AIM[1] < row.as_promised


@pytest.mark.proves("02-3.7")
def test_too_few_callbacks_say_nothing() -> None:
    assert capacity.measure([60.0] * 29, [10.0] * 29, [], 0) is None
    assert capacity.measure([60.0] * 30, [10.0] * 30, [], 0) == Figures(60, 0.2, 10, 0.2)
    served = capacity.measure([60.0] * 30, [10.0] * 30, [120.0] * 5, 10)
    assert served is not None
    assert served.cycle == 120  # half a live talk of two minutes with every callback that waits for somebody


@pytest.fixture
def session(acme: Database) -> Iterator[Session]:
    with acme.transaction() as session:
        yield session


def ring_back(session: Session, start: dt.datetime, talk: dt.timedelta = 2 * MINUTE, ending: str = "talked") -> None:
    """Somebody was rung back: taken up a minute after they rang, their phone rang 20 s later."""
    number = f"+1212555{session.scalar(sa.select(sa.func.count(Callback.id))):04}"
    rang, ended = start + MINUTE + dt.timedelta(seconds=20), start + MINUTE + talk
    row = Callback(
        line=MAIN, caller=number, caller_key=number, state="closed", reason="rang_out", first_called_at=start,
        last_called_at=start, promised_by=start + HOUR, due_at=start + HOUR, rang_at=rang, closed_at=ended + MINUTE,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add(
        Attempt(
            callback_id=row.id,
            staff_id="sam",
            state="ended",
            created_at=start + MINUTE,
            rang_at=rang,
            ended_at=ended,
            ending=ending,
        )
    )
    session.flush()


@pytest.mark.proves("02-3.7")
def test_thirty_talks_teach_a_line_what_it_takes(session: Session) -> None:
    line = session.get_one(Line, MAIN)
    for number in range(29):
        ring_back(session, NOON - (60 - number) * 10 * MINUTE)
    ring_back(session, NOON - 5 * HOUR, ending="no_answer")
    assert promising.measured(session, line, NOON) is None
    assert promising.promised_by(session, line, JANE, NOON) == NOON + HOUR
    ring_back(session, NOON - 4 * HOUR)
    known = promising.measured(session, line, NOON)
    assert known is not None
    assert known.figures.cycle == pytest.approx(240, abs=5)  # a minute to begin, two to talk, one to write it down
    assert known.figures.lag == pytest.approx(80, abs=1)
    assert (known.ahead, known.free, len(known.workers)) == (0, 2, 2)
    assert promising.promised_by(session, line, JANE, NOON) == NOON + 5 * MINUTE


def test_a_live_caller_served_in_between_is_part_of_what_it_takes(session: Session) -> None:
    line = session.get_one(Line, MAIN)
    for number in range(30):
        start = NOON - (60 - number) * 10 * MINUTE
        ring_back(session, start)
        leg = {"line": MAIN, "phone": "+12125550112", "purpose": "ring", "state": "ended"}
        begun = {"placed_at": start, "stop_at": start, "joined_at": start + MINUTE / 6}
        session.add(Leg(**leg, **begun, staff_id="sam", ended_at=start + MINUTE / 2))
        if number % 2:
            session.add(Leg(**leg, **begun, staff_id="alex", ended_at=start + 3 * MINUTE))
    session.flush()
    known = promising.measured(session, line, NOON)
    assert known is not None
    # Half a minute less for having been on the phone, then what sam and, every other time, alex talked meanwhile.
    assert known.figures.cycle == pytest.approx(210 + 20 + 85, abs=8)


def test_a_live_caller_whom_nobody_waited_for_costs_nothing(session: Session) -> None:
    line = session.get_one(Line, MAIN)
    for number in range(30):
        start = NOON - (60 - number) * 10 * MINUTE
        ring_back(session, start)
        leg = {"line": MAIN, "staff_id": "alex", "phone": "+12125550112", "purpose": "ring", "state": "ended"}
        times = {"placed_at": start, "stop_at": start, "joined_at": start + MINUTE / 2}
        session.add(Leg(**leg, **times, ended_at=start + 3 * MINUTE))
    session.flush()
    known = promising.measured(session, line, NOON)
    assert known is not None
    assert known.figures.cycle == pytest.approx(240, abs=5)


def test_who_is_away_works_again_when_they_are_back_and_who_is_off_does_not(session: Session) -> None:
    line = session.get_one(Line, MAIN)
    for number in range(30):
        ring_back(session, NOON - (60 - number) * 10 * MINUTE)
    sam, alex = session.get_one(StaffMember, "sam"), session.get_one(StaffMember, "alex")
    sam.availability, alex.availability, alex.away_until = "off", "away", NOON + 30 * MINUTE
    session.flush()
    assert not phones.is_on(alex, NOON)
    known = promising.measured(session, line, NOON)
    assert known is not None
    assert [worker.back_at for worker in known.workers] == [NOON + 30 * MINUTE]
    assert promising.promised_by(session, line, JANE, NOON) > NOON + 30 * MINUTE


@pytest.mark.proves("02-3.1")
def test_a_line_has_retry_minutes_of_its_own_and_the_row_says_the_next_try() -> None:
    now = at(10)
    assert retry_at(now, 1, LINE, (NEW_YORK,), [30]) == at(10, 30)
    assert retry_at(now, 2, LINE, (NEW_YORK,), [30]) == at(9, day=24)
    assert retry_at(now, 1, LINE, (NEW_YORK,), []) == at(9, day=24)
    told = next_try(at(14, 30), 1, 4)
    assert told is not None
    assert (told.at, told.number, told.of) == (at(14, 30), 2, 4)
    assert next_try(at(14, 30), 0, 4) is None
    assert next_try(at(14, 30), 4, 4) is None
