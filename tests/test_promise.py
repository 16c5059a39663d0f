"""The time a caller is promised: open time only, inside the line's hours and the caller's day, on five minutes."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.rules.hours import DAYS, Schedule, is_open
from voice.rules.promise import PromiseInputs, next_caller_hours, promise, within_caller_hours

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
NOWHERE_SHARED = (LOS_ANGELES, "Europe/London", "Asia/Shanghai")  # a third of the world apart: no hour suits all
LINE = Schedule.make(dict.fromkeys(DAYS, "09:00-17:30"), NEW_YORK)
WEEKDAYS = Schedule.make(dict.fromkeys(DAYS[:5], "09:00-17:30"), NEW_YORK)


def at(text: str, zone: str = NEW_YORK) -> dt.datetime:
    """A local wall time as a UTC instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def inputs(
    now: str, minutes: int = 60, schedule: Schedule = LINE, zones: tuple[str, ...] = (NEW_YORK,)
) -> PromiseInputs:
    """What a promise is made from, with the ordinary line and caller where nothing else is said."""
    return PromiseInputs(at(now), minutes, schedule, zones)


@pytest.mark.proves("01-3.1")
@pytest.mark.parametrize(
    ("now", "promised"),
    [
        ("2026-11-23T16:50", "2026-11-24T09:20"),  # forty minutes left today, twenty tomorrow
        ("2026-11-23T10:00", "2026-11-23T11:00"),
        ("2026-11-23T10:01", "2026-11-23T11:05"),
        ("2026-11-23T16:30", "2026-11-23T17:30"),
        ("2026-11-23T16:30:30", "2026-11-24T09:05"),
        ("2026-11-23T22:00", "2026-11-24T10:00"),
        ("2026-11-23T03:00", "2026-11-23T10:00"),
    ],
)
def test_a_promise_counts_open_time_and_rounds_up_to_five_minutes(now: str, promised: str) -> None:
    assert promise(inputs(now)) == at(promised)


@pytest.mark.proves("01-3.1")
def test_friday_evening_is_promised_for_monday_and_a_holiday_is_passed_over() -> None:
    assert promise(inputs("2026-11-20T17:10", schedule=WEEKDAYS)) == at("2026-11-23T09:40")
    thanksgiving = replace(WEEKDAYS, holidays="US")
    assert promise(inputs("2026-11-25T17:10", schedule=thanksgiving)) == at("2026-11-27T09:40")


@pytest.mark.proves("01-3.1")
def test_open_time_is_counted_across_the_lunch_break() -> None:
    line = Schedule.make({"mon": "10:00-13:00,14:00-16:00"}, NEW_YORK)
    assert promise(inputs("2026-11-23T12:30", schedule=line)) == at("2026-11-23T14:30")


@pytest.mark.proves("01-3.1")
def test_nobody_is_promised_a_call_before_eight_where_they_live() -> None:
    assert promise(inputs("2026-11-23T16:50", zones=(LOS_ANGELES,))) == at("2026-11-24T11:20")
    late = Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK)
    assert promise(inputs("2026-11-23T20:30", schedule=late)) == at("2026-11-24T08:30")


@pytest.mark.proves("01-3.1", "E14")
def test_a_number_that_may_be_in_two_zones_gets_the_hours_they_share() -> None:
    late = Schedule.make(dict.fromkeys(DAYS, "06:00-23:00"), NEW_YORK)
    both = (NEW_YORK, LOS_ANGELES)
    assert promise(inputs("2026-11-23T06:00", schedule=late, zones=both)) == at("2026-11-23T12:00")
    assert promise(inputs("2026-11-23T20:30", schedule=late, zones=both)) == at("2026-11-24T11:30")


def test_zones_that_share_no_hours_leave_it_to_the_line() -> None:
    assert promise(inputs("2026-11-23T10:00", zones=NOWHERE_SHARED)) == at("2026-11-23T11:00")
    assert promise(inputs("2026-11-23T10:00", zones=())) == at("2026-11-23T11:00")


def test_a_line_without_hours_promises_the_next_day_at_nine_or_the_callers_first_hour_after() -> None:
    never = Schedule.make({}, NEW_YORK)
    assert promise(inputs("2026-11-23T10:00", schedule=never)) == at("2026-11-24T09:00")
    assert promise(inputs("2026-11-23T10:00", schedule=never, zones=(LOS_ANGELES,))) == at("2026-11-24T11:00")


def test_more_open_time_than_two_weeks_hold_is_promised_for_their_last_moment() -> None:
    brief = Schedule.make({"mon": "09:00-09:20"}, NEW_YORK)
    assert promise(inputs("2026-11-23T09:30", schedule=brief)) == at("2026-12-07T09:20")


def test_rounding_past_an_odd_closing_time_carries_over_to_the_next_opening() -> None:
    odd = Schedule.make(dict.fromkeys(DAYS, "09:00-17:32"), NEW_YORK)
    assert promise(inputs("2026-11-23T16:31", schedule=odd)) == at("2026-11-24T09:05")


@pytest.mark.proves("01-3.1", "E13")
def test_the_night_the_clocks_change_costs_no_promised_minute() -> None:
    night = Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK)
    fiji = ("Pacific/Fiji",)  # daytime there while New York changes its clocks
    assert promise(inputs("2026-03-08T01:30", schedule=night, zones=fiji)) == at("2026-03-08T03:30")
    assert promise(inputs("2026-11-01T00:30", schedule=night, zones=fiji)) == at("2026-11-01T00:30") + dt.timedelta(
        hours=1
    )


def test_callers_are_rung_from_eight_until_nine_in_the_evening() -> None:
    assert not within_caller_hours(at("2026-11-23T07:59"), (NEW_YORK,), NEW_YORK)
    assert within_caller_hours(at("2026-11-23T08:00"), (NEW_YORK,), NEW_YORK)
    assert not within_caller_hours(at("2026-11-23T21:00"), (NEW_YORK,), NEW_YORK)
    assert next_caller_hours(at("2026-11-23T21:00"), (NEW_YORK,), NEW_YORK) == at("2026-11-24T08:00")


@pytest.mark.proves("01-3.1", "S15")
@settings(deadline=None)  # a busy machine is no fault of the promise
@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)),  # noqa: DTZ001 made aware below
    st.integers(5, 600),
    st.sampled_from([("Europe/Madrid",), (NEW_YORK, LOS_ANGELES), ("Australia/Sydney",), NOWHERE_SHARED]),
    st.sampled_from(["09:00-17:30", "18:00-02:00", "00:00-24:00", "08:02-08:13,15:00-16:07"]),
)
def test_every_promise_is_kept_inside_both_calendars(
    moment: dt.datetime, minutes: int, zones: tuple[str, ...], hours: str
) -> None:
    schedule = Schedule.make(dict.fromkeys(DAYS, hours), NEW_YORK)
    now = moment.replace(tzinfo=dt.UTC)
    promised = promise(PromiseInputs(now, minutes, schedule, zones))
    just_before = promised - dt.timedelta.resolution
    assert promised > now
    assert promised.timestamp() % 300 == 0
    if any(
        is_open(schedule, quarter) and within_caller_hours(quarter, zones, NEW_YORK)
        for quarter in (now + n * dt.timedelta(minutes=15) for n in range(2 * 96))
    ):
        assert is_open(schedule, just_before)
        assert within_caller_hours(just_before, zones, NEW_YORK)
