"""Until when a callback can be set aside in one tap."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from voice.rules.hours import Schedule, next_opening
from voice.rules.promise import next_caller_hours

HOUR = dt.timedelta(hours=1)
SOONEST = dt.timedelta(minutes=30)  # a fixed hour closer than this is no use as "later"
FIXED = {"noon": 12, "four": 16}  # the hours of their own day people speak of
NIGHT_ENDS = 6  # o'clock: an opening before it is nobody's morning
FARTHEST = dt.timedelta(days=366)


@dataclass(frozen=True)
class Choice:
    """One button: `at` is None for "in an hour", which is counted from the moment it is pressed."""

    key: str
    at: dt.datetime | None


def said_in(caller_zones: tuple[str, ...], line_zone: str, now: dt.datetime) -> str:
    """The zone on whose clock a later time is said: the caller's, when all they may be in show the same time; else the
    line's."""
    here, *theirs = (now.astimezone(ZoneInfo(zone)).utcoffset() for zone in (line_zone, *caller_zones))
    return caller_zones[0] if len({*theirs}) == 1 and here not in theirs else line_zone


def choices(now: dt.datetime, schedule: Schedule, caller_zones: tuple[str, ...]) -> list[Choice]:
    """What to offer: in an hour, today's noon and four o'clock of the caller while they are ahead, tomorrow morning."""
    zone = said_in(caller_zones, schedule.zone, now)
    today = now.astimezone(ZoneInfo(zone)).date()
    fixed = [(key, _at(today, hour, zone)) for key, hour in FIXED.items()]
    ahead = [Choice(key, at) for key, at in fixed if at - now >= SOONEST]
    return [Choice("hour", None), *ahead, Choice("tomorrow", tomorrow_morning(now, schedule, caller_zones))]


def chosen(key: str, now: dt.datetime, schedule: Schedule, caller_zones: tuple[str, ...]) -> dt.datetime | None:
    """The instant behind a key of `choices`; None for a key there is not, or is no more."""
    if key == "hour":
        return now + HOUR
    return next((choice.at for choice in choices(now, schedule, caller_zones) if choice.key == key), None)


def tomorrow_morning(now: dt.datetime, schedule: Schedule, caller_zones: tuple[str, ...]) -> dt.datetime:
    """The line's next opening from tomorrow on, not before the caller is up; nine for a line that opens in the night
    or has no next opening."""
    here = ZoneInfo(schedule.zone)
    midnight = _at(now.astimezone(here).date() + dt.timedelta(days=1), 0, schedule.zone)
    opening = next_opening(schedule, midnight - dt.timedelta.resolution) or midnight  # it asks for what comes after
    day = opening.astimezone(here)
    morning = _at(day.date(), 9, schedule.zone) if day.hour < NIGHT_ENDS else opening
    return next_caller_hours(morning, caller_zones, schedule.zone)


def fits(until: dt.datetime, now: dt.datetime) -> bool:
    """Whether a time somebody picked lies ahead, within a year."""
    return now < until < now + FARTHEST


def _at(day: dt.date, hour: int, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), ZoneInfo(zone)).astimezone(dt.UTC)
