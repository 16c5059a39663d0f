"""Seven days as a picture: when a line is open, who is on shift then, and when nobody is.

Everything is drawn on the firm's clock, in minutes after its midnight: what stands at nine happens at nine there.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice import availability, phones, roster, sight
from voice.firm import LineStaff, StaffMember
from voice.roster import LineCard
from voice.rules import hours

DAYS = 7
MIDNIGHT = 24 * 60
FURTHEST = dt.timedelta(days=730)
DAY = dt.timedelta(days=1)


class Bar(NamedTuple):
    """A stretch of one day, in minutes after midnight."""

    start: int
    minutes: int


@dataclass(frozen=True)
class Strip:
    """One row of one day: `why` there is none, where that is known."""

    name: str
    bars: tuple[Bar, ...]
    why: str = ""

    @property
    def said(self) -> str:
        """'9 am to 5:30 pm'; several with 'and'."""
        return " and ".join(f"{words.hour(bar.start)} to {words.hour(bar.start + bar.minutes)}" for bar in self.bars)


@dataclass(frozen=True)
class Day:
    """One date. `nobody`: open, and none of the people works whose phone could ring."""

    date: dt.date
    opening: Strip
    people: tuple[Strip, ...]
    nobody: Strip

    @property
    def busy(self) -> bool:
        """Whether the line is open, or somebody works all the same."""
        return any(strip.bars for strip in (self.opening, *self.people))


@dataclass(frozen=True)
class Gaps:
    """When a line is open with nobody on shift, in words for each date."""

    line: str
    dates: tuple[tuple[dt.date, str], ...]


@dataclass(frozen=True)
class Week:
    """One line's seven days, and the gaps of all lines in them. `start`, `end`: what is drawn of a day, in minutes."""

    card: LineCard
    lines: tuple[LineCard, ...]
    names: tuple[str, ...]
    days: tuple[Day, ...]
    gaps: tuple[Gaps, ...]
    zone: str
    today: dt.date
    start: int
    end: int

    @property
    def earlier(self) -> dt.date:
        """The first of the seven days before."""
        return self.days[0].date - DAY * DAYS

    @property
    def later(self) -> dt.date:
        """The first of the seven days after."""
        return self.days[0].date + DAY * DAYS


def read(session: Session, line: str, first: str, now: dt.datetime) -> Week | None:
    """The seven days from `first` (an ISO date; else today) of a line (its number; else the first); None: no lines."""
    zone = availability.firm_zone(session)
    cards = tuple(card for card in roster.current(session).lines if sight.sees(card.number))
    if not cards:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    dates = [_first(first, today) + DAY * number for number in range(DAYS)]
    people: dict[str, list[StaffMember]] = defaultdict(list)
    rows = sa.select(LineStaff.line, StaffMember).join(StaffMember, StaffMember.id == LineStaff.staff_id)
    for number, member in session.execute(rows.where(StaffMember.active).order_by(LineStaff.position)):
        people[number].append(member)
    card = next((card for card in cards if card.number == line), cards[0])
    drawn = {each.number: _days(each, people[each.number], dates, zone, now) for each in cards}
    start, end = _hours_shown(drawn[card.number])
    return Week(
        card=card,
        lines=cards,
        names=tuple(words.name(member.name) for member in people[card.number]),
        days=drawn[card.number],
        gaps=tuple(found for each in cards if (found := _gaps(each, drawn[each.number])).dates),
        zone=zone,
        today=today,
        start=start,
        end=end,
    )


def _first(text: str, today: dt.date) -> dt.date:
    try:
        wanted = dt.date.fromisoformat(text)
    except ValueError:
        return today
    return wanted if today - FURTHEST <= wanted <= today + FURTHEST else today


def _days(
    card: LineCard, people: Sequence[StaffMember], dates: Sequence[dt.date], zone: str, now: dt.datetime
) -> tuple[Day, ...]:
    here = ZoneInfo(zone)
    start, end = _midnight(dates[0], here), _midnight(dates[-1] + DAY, here)
    opened = hours.open_intervals(card.schedule(), start, end)
    shifts = [hours.open_intervals(card.shifts(roster.person_of(member)), start, end) for member in people]
    can_ring = [spans for member, spans in zip(people, shifts, strict=True) if phones.number_of(member, now)]
    nobody = hours.gaps(opened, [span for spans in can_ring for span in spans])
    return tuple(
        Day(
            date=date,
            opening=Strip("Open", _bars(opened, date, here), card.schedule().holiday_name(date) or "closed"),
            people=tuple(
                Strip(words.name(member.name), _bars(spans, date, here), _why_off(member, date))
                for member, spans in zip(people, shifts, strict=True)
            ),
            nobody=Strip("Nobody", _bars(nobody, date, here)),
        )
        for date in dates
    )


def _why_off(member: StaffMember, date: dt.date) -> str:
    return "day off" if date.isoformat() in member.days_off else "no shift"


def _bars(spans: Sequence[hours.Interval], date: dt.date, here: ZoneInfo) -> tuple[Bar, ...]:
    start, end = _midnight(date, here), _midnight(date + DAY, here)
    found = []
    for span in spans:
        if span.start < end and start < span.end:
            first = _minutes(max(span.start, start), here)
            last = MIDNIGHT if span.end >= end else _minutes(span.end, here)
            found.append(Bar(first, last - first))
    return tuple(found)


def _minutes(moment: dt.datetime, here: ZoneInfo) -> int:
    local = moment.astimezone(here)
    return local.hour * 60 + local.minute


def _midnight(date: dt.date, here: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), here).astimezone(dt.UTC)


def _hours_shown(days: Sequence[Day]) -> tuple[int, int]:
    """The hours in which anything happens, whole ones: a day that is mostly night would be a sliver on a phone."""
    bars = [bar for day in days for strip in (day.opening, *day.people) for bar in strip.bars]
    if not bars:
        return 0, MIDNIGHT
    start, end = min(bar.start for bar in bars), max(bar.start + bar.minutes for bar in bars)
    return start // 60 * 60, -(-end // 60) * 60


def _gaps(card: LineCard, days: Sequence[Day]) -> Gaps:
    return Gaps(words.name(card.name), tuple((day.date, day.nobody.said) for day in days if day.nobody.bars))
