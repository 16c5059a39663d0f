"""Verbs on the phones of staff: which one rings today, which are in use, and how one is stopped. None commits."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import UTC
from voice.firm import StaffMember
from voice.models import Call, Leg
from voice.rules import availability
from voice.work import outbox

# With a parameter `now`, so that standing queries can use them.
_NOW = sa.bindparam("now", type_=UTC)
OFF_DUTY = sa.or_(
    ~StaffMember.active,
    StaffMember.availability == "off",
    sa.and_(
        StaffMember.availability == "away", sa.or_(StaffMember.away_until.is_(None), StaffMember.away_until > _NOW)
    ),
)
NUMBER = sa.case((StaffMember.phone_until > _NOW, StaffMember.phone_today), else_=StaffMember.phone)
# And whose leg rings on a phone they have left since: one leg at a time is enough for anybody.
ON_LADDER = sa.select(Call.ladder_phone).where(Call.ladder_phone.is_not(None))
BUSY = sa.union(
    sa.select(StaffMember.id).where(
        NUMBER.in_(sa.select(Leg.phone).where(Leg.ended_at.is_(None)).union_all(ON_LADDER))
    ),
    sa.select(Leg.staff_id).where(Leg.ended_at.is_(None)),
)

# Seconds after a talk in which the caller, still on the line, may turn out to have been cut off: that phone is theirs.
PARTING = dt.timedelta(seconds=10)
JUST_OVER = sa.select(Call.answered_by).outerjoin(Leg, Leg.id == Call.accepted_leg_id).where(
    Call.state == "joined", Call.round == 0, Call.talking_since.is_(None), Call.ended_at.is_(None),
    # On the ladder there is no leg of ours: what was heard last of the caller is the end of their talk.
    sa.func.coalesce(Leg.ended_at, Call.seen_at) > sa.bindparam("since", type_=UTC),
)  # fmt: skip


def number_of(member: StaffMember, now: dt.datetime) -> str:
    """The phone of a staff member at `now`; empty when they have none."""
    return availability.phone_now(member.phone, member.phone_today, member.phone_until, now)


def is_on(member: StaffMember, now: dt.datetime) -> bool:
    """Whether a staff member may be rung, their shift apart."""
    return member.active and availability.is_on(member.availability, member.away_until, now)


def busy(session: Session, now: dt.datetime) -> set[str]:
    """Staff whose phone has a leg of ours right now, or a ladder's; two people may share one phone."""
    return set(session.scalars(BUSY, {"now": now}))


def parting(session: Session, now: dt.datetime) -> set[str]:
    """Staff whose talk is just over, and perhaps was cut off: the caller is on the line still, and nobody knows yet."""
    return {staff_id for staff_id in session.scalars(JUST_OVER, {"since": now - PARTING}) if staff_id}


def in_use(session: Session, phone: str) -> bool:
    """Whether a phone has a leg of ours right now, or a ladder's."""
    live = sa.select(Leg.phone).where(Leg.phone == phone, Leg.ended_at.is_(None))
    return session.scalar(live.union_all(ON_LADDER.where(Call.ladder_phone == phone)).limit(1)) is not None


def dial_on_ladder(session: Session, call: Call, phone: str) -> bool:
    """A document is about to dial `phone` for this caller. False: another caller's ladder has just dialled it."""
    try:
        with session.begin_nested():  # the database refuses the second of two
            live = sa.update(Call).where(Call.id == call.id, Call.ended_at.is_(None))
            session.execute(live.values(ladder_phone=phone))
    except sa.exc.IntegrityError:
        return False
    return True


def not_on_ladder(session: Session, call: Call, now: dt.datetime) -> set[str]:
    """Staff whom the ladder passes over: who have declined this caller, who talk or whose phone rings, or who ring in;
    and who was cut off from them, and has been rung once more.

    A phone that was only asked for does not count: the interface that would tell of it may be what has died.
    """
    live = sa.and_(Leg.ended_at.is_(None), Leg.state.in_(("ringing", "picked_up", "accepted", "joined")))
    once_more = sa.and_(Leg.purpose == "cut_off", Leg.state.not_in(("placed", "limited", "failed")))
    refused = sa.and_(Leg.call_id == call.id, sa.or_(Leg.state.in_(("declined", "not_screened")), once_more))
    talking = sa.select(Call.answered_by).where(
        Call.path == "dial", Call.ended_at.is_(None), Call.state.in_(("accepted", "joined")), Call.id != call.id
    )
    # Each select for itself: an OR of the two would read every leg there ever was.
    rung = [sa.select(Leg.staff_id).where(each) for each in (live, refused)]
    tried = [sa.select(Leg.phone).where(each) for each in (live, refused)]
    taken: sa.CompoundSelect[str] = sa.union(*tried, ON_LADDER.where(Call.id != call.id))
    theirs = sa.select(StaffMember.id).where(sa.or_(NUMBER.in_([call.caller]), NUMBER.in_(taken)))  # two may share one
    found = session.scalars(sa.union(*rung, talking, theirs), {"now": now})
    return {staff_id for staff_id in found if staff_id} | parting(session, now)


def end_leg(session: Session, leg: Leg, now: dt.datetime) -> None:
    """Ask the carrier to end a leg; its status then says that it has."""
    if leg.stopping_at is None:
        leg.stopping_at = now
        outbox.emit(session, "end_leg", now, key=f"end:{leg.id}", leg_id=leg.id)
