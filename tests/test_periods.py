"""Days as a person means them: by the clock on the wall, also when it is changed."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.rules import periods
from voice.rules.periods import QUARTER, Range, Span

NEW_YORK = "America/New_York"
HOUR = dt.timedelta(hours=1)
ZONES = (
    NEW_YORK,
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Santiago",
    "UTC",
)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    """An instant."""
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


@pytest.mark.proves("E13")
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (NEW_YORK, dt.date(2026, 11, 1), 25),
        (NEW_YORK, dt.date(2027, 3, 14), 23),
        (NEW_YORK, dt.date(2026, 11, 24), 24),
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), 23.5),
        ("America/Santiago", dt.date(2026, 9, 6), 23),  # its clocks skip midnight itself
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(zone: str, day: dt.date, hours: float) -> None:
    (whole,) = Range.of_days(day, day, zone).days()
    assert (whole.date, whole.until - whole.since) == (day, hours * HOUR)


def test_the_hour_that_comes_twice_is_two_hours_long_and_the_one_that_is_skipped_is_none() -> None:
    autumn = Range.of_days(dt.date(2026, 11, 1), dt.date(2026, 11, 1), NEW_YORK)
    assert autumn.hours(None, 1) == [Span(utc(2026, 11, 1, 5), utc(2026, 11, 1, 7))]
    spring = Range.of_days(dt.date(2027, 3, 14), dt.date(2027, 3, 14), NEW_YORK)
    assert spring.hours(None, 2) == []
    assert spring.hours(None, 3) == [Span(utc(2027, 3, 14, 7), utc(2027, 3, 14, 8))]


def test_the_hours_of_a_weekday_are_cut_to_what_was_asked_for() -> None:
    asked = Range(utc(2026, 11, 17, 14, 20), utc(2026, 11, 25, 0), NEW_YORK)  # Tuesday 9:20 to the Tuesday after
    assert asked.hours(1, 9) == [
        Span(utc(2026, 11, 17, 14, 20), utc(2026, 11, 17, 15)),
        Span(utc(2026, 11, 24, 14), utc(2026, 11, 24, 15)),
    ]
    assert asked.hours(4, None) == [Span(utc(2026, 11, 20, 5), utc(2026, 11, 21, 5))]


def test_the_period_before_begins_at_the_same_hour_of_the_clock() -> None:
    week = Range.of_days(dt.date(2026, 11, 2), dt.date(2026, 11, 8), NEW_YORK, "+12125550100")
    assert week.before() == Range.of_days(dt.date(2026, 10, 26), dt.date(2026, 11, 1), NEW_YORK, "+12125550100")
    today = Range(utc(2026, 11, 1, 4), utc(2026, 11, 1, 17, 7), NEW_YORK)  # midnight to 12:07, an hour of it twice
    assert today.before() == Range(utc(2026, 10, 31, 4), utc(2026, 10, 31, 16, 7), NEW_YORK)


@given(
    st.sampled_from(ZONES),
    st.integers(0, 1_051_200),
    st.integers(1, 20 * 24 * 60),
)
def test_days_and_hours_cover_a_range_once(zone: str, start: int, minutes: int) -> None:
    since = utc(2026, 1, 1) + dt.timedelta(minutes=start)
    asked = Range(since, since + dt.timedelta(minutes=minutes), zone)
    days = list(asked.days())
    assert days[0].since <= asked.since < days[0].until
    assert all(one.until == other.since for one, other in itertools.pairwise(days))
    assert days[-1].since < asked.until <= days[-1].until
    hours = [span for hour in range(24) for span in asked.hours(None, hour)]
    assert sum((span.until - span.since for span in hours), dt.timedelta()) == asked.until - asked.since
    # A quarter of an hour never lies on both sides of an hour, or of midnight, of any zone.
    assert all(periods.quarter(day.since) == day.since for day in days)
    assert periods.next_quarter(since) - periods.quarter(since) in (QUARTER, dt.timedelta())


@pytest.mark.parametrize(
    ("zone", "moment", "night"),
    [
        ("Europe/Berlin", utc(2026, 11, 22, 1, 59), utc(2026, 11, 22, 2)),
        ("Europe/Berlin", utc(2026, 11, 22, 2), utc(2026, 11, 23, 2)),
        (NEW_YORK, utc(2026, 11, 23, 0), utc(2026, 11, 23, 8)),
        (NEW_YORK, utc(2026, 10, 31, 7), utc(2026, 11, 1, 8)),  # clocks go back
        ("Europe/Helsinki", utc(2026, 3, 28, 1), utc(2026, 3, 29, 1)),  # there is no three o'clock
        ("Europe/Helsinki", utc(2026, 3, 29, 1), utc(2026, 3, 30, 0)),
        ("Pacific/Auckland", utc(2026, 11, 22, 14), utc(2026, 11, 23, 14)),
    ],
)
def test_each_night_comes_once_at_three_where_the_firm_is(zone: str, moment: dt.datetime, night: dt.datetime) -> None:
    assert periods.next_night(moment, zone).astimezone(dt.UTC) == night
