"""Lines: our numbers, as business.toml describes them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice.firm import Line, LineStaff

SAME = (
    "number", "name", "active", "greeting", "language", "ring", "last_person_first", "ring_seconds",
    "in_order_step_seconds", "promise_minutes", "max_attempts", "hours", "holidays", "closed_days", "time_zone",
    "retry_minutes", "wrap_up_minutes", "lease_seconds", "due_ring",
)  # fmt: skip


@operation(
    "GET",
    "/lines",
    "All lines, in the order of business.toml; those switched off too.",
    {200: shapes.listed("Line")},
    query=("limit", "cursor"),
)
def lines(session: Session, now: dt.datetime) -> Answer:
    """Every line: a firm has a handful."""
    return asked.few(wire(session, session.scalars(sa.select(Line).order_by(Line.position, Line.number)).all()))


@operation("GET", "/lines/<number>", "One line.", {200: shapes.ref("Line")})
def line(session: Session, now: dt.datetime, number: str) -> Answer:
    """One line."""
    row = session.get(Line, number)
    if row is None:
        raise Problem(404, "There is no such line.")
    return wire(session, [row])[0]


def wire(session: Session, rows: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines as they are sent, each with its staff in ringing order."""
    staff: dict[str, list[str]] = {row.number: [] for row in rows}
    theirs = sa.select(LineStaff).where(LineStaff.line.in_(staff)).order_by(LineStaff.position)
    for member in session.scalars(theirs):
        staff[member.line].append(member.staff_id)
    return [{name: getattr(row, name) for name in SAME} | {"staff": staff[row.number]} for row in rows]
