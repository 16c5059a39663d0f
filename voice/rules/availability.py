"""Who can be rung: on, away or off, on which phone, and when rings that nobody picked up mean that nobody is there."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from voice.rules.ring_plan import LEG_SECONDS

Availability = Literal["on", "away", "off"]

MISSED = 3  # callers in a row for whom a phone rang itself out
MISSED_AWAY = dt.timedelta(hours=1)  # away after that for so long: nobody is forgotten for having left a phone at home
RANG_OUT = 0.8  # of the seconds it was to ring: a ring stopped sooner was stopped by somebody, not by patience
LONGEST_AWAY = dt.timedelta(days=31)


@dataclass(frozen=True)
class Heard:
    """What one staff phone did for one caller: how its leg ended, the seconds it rang, and those it was to ring."""

    call_id: str
    end: str
    rang: float
    to_ring: int = LEG_SECONDS


def is_on(availability: str, away_until: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether somebody may be rung; who is away until a time is back from then on, whoever has noticed it."""
    if availability == "away":
        return away_until is not None and away_until <= now
    return availability == "on"


def phone_now(phone: str, phone_today: str | None, phone_until: dt.datetime | None, now: dt.datetime) -> str:
    """The phone to ring: the one chosen for today while today lasts, else their own."""
    return phone_today if phone_today and phone_until and now < phone_until else phone


def end_of_day(now: dt.datetime, zone: str) -> dt.datetime:
    """The coming midnight on the clock of `zone`: what was chosen for today ends with it."""
    here = ZoneInfo(zone)
    tomorrow = now.astimezone(here).date() + dt.timedelta(days=1)
    return dt.datetime.combine(tomorrow, dt.time(), here).astimezone(dt.UTC)


def missed_in_a_row(latest_first: Sequence[Heard]) -> int:
    """For how many callers in a row this phone rang itself out, or let a machine answer.

    Rings that somebody else's answer, or the caller, cut short say nothing; any sign of a hand ends the row.
    """
    missed: set[str] = set()
    for ring in latest_first:
        if ring.end in ("ended", "declined"):
            break
        rang_out = ring.end in ("no_answer", "cancelled") and ring.rang >= RANG_OUT * ring.to_ring
        if rang_out or ring.end == "not_screened":
            missed.add(ring.call_id)
    return len(missed)
