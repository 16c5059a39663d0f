"""A ring-back, step by step: the staff member's phone rings, theirs is picked up, the caller's rings, both talk."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import steps
from dashboard.api import shapes
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice.models import Attempt, Callback, Leg


@operation(
    "GET",
    "/attempts/<attempt_id>",
    "How far a ring-back has come: the `step` that is under way and since when (null once it has ended), and when each "
    "began. `ending` says how it went.",
    {200: shapes.ref("CallbackAttempt")},
)
def attempt(session: Session, now: dt.datetime, attempt_id: str) -> Answer:
    """One ring-back."""
    # Joined: of a line that is out of sight there is none.
    rows = sa.select(Attempt, Leg).join(Callback, Callback.id == Attempt.callback_id)
    found = session.execute(rows.outerjoin(Leg, Leg.id == Attempt.leg_id).where(Attempt.id == attempt_id)).first()
    if found is None:
        raise Problem(404, "There is no such ring-back.")
    return wire(*found)


def wire(row: Attempt, leg: Leg | None) -> dict[str, Any]:
    """A ring-back as it is sent."""
    at, since = steps.where(row, leg)
    going = row.ended_at is None
    return {
        "id": row.id,
        "callback_id": row.callback_id,
        "staff": row.staff_id,
        "state": row.state,
        "step": shapes.STEPS[at] if going else None,
        "since": shapes.time(since) if going else None,
        "started_at": shapes.time(row.created_at),
        "picked_up_at": shapes.time(leg.picked_up_at) if leg else None,
        "dialled_at": shapes.time(row.sending_at),
        "rang_at": shapes.time(row.rang_at),
        "talking_since": shapes.time(row.answered_at),
        "ended_at": shapes.time(row.ended_at),
        "ending": row.ending,
        "talk_seconds": row.talk_seconds,
    }
