"""When a caller who did not answer is tried again: widening gaps, never at night."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeWorld
from voice.rules.hours import DAYS, Schedule, is_open
from voice.rules.promise import retry_at, within_caller_hours
from voice.simulator import scripts

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
LINE = Schedule.make(dict.fromkeys(DAYS, "09:00-17:30"), NEW_YORK)


def at(text: str) -> dt.datetime:
    """A New York wall time as a UTC instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(dt.UTC)


@pytest.mark.proves("01-3.3", "02-3.1", "C17")
@pytest.mark.parametrize(
    ("tries", "now", "due"),
    [
        (1, "2026-11-23T10:00", "2026-11-23T10:15"),
        (2, "2026-11-23T10:00", "2026-11-23T12:00"),
        (3, "2026-11-23T10:00", "2026-11-24T09:00"),
        (4, "2026-11-23T10:00", "2026-11-24T09:00"),
        (1, "2026-11-23T17:14", "2026-11-23T17:29"),
        (1, "2026-11-23T17:20", "2026-11-24T09:00"),  # by then the line is closed: at the next opening
        (2, "2026-11-23T16:00", "2026-11-24T09:00"),
        (1, "2026-11-27T20:50", "2026-11-28T09:00"),
        (3, "2026-11-23T20:00", "2026-11-24T09:00"),
        (3, "2026-11-23T08:30", "2026-11-24T09:00"),  # nine today would be no wider a gap
    ],
)
def test_tries_are_fifteen_minutes_two_hours_and_the_next_opening_apart(tries: int, now: str, due: str) -> None:
    assert retry_at(at(now), tries, LINE, (NEW_YORK,)) == at(due)


def test_a_line_that_is_open_all_night_tries_nobody_after_21() -> None:
    always = Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK)
    assert retry_at(at("2026-11-23T20:50"), 1, always, (NEW_YORK,)) == at("2026-11-24T08:00")
    assert retry_at(at("2026-11-23T19:30"), 2, always, (NEW_YORK,)) == at("2026-11-24T08:00")
    assert retry_at(at("2026-11-23T19:30"), 2, always, (LOS_ANGELES,)) == at("2026-11-23T21:30")


@pytest.mark.proves("01-3.3")
def test_one_that_falls_due_after_closing_waits_for_the_morning_and_the_promise_stays(make_world: MakeWorld) -> None:
    world = make_world(hours=dict.fromkeys(DAYS, "09:00-10:10"))
    world.rings(patience=6)
    world.advance(12)
    [missed] = world.callbacks()
    world.staff("sam", scripts.Answers(after=2))
    world.caller().script = scripts.Busy()
    world.ring_back("sam")
    world.advance(60)
    [tried] = world.callbacks()
    assert (tried.state, tried.attempts, tried.due_at) == ("waiting", 1, at("2026-11-24T09:00"))
    assert tried.promised_by == missed.promised_by


@pytest.mark.proves("01-3.3")
def test_the_next_opening_waits_until_the_caller_is_up() -> None:
    assert retry_at(at("2026-11-23T16:00"), 3, LINE, (LOS_ANGELES,)) == at("2026-11-24T11:00")


def test_a_line_that_never_opens_again_retries_the_next_day() -> None:
    assert retry_at(at("2026-11-23T16:00"), 3, Schedule.make({}, NEW_YORK), (NEW_YORK,)) == at("2026-11-24T09:00")
    always = Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK)
    assert retry_at(at("2026-11-23T16:00"), 3, always, (NEW_YORK,)) == at("2026-11-24T09:00")


@pytest.mark.proves("01-3.3", "C17")
@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)),  # noqa: DTZ001 made aware below
    st.integers(1, 6),
    st.sampled_from([(NEW_YORK,), (LOS_ANGELES, NEW_YORK), ("Pacific/Honolulu",), ()]),
)
def test_no_retry_is_due_at_night(moment: dt.datetime, tries: int, zones: tuple[str, ...]) -> None:
    now = moment.replace(tzinfo=dt.UTC)
    due = retry_at(now, tries, LINE, zones)
    assert due >= now + dt.timedelta(minutes=15)
    assert within_caller_hours(due, zones, NEW_YORK)
    assert is_open(LINE, due)
