"""Ringing a caller back: decided and written down before the carrier is asked, dialled at most once. Never commits.

The staff phone is rung first; the caller only when somebody there has pressed a key. What the carrier then tells us
of the caller's phone is in `dialled`.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks, claims, contacts, mailboxes, moves, phones
from voice.claims import Refusal
from voice.db import UTC
from voice.firm import Line, StaffMember
from voice.models import Attempt, Call, Callback, Leg, new_id
from voice.rules import numbers, promise, ring_plan
from voice.work import outbox

TO_RING = (
    sa.select(Attempt)
    .where(Attempt.state == "intended", Attempt.leg_id.is_(None))
    .order_by(Attempt.created_at, Attempt.id)
)
# Whose caller has just hung up rings for a second yet: that is when one wants to ring them. `ring_staff` waits.
FALLS_SILENT = sa.and_(Leg.stopping_at.is_not(None), Leg.state.in_(("placed", "ringing")))
LOOK_AFTER = 10.0  # seconds: the carrier's own words on the dial usually come within these


def ring_back(
    session: Session, callback: Callback, staff_id: str, now: dt.datetime, anyway: bool = False
) -> Attempt | Refusal:
    """Have this person's phone rung to connect them with the caller; claims the callback if it is free.

    Again while one is under way: the same attempt. `anyway` goes beyond the caller's 08:00-21:00, nothing else.
    """
    if running := _running(session, callback, staff_id, now):
        return running
    refused = (
        unfit(session, callback, now)
        or claims.held_by_another(callback, staff_id, now)
        or no_phone(session, staff_id, now)
        or _not_their_hours(session, callback, now, anyway)
    )
    # Another tap may have come between these questions: then that is the reason, and whose tap it was.
    return (
        (refused and _running(session, callback, staff_id, now)) or refused or _intend(session, callback, staff_id, now)
    )


def unfit_to_dial(
    session: Session, callback: Callback, staff_id: str, now: dt.datetime, anyway: bool = False
) -> Refusal | None:
    """Why this person may not dial this caller now, with whatever phone; None when they may be dialled."""
    return (
        unfit(session, callback, now)
        or claims.held_by_another(callback, staff_id, now)
        or _not_their_hours(session, callback, now, anyway)
    )


def from_leg(session: Session, callback: Callback, leg: Leg, now: dt.datetime) -> Attempt | Refusal:
    """The same from a staff leg that is up: "they have hung up; any key to ring them back now" was answered by a key.

    They rang us a moment ago, so their hours are not asked.
    """
    started = _running(session, callback, leg.staff_id, now) or (
        unfit(session, callback, now) or _intend(session, callback, leg.staff_id, now)
    )
    if isinstance(started, Attempt) and started.leg_id is None:
        started.leg_id, leg.attempt_id, leg.purpose = leg.id, started.id, "ring_back"
        session.flush()
    return started


def ring_by_itself(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Attempt | None:
    """Have a phone rung because the promise is near and nobody has it; the callback is theirs only with their key.

    None: this caller may not be dialled, somebody has just asked for them, or that person was rung for it before.
    """
    if unfit(session, callback, now) or no_phone(session, staff_id, now):
        return None
    attempt = Attempt(callback_id=callback.id, staff_id=staff_id, created_at=now, due_for=callback.promised_by)
    try:
        with session.begin_nested():
            session.add(attempt)
    except sa.exc.IntegrityError:
        return None
    moves.note(session, "due_ring", now, callback=callback, staff=staff_id)
    return attempt


def overtake(
    session: Session, attempt: Attempt, now: dt.datetime, unrung: bool = False, stop: bool = True
) -> bool:  # fmt: skip
    """End an attempt of `ring_by_itself` nobody has pressed a key for. False: somebody has, or it is over.

    `stop` its phone. `unrung`: it got no chance to be picked up, so that person may be rung for this promise again.
    """
    if not not_dialled(session, attempt, "overtaken", now):
        return False
    attempt.due_for = None if unrung else attempt.due_for
    leg = session.get(Leg, attempt.leg_id) if attempt.leg_id and stop else None
    if leg is not None and leg.state in ("placed", "ringing"):
        phones.end_leg(session, leg, now)
    return True


def to_ring(session: Session) -> list[Attempt]:
    """Attempts whose staff phone is still to be rung, the oldest first."""
    return list(session.scalars(TO_RING))


def ring_staff(session: Session, attempt: Attempt, now: dt.datetime) -> Leg | None:
    """Write down the leg to the staff phone; the carrier is asked afterwards. None: that phone cannot be rung now."""
    staff = session.get(StaffMember, attempt.staff_id)
    phone = phones.number_of(staff, now) if staff is not None and staff.active else ""
    if staff is None or not phone:
        not_dialled(session, attempt, "not_accepted", now)
        return None
    if phones.in_use(session, phone):
        return None  # it rings or talks already: later
    leg_id = new_id()
    here = sa.update(Attempt).where(Attempt.id == attempt.id, Attempt.state == "intended", Attempt.leg_id.is_(None))
    bound = here.values(leg_id=leg_id).returning(Attempt.id)
    if session.execute(bound, execution_options={"synchronize_session": False}).first() is None:
        return None
    session.refresh(attempt)
    line = session.get_one(Callback, attempt.callback_id).line
    # Below their mailbox here too, though this phone is mostly in a hand: it would be told who is to be rung, and why.
    seconds = mailboxes.ring_seconds(session, staff, now)
    leg = Leg(
        id=leg_id, attempt_id=attempt.id, line=line, staff_id=staff.id, phone=phone, purpose="ring_back",
        placed_at=now, ring_seconds=seconds, stop_at=ring_plan.stop_at(now, seconds),
    )  # fmt: skip
    session.add(leg)
    session.flush()
    return leg


def staff_sid(session: Session, attempt: Attempt) -> str | None:
    """The carrier's id of the staff leg: the caller's leg is listed under it."""
    return session.scalar(sa.select(Leg.sid).where(Leg.id == attempt.leg_id))


def send(session: Session, attempt: Attempt, leg: Leg, now: dt.datetime) -> Refusal | None:
    """A key was pressed: look once more, and write down that the caller is dialled now. None: dial them.

    True only for the one request that moved the attempt; a second one must never dial.
    """
    callback = session.get_one(Callback, attempt.callback_id, populate_existing=True)
    refused: Refusal | None = None
    theirs = callback.state == "calling" and callback.claimed_by == attempt.staff_id
    if not theirs and attempt.due_for is None:
        refused = claims.refusal(callback, attempt.staff_id)
    refused = refused or unfit(session, callback, now, but=attempt)
    if not theirs and refused is None:
        refused = _take(session, callback, attempt.staff_id, now)
    if refused is None:
        if moves.move(session, attempt, "send", now, sending_at=now, leg_id=leg.id):
            picked_up = sa.func.coalesce(Leg.picked_up_at, sa.literal(now, UTC()))
            moves.move(session, leg, "accept", now, accepted_at=now, picked_up_at=picked_up)
            moves.note(session, "dialling", now, callback=callback, staff=attempt.staff_id, attempt=attempt.id)
            return None
        return Refusal("under_way", holder=attempt.staff_id)
    refuse(session, attempt, now, [Attempt.state == "intended"])
    return refused


def staff_leg_ended(session: Session, attempt: Attempt, leg: Leg, now: dt.datetime) -> None:
    """The staff phone of this attempt is on the hook again. Not accepted: nobody was dialled, nothing is counted.

    Else the caller's phone has ended with it, and how is told by the carrier, or asked for if it keeps silent.
    """
    if attempt.leg_id != leg.id:
        return
    if not not_dialled(session, attempt, "not_accepted", now) and attempt.ended_at is None:
        look_up(session, attempt, now, LOOK_AFTER)


def give_back(session: Session, callback: Callback, now: dt.datetime) -> bool:
    """calling -> claimed: the caller was not rung, and it is still the same person's."""
    return moves.move(session, callback, "back", now, lease_until=claims.lease_until(session, callback, now))


def not_dialled(
    session: Session, attempt: Attempt, ending: str, now: dt.datetime, also: Sequence[sa.ColumnElement[bool]] = ()
) -> bool:
    """End an attempt that never came to dialling: nothing is counted. False: it has come further, or is over."""
    return _end_quietly(session, attempt, "end", ending, now, [Attempt.state == "intended", *also])


def refuse(session: Session, attempt: Attempt, now: dt.datetime, also: Sequence[sa.ColumnElement[bool]] = ()) -> bool:
    """End an attempt whose caller may not be, or was not, rung by the carrier. False: it was over already."""
    return _end_quietly(session, attempt, "refuse", "refused", now, also)


def _end_quietly(
    session: Session,
    attempt: Attempt,
    event: str,
    ending: str,
    now: dt.datetime,
    also: Sequence[sa.ColumnElement[bool]],
) -> bool:
    if not moves.move(session, attempt, event, now, also, ended_at=now, ending=ending):
        return False
    callback = session.get_one(Callback, attempt.callback_id)
    give_back(session, callback, now)
    moves.note(session, "ring_back_ended", now, callback=callback, staff=attempt.staff_id, ending=ending)
    return True


def look_up(session: Session, attempt: Attempt, now: dt.datetime, after: float = 0) -> None:
    """Have the carrier asked what became of this attempt; its answer goes to `dialled.found`. Once a minute at most."""
    key = f"look_up_attempt:{attempt.id}:{int(now.timestamp() + after) // 60}"
    outbox.emit(session, "look_up_attempt", now, key=key, after=after, attempt_id=attempt.id)


def _running(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Attempt | Refusal | None:
    attempt = claims.live_attempt(session, callback)
    if attempt is None or attempt.staff_id == staff_id:
        return attempt
    if attempt.due_for is not None and overtake(session, attempt, now):
        return None  # a phone that only rang by itself: who asks for the caller has them
    return Refusal("held_by", holder=attempt.staff_id)


def unfit(session: Session, callback: Callback, now: dt.datetime, but: Attempt | None = None) -> Refusal | None:
    """Why this caller may not be dialled now: closed, held, no number, the number policy, or on the line with us."""
    if callback.state in ("closed", "held", "no_number") or callback.caller is None:
        return claims.refusal(callback, callback.claimed_by or "")
    if (policy := callbacks.hold_if_forbidden(session, callback, now)) is not None:
        return Refusal("number", reason=policy.code)
    return Refusal("on_the_line") if _on_the_line(session, callback.caller, but) else None


def _on_the_line(session: Session, caller: str, but: Attempt | None) -> bool:
    """Whether the caller has rung in, or is being rung by somebody for another callback of theirs; on any number."""
    theirs = contacts.numbers_of(session, caller)
    ringing_in = sa.exists().where(Call.caller.in_(theirs), Call.ended_at.is_(None))
    others = sa.exists().where(
        Callback.caller.in_(theirs),
        Attempt.callback_id == Callback.id,
        Attempt.ended_at.is_(None),
        Attempt.id != (but.id if but else ""),
    )
    return bool(session.scalar(sa.select(ringing_in | others)))


def no_phone(
    session: Session, staff_id: str, now: dt.datetime, but: sa.ColumnElement[bool] = FALLS_SILENT
) -> Refusal | None:
    """Why this person's phone cannot be rung now; legs that meet `but` keep nobody from it."""
    staff = session.get(StaffMember, staff_id)
    phone = phones.number_of(staff, now) if staff is not None and staff.active else ""
    if not phone:
        return Refusal("no_phone")
    theirs = sa.or_(Leg.phone == phone, Leg.staff_id == staff_id)  # the talk they are in may be on another phone
    live_leg = sa.exists().where(theirs, Leg.ended_at.is_(None), ~but)
    on_ladder = sa.exists().where(Call.ladder_phone == phone)
    dialling = sa.exists().where(Attempt.staff_id == staff_id, Attempt.ended_at.is_(None))
    return Refusal("phone_busy") if session.scalar(sa.select(live_leg | on_ladder | dialling)) else None


def _not_their_hours(session: Session, callback: Callback, now: dt.datetime, anyway: bool) -> Refusal | None:
    zone = session.get_one(Line, callback.line).time_zone
    zones = numbers.caller_zones(callback.caller, zone)
    if anyway or promise.within_caller_hours(now, zones, zone):
        return None
    return Refusal("outside_hours", retry_at=promise.next_caller_hours(now, zones, zone))


def _take(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Claim it and have it `calling`. Whoever moves the callback there is the only one who does."""
    if refused := claims.claim(session, callback, staff_id, now):
        return refused
    if moves.move(session, callback, "dial", now, [Callback.claimed_by == staff_id], result=None, by_hand_at=None):
        return None
    return claims.refusal(callback, staff_id)


def _intend(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Attempt | Refusal:
    """Take it and write the attempt down."""
    if refused := _take(session, callback, staff_id, now):
        return _running(session, callback, staff_id, now) or refused
    attempt = Attempt(callback_id=callback.id, staff_id=staff_id, created_at=now)
    session.add(attempt)
    moves.note(session, "ring_back", now, callback=callback, staff=staff_id)
    session.flush()
    return attempt
