"""When a caller will be rung: the time promised to them, and the time of the next try after no answer.

Both stay inside the caller's 08:00-21:00. A number that may be in several zones gets the hours all of them share; when
they share none, or nobody knows the zone, the line's zone stands in.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from voice.rules import capacity
from voice.rules.capacity import Measured
from voice.rules.hours import DAYS, HORIZON, Interval, Schedule, WeekHours, joined, next_opening, open_intervals

CALLER_HOURS = WeekHours.from_dict(dict.fromkeys(DAYS, "08:00-21:00"))
FALLBACK_HOUR = 9
RETRY_MINUTES = (15, 120)  # a line's own, unless it says otherwise
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class PromiseInputs:
    """All a promise depends on.

    `minutes` is the line's promise_minutes: open time, and the ceiling. `measured` is what this line can do, once
    that is known; None means it is not.
    """

    now: dt.datetime
    minutes: int
    schedule: Schedule
    caller_zones: tuple[str, ...]
    measured: Measured | None = None


@dataclass(frozen=True)
class NextTry:
    """When a caller who was not reached is rung again, as the row says it: "next try 14:30, 2 of 4"."""

    at: dt.datetime
    number: int
    of: int


def promise(inputs: PromiseInputs) -> dt.datetime:
    """The instant by which the caller's phone rings, on a whole five minutes.

    The open time needed is spent only while the line is open and the caller may be rung. Two weeks that cannot hold it:
    their last such moment. Two weeks without any: the next day at nine in the line's zone, or the caller's first hour
    after that.
    """
    windows = _windows(inputs.now, inputs.schedule, inputs.caller_zones)
    ceiling = dt.timedelta(minutes=inputs.minutes)
    if inputs.measured is not None and (staffed := capacity.staffed(windows, inputs.measured)):
        # Time when nobody works is no time in which anybody could ring: neither the work nor the ceiling runs on it.
        needed = capacity.open_time(staffed, inputs.measured)
        return _after(joined(span.interval for span in staffed), min(needed, ceiling))
    if not windows:
        return _fallback(inputs.now, inputs.schedule.zone, inputs.caller_zones)
    return _after(windows, ceiling)


def _after(windows: Sequence[Interval], left: dt.timedelta) -> dt.datetime:
    """When so much of this time has gone by, rounded up to five minutes."""
    for window in windows:
        if left <= window.end - window.start:
            rounded = _rounded_up(window.start + left)
            if rounded <= window.end:
                return rounded
            left = window.end - window.start + (rounded - window.end)  # rounding passes closing: carry it over
        left -= window.end - window.start
    return _rounded_up(windows[-1].end - capacity.SAYABLE + dt.timedelta.resolution)


def retry_at(
    now: dt.datetime,
    attempt_number: int,
    schedule: Schedule,
    caller_zones: tuple[str, ...],
    minutes: Sequence[int] = RETRY_MINUTES,
) -> dt.datetime:
    """When to try again after `attempt_number` tries: after the line's minutes, then at its next opening after that.

    Always inside the caller's hours, and inside the line's: nobody is there to ring them after closing. An opening
    sooner than the last gap is passed over: gaps only widen. No minutes at all: always the next opening.
    """
    gaps = [dt.timedelta(minutes=each) for each in minutes]
    if attempt_number <= len(gaps):
        earliest = now + gaps[max(attempt_number, 1) - 1]
        windows = _windows(earliest, schedule, caller_zones)
        return windows[0].start if windows else next_caller_hours(earliest, caller_zones, schedule.zone)
    opening = next_opening(schedule, now + gaps[-1] if gaps else now)
    windows = _windows(opening, schedule, caller_zones) if opening else []
    return windows[0].start if windows else _fallback(now, schedule.zone, caller_zones)


def next_try(due_at: dt.datetime, tries: int, most: int) -> NextTry | None:
    """The try a row that was not reached waits for; None before the first try and after the last."""
    return NextTry(due_at, tries + 1, most) if 0 < tries < most else None


def within_caller_hours(now: dt.datetime, caller_zones: tuple[str, ...], line_zone: str) -> bool:
    """Whether the caller may be rung at this instant."""
    return next_caller_hours(now, caller_zones, line_zone) == now


def next_caller_hours(now: dt.datetime, caller_zones: tuple[str, ...], line_zone: str) -> dt.datetime:
    """The first instant from now on at which the caller may be rung: `now` itself when that is allowed."""
    return _caller_windows(now, now + dt.timedelta(days=3), caller_zones, line_zone)[0].start


def _windows(start: dt.datetime, schedule: Schedule, caller_zones: tuple[str, ...]) -> list[Interval]:
    end = start + HORIZON
    caller = _caller_windows(start, end, caller_zones, schedule.zone)
    return _overlap(open_intervals(schedule, start, end), caller)


def _caller_windows(
    start: dt.datetime, end: dt.datetime, caller_zones: tuple[str, ...], line_zone: str
) -> list[Interval]:
    """The caller's hours of the next days, in every zone at once; the line's zone when the zones share none."""
    shared = [Interval(start, end)] if caller_zones else []
    for zone in caller_zones:
        shared = _overlap(shared, open_intervals(Schedule(CALLER_HOURS, zone), start, end))
    return shared or open_intervals(Schedule(CALLER_HOURS, line_zone), start, end)


def _overlap(first: list[Interval], second: list[Interval]) -> list[Interval]:
    pairs = (Interval(max(a.start, b.start), min(a.end, b.end)) for a in first for b in second)
    return [pair for pair in pairs if pair.start < pair.end]


def _fallback(now: dt.datetime, line_zone: str, caller_zones: tuple[str, ...]) -> dt.datetime:
    zone = ZoneInfo(line_zone)
    tomorrow = now.astimezone(zone).date() + dt.timedelta(days=1)
    nine = dt.datetime.combine(tomorrow, dt.time(FALLBACK_HOUR), zone).astimezone(dt.UTC)
    return next_caller_hours(nine, caller_zones, line_zone)


def _rounded_up(moment: dt.datetime) -> dt.datetime:
    """Up to a whole five minutes; every zone in use is a whole number of quarter hours from UTC."""
    return moment + (_EPOCH - moment) % capacity.SAYABLE
