"""Periods as a person means them: whole days of a zone's own clock, which have 23, 24 or 25 hours."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

# No zone's clock is off by less (Nepal: 5:45, Chatham: 12:45), so a quarter of an hour lies in one hour of any of them.
QUARTER = dt.timedelta(minutes=15)
DAY = dt.timedelta(days=1)
NIGHT = dt.time(3)  # hardly anybody works then, nor rings


@dataclass(frozen=True)
class Span:
    """From `since` until just before `until`."""

    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True)
class Day(Span):
    """One day of a zone's clock, from midnight to midnight."""

    date: dt.date


@dataclass(frozen=True)
class Range:
    """What figures are asked for: from `since` until just before `until`, of one line or of all.

    `zone` says where its days and hours begin: the line's, or the firm's.
    """

    since: dt.datetime
    until: dt.datetime
    zone: str
    line: str | None = None

    @classmethod
    def of_days(cls, first: dt.date, last: dt.date, zone: str, line: str | None = None) -> "Range":
        """Whole days, the last one included."""
        return cls(midnight(first, zone), midnight(last + DAY, zone), zone, line)

    def days(self) -> Iterator[Day]:
        """Every day it touches, whole."""
        day = self.since.astimezone(ZoneInfo(self.zone)).date()
        while midnight(day, self.zone) < self.until:
            yield day_of(day, self.zone)
            day += DAY

    def before(self) -> "Range":
        """The period before: as many days earlier as it takes, at the same hours of the clock."""
        zone = ZoneInfo(self.zone)
        since, until = (moment.astimezone(zone).replace(tzinfo=None) for moment in (self.since, self.until))
        days = -((since - until) // DAY) * DAY
        return replace(self, since=_instant(since - days, zone), until=_instant(until - days, zone))

    def hours(self, weekday: int | None, hour: int | None) -> list[Span]:
        """The parts of it on this weekday (0 is Monday) and in this hour of the clock; None: on any, in any."""
        spans = list[Span]()
        for day in self.days():
            if weekday is None or day.date.weekday() == weekday:
                spans += [day] if hour is None else _hour_of(day, hour, ZoneInfo(self.zone))
        cut = (Span(max(span.since, self.since), min(span.until, self.until)) for span in spans)
        return [span for span in cut if span.since < span.until]


def midnight(day: dt.date, zone: str) -> dt.datetime:
    """The instant a day begins: where the clock skips midnight, the first one there is."""
    return _instant(dt.datetime.combine(day, dt.time.min), ZoneInfo(zone))


def day_of(day: dt.date, zone: str) -> Day:
    """A day, from midnight to midnight."""
    return Day(midnight(day, zone), midnight(day + DAY, zone), day)


def day_around(moment: dt.datetime, zone: str) -> Day:
    """The day of a zone's clock in which this instant lies."""
    return day_of(moment.astimezone(ZoneInfo(zone)).date(), zone)


def next_night(moment: dt.datetime, zone: str) -> dt.datetime:
    """The first NIGHT of a zone's clock that is yet to come, on that clock."""
    here = ZoneInfo(zone)
    today = dt.datetime.combine(moment.astimezone(here).date(), NIGHT, here)
    return today if moment < today.astimezone(dt.UTC) else today + DAY


def quarter(moment: dt.datetime) -> dt.datetime:
    """The beginning of the quarter of an hour in which it lies."""
    moment = moment.astimezone(dt.UTC)
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def next_quarter(moment: dt.datetime) -> dt.datetime:
    """The first beginning of a quarter that is not before it."""
    begun = quarter(moment)
    return begun if begun == moment else begun + QUARTER


def _instant(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return local.replace(tzinfo=zone).astimezone(dt.UTC)


def _hour_of(day: Day, hour: int, zone: ZoneInfo) -> list[Span]:
    """An hour of the clock: none on the day it is skipped, two spans or a longer one where it comes twice."""
    spans, moment = list[Span](), day.since
    while moment < day.until:
        if moment.astimezone(zone).hour == hour:
            if spans and spans[-1].until == moment:
                moment_before = spans.pop().since
                spans.append(Span(moment_before, moment + QUARTER))
            else:
                spans.append(Span(moment, moment + QUARTER))
        moment += QUARTER
    return spans
