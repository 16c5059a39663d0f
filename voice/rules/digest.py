"""When a digest is due, and of which days it tells: in the morning of the firm's own clock. Pure."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from voice.rules.periods import DAY, Range

Kind = Literal["daily", "weekly"]
KINDS: tuple[Kind, ...] = ("daily", "weekly")
HOUR = dt.time(8)
LATEST = dt.timedelta(days=2)  # after a standstill: what is older than this nobody wants to read any more
LENGTH = {"daily": 1, "weekly": 7}  # days


@dataclass(frozen=True)
class Due:
    """A digest of the days from `first` to `last`, to be sent at `at`, and no more from `stale_at` on."""

    kind: Kind
    first: dt.date
    last: dt.date
    at: dt.datetime

    @property
    def stale_at(self) -> dt.datetime:
        """From then on it is too late."""
        return self.at + LATEST

    @property
    def period(self) -> str:
        """What tells it from all others of its kind."""
        return self.first.isoformat()

    def range(self, zone: str) -> Range:
        """The days it tells of."""
        return Range.of_days(self.first, self.last, zone)


def newest(kind: Kind, now: dt.datetime, zone: str) -> Due:
    """The digest that was due last: of yesterday every morning, of the week that ended every Monday morning."""
    here = ZoneInfo(zone)
    day = now.astimezone(here).date()
    if kind == "weekly":
        day -= day.weekday() * DAY
    if _morning(day, here) > now:
        day -= LENGTH[kind] * DAY
    return of_morning(kind, day, zone)


def of_morning(kind: Kind, day: dt.date, zone: str) -> Due:
    """The digest of that morning."""
    return Due(kind, day - LENGTH[kind] * DAY, day - DAY, _morning(day, ZoneInfo(zone)))


def of_period(kind: Kind, period: str, zone: str) -> Due:
    """The digest a letter's row names."""
    return of_morning(kind, dt.date.fromisoformat(period) + LENGTH[kind] * DAY, zone)


def is_due(due: Due, now: dt.datetime) -> bool:
    """Whether it is to be sent now, if it has not been."""
    return due.at <= now < due.stale_at


def _morning(day: dt.date, here: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, HOUR, here).astimezone(dt.UTC)
