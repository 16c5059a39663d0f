"""A caller rings in while they are being rung back: the two are joined instead of passing each other."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from voice import attempts, callbacks, claims, moves
from voice.models import Attempt, Call, Leg
from voice.work import outbox


@dataclass(frozen=True)
class Crossing:
    """A caller rang in while being rung back: `leg` is the staff leg that is theirs now, None when none was placed.

    `accepted`: a key was pressed there already, and it is on its way into this caller's queue.
    """

    leg: Leg | None
    accepted: bool


def is_rung_back(session: Session, call: Call) -> bool:
    """Whether a phone of ours is under way to this caller just now: they are joined even where nobody else is rung."""
    callback = callbacks.open_of(session, call.line, call.caller_key) if call.caller is not None else None
    attempt = claims.live_attempt(session, callback) if callback else None
    leg = session.get(Leg, attempt.leg_id) if attempt and attempt.leg_id else None
    return attempt is not None and leg is not None and leg.ended_at is None and attempt.answered_at is None


def crossing(session: Session, call: Call, now: dt.datetime) -> Crossing | None:
    """`call` has come in while its caller is being rung back: hand that staff leg over. None: nobody rings them.

    The attempt ends as `crossed`, which is no try; the callback stays with the same person until they have talked.
    """
    callback = callbacks.open_of(session, call.line, call.caller_key)
    attempt = claims.live_attempt(session, callback) if callback else None
    if callback is None or attempt is None:
        return None
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
