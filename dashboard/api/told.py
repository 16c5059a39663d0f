"""News: what colleagues did with somebody's callbacks. Whoever has read a line says OK, and it is gone."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice import sight, undo
from voice.firm import StaffMember
from voice.list_tables import Told
from voice.models import Callback


@operation(
    "GET",
    "/told",
    "What colleagues did with callbacks and nobody has said OK to yet, newest first: one of a `staff` member was taken "
    "over from them, or one was handed over to them.",
    {200: shapes.listed("Told")},
    query=("staff", "limit", "cursor"),
)
def told_list(session: Session, now: dt.datetime) -> Answer:
    """What is not read yet."""
    # Joined: nothing is told of a line that is out of sight.
    unseen = sa.select(Told).join(Callback, Callback.id == Told.callback_id).where(Told.seen_at.is_(None))
    if (staff := request.args.get("staff")) is not None:
        if session.get(StaffMember, staff) is None:
            raise Problem(400, "staff: must be the id of a staff member.")
        unseen = unseen.where(Told.staff_id == staff)
    return asked.few([wire(row) for row in session.scalars(unseen.order_by(Told.at.desc(), Told.id.desc()))])


@operation(
    "POST",
    "/told/<told_id>/seen",
    "Say OK to a line of news, for the staff member it was for; again: nothing changes. "
    "For ten seconds `callbacks/{id}/undo` brings it back.",
    {200: shapes.ref("Told"), 422: shapes.ref("Problem")},
    body=shapes.request_body(("staff",), staff=shapes.TEXT),
)
def told_seen(session: Session, now: dt.datetime, told_id: str) -> Answer:
    """OK."""
    row = session.get(Told, int(told_id)) if told_id.isascii() and told_id.isdecimal() and len(told_id) < 19 else None
    line = session.get_one(Callback, row.callback_id).line if row else ""
    if row is None or not sight.sees(line):
        raise Problem(404, "There is no such line of news.")
    if asked.staff(session, asked.body(("staff",)), line) != row.staff_id:
        raise Problem(422, f"staff: this was told to {row.staff_id}.", kind="not_theirs")
    undo.put_away(session, row, now)
    return wire(row)


def wire(row: Told) -> dict[str, Any]:
    """A line of news as it is sent."""
    return {
        "id": str(row.id),
        "staff": row.staff_id,
        "by": row.by_staff_id,
        "callback_id": row.callback_id,
        "kind": row.kind,
        "word": row.word,
        "at": shapes.time(row.at),
        "seen_at": shapes.time(row.seen_at),
    }
