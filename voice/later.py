"""Setting a callback aside: it comes back at its time. What was promised stays as it was said."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves
from voice.claims import Refusal, mine_to_touch, no_live_attempt, refusal
from voice.firm import Line
from voice.models import Callback
from voice.promising import schedule
from voice.rules import numbers, snooze


def is_later(now: dt.datetime | sa.BindParameter[dt.datetime]) -> sa.ColumnElement[bool]:
    """A condition on callbacks: set aside (snoozed, between two tries, or to be called again), and not due yet."""
    return sa.and_(Callback.state == "waiting", Callback.later.is_not(None), Callback.due_at > now)


def choices(line: Line, caller: str | None, now: dt.datetime) -> list[snooze.Choice]:
    """What one tap can set this caller aside until."""
    return snooze.choices(now, schedule(line), numbers.caller_zones(caller, line.time_zone))


def said_in(line: Line, caller: str | None, now: dt.datetime) -> str:
    """The zone on whose clock a time for this caller is said and picked."""
    return snooze.said_in(numbers.caller_zones(caller, line.time_zone), line.time_zone, now)


def chosen(line: Line, caller: str | None, key: str, now: dt.datetime) -> dt.datetime | None:
    """The instant behind one of `choices`; None when it is offered no more."""
    return snooze.chosen(key, now, schedule(line), numbers.caller_zones(caller, line.time_zone))


def set_aside(
    session: Session, callback: Callback, staff_id: str, until: dt.datetime, now: dt.datetime
) -> Refusal | None:
    """Snooze until `until`, an instant ahead within a year (else ValueError). Nobody holds it meanwhile."""
    if not snooze.fits(until, now):
        raise ValueError("until must lie ahead, within a year")
    also = [mine_to_touch(staff_id, now), no_live_attempt()]
    free = {"claimed_by": None, "lease_until": None, "by_hand_at": None, "owed_by": staff_id}
    if not moves.move(session, callback, "snooze", now, also, due_at=until, later="snoozed", **free):
        return refusal(callback, staff_id)
    moves.note(session, "snoozed", now, callback=callback, staff=staff_id, until=until.isoformat())
    return None
