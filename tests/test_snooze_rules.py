"""Until when a callback can be set aside in one tap."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from voice.rules import snooze
from voice.rules.hours import DAYS, Schedule

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
OFFICE = Schedule.make(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:30"), NEW_YORK)


def at(text: str) -> dt.datetime:
    """A New York wall time as a UTC instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("now", "keys"),
    [
        ("2026-11-23T10:00", ["hour", "noon", "four", "tomorrow"]),
        ("2026-11-23T11:31", ["hour", "four", "tomorrow"]),
        ("2026-11-23T15:30", ["hour", "four", "tomorrow"]),
        ("2026-11-23T15:31", ["hour", "tomorrow"]),
    ],
)
@pytest.mark.proves("02-1.16")
def test_an_hour_of_the_day_is_offered_while_it_is_half_an_hour_ahead(now: str, keys: list[str]) -> None:
    assert [choice.key for choice in snooze.choices(at(now), OFFICE, (NEW_YORK,))] == keys
    assert snooze.chosen("noon", at("2026-11-23T12:00"), OFFICE, (NEW_YORK,)) is None


@pytest.mark.parametrize(
    ("zones", "said_in", "four"),
    [
        ((NEW_YORK,), NEW_YORK, "2026-11-23T16:00"),
        ((LOS_ANGELES,), LOS_ANGELES, "2026-11-23T19:00"),
        (("America/Toronto",), NEW_YORK, "2026-11-23T16:00"),  # the same time by another name
        ((LOS_ANGELES, NEW_YORK), NEW_YORK, "2026-11-23T16:00"),  # a country of several: nobody knows
        (("America/Denver", "America/Boise"), "America/Denver", "2026-11-23T18:00"),
        (("Asia/Tokyo",), "Asia/Tokyo", "2026-11-24T02:00"),  # where it is the next day already
    ],
)
def test_four_o_clock_is_the_callers_own(zones: tuple[str, ...], said_in: str, four: str) -> None:
    now = at("2026-11-23T10:00")
    assert snooze.said_in(zones, NEW_YORK, now) == said_in
    assert snooze.chosen("four", now, OFFICE, zones) == at(four)


@pytest.mark.parametrize(
    ("now", "schedule", "zone", "morning"),
    [
        ("2026-11-23T10:00", OFFICE, NEW_YORK, "2026-11-24T09:00"),
        ("2026-11-27T10:00", OFFICE, NEW_YORK, "2026-11-30T09:00"),  # a Friday: the firm opens on Monday
        ("2026-11-23T10:00", OFFICE, LOS_ANGELES, "2026-11-24T11:00"),  # not before the caller is up
        ("2026-11-23T10:00", Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK), NEW_YORK, "2026-11-24T09:00"),
        ("2026-11-23T10:00", Schedule.make({}, NEW_YORK), NEW_YORK, "2026-11-24T09:00"),
        ("2026-10-31T10:00", Schedule.make({"sun": "00:00-24:00"}, NEW_YORK), NEW_YORK, "2026-11-01T09:00"),
    ],
)
@pytest.mark.proves("02-1.16")
def test_tomorrow_morning_is_the_next_opening_at_a_time_for_people(
    now: str, schedule: Schedule, zone: str, morning: str
) -> None:
    assert snooze.tomorrow_morning(at(now), schedule, (zone,)) == at(morning)


def test_a_time_that_was_picked_lies_ahead_within_a_year() -> None:
    now = at("2026-11-23T10:00")
    assert snooze.fits(now + dt.timedelta(seconds=1), now)
    assert not snooze.fits(now, now)
    assert not snooze.fits(now + dt.timedelta(days=367), now)
