"""Staff members: who answers, and whether they can just now."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice.firm import StaffMember

SAME = ("id", "name", "phone", "email", "role", "no_mailbox", "shifts", "availability", "active")


@operation(
    "GET",
    "/staff",
    "All staff members by id; those switched off too.",
    {200: shapes.listed("StaffMember")},
    query=("limit", "cursor"),
)
def staff_list(session: Session, now: dt.datetime) -> Answer:
    """Every staff member: a firm has a few dozen at most."""
    return asked.few([wire(row) for row in session.scalars(sa.select(StaffMember).order_by(StaffMember.id))])


@operation("GET", "/staff/<staff_id>", "One staff member.", {200: shapes.ref("StaffMember")})
def staff_member(session: Session, now: dt.datetime, staff_id: str) -> Answer:
    """One staff member."""
    return wire(_find(session, staff_id))


@operation(
    "PATCH",
    "/staff/<staff_id>",
    "Say whether a staff member can be rung: on, away or off.",
    {200: shapes.ref("StaffMember")},
    body=shapes.request_body(("availability",), availability=shapes.one_of(*shapes.AVAILABILITY)),
)
def set_availability(session: Session, now: dt.datetime, staff_id: str) -> Answer:
    """On, away or off."""
    row, given = _find(session, staff_id), asked.body(("availability",))
    wanted = asked.word(given, "availability", shapes.AVAILABILITY)
    if row.availability != wanted:
        row.availability = wanted  # every process reads the firm anew after this: see `voice.roster`
    return wire(row)


def wire(row: StaffMember) -> dict[str, Any]:
    """A staff member as they are sent."""
    return {name: getattr(row, name) for name in SAME}


def _find(session: Session, staff_id: str) -> StaffMember:
    row = session.get(StaffMember, staff_id)
    if row is None:
        raise Problem(404, "There is no such staff member.")
    return row
