"""When a caller who did not answer is tried again: widening gaps, never at night."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.rules.hours import DAYS, Schedule, is_open
from voice.rules.promise import retry_at, within_caller_hours

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
LINE = Schedule.make(dict.fromkeys(DAYS, "09:00-17:30"), NEW_YORK)


def at(text: str) -> dt.datetime:
    """A New York wall time as a UTC instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(dt.UTC)


@pytest.mark.proves("01-3.3", "02-3.1")
@pytest.mark.parametrize(
    ("tries", "now", "due"),
    [
        (1, "2026-11-23T10:00", "2026-11-23T10:15"),
        (2, "2026-11-23T10:00", "2026-11-23T12:00"),
        (3, "2026-11-23T10:00", "2026-11-24T09:00"),
        (4, "2026-11-23T10:00", "2026-11-24T09:00"),
        (1, "2026-11-23T20:50", "2026-11-24T08:00"),
        (2, "2026-11-23T19:30", "2026-11-24T08:00"),
        (3, "2026-11-23T20:00", "2026-11-24T09:00"),
        (3, "2026-11-23T08:30", "2026-11-24T09:00"),  # nine today would be no wider a gap
    ],
)
def test_tries_are_fifteen_minutes_two_hours_and_the_next_opening_apart(tries: int, now: str, due: str) -> None:
    assert retry_at(at(now), tries, LINE, (NEW_YORK,)) == at(due)


@pytest.mark.proves("01-3.3")
def test_the_next_opening_waits_until_the_caller_is_up() -> None:
    assert retry_at(at("2026-11-23T16:00"), 3, LINE, (LOS_ANGELES,)) == at("2026-11-24T11:00")


def test_a_line_that_never_opens_again_retries_the_next_day() -> None:
    assert retry_at(at("2026-11-23T16:00"), 3, Schedule.make({}, NEW_YORK), (NEW_YORK,)) == at("2026-11-24T09:00")
    always = Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK)
    assert retry_at(at("2026-11-23T16:00"), 3, always, (NEW_YORK,)) == at("2026-11-24T09:00")


@pytest.mark.proves("01-3.3")
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
    if tries >= 3:
        assert is_open(LINE, due)
