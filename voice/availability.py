"""Verbs on who can be rung: on, away, off, on which phone. None commits; all reach the roster.

The row is the truth; that somebody is back at the end of their time is already so when nobody has written it down yet.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import contacts, roster
from voice.firm import Business, StaffMember
from voice.models import Leg
from voice.rules import availability as rules
from voice.rules import numbers

LOOK_BACK = 20  # rings of one phone: enough to see three callers in a row, each rung for several times


class BadChoice(ValueError):
    """What was asked cannot be; the text names the field and the fix."""


def set_to(
    session: Session,
    member: StaffMember,
    wanted: rules.Availability,
    now: dt.datetime,
    until: dt.datetime | None = None,
) -> None:
    """On, away or off, as a person says it. `until`: back by themselves then (only away). Raises BadChoice."""
    if until is not None and (wanted != "away" or not now < until <= now + rules.LONGEST_AWAY):
        raise BadChoice("away_until: must be a time ahead, within a month, and only goes with away.")
    if wanted == "on" and (member.availability != "on" or rings_missed(session, member)):
        member.on_since = now  # a tap is a sign of life: what rang in vain before it is forgiven
    _set(member, availability=wanted, away_until=until, away_why="")
    session.flush()


def come_back(session: Session, now: dt.datetime) -> None:
    """Sweep: whose time away is over is on again."""
    for member in session.scalars(sa.select(StaffMember).where(is_back(now))).all():
        set_to(session, member, "on", now)


def is_back(now: dt.datetime | sa.BindParameter[dt.datetime]) -> sa.ColumnElement[bool]:
    """The condition for those whose time away is over, and nobody has written it down yet."""
    return sa.and_(StaffMember.availability == "away", StaffMember.away_until <= now)


def rang(session: Session, leg: Leg, now: dt.datetime) -> None:
    """A phone has stopped ringing for a caller: after three callers in a row whom nobody there picked up for, away.

    Not the last one of a line, though: a phone that may yet be picked up is better than none that rings.
    """
    member = session.get(StaffMember, leg.staff_id)
    if leg.purpose != "ring" or member is None or member.availability != "on":
        return
    if rings_missed(session, member) >= rules.MISSED and not _last_of_a_line(session, member, now):
        _set(member, availability="away", away_until=now + rules.MISSED_AWAY, away_why="missed")
        session.flush()


def _last_of_a_line(session: Session, member: StaffMember, now: dt.datetime) -> bool:
    on_shift = [{person.id for person in card.on_shift(now)} for card in roster.current(session).lines]
    return {member.id} in on_shift


def rings_missed(session: Session, member: StaffMember) -> int:
    """For how many callers in a row this person's phone has just rung in vain."""
    since = Leg.placed_at > member.on_since if member.on_since else sa.true()
    rows = sa.select(Leg).where(Leg.staff_id == member.id, Leg.ended_at.is_not(None), Leg.purpose != "dial", since)
    rings = session.scalars(rows.order_by(Leg.placed_at.desc()).limit(LOOK_BACK))
    return rules.missed_in_a_row([_heard(leg) for leg in rings])


def _heard(leg: Leg) -> rules.Heard:
    rang_since, ended = leg.ringing_at or leg.placed_at, leg.ended_at or leg.placed_at
    # A ring-back is asked for: not picking that up says nothing of callers, but a key there is a hand.
    end = leg.state if leg.purpose != "ring_back" or leg.accepted_at else "cut_short"
    return rules.Heard(leg.call_id or "", end, (ended - rang_since).total_seconds(), leg.ring_seconds)


def phone_here(session: Session, member: StaffMember, typed: str, now: dt.datetime) -> None:
    """Ring this phone for the rest of their day; empty: their own again. Raises BadChoice for one that may not be."""
    if not typed.strip():
        _set(member, phone_today=None, phone_until=None)
        return
    country = session.scalar(sa.select(Business.country)) or ""
    phone = member.desk_phone if typed == member.desk_phone else numbers.typed(typed, country)
    if phone is None:
        raise BadChoice(f'phone_today: "{typed[:40]}" is not a full phone number. Write it like +12125550111.')
    refused = None if numbers.SIP.fullmatch(phone) else contacts.dial_refusal(session, phone)
    if refused is not None:
        raise BadChoice(f"phone_today: {refused.sentence}")
    _set(member, phone_today=phone, phone_until=rules.end_of_day(now, zone_of(session, member)))
    session.flush()


def zone_of(session: Session, member: StaffMember) -> str:
    """The clock somebody lives by: their own, else the firm's."""
    return member.time_zone or firm_zone(session)


def firm_zone(session: Session) -> str:
    """The clock of the firm."""
    return session.scalar(sa.select(Business.time_zone)) or "UTC"


def _set(member: StaffMember, **values: object) -> None:
    """Set what differs: a change of the row has every process read the firm anew."""
    for name, value in values.items():
        if getattr(member, name) != value:
            setattr(member, name, value)
