"""Who has a callback in hand. A claim is one conditional UPDATE and has a lease; two people never hold one callback."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves, pushing
from voice.db import UTC
from voice.firm import Line
from voice.list_tables import Told
from voice.models import Attempt, Callback
from voice.rules import lease, states

# In somebody's hand nothing is set aside any more: who was promised a time and has not been rung has their place again.
PUT_OFF = sa.and_(Callback.rang_at.is_(None), Callback.due_at > Callback.promised_by)
IN_PLACE: dict[str, Any] = {
    "due_at": sa.case((PUT_OFF, Callback.promised_by), else_=Callback.due_at),
    "later": sa.case((PUT_OFF, sa.null()), else_=Callback.later),
}
NOT_HANDED: dict[str, Any] = {"handed_by": None, "handed_to": None, "handed_word": ""}

LEFT = sa.select(Callback).where(
    Callback.lease_until < sa.bindparam("now", type_=UTC), Callback.state.in_(("claimed", "wrapping_up"))
)
Also = list[sa.ColumnElement[bool]]
Kind = Literal[
    "held_by", "under_way", "closed", "held", "no_number", "open", "outside_hours", "on_the_line", "no_phone",
    "phone_busy", "number", "too_late",
]  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """Why a verb changed nothing.

    held_by: another has it (`holder`) · under_way: a phone is ringing or talking for it · closed, held, no_number: its
    state · open: the caller has another open one · outside_hours: see `retry_at` · on_the_line: the caller is on the
    phone with us · no_phone, phone_busy: the staff member's · number: the policy forbids it (`reason`) · too_late: to
    undo, because the time is over or something happened since.
    """

    kind: Kind
    holder: str | None = None
    retry_at: dt.datetime | None = None
    reason: str | None = None


def lease_until(session: Session, callback: Callback, now: dt.datetime, hold: lease.Hold = "claimed") -> dt.datetime:
    """When what is taken in hand now goes back on the list by itself, as the line has it."""
    line = session.get_one(Line, callback.line)
    return lease.until(hold, now, line.lease_seconds, line.wrap_up_minutes)


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


def held_by_another(callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Said before any reason of the caller's, so that nobody tries to mend that one. It decides nothing."""
    if callback.claimed_by in (None, staff_id) or lease.lapsed(callback.state, callback.lease_until, now):
        return None
    return Refusal("held_by", holder=callback.claimed_by)


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
    until = lease_until(session, callback, now)
    values = _held_by(staff_id, until) | ({} if callback.handed_to == staff_id else NOT_HANDED)
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
    """A sign of life from the holder. True when they (still) have it; wrap-up time is not made longer.

    Nor is any lease made shorter: what was handed over, or is dialled by hand, is given longer than a sign of life.
    """
    held = sa.update(Callback).where(Callback.id == callback.id, Callback.claimed_by == staff_id)
    until = lease_until(session, callback, now)
    as_it_is = sa.or_(Callback.state == "wrapping_up", Callback.lease_until > until)
    longer = sa.case((as_it_is, Callback.lease_until), else_=sa.literal(until, UTC()))
    asked = held.where(Callback.state.in_(("claimed", *states.CALLBACK_BUSY))).values(lease_until=longer)
    renewed = session.execute(asked.returning(Callback.id), execution_options={"synchronize_session": False}).first()
    session.refresh(callback)
    return renewed is not None


def take_over(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Take what a colleague has claimed; they are told. None: it is theirs. Not while they dial, talk or wrap up."""
    holder = callback.claimed_by
    if holder in (None, staff_id):
        return claim(session, callback, staff_id, now)
    also: Also = [Callback.claimed_by == holder, Callback.by_hand_at.is_(None), no_live_attempt()]
    values = _held_by(staff_id, lease_until(session, callback, now)) | NOT_HANDED
    if not moves.move(session, callback, "take_over", now, also, **values):
        return refusal(callback, staff_id) if callback.claimed_by is None else Refusal("under_way", callback.claimed_by)
    session.add(Told(staff_id=holder, by_staff_id=staff_id, callback_id=callback.id, kind="took_over", at=now))
    moves.note(session, "taken_over", now, callback=callback, staff=staff_id, holder=holder)
    return None


def hand_over(
    session: Session, callback: Callback, staff_id: str, to: str, word: str, now: dt.datetime
) -> Refusal | None:
    """Give it to a colleague, with a word they see. They have a while to notice; then anybody may claim it."""
    also: Also = [mine_to_touch(staff_id, now), no_live_attempt()]
    handed = {"handed_by": staff_id, "handed_to": to, "handed_word": word}
    values = _held_by(to, lease_until(session, callback, now, "handed_over")) | handed
    if not moves.move(session, callback, "hand_over", now, also, **values):
        return refusal(callback, staff_id)
    session.add(Told(staff_id=to, by_staff_id=staff_id, callback_id=callback.id, kind="handed_over", word=word, at=now))
    pushing.wake(session, callback, "handed", now, to)
    moves.note(session, "handed_over", now, callback=callback, staff=staff_id, to=to)
    return None


def _held_by(staff_id: str, until: dt.datetime) -> dict[str, Any]:
    return {"claimed_by": staff_id, "owed_by": staff_id, "lease_until": until, "by_hand_at": None} | IN_PLACE


def release(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Give a callback back to the list. None: nobody has it now (also when nobody had)."""
    if _let_go(session, callback, now, [Callback.claimed_by == staff_id], **NOT_HANDED):
        moves.note(session, "released", now, callback=callback, staff=staff_id)
        return None
    return None if callback.claimed_by is None else refusal(callback, staff_id)


def lapse(session: Session, now: dt.datetime) -> int:
    """Put back what its holder has left: no sign of life for the lease, no leg live. How many went back.

    A talk whose result nobody said goes back too, as `not_recorded`: it is never closed in silence.
    """
    lapsed = 0
    for callback in session.scalars(LEFT, {"now": now}).all():
        also: Also = [Callback.lease_until < now, no_live_attempt()]
        holder = callback.claimed_by
        if callback.state == "claimed":
            silent = {"result": "not_recorded", "by_hand_at": callback.by_hand_at} if callback.by_hand_at else {}
            moved = _let_go(session, callback, now, also, **silent)
        else:
            values: dict[str, Any] = {"due_at": now, "later": None, "claimed_by": None, "lease_until": None}
            moved = moves.move(session, callback, "again", now, also, result="not_recorded", **values)
        if moved:
            moves.note(session, "lease_lapsed", now, callback=callback, staff=holder)
            lapsed += 1
    return lapsed


def _let_go(session: Session, callback: Callback, now: dt.datetime, also: Also, **values: Any) -> bool:
    """claimed -> waiting, or -> unreached when it had been tried as often as the line allows."""
    most = session.get_one(Line, callback.line).max_attempts
    event = "exhaust" if callback.attempts >= most else "release"
    here = [Callback.state == "claimed", *also]
    free: dict[str, Any] = {"claimed_by": None, "lease_until": None, "by_hand_at": None}
    return moves.move(session, callback, event, now, here, **(free | values))
