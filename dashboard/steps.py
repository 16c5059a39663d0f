"""How far a ring-back has come: ringing you, you picked up, ringing them, talking; read from what is live."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice.firm import StaffMember
from voice.models import Attempt, Leg


@dataclass(frozen=True)
class Step:
    """One step as the row says it; `since`: when the step that is under way began, None for the others."""

    words: str
    state: str  # done, now or next
    since: dt.datetime | None = None
    hint: str = ""


def read(session: Session, staff_id: str | None) -> dict[str, list[Step]]:
    """The steps of every ring-back that is under way, by callback; `staff_id`: who is "you"."""
    live = (
        sa.select(Attempt, Leg, StaffMember.name)
        .join(StaffMember, StaffMember.id == Attempt.staff_id)
        .outerjoin(Leg, Leg.id == Attempt.leg_id)
        .where(Attempt.ended_at.is_(None))
    )
    return {
        attempt.callback_id: steps(attempt, leg, words.name(name), attempt.staff_id == staff_id)
        for attempt, leg, name in session.execute(live)
    }


def steps(attempt: Attempt, leg: Leg | None, whose: str, mine: bool) -> list[Step]:
    """The four steps of one ring-back; `whose` phone it is, and whether that is the reader's own.

    A phone that rings for a promise by itself is said so, by name: whoever it belongs to did not ask for it.
    """
    name = None if mine else whose
    first = f"Ringback is ringing {whose}" if attempt.due_for else f"Ringing {name or 'you'}"
    labels = (first, f"{name or 'You'} picked up", "Ringing them", "Talking")
    at, since = _where(attempt, leg)
    hint = "press any key on your phone" if at == 1 and name is None else ""
    return [
        Step(label, "done" if place < at else "now" if place == at else "next", *((since, hint) if place == at else ()))
        for place, label in enumerate(labels)
    ]


def _where(attempt: Attempt, leg: Leg | None) -> tuple[int, dt.datetime]:
    """The step that is under way, and since when."""
    if attempt.answered_at is not None:
        return 3, attempt.answered_at
    if attempt.sending_at is not None:
        return 2, attempt.rang_at or attempt.sending_at
    if leg is not None and leg.picked_up_at is not None:
        return 1, leg.picked_up_at
    return 0, (leg.ringing_at or leg.placed_at) if leg is not None else attempt.created_at
