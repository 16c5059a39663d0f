"""Verbs on the mailboxes of staff phones: what a ring has taught of one, how long a phone may ring. None commits."""

import datetime as dt

from sqlalchemy.orm import Session

from voice import phones, roster
from voice.firm import StaffMember
from voice.models import Leg, Mailbox
from voice.rules import ring_limit, ring_plan


def limit(session: Session, member: StaffMember, now: dt.datetime) -> ring_limit.Limit | None:
    """Below which mailbox the phone of a staff member is kept at `now`; None: none is known, and it rings in full."""
    return None if member.no_mailbox else roster.current(session).limit(phones.number_of(member, now), now)


def ring_seconds(session: Session, member: StaffMember, now: dt.datetime) -> int:
    """For how long the phone of a staff member may ring at `now`."""
    known = limit(session, member, now)
    return known.seconds if known else ring_plan.LEG_SECONDS


def heard(session: Session, leg: Leg, silent: bool) -> None:
    """A leg is over: remember what it says of that phone's mailbox. `silent`: it was picked up and no key came."""
    ring = _ring(leg, silent)
    row = session.get(Mailbox, leg.phone) if ring is not None else None
    before = roster.seen(row) if row is not None else ()
    after = ring_limit.learn(before, ring) if ring is not None else before
    if after == before:
        return
    seen = [[each.after, each.at.isoformat()] for each in after]
    if row is None:
        session.add(Mailbox(phone=leg.phone, seen=seen))
    elif seen:
        row.seen = seen
    else:
        session.delete(row)
    session.flush()


def _ring(leg: Leg, silent: bool) -> ring_limit.Heard | None:
    """What ended a ring; None when it tells nothing.

    It tells nothing where nobody told us when it began (the time until then is the network's), where somebody put the
    phone down before the question was over, and where it was declined or never rang.
    """
    if leg.ringing_at is None:
        return None
    if leg.picked_up_at is None:
        stopped = leg.ended_at if leg.state in ("no_answer", "cancelled") else None
        return None if stopped is None else ring_limit.Heard("nobody", _seconds(leg.ringing_at, stopped), stopped)
    after = _seconds(leg.ringing_at, leg.picked_up_at)
    if leg.accepted_at is not None:
        return ring_limit.Heard("person", after, leg.picked_up_at)
    return ring_limit.Heard("machine", after, leg.picked_up_at) if silent else None


def _seconds(since: dt.datetime, until: dt.datetime) -> float:
    return round((until - since).total_seconds(), 1)
