"""Places legs, one at a time and no faster than the carrier bears: callers' first phones before anyone's second."""

import datetime as dt

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from voice import (
    attempts,
    callbacks,
    carrier_pace,
    due_rings,
    legs,
    mailboxes,
    moves,
    notices,
    phones,
    ring_reasons,
    ringing,
    roster,
)
from voice.carrier import client
from voice.db import UTC, Database
from voice.firm import LineStaff, StaffMember
from voice.models import Attempt, Call, Callback, Contact, Leg
from voice.rules import ring_plan
from voice.settings import Settings
from voice.work import outbox

log = structlog.get_logger()

NOW = sa.bindparam("now", type_=UTC)
SAID_TAKE_IT = sa.exists().where(Call.id == Leg.call_id, Call.reserved_by == Leg.staff_id)
OFF_DUTY = sa.and_(sa.exists().where(StaffMember.id == Leg.staff_id, phones.OFF_DUTY), ~SAID_TAKE_IT)
LIVE_LEGS = sa.select(sa.func.count()).where(Leg.ended_at.is_(None))
CALLERS = sa.select(Call).where(Call.state == "ringing", Call.path == "queue")
# Mostly the phones of everybody on the line ring already, and there is nothing to plan. Who was cut off, and who said
# "Take it", is rung on duty or not.
FREE = sa.exists().where(
    LineStaff.line == Call.line, StaffMember.id == LineStaff.staff_id,
    ~phones.OFF_DUTY, StaffMember.id.not_in(phones.BUSY),
)  # fmt: skip
# Whoever has their callback in hand, of the line or not; from whichever of their numbers they ring.
PERSON = sa.func.coalesce(
    sa.select(Contact.same_as).where(Contact.number == Call.caller_key).correlate(Call).scalar_subquery(),
    Call.caller_key,
)
HOLDER_FREE = sa.exists().where(
    Callback.line == Call.line, Callback.caller_key == PERSON, callbacks.IS_OPEN,
    Callback.claimed_by.is_not(None), Callback.claimed_by.not_in(phones.BUSY),
)  # fmt: skip
TO_PLAN = sa.exists().where(
    Call.state == "ringing", Call.ended_at.is_(None),
    sa.or_(Call.round > 0, Call.reserved_until > NOW, FREE, HOLDER_FREE),
)  # fmt: skip
LONG_RINGS = sa.and_(
    Leg.ended_at.is_(None), Leg.state.in_(("placed", "ringing")),
    # Rung long enough; or a caller's phone whose owner has been switched off meanwhile.
    sa.or_(Leg.stop_at <= NOW, sa.and_(Leg.purpose == "ring", OFF_DUTY)),
    sa.or_(Leg.stopping_at.is_(None), Leg.sid.is_(None)),  # one that was asked to end, but never heard of, as well
)  # fmt: skip


def take_on(database: Database, now: dt.datetime) -> None:
    """Take on the callers in the outbox: they are in hands, and need not be taken up the ladder."""
    with database.transaction() as session:
        for call_id in outbox.take_rings(session, now):
            if ringing.claim(session, call_id, now):
                due_rings.give_way(session, session.get_one(Call, call_id), now)


def is_due(session: Session, now: dt.datetime, ring_backs: bool = True) -> bool:
    """Whether a leg is due: most looks find none, and need no write lock for that.

    Without `ring_backs` phones are rung for callers on the line only.
    """
    return _next(session, now, ring_backs) is not None


def choose(database: Database, now: dt.datetime, ring_backs: bool = True) -> str | None:
    """Write down the next leg, if one is due and may be placed now; its id. The carrier has not been asked yet."""
    try:
        with database.transaction() as session:
            return _write_down(session, now, ring_backs)
    except sa.exc.IntegrityError:
        return None  # another worker has just written down a leg to the same phone


def _write_down(session: Session, now: dt.datetime, ring_backs: bool) -> str | None:
    release = _next(session, now, ring_backs)
    leg = _leg_for(session, release, now) if release else None
    if leg is None or not carrier_pace.take_turn(session, now):
        session.rollback()
        return None
    return leg.id


def _next(session: Session, now: dt.datetime, ring_backs: bool) -> ring_plan.Release | None:
    busy, calls = phones.busy(session, now) | phones.parting(session, now), session.scalars(CALLERS)
    waiting = [ringing.waiting(session, call, now) for call in calls if _has_a_free_phone(session, call, busy, now)]
    intended = attempts.to_ring(session) if ring_backs else []
    backs = [_ring_back(session, attempt) for attempt in intended]
    if not waiting and not backs:
        return None
    release = ring_plan.next_release(waiting, backs, busy, now)
    return release if release and _has_room(session, now) else None


def _has_room(session: Session, now: dt.datetime) -> bool:
    cap = carrier_pace.cap(session, now)
    return cap is None or ring_plan.has_room(session.scalar(LIVE_LEGS) or 0, cap)


def _ring_back(session: Session, attempt: Attempt) -> ring_plan.RingBack:
    callback = session.get_one(Callback, attempt.callback_id)
    to_keep = callback.promised_by if callback.rang_at is None else None
    return ring_plan.RingBack(attempt.id, attempt.staff_id, attempt.created_at, to_keep, attempt.due_for is not None)


def _has_a_free_phone(session: Session, call: Call, busy: set[str], now: dt.datetime) -> bool:
    """A quick look: mostly everybody's phone rings already, and there is nothing to plan.

    Who was cut off, and who said "Take it", is rung on shift or not; who has the callback in hand, of the line or not.
    """
    if call.round > 0 or (call.reserved_until is not None and call.reserved_until > now):
        return True
    card = roster.current(session).line(call.line)
    if card is None or any(person.id not in busy for person in card.on_shift(now)):
        return card is not None
    owed = callbacks.open_of(session, call.line, call.caller_key)
    return owed is not None and owed.claimed_by not in (None, *busy)


def _leg_for(session: Session, release: ring_plan.Release, now: dt.datetime) -> Leg | None:
    if release.attempt_id:
        return attempts.ring_staff(session, session.get_one(Attempt, release.attempt_id), now)
    if not ringing.claim(session, release.call_id or "", now):
        return None  # meanwhile taken, given up, or on the ladder
    person, call = session.get_one(StaffMember, release.staff_id), session.get_one(Call, release.call_id)
    reason, seconds = ring_reasons.reason(session, call, person, now), mailboxes.ring_seconds(session, person, now)
    leg = Leg(
        call_id=call.id, line=call.line, staff_id=person.id, phone=phones.number_of(person, now),
        purpose="cut_off" if call.round else "ring", placed_at=now,
        ring_seconds=seconds, stop_at=ring_plan.stop_at(now, seconds),
    )  # fmt: skip
    session.add(leg)
    moves.note(session, "phone_placed", now, call=call, staff=person.id, **reason)
    session.flush()
    return leg


def place(database: Database, settings: Settings, carrier: client.Carrier, leg_id: str, now: dt.datetime) -> None:
    """Ask the carrier to ring a phone we have written down. Asked once: a lost answer is never asked again."""
    with database.reading() as session:
        leg = session.get_one(Leg, leg_id)
        phone, line, seconds = leg.phone, leg.line, leg.ring_seconds
    base = f"{settings.public_url}/voice/legs/{leg_id}"
    try:
        sid = carrier.place(phone, line, f"{base}/answered", f"{base}/status", seconds)
    except client.CarrierError as error:
        log.warning("leg_not_placed", leg=leg_id, why=type(error).__name__, code=error.code)
        with database.transaction() as session:
            _not_placed(session, session.get_one(Leg, leg_id), error, now)
        return
    with database.transaction() as session:
        legs.bind(session, session.get_one(Leg, leg_id), sid)
        carrier_pace.worked(session, now)


def _not_placed(session: Session, leg: Leg, error: client.CarrierError, now: dt.datetime) -> None:
    if isinstance(error, client.Unclear):
        # It may ring all the same. The leg stays, its news will bind it; without any it is over at `stop_at`.
        carrier_pace.failed(session, now)
        return
    if isinstance(error, client.TooMany):
        carrier_pace.learn_cap(session, leg, now)
        legs.over(session, leg, "limited", now)
        return
    if isinstance(error, client.NoService):
        carrier_pace.failed(session, now, for_good=True)
        notices.tell(session, f"no-service:{error.code}:{now.date()}", now, "no_service", code=error.code)
    elif isinstance(error, client.NotSent):
        carrier_pace.failed(session, now)
    elif isinstance(error, client.TooFast):
        carrier_pace.slow_down(session, now)
    else:
        notices.tell(
            session, f"not-placed:{leg.staff_id}:{error.code}:{now.date()}", now, "not_placed",
            who=leg.staff_id, code=error.code,
        )  # fmt: skip
    # A phone that was not asked to ring may be tried again; a number that cannot be rung may not.
    legs.over(session, leg, "failed" if isinstance(error, client.Refused) else "limited", now)


def stop_long_rings(session: Session, now: dt.datetime) -> None:
    """Phones that have rung long enough stop, below their mailbox's patience."""
    for leg in session.scalars(sa.select(Leg).where(LONG_RINGS), {"now": now}):
        if leg.sid is not None:
            phones.end_leg(session, leg, now)
        elif leg.purpose != "dial" and leg.stop_at <= now:
            legs.over(session, leg, "failed", now)  # never heard of: it was not placed after all
