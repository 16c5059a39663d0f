"""What the owner has asked their page to show: which days, which line, set against what. It lives in the address."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from voice.rules import menu_tax
from voice.rules.periods import DAY, Range

PRESETS = {"today": 1, "7": 7, "28": 28}  # days, today included
USUAL = "7"
KINDS = ("good", "typical", "worst")  # of the calls that are shown as they were lived
MINUTE = dt.timedelta(minutes=1)
LONGEST = 5 * 366  # days
EARLIEST = dt.date(2000, 1, 1)


def today(now: dt.datetime, zone: str) -> dt.date:
    """The date of the day that is going on there."""
    return now.astimezone(ZoneInfo(zone)).date()


class Unclear(ValueError):
    """What was asked cannot be read; the message says what to write instead."""


@dataclass(frozen=True)
class View:
    """`preset` is a name of PRESETS, or "own"; days are the zone's own, `last` included. `against`: the days to compare
    with, None for the period before. `menu`: the owner's figure for a menu, in seconds. `another`: how often they asked
    for another call to look at, by its kind."""

    preset: str
    first: dt.date
    last: dt.date
    line: str | None = None
    against: tuple[dt.date, dt.date] | None = None
    menu: float | None = None
    another: Mapping[str, int] = field(default_factory=dict)

    def query(self, **changed: str | int | None) -> dict[str, str]:
        """The view as it stands in an address, some of it changed; None leaves a part out."""
        asked: dict[str, str | int | None] = {"days": None if self.preset == USUAL else self.preset}
        if self.preset == "own":
            asked |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        if self.against is not None:
            asked |= {"vs_from": self.against[0].isoformat(), "vs_to": self.against[1].isoformat()}
        asked |= {"line": self.line, "menu": None if self.menu is None else f"{self.menu:g}"}
        return {name: str(value) for name, value in (asked | changed).items() if value is not None}

    def with_another(self, kind: str) -> dict[str, str]:
        """The same view with the next call of this kind, and the others as they are."""
        asked = {each: self.another.get(each, 0) + (each == kind) for each in KINDS}
        return self.query(**{each: count or None for each, count in asked.items()})

    def is_live(self, now: dt.datetime, zone: str) -> bool:
        """Whether something that happens now would be on it."""
        return self.last >= today(now, zone)

    def range(self, now: dt.datetime, zone: str) -> Range:
        """Those days, up to this minute: the period before then ends at the same time of day."""
        whole = Range.of_days(self.first, self.last, zone, self.line)
        return replace(whole, until=max(min(whole.until, now.replace(second=0, microsecond=0) + MINUTE), whole.since))

    def other(self, now: dt.datetime, zone: str) -> Range:
        """What it is set against."""
        if self.against is None:
            return self.range(now, zone).before()
        return replace(self, first=self.against[0], last=self.against[1]).range(now, zone)


def read(given: Mapping[str, str], today: dt.date, lines: Mapping[str, str]) -> View:
    """The view of an address. Raises Unclear."""
    preset = given.get("days", USUAL)
    if preset in PRESETS:
        first, last = today - (PRESETS[preset] - 1) * DAY, today
    elif preset == "own":
        first, last = _days(given, "from", "to", today)
    else:
        raise Unclear("Choose today, 7 days, 28 days, or days of your own.")
    line = given.get("line") or None
    if line is not None and line not in lines:
        raise Unclear("That line is not one of yours.")
    another = {kind: count for kind in KINDS if (count := _count(given.get(kind, "")))}
    has_other = given.get("vs_from") or given.get("vs_to")
    against = _days(given, "vs_from", "vs_to", today) if has_other else None
    return View(preset, first, last, line, against, _menu(given.get("menu", "")), another)


def _days(given: Mapping[str, str], from_: str, to: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """Two days in their order; one that is left out is the other one, and none lies ahead of us."""
    first, last = _day(given.get(from_) or given.get(to) or ""), _day(given.get(to) or given.get(from_) or "")
    first, last = min(first, last), min(max(first, last), today)
    first = min(first, last)
    if (last - first).days >= LONGEST:
        raise Unclear("Choose no more than five years at once.")
    return first, last


def _day(given: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(given)
    except ValueError as wrong:
        raise Unclear("Choose the days from and to, like 2026-11-22.") from wrong
    if day < EARLIEST:
        raise Unclear(f"Choose days after {EARLIEST.isoformat()}.")
    return day


def _menu(given: str) -> float | None:
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError as wrong:
        raise Unclear("Write the seconds in a menu as a number, like 40.") from wrong
    if not menu_tax.SHORTEST <= seconds <= menu_tax.LONGEST:
        raise Unclear(f"Write the seconds in a menu as a number from {menu_tax.SHORTEST} to {menu_tax.LONGEST}.")
    return seconds


def _count(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 0
