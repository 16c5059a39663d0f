"""Who has a callback in hand. A claim is one conditional UPDATE and has a lease; two people never hold one callback."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves
from voice.db import UTC
from voice.firm import Line
from voice.models import Attempt, Callback
from voice.rules import states

Also = list[sa.ColumnElement[bool]]
Kind = Literal[
    "held_by", "under_way", "closed", "held", "no_number", "open", "outside_hours", "on_the_line", "no_phone",
    "phone_busy", "number",
]  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """Why a verb changed nothing.

    held_by: another has it (`holder`) · under_way: a phone is ringing or talking for it · closed, held, no_number: its
    state · open: the caller has another open one · outside_hours: see `retry_at` · on_the_line: the caller is on the
    phone with us · no_phone, phone_busy: the staff member's · number: the policy forbids it (`reason`).
    """

    kind: Kind
    holder: str | None = None
    retry_at: dt.datetime | None = None
    reason: str | None = None


def lease(session: Session, callback: Callback) -> dt.timedelta:
    """How long a claim lasts after the last sign of life, as the line has it."""
    return dt.timedelta(seconds=session.get_one(Line, callback.line).lease_seconds)


def wrap_up(session: Session, callback: Callback) -> dt.timedelta:
    """The time to say how a talk ended, as the line has it; then it goes back on the list."""
    return dt.timedelta(minutes=session.get_one(Line, callback.line).wrap_up_minutes)


def live_attempt(session: Session, callback: Callback) -> Attempt | None:
    """The callback attempt that is under way, if any: there is at most one."""
    return session.scalar(sa.select(Attempt).where(Attempt.callback_id == callback.id, Attempt.ended_at.is_(None)))


def no_live_attempt() -> sa.ColumnElement[bool]:
    """A condition for `moves.move`: nobody is being dialled for this callback.

    A phone that only rings by itself, because a promise is near, keeps nobody from anything: its key then does nothing.
    """
    asked_for = sa.or_(Attempt.due_for.is_(None), Attempt.state != "intended")
    return ~sa.exists().where(Attempt.callback_id == Callback.id, Attempt.ended_at.is_(None), asked_for)


def mine_to_touch(staff_id: str, now: dt.datetime) -> sa.ColumnElement[bool]:
    """A condition for `moves.move`: nobody else holds this callback (a lapsed lease holds nothing)."""
    lapsed = sa.and_(Callback.state == "claimed", Callback.lease_until < now)
    return sa.or_(Callback.claimed_by.is_(None), Callback.claimed_by == staff_id, lapsed)


def refusal(callback: Callback, staff_id: str) -> Refusal:
    """Why `staff_id` could not do what they wanted with this fresh row."""
    if callback.claimed_by not in (None, staff_id):
        return Refusal("held_by", holder=callback.claimed_by)
    for kind in ("closed", "held", "no_number"):
        if callback.state == kind:
            return Refusal(kind, reason=callback.held_reason or callback.closed_reason)
    return Refusal("under_way", holder=callback.claimed_by)


def claim(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Take a callback in hand; the same holder again renews. None: it is theirs."""
    values: dict[str, Any] = {
        "claimed_by": staff_id,
        "owed_by": staff_id,
        "lease_until": now + lease(session, callback),
    }
    lapsed: Also = [Callback.lease_until < now, no_live_attempt()]
    if renew(session, callback, staff_id, now):
        return None
    if moves.move(session, callback, "claim", now, **values) or moves.move(
        session, callback, "take_over", now, also=lapsed, **values
    ):
        moves.note(session, "claimed", now, callback=callback, staff=staff_id)
        return None
    # Their own other tap may have been the faster one.
    return None if renew(session, callback, staff_id, now) else refusal(callback, staff_id)


def renew(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> bool:
    """A sign of life from the holder. True when they (still) have it; wrap-up time is not made longer."""
    held = sa.update(Callback).where(Callback.id == callback.id, Callback.claimed_by == staff_id)
    until = sa.literal(now + lease(session, callback), UTC())
    longer = sa.case((Callback.state == "wrapping_up", Callback.lease_until), else_=until)
    asked = held.where(Callback.state.in_(("claimed", *states.CALLBACK_BUSY))).values(lease_until=longer)
    renewed = session.execute(asked.returning(Callback.id), execution_options={"synchronize_session": False}).first()
    session.refresh(callback)
    return renewed is not None


def release(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Give a callback back to the list. None: nobody has it now (also when nobody had)."""
    if _let_go(session, callback, now, [Callback.claimed_by == staff_id]):
        moves.note(session, "released", now, callback=callback, staff=staff_id)
        return None
    return None if callback.claimed_by is None else refusal(callback, staff_id)


def lapse(session: Session, now: dt.datetime) -> int:
    """Put back what its holder has left: no sign of life for the lease, no leg live. How many went back.

    A talk whose result nobody said goes back too, as `not_recorded`: it is never closed in silence.
    """
    late = sa.select(Callback).where(Callback.lease_until < now, Callback.state.in_(("claimed", "wrapping_up")))
    lapsed = 0
    for callback in session.scalars(late).all():
        also: Also = [Callback.lease_until < now, no_live_attempt()]
        holder = callback.claimed_by
        if callback.state == "claimed":
            moved = _let_go(session, callback, now, also)
        else:
            values: dict[str, Any] = {"due_at": now, "claimed_by": None, "lease_until": None}
            moved = moves.move(session, callback, "again", now, also, result="not_recorded", **values)
        if moved:
            moves.note(session, "lease_lapsed", now, callback=callback, staff=holder)
            lapsed += 1
    return lapsed


def _let_go(session: Session, callback: Callback, now: dt.datetime, also: Also) -> bool:
    """claimed -> waiting, or -> unreached when it had been tried as often as the line allows."""
    most = session.get_one(Line, callback.line).max_attempts
    event = "exhaust" if callback.attempts >= most else "release"
    here = [Callback.state == "claimed", *also]
    return moves.move(session, callback, event, now, here, claimed_by=None, lease_until=None)
