"""How far a ring-back has come: ringing you, you picked up, ringing them, talking; read from what is live."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice.call_log import UNREAD
from voice.firm import StaffMember
from voice.models import Attempt, Callback, Leg

TOLD_FOR = dt.timedelta(minutes=15)  # a ring in vain is worth a word for so long
LIVE = (
    sa.select(Attempt, Leg, StaffMember.name, UNREAD)
    .join(StaffMember, StaffMember.id == Attempt.staff_id)
    .outerjoin(Leg, Leg.id == Attempt.leg_id)
    .where(Attempt.ended_at.is_(None))
)
STILL_THEIRS = ("claimed", "waiting", "unreached")


@dataclass(frozen=True)
class Step:
    """One step as the row says it; `since`: when the step that is under way began, None for the others."""

    words: str
    state: str  # done, now or next
    since: dt.datetime | None = None
    hint: str = ""


def read(session: Session, staff_id: str | None) -> dict[str, list[Step]]:
    """The steps of every ring-back that is under way, by callback; `staff_id`: who is "you"."""
    return {
        attempt.callback_id: steps(attempt, leg, words.name(name), attempt.staff_id == staff_id, unread)
        for attempt, leg, name, unread in session.execute(LIVE)
    }


def missed(
    session: Session, found: Sequence[Callback], staff_id: str | None, now: dt.datetime
) -> dict[str, str]:  # fmt: skip
    """What became of the reader's phone, by callback: where the last that happened is that it rang for them in vain."""
    ids = [row.id for row in found if staff_id is not None and row.owed_by == staff_id and row.state in STILL_THEIRS]
    if not ids:
        return {}
    rows = sa.select(Attempt, Leg).outerjoin(Leg, Leg.id == Attempt.leg_id).where(Attempt.callback_id.in_(ids))
    last = {row.callback_id: (row, leg) for row, leg in session.execute(rows.order_by(Attempt.created_at))}
    return {
        callback_id: _in_vain(attempt, leg)
        for callback_id, (attempt, leg) in last.items()
        if attempt.staff_id == staff_id
        and attempt.ending in ("not_accepted", "not_placed")
        and attempt.ended_at is not None
        and now - attempt.ended_at < TOLD_FOR
    }


def _in_vain(attempt: Attempt, leg: Leg | None) -> str:
    if leg is None or attempt.ending == "not_placed" or leg.state in ("failed", "limited"):
        return "Your phone could not be rung."
    if leg.picked_up_at is not None:
        return "Your phone was picked up, but no key was pressed, so nobody was rung."
    return {"busy": "Your phone was busy.", "declined": "The call was declined on your phone."}.get(
        leg.state, "Your phone rang, you did not pick up."
    )


def steps(attempt: Attempt, leg: Leg | None, whose: str, mine: bool, unread: bool = False) -> list[Step]:
    """The four steps of one ring-back; `whose` phone it is, and whether that is the reader's own.

    A phone that rings for a promise by itself is said so, by name: whoever it belongs to did not ask for it. `unread`:
    the carrier's call log cannot be read, without which a worker that has just started rings nobody back.
    """
    name = None if mine else whose
    first = f"Ringback is ringing {whose}" if attempt.due_for else f"Ringing {name or 'you'}"
    at, since = where(attempt, leg)
    hint = "press any key on your phone" if at == 1 and name is None else ""
    if leg is None and at == 0 and unread:
        whose_phone = "Your phone" if name is None else f"{name}'s phone"
        first = f"{whose_phone} rings once the carrier has said whether they got through meanwhile"
    labels = (first, f"{name or 'You'} picked up", "Ringing them", "Talking")
    return [
        Step(label, "done" if place < at else "now" if place == at else "next", *((since, hint) if place == at else ()))
        for place, label in enumerate(labels)
    ]


def where(attempt: Attempt, leg: Leg | None) -> tuple[int, dt.datetime]:
    """The step that is under way, from 0, and since when."""
    if attempt.answered_at is not None:
        return 3, attempt.answered_at
    if attempt.sending_at is not None:
        return 2, attempt.rang_at or attempt.sending_at
    if leg is not None and leg.picked_up_at is not None:
        return 1, leg.picked_up_at
    return 0, (leg.ringing_at or leg.placed_at) if leg is not None else attempt.created_at
