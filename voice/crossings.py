"""A caller rings in who is owed a call: whoever rings them back just then is joined to them; a talk pays the debt."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import attempts, callbacks, claims, moves
from voice.models import Attempt, Call, Callback, Leg
from voice.work import outbox

# Of two lines that ring one person back at once, the one they ring themselves.
UNDER_WAY = (
    sa.select(Attempt)
    .join(Callback, sa.and_(Callback.id == Attempt.callback_id, callbacks.THEIRS_ANYWHERE))
    .where(Attempt.ended_at.is_(None))
    .order_by(Callback.line != sa.bindparam("called"), Attempt.created_at)
    .limit(1)
    .execution_options(populate_existing=True)
)

# Of whichever line: the one they were rung back for on this leg when they rang in themselves.
CROSSED = (
    sa.select(Callback)
    .join(Attempt, Attempt.callback_id == Callback.id)
    .join(Leg, Leg.attempt_id == Attempt.id)
    .where(Leg.id == sa.bindparam("leg"), Attempt.state == "crossed", callbacks.IS_OPEN)
)


@dataclass(frozen=True)
class Crossing:
    """A caller rang in while being rung back: `leg` is the staff leg that is theirs now, None when none was placed.

    `accepted`: a key was pressed there already, and it is on its way into this caller's queue.
    """

    leg: Leg | None
    accepted: bool


def is_rung_back(session: Session, call: Call) -> bool:
    """Whether a phone of ours is under way to this caller just now: they are joined even where nobody else is rung."""
    attempt = _under_way(session, call)
    leg = session.get(Leg, attempt.leg_id) if attempt and attempt.leg_id else None
    return attempt is not None and leg is not None and leg.ended_at is None and attempt.answered_at is None


def _under_way(session: Session, call: Call) -> Attempt | None:
    """The ring-back to this caller that is under way: whichever line of ours they ring, it is the same person."""
    return session.scalar(UNDER_WAY, {"key": call.caller_key, "called": call.line})


def crossing(session: Session, call: Call, now: dt.datetime) -> Crossing | None:
    """`call` has come in while its caller is being rung back: hand that staff leg over. None: nobody rings them.

    The attempt ends as `crossed`, which is no try; the callback stays with the same person until they have talked.
    """
    attempt = _under_way(session, call)
    if attempt is None:
        return None
    callback = session.get_one(Callback, attempt.callback_id, populate_existing=True)
    leg = session.get(Leg, attempt.leg_id) if attempt.leg_id else None
    ended = {"ended_at": now, "ending": "crossed"}
    accepted = not moves.move(session, attempt, "cross", now, [Attempt.state == "intended"], **ended)
    if accepted:
        still_ringing = [Attempt.answered_at.is_(None)]
        if leg is None or leg.ended_at or not moves.move(session, attempt, "cross", now, still_ringing, **ended):
            return None
        callback.attempts -= int(attempt.rang_at is not None)
        key, child_sid = f"join:{attempt.id}", attempt.child_sid
        outbox.emit(session, "join_leg", now, key=key, leg_id=leg.id, call_id=call.id, child_sid=child_sid)
    attempts.give_back(session, callback, now)
    if leg is not None:
        leg.purpose, leg.call_id, leg.offered_call_id = "ring", call.id, call.id
    moves.note(session, "crossed", now, call, callback, staff=attempt.staff_id, accepted=accepted)
    return Crossing(leg, accepted)


def got_through(session: Session, call: Call, now: dt.datetime) -> Callback | None:
    """The caller has talked with us on a call of their own: their open callback closes. None: they had none.

    So does one of another line, for which they were just being rung. One that a later call has raised stays: the end of
    a talk may be told long after it, and promises nothing away.
    """
    crossed = session.scalar(CROSSED, {"leg": call.accepted_leg_id})
    theirs = (crossed, callbacks.open_of(session, call.line, call.caller_key))
    closed = [each for each in dict.fromkeys(theirs) if each is not None and _closed_by(session, each, call, now)]
    return closed[-1] if closed else None


def _closed_by(session: Session, callback: Callback, call: Call, now: dt.datetime) -> bool:
    late = callback.last_called_at > (call.joined_at or call.received_at)
    if late or not callbacks.shut(session, callback, "got_through", now):
        return False
    if (attempt := claims.live_attempt(session, callback)) is not None:
        moves.move(session, attempt, "cross", now, ended_at=now, ending="crossed")
    moves.note(session, "got_through", now, call, callback)
    return True
