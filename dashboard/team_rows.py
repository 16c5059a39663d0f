"""What the team page shows of each person: read once, in a handful of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import stale, words
from voice import mailboxes, phones, roster
from voice.firm import Business, LineStaff, StaffMember
from voice.models import Leg
from voice.rules import hours, ring_limit

RINGS = ("placed", "ringing")
DAY = dt.timedelta(days=1)


class Days(NamedTuple):
    """Days on end, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Row:
    """One person. Times stay instants; the template words them."""

    member: StaffMember
    name: str
    phone: str  # the number that rings now, as it is read; empty: none
    phone_now: str  # ringing, talking or free; empty: they have no phone
    state: str  # on, off_shift, away or off
    until: dt.datetime | None  # when that ends, if it is known
    shift: str
    days_off: tuple[Days, ...]
    zone: str
    today: dt.date  # there
    rings: str  # the number itself
    shown: str  # the same for the form, which says what it showed
    elsewhere: bool  # another phone than their own today
    answers: bool  # some line or other
    limit: ring_limit.Limit | None  # how long their phone rings, where its mailbox is known

    @property
    def on_now(self) -> bool:
        """Whether a caller's call would ring them."""
        return self.state == "on" and bool(self.phone)


def read(session: Session, now: dt.datetime) -> list[Row]:
    """Everybody who works here, by id."""
    firm, business = roster.current(session), session.scalars(sa.select(Business)).first()
    legs = session.scalars(sa.select(Leg).where(Leg.ended_at.is_(None)))
    live = {leg.staff_id: "ringing" if leg.state in RINGS else "talking" for leg in legs}
    people = session.scalars(sa.select(StaffMember).where(StaffMember.active).order_by(StaffMember.id)).all()
    country, zone = (business.country, business.time_zone) if business else ("", "UTC")
    lines: dict[str, set[str]] = defaultdict(set)
    for each in session.scalars(sa.select(LineStaff)):
        lines[each.staff_id].add(each.line)
    limits = {member.id: mailboxes.limit(session, member, now) for member in people}
    return [
        _row(member, firm, lines[member.id], live, country, member.time_zone or zone, limits[member.id], now)
        for member in people
    ]


def days_off(member: StaffMember, today: dt.date) -> tuple[Days, ...]:
    """Their days off from `today` on, those next to each other as one."""
    return on_end(member.days_off, today)


def on_end(dates: Iterable[str], today: dt.date) -> tuple[Days, ...]:
    """ISO dates from `today` on, those next to each other as one."""
    found: list[Days] = []
    for day in sorted(dt.date.fromisoformat(each) for each in dates):
        if day >= today:
            if found and day == found[-1].last + DAY:
                found[-1] = Days(found[-1].first, day)
            else:
                found.append(Days(day, day))
    return tuple(found)


def _row(
    member: StaffMember,
    firm: roster.Roster,
    lines: Collection[str],
    live: dict[str, str],
    country: str,
    zone: str,
    limit: ring_limit.Limit | None,
    now: dt.datetime,
) -> Row:
    spans = _spans(member, firm, lines, now)
    state, until = _state(member, spans, now)
    phone = phones.number_of(member, now)
    today = now.astimezone(ZoneInfo(zone)).date()
    return Row(
        member=member,
        name=words.name(member.name),
        phone=phone if phone.startswith("sip") else words.number(phone, country) if phone else "",
        phone_now=live.get(member.id, "free") if phone else "",
        state=state,
        until=until,
        shift=_today(spans, zone, today),
        days_off=days_off(member, today),
        zone=zone,
        today=today,
        rings=phone,
        shown=stale.shown({"phone": phone}, live=True),
        elsewhere=phone != member.phone,
        answers=any(card.number in lines for card in firm.lines),
        limit=limit,
    )


def _spans(member: StaffMember, firm: roster.Roster, lines: Collection[str], now: dt.datetime) -> list[hours.Interval]:
    """When they work, on any of their lines, from the day before to a fortnight ahead."""
    found: list[hours.Interval] = []
    for card in firm.lines:
        if card.number in lines:
            found += hours.open_intervals(card.shifts(roster.person_of(member)), now - DAY, now + hours.HORIZON)
    return hours.joined(found)


def _state(member: StaffMember, spans: list[hours.Interval], now: dt.datetime) -> tuple[str, dt.datetime | None]:
    if member.availability == "off":
        return "off", None
    if not phones.is_on(member, now):
        return "away", member.away_until
    current = next((span for span in spans if span.start <= now < span.end), None)
    if current is not None:
        return "on", current.end if current.end - now < DAY else None
    return "off_shift", next((span.start for span in spans if span.start > now), None)


def _today(spans: list[hours.Interval], zone: str, today: dt.date) -> str:
    """'9:00 am to 5:00 pm', several with 'and'; empty: no shift today."""
    here = ZoneInfo(zone)
    mine = []
    for span in spans:
        start, end = span.start.astimezone(here), span.end.astimezone(here)
        if start.date() <= today <= (end - dt.timedelta.resolution).date():
            mine.append((start, end))
    if any(end - start >= DAY for start, end in mine):
        return "all day"
    return " and ".join(f"{words.clock_time(start, zone)} to {words.clock_time(end, zone)}" for start, end in mine)
