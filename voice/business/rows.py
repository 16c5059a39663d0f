"""From plan to rows: what changed is written, who is missing is switched off, nothing is deleted."""

import datetime as dt
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks
from voice.business.plan import LinePlan, Plan
from voice.firm import Business, Line, LineStaff, StaffMember
from voice.models import Contact


def write(session: Session, plan: Plan, now: dt.datetime) -> bool:
    """Make the rows say what the plan says; True when that changed anything."""
    # The row is locked: two files applied at once follow each other instead of mixing.
    business = session.scalar(sa.select(Business).with_for_update())
    changed = business is None
    said = {"name": plan.name, "country": plan.country, "time_zone": plan.time_zone, **asdict(plan.keeping)}
    if business is None:
        session.add(Business(**said, version=0))
    else:
        changed = _set(business, **said)
    changed |= _write_staff(session, plan)
    changed |= _write_lines(session, plan)
    changed |= _write_blocked(session, plan, now)
    return changed


def _set(row: Any, **values: Any) -> bool:
    """Set what differs."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _write_staff(session: Session, plan: Plan) -> bool:
    rows = {row.id: row for row in session.scalars(sa.select(StaffMember))}
    changed = False
    for person in plan.staff:
        row = rows.pop(person.id, None)
        if row is None:
            session.add(StaffMember(**asdict(person)))
            changed = True
        else:
            changed |= _set(row, **asdict(person), active=True)
    for row in rows.values():
        changed |= _set(row, active=False)
    session.flush()  # the lines point at these people
    return changed


def _write_lines(session: Session, plan: Plan) -> bool:
    rows = {row.number: row for row in session.scalars(sa.select(Line))}
    changed = False
    for position, line in enumerate(plan.lines):
        row = rows.pop(line.number, None)
        values = columns(line) | {"position": position, "time_zone": plan.time_zone}
        if row is None:
            session.add(Line(**values))
            changed = True
        else:
            if row.greeting != line.greeting:
                row.greeting_audio = None  # else callers would go on hearing the old recording
            changed |= _set(row, **values, active=True)
        session.flush()
        changed |= write_line_staff(session, line)
    for row in rows.values():
        changed |= _set(row, active=False)
    return changed


def columns(line: LinePlan) -> dict[str, Any]:
    """What a line's own row says."""
    return {name: value for name, value in asdict(line).items() if name != "staff"}


def write_line_staff(session: Session, line: LinePlan) -> bool:
    """Who answers the line, and in which order; True when that changed."""
    rows = sa.select(LineStaff.staff_id).where(LineStaff.line == line.number).order_by(LineStaff.position)
    if tuple(session.scalars(rows)) == line.staff:
        return False
    session.execute(sa.delete(LineStaff).where(LineStaff.line == line.number))
    for position, staff_id in enumerate(line.staff):
        session.add(LineStaff(line=line.number, staff_id=staff_id, position=position))
    return True


def _write_blocked(session: Session, plan: Plan, now: dt.datetime) -> bool:
    if plan.blocked is None:
        return False
    blocked = set(session.scalars(sa.select(Contact.number).where(Contact.blocked)))
    for number in sorted(blocked.symmetric_difference(plan.blocked)):
        callbacks.block(session, number, number in plan.blocked, now)
    return blocked != set(plan.blocked)
