"""Calls: what came in and how it ended."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.callbacks import refused, verified
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice import paging, ringing
from voice.models import Call


@operation(
    "GET",
    "/calls",
    "Calls received from `since` until just before `until`, newest first.",
    {200: shapes.listed("Call")},
    query=("since", "until", "line", "caller", "outcome", "limit", "cursor"),
)
def calls(session: Session, now: dt.datetime) -> Answer:
    """One page of calls."""
    page, (since, until) = asked.page(), asked.window(now)
    rows = sa.select(Call).where(Call.received_at >= since, Call.received_at < until)
    if (line := asked.line(session)) is not None:
        rows = rows.where(Call.line == line)
    if (caller := asked.number("caller")) is not None:
        rows = rows.where(Call.caller == caller)
    if (outcomes := asked.choices("outcome", shapes.OUTCOMES)) is not None:
        rows = rows.where(Call.outcome.in_(outcomes))
    if page.after is not None:
        moment, last = page.after
        rows = rows.where(
            Call.received_at <= moment,  # lets the index find the place; the next line finds the row
            sa.or_(Call.received_at < moment, Call.id < last),
        )
    found = session.scalars(rows.order_by(Call.received_at.desc(), Call.id.desc()).limit(page.limit + 1)).all()
    more = len(found) > page.limit
    following = paging.cursor(found[-2].received_at, found[-2].id) if more else None
    return {"items": [wire(row, now) for row in found[: page.limit]], "next": following}


@operation(
    "POST",
    "/calls/<sid>/take",
    "Keep a caller who hears our phones ringing for one staff member, whose phone is rung for them; those that ring "
    "already may still win. 409 when somebody else has them, they ring no more, or that person's phone is busy or "
    "cannot be rung.",
    {200: shapes.ref("Call"), 409: shapes.ref("Problem"), 422: shapes.ref("Problem")},
    body=shapes.request_body(("staff",), staff=shapes.TEXT),
)
def take(session: Session, now: dt.datetime, sid: str) -> Answer:
    """Take it."""
    row = session.scalar(sa.select(Call).where(Call.sid == sid))
    if row is None:
        raise Problem(404, "There is no such call.")
    staff = asked.staff(session, asked.body(("staff",)), row.line)
    if (no := ringing.reserve(session, row, staff, now)) is None:
        return wire(row, now)
    if no.kind == "too_late":
        return Problem(409, "Somebody else has taken that call, or the caller rings no more.", kind=no.kind)
    return refused(no)


def wire(row: Call, now: dt.datetime) -> dict[str, Any]:
    """A call as it is sent."""
    return {
        "sid": row.sid,
        "line": row.line,
        "caller": row.caller,
        "state": row.state,
        "outcome": row.outcome,
        "cause": row.cause,
        "path": row.path,
        "started_at": shapes.time(row.received_at),
        "first_ring_at": shapes.time(row.first_ring_at),
        "answered_at": shapes.time(row.joined_at),
        "ended_at": shapes.time(row.ended_at),
        "answered_by": row.answered_by,
        "callback_id": row.callback_id,
        "taken_by": row.reserved_by if row.reserved_until and row.reserved_until > now else None,
        "verified": verified(row.caller, row.verstat),
    }
