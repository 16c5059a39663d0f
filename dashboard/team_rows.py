"""What the team page shows of each person: read once, in a handful of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice import availability, phones, roster
from voice.firm import Business, LineStaff, StaffMember
from voice.models import Leg
from voice.rules import hours

RINGS = ("placed", "ringing")
DAY = dt.timedelta(days=1)


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
    days_off: tuple[dt.date, ...]
    zone: str
    elsewhere: bool  # another phone than their own today

    @property
    def on_now(self) -> bool:
        """Whether a caller's call would ring them."""
        return self.state == "on" and bool(self.phone)


def read(session: Session, now: dt.datetime) -> list[Row]:
    """Everybody who works here, by id."""
    firm, business = roster.current(session), session.scalars(sa.select(Business)).first()
    legs = session.scalars(sa.select(Leg).where(Leg.ended_at.is_(None)))
    live = {leg.staff_id: "ringing" if leg.state in RINGS else "talking" for leg in legs}
    people = session.scalars(sa.select(StaffMember).where(StaffMember.active).order_by(StaffMember.id))
    country = business.country if business else ""
    lines: dict[str, set[str]] = defaultdict(set)
    for each in session.scalars(sa.select(LineStaff)):
        lines[each.staff_id].add(each.line)
    return [_row(session, member, _spans(member, firm, lines[member.id], now), live, country, now) for member in people]


def _row(
    session: Session,
    member: StaffMember,
    spans: list[hours.Interval],
    live: dict[str, str],
    country: str,
    now: dt.datetime,
) -> Row:
    zone = availability.zone_of(session, member)
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
        days_off=tuple(day for day in map(dt.date.fromisoformat, member.days_off) if day >= today),
        zone=zone,
        elsewhere=phone != member.phone,
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
