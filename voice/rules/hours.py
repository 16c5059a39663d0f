"""When a line is open: hours of the week in local wall time, holidays, own closed days and the line's time zone.

A day's hours belong to the local date they start on, so a closed day closes the spans that START on it: the tail of
the evening before, running past midnight into it, stays open. Instants are aware UTC; local time never leaves here.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

import holidays as holiday_library

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HORIZON = dt.timedelta(days=14)
_MINUTES_A_DAY = 24 * 60
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")

Reason = Literal["closed", "holiday"]
Span = tuple[int, int]
"""Minutes after local midnight, start and end; the end passes 1440 when the span runs over midnight."""


class Interval(NamedTuple):
    """From `start` until just before `end`, both aware UTC."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class WeekHours:
    """Seven tuples of spans, Monday first, in local wall time."""

    spans: tuple[tuple[Span, ...], ...]

    @classmethod
    def from_dict(cls, days: Mapping[str, str]) -> Self:
        """Read {"mon": "09:00-17:30", …}; a day left out or empty is closed. ValueError names the day and the fix."""
        for day in days:
            if day not in DAYS:
                raise ValueError(f'"{day}" is not a day of the week. Use {", ".join(DAYS)}.')
        return cls(tuple(parse_day(day, days.get(day, "")) for day in DAYS))

    def to_dict(self) -> dict[str, str]:
        """The same hours as text, only the days that have any."""
        return {day: ",".join(map(_span_text, spans)) for day, spans in zip(DAYS, self.spans, strict=True) if spans}


@dataclass(frozen=True)
class Schedule:
    """One line's calendar: its week, its zone, its public holidays ("" for none) and its own closed days."""

    week: WeekHours
    zone: str
    holidays: str = ""
    closed_days: frozenset[dt.date] = frozenset()

    @classmethod
    def make(
        cls, week: Mapping[str, str], zone: str, holidays: str = "", closed_days: Iterable[str] = ()
    ) -> "Schedule":
        """Build from what an owner wrote. ValueError, in words an owner understands, for anything that is not clear."""
        check_zone(zone)
        check_holidays(holidays)
        return cls(WeekHours.from_dict(week), zone, holidays, frozenset(map(_closed_day, closed_days)))

    def with_week(self, week: WeekHours | None) -> "Schedule":
        """The same calendar with a staff member's shifts; None: they work the line's hours."""
        return self if week is None else replace(self, week=week)

    def holiday_name(self, day: dt.date) -> str | None:
        """What public holiday that local date is, if any."""
        return _holidays_of(self.holidays, day.year).get(day) if self.holidays else None


def parse_day(day: str, text: str) -> tuple[Span, ...]:
    """Read one day's spans: "09:00-17:30", several by comma, over midnight "18:00-02:00", all day "00:00-24:00"."""
    spans = sorted(_parse_span(day, part.strip()) for part in text.split(",")) if text.strip() else []
    for earlier, later in pairwise(spans):
        if later[0] < earlier[1]:
            overlap = f"{_span_text(earlier)} and {_span_text(later)}"
            raise ValueError(f"{_name(day)}: {overlap} overlap. Join them, or end one before the next begins.")
    return tuple(spans)


def _parse_span(day: str, part: str) -> Span:
    found = _SPAN.fullmatch(part)
    if not found:
        raise ValueError(
            f'{_name(day)}: "{part}" is not a span of time. Write it like 09:00-17:30; several with commas, '
            "over midnight 18:00-02:00, all day 00:00-24:00; leave the day out when closed."
        )
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= _MINUTES_A_DAY or end > _MINUTES_A_DAY:
        raise ValueError(f'{_name(day)}: "{part}" has a time that is on no clock. Use 00:00 to 24:00.')
    if start == end:
        raise ValueError(f'{_name(day)}: "{part}" starts and ends at once. For the whole day write 00:00-24:00.')
    return start, end if end > start else end + _MINUTES_A_DAY


def _span_text(span: Span) -> str:
    start, end = span
    end = end - _MINUTES_A_DAY if end > _MINUTES_A_DAY else end
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _name(day: str) -> str:
    return DAY_NAMES[DAYS.index(day)] if day in DAYS else day


def _closed_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'closed_days: "{text}" is not a date. Write it like 2026-12-24.') from None


def check_zone(name: str) -> None:
    """ValueError when `name` is no time zone of the tz database."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{name}" is not a time zone. Use a name like America/New_York or Europe/London.') from None


def check_holidays(code: str) -> None:
    """ValueError when `code` is neither "" nor a country[-subdivision] the holiday calendar knows."""
    if not code:
        return
    try:
        _holidays_of(code, 2026)
    except (NotImplementedError, AttributeError):
        raise ValueError(
            f'holidays: "{code}" is not a calendar we know. Write a country, like "GB", or a country and its part, '
            'like "US-NY"; leave it empty for no holidays.'
        ) from None


@lru_cache(maxsize=256)
def _holidays_of(code: str, year: int) -> dict[dt.date, str]:
    country, _, part = code.partition("-")
    return dict(holiday_library.country_holidays(country, subdiv=part or None, years=year))


def open_intervals(schedule: Schedule, start: dt.datetime, end: dt.datetime) -> list[Interval]:
    """When the line is open between two instants: sorted, clipped to them, touching spans joined."""
    zone = ZoneInfo(schedule.zone)
    day = start.astimezone(zone).date() - dt.timedelta(days=2)  # a span may reach into the next day
    last = end.astimezone(zone).date()
    found: list[Interval] = []
    while day <= last:
        if not (day in schedule.closed_days or schedule.holiday_name(day)):
            for opens, closes in schedule.week.spans[day.weekday()]:
                found.append(Interval(max(_instant(day, opens, zone), start), min(_instant(day, closes, zone), end)))
        day += dt.timedelta(days=1)
    return joined(found)


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in order, spans that touch or overlap as one."""
    whole: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if whole and interval.start <= whole[-1].end:
            whole[-1] = Interval(whole[-1].start, max(whole[-1].end, interval.end))
        else:
            whole.append(interval)
    return whole


def gaps(whole: Iterable[Interval], covered: Iterable[Interval]) -> list[Interval]:
    """What of `whole` lies in none of `covered`, in order."""
    left = joined(whole)
    for cover in joined(covered):
        left = [
            part
            for span in left
            for part in (
                Interval(span.start, min(span.end, cover.start)),
                Interval(max(span.start, cover.end), span.end),
            )
            if part.start < part.end
        ]
    return left


def closures(schedule: Schedule, first: dt.date, count: int) -> list[tuple[dt.date, str]]:
    """Of `count` local dates from `first` on: those its week would be open on and is not, each with the holiday's name;
    "" for a closed day of its own."""
    days = (first + dt.timedelta(days=number) for number in range(count))
    would = (day for day in days if schedule.week.spans[day.weekday()])
    named = ((day, "" if day in schedule.closed_days else schedule.holiday_name(day)) for day in would)
    return [(day, name) for day, name in named if name is not None]


def _instant(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """The first instant the wall clock of `zone` reads at least this many minutes after midnight of `day`.

    A time the clock shows twice in autumn is its first showing; one it skips in spring is the moment of the skip.
    """
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minutes)
    late = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    early = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    while late - early > dt.timedelta(minutes=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    return late.replace(second=0, microsecond=0)


def is_open(schedule: Schedule, now: dt.datetime) -> bool:
    """Whether the line is open at this instant; the closing minute itself is closed."""
    return bool(open_intervals(schedule, now, now + dt.timedelta.resolution))


def why_closed(schedule: Schedule, now: dt.datetime) -> Reason | None:
    """None while open; "holiday" only when it is the holiday that closes it, else "closed" (own closed days too)."""
    if is_open(schedule, now):
        return None
    without = replace(schedule, holidays="")
    return "holiday" if schedule.holidays and is_open(without, now) else "closed"


def closing_time(schedule: Schedule, now: dt.datetime) -> dt.datetime | None:
    """When the opening we are in ends; None when closed now, or open without end for the next 14 days."""
    current = [span for span in open_intervals(schedule, now, now + HORIZON) if span.start == now]
    return current[0].end if current and current[0].end < now + HORIZON else None


def next_opening(schedule: Schedule, now: dt.datetime) -> dt.datetime | None:
    """The first opening strictly after now within 14 days, even when open now; None when there is none."""
    starts = (span.start for span in open_intervals(schedule, now, now + HORIZON))
    return next((start for start in starts if start > now), None)
