"""How a ring-back ended, as staff say it, and where each result leads."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves
from voice.callbacks import close
from voice.claims import Refusal, mine_to_touch, no_live_attempt, refusal
from voice.firm import Line
from voice.models import Callback
from voice.promising import schedule
from voice.rules import numbers, promise

CLOSING = {
    "sorted": "talked",
    "wrong_person": "wrong_person",
    "do_not_call": "withdrawn_by_caller",
    "done_by_hand": "done_by_staff",
}
RESULTS = (*CLOSING, "call_again", "left_voicemail", "no_answer")


def give_result(
    session: Session,
    callback: Callback,
    staff_id: str,
    result: str,
    now: dt.datetime,
    due_at: dt.datetime | None = None,
    note: str = "",
) -> Refusal | None:
    """How it ended, as chosen by staff: one of RESULTS. `call_again` needs `due_at`. Raises ValueError for others."""
    if result not in RESULTS:
        raise ValueError(f"result must be one of: {', '.join(RESULTS)}")
    if result == "call_again" and due_at is None:
        raise ValueError("call_again needs the time to call again")
    if result in CLOSING:
        return close(session, callback, staff_id, CLOSING[result], now, note, result)
    # A try of ours has counted itself when it ended; one dialled by hand counts here.
    tries = callback.attempts + (result != "call_again" and callback.state != "wrapping_up")
    also = [mine_to_touch(staff_id, now), no_live_attempt()]
    values = {"result": result, "attempts": tries, "note": note or callback.note, "owed_by": staff_id}
    if not back_on_list(session, callback, "again", tries, now, also, due_at=due_at, **values):
        return refusal(callback, staff_id)
    moves.note(session, "result", now, callback=callback, staff=staff_id, result=result)
    return None


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
        return moves.move(session, callback, "exhaust", now, list(also), **free, **values)
    zones = numbers.caller_zones(callback.caller, line.time_zone)
    later = due_at or promise.retry_at(now, tries, schedule(line), zones, line.retry_minutes)
    return moves.move(session, callback, event, now, list(also), due_at=later, **free, **values)
