"""The time a caller is promised: reads what the promise depends on, and has the rule decide."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.firm import Line, LineStaff, StaffMember
from voice.models import Callback
from voice.rules import hours, numbers, promise


def schedule(line: Line) -> hours.Schedule:
    """A line's opening hours as the rules read them."""
    return hours.Schedule.make(line.hours, line.time_zone, line.holidays, line.closed_days)


def promised_by(session: Session, line: Line, caller: str | None, now: dt.datetime) -> dt.datetime:
    """The time we would promise this caller now: from the line's minutes and hours, and what is ahead of them."""
    ahead = sa.select(sa.func.count()).where(Callback.line == line.number, Callback.state.in_(("waiting", "claimed")))
    on_duty = sa.select(sa.func.count()).select_from(LineStaff).join(StaffMember)
    people = on_duty.where(LineStaff.line == line.number, StaffMember.active, StaffMember.availability == "on")
    inputs = promise.PromiseInputs(
        now=now,
        minutes=line.promise_minutes,
        schedule=schedule(line),
        caller_zones=numbers.caller_zones(caller, line.time_zone),
        ahead=session.scalar(ahead) or 0,
        people=max(session.scalar(people) or 0, 1),
    )
    return promise.promise(inputs)
