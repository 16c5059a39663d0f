"""How a ring-back ended, as staff say it, and where each result leads."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves
from voice.about import NOTHING_SAID, About
from voice.callbacks import close
from voice.claims import Refusal, mine_to_touch, no_live_attempt, refusal
from voice.db import UTC
from voice.firm import Line
from voice.models import Attempt, Callback
from voice.promising import schedule
from voice.rules import numbers, promise

CLOSING = {
    "sorted": "talked",
    "wrong_person": "wrong_person",
    "do_not_call": "withdrawn_by_caller",
    "done_by_hand": "done_by_staff",
}
RESULTS = (*CLOSING, "call_again", "left_voicemail", "no_answer")
RANG = ("sorted", "done_by_hand", "left_voicemail", "no_answer")  # after these the caller's phone has rung

LASTING = ("wrong_person", "do_not_call")  # what these say holds for whatever they have rung about since, too
BY_MACHINE = ("left_voicemail", "no_answer")  # of a call that was picked up: not by them


def give_result(
    session: Session,
    callback: Callback,
    staff_id: str,
    result: str,
    now: dt.datetime,
    due_at: dt.datetime | None = None,
    about: About = NOTHING_SAID,
) -> Refusal | None:
    """How it ended, as chosen by staff: one of RESULTS. `call_again` needs `due_at`. Raises ValueError for others."""
    _check(result, due_at)
    # A try of ours has counted itself, and told when their phone rang; one dialled by hand does both here.
    by_hand = callback.state != "wrapping_up" and not (unsaid(callback, staff_id) and callback.by_hand_at is None)
    values: dict[str, Any] = {"result": result, "by_hand_at": None}
    if by_hand and result in RANG:
        values["rang_at"] = sa.func.coalesce(Callback.rang_at, sa.literal(now, UTC()))
    if result not in LASTING and not by_hand and rang_since(session, callback):
        return _owed_again(session, callback, staff_id, result, now, about)
    if result in CLOSING:
        refused = close(session, callback, staff_id, CLOSING[result], now, about, **values)
        if refused is None and not by_hand:
            _say_who_answered(session, callback, result)
        return refused
    tries = callback.attempts + (result != "call_again" and by_hand)
    also = [mine_to_touch(staff_id, now), no_live_attempt()]
    values |= {"attempts": tries, "owed_by": staff_id} | about.values(callback)
    if not back_on_list(session, callback, "again", tries, now, also, due_at=due_at, **values):
        return refusal(callback, staff_id)
    if not by_hand:
        _say_who_answered(session, callback, result)
    moves.note(session, "result", now, callback=callback, staff=staff_id, result=result, **about.told())
    return None


def close_by_hand(
    session: Session, callback: Callback, staff_id: str, reason: str, now: dt.datetime, about: About
) -> Refusal | None:
    """Close with a reason of `callbacks.BY_STAFF`; after a talk of ours *talked* is what *sorted* says."""
    if reason == "talked" and callback.state == "wrapping_up":
        return give_result(session, callback, staff_id, "sorted", now, about=about)
    return close(session, callback, staff_id, reason, now, about)


def _check(result: str, due_at: dt.datetime | None) -> None:
    if result not in RESULTS:
        raise ValueError(f"result must be one of: {', '.join(RESULTS)}")
    if result == "call_again" and due_at is None:
        raise ValueError("call_again needs the time to call again")


def rang_since(session: Session, callback: Callback) -> bool:
    """Whether they have rung again, and were missed, since the talk a result is said of: what they were promised then
    no result of that talk takes away."""
    last = last_answered(session, callback)
    return last is not None and last.answered_at is not None and callback.last_called_at > last.answered_at


def _owed_again(
    session: Session, callback: Callback, staff_id: str, result: str, now: dt.datetime, about: About
) -> Refusal | None:
    """That talk is settled, and they wait for the next one, at the place and by the time they have."""
    also = [mine_to_touch(staff_id, now), no_live_attempt()]
    values: dict[str, Any] = {"result": result, "owed_by": staff_id, "later": None, "attempts": 0}
    values |= {"claimed_by": None, "lease_until": None} | about.values(callback)
    if not moves.move(session, callback, "again", now, also, **values):
        return refusal(callback, staff_id)
    _say_who_answered(session, callback, result)
    moves.note(session, "result", now, callback=callback, staff=staff_id, result=result, **about.told())
    return None


def unsaid(callback: Callback, staff_id: str | None) -> bool:
    """Whether this person was the last to have it and, in the time for that, has not said how the talk ended: they can
    say it still, as long as nobody has it."""
    free = callback.state in ("waiting", "unreached") and callback.result == "not_recorded"
    return free and staff_id is not None and callback.owed_by == staff_id


def _say_who_answered(session: Session, callback: Callback, result: str) -> None:
    """Something picked up, and only staff know whether it was the caller or a machine. Said anew, it is put right."""
    last = last_answered(session, callback)
    if last is not None and result in BY_MACHINE:
        last.ending = "machine"
    elif last is not None and last.ending == "machine":
        last.ending = "talked"


def last_answered(session: Session, callback: Callback) -> Attempt | None:
    """The newest attempt in which something picked up and that is over: the one a result is said of."""
    answered = [Attempt.callback_id == callback.id, Attempt.answered_at.is_not(None), Attempt.ended_at.is_not(None)]
    return session.scalars(sa.select(Attempt).where(*answered).order_by(Attempt.created_at.desc()).limit(1)).first()


def back_on_list(
    session: Session,
    callback: Callback,
    event: str,
    tries: int,
    now: dt.datetime,
    also: Collection[sa.ColumnElement[bool]] = (),
    due_at: dt.datetime | None = None,
    **values: Any,
) -> bool:
    """After `tries` that reached nobody: due again at a widening gap (or at `due_at`), or unreached after the last."""
    line = session.get_one(Line, callback.line)
    free = {"claimed_by": None, "lease_until": None}
    if due_at is None and tries >= line.max_attempts:
        return moves.move(session, callback, "exhaust", now, list(also), later=None, **free, **values)
    zones = numbers.caller_zones(callback.caller, line.time_zone)
    due = due_at or promise.retry_at(now, tries, schedule(line), zones, line.retry_minutes)
    values |= {"due_at": due, "later": "call_again" if due_at else "retry"}
    return moves.move(session, callback, event, now, list(also), **free, **values)
