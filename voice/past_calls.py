"""Some weeks of one line, read from the rows: what `voice.rules.past` makes of them can be played again. Only looks."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import ringing
from voice.db import chunks
from voice.firm import Line, LineStaff, StaffMember
from voice.ledger import CallEvent
from voice.models import Call, Leg
from voice.rules import past, states

KINDS = (
    "received", "reserved", "crossed", "passed_on",
    "phone_placed", "phone_rings", "phone_picked_up", "accepted", "phone_stops",
)  # fmt: skip
MOST = 3000  # calls: a night's work of replaying
LINE_COLUMNS = (
    "name", "greeting", "language", "ring", "last_person_first", "ring_seconds", "in_order_step_seconds",
    "promise_minutes", "hours", "holidays", "closed_days", "time_zone",
)  # fmt: skip
STAFF_COLUMNS = ("id", "name", "no_mailbox", "shifts", "time_zone", "days_off")


def read(session: Session, line: Line, since: dt.datetime, until: dt.datetime) -> past.Past:
    """The newest calls that arrived from `since` to before `until` and are over, at most `MOST`.

    Callers are numbered: no number and no name of theirs goes along.
    """
    arrived = sa.select(Call).where(Call.line == line.number, Call.received_at >= since, Call.received_at < until)
    over = arrived.where(Call.ended_at.is_not(None), Call.outcome != "pending")
    rows = list(session.scalars(over.order_by(Call.received_at.desc()).limit(MOST)))
    whole = [call for call in reversed(rows) if _is_whole(call)]
    who = {key: place for place, key in enumerate(dict.fromkeys(call.caller_key for call in whole))}
    calls = past.read([_call(call, who[call.caller_key]) for call in whole], _events(session, whole))
    return past.Past(
        line={name: getattr(line, name) for name in LINE_COLUMNS},
        people=_people(session, line),
        calls=tuple(calls),
        held=tuple(_held(session, line, whole)),
        set_aside=len(rows) - len(whole),
    )


def _is_whole(call: Call) -> bool:
    """Whether the phones, and nothing else, decided about it."""
    decided = call.cause not in ("blocked", "loop", "our_outage", "carrier_limit")
    return call.outcome != "blocked" and call.path == "queue" and decided and call.state in states.CALL_OVER


def _call(call: Call, who: int) -> past.PastCall:
    def after(moment: dt.datetime | None) -> float:
        return round(((moment or call.received_at) - call.received_at).total_seconds(), 3)

    whole = call.talk_seconds  # rounded; to the moment where it was one talk, up to the end
    exact = after(call.ended_at) - after(call.joined_at) if call.joined_at else 0.0
    talk = exact if abs(exact - whole) < 1 else float(whole)

    return past.PastCall(
        id=call.id, at=call.received_at, withheld=call.caller is None, who=who, outcome=call.outcome, cause=call.cause,
        answered_by=call.answered_by, talk=round(talk, 3), ring_seconds=None, mode=None,
        waited=after(call.accepted_at or call.told_at or call.ended_at),
    )  # fmt: skip


def _events(session: Session, calls: Sequence[Call]) -> Iterator[past.Event]:
    found: list[sa.Row[Any]] = []
    for ids in chunks([call.id for call in calls]):
        rows = sa.select(CallEvent.call_id, CallEvent.at, CallEvent.kind, CallEvent.data, CallEvent.id)
        found += session.execute(rows.where(CallEvent.call_id.in_(ids), CallEvent.kind.in_(KINDS))).all()
    for row in sorted(found, key=lambda each: (each.at, each.id)):
        yield row.call_id, row.at, row.kind, row.data


def _people(session: Session, line: Line) -> tuple[dict[str, Any], ...]:
    rows = sa.select(StaffMember).join(LineStaff, LineStaff.staff_id == StaffMember.id)
    mine = rows.where(LineStaff.line == line.number, StaffMember.active).order_by(LineStaff.position)
    return tuple({name: getattr(member, name) for name in STAFF_COLUMNS} for member in session.scalars(mine))


def _held(session: Session, line: Line, calls: Sequence[Call]) -> Iterator[past.Held]:
    """Phones in use for ring-backs and for other lines up to the last call, and for whatever else in the day before."""
    if not calls:
        return
    begin = calls[0].received_at
    rows = sa.select(Leg.staff_id, Leg.placed_at, Leg.ended_at, Leg.joined_at).where(
        Leg.placed_at >= begin - ringing.RECENT,
        Leg.placed_at <= calls[-1].received_at,
        Leg.ended_at.is_not(None),
        # A leg that rang to ring somebody back who rang in meanwhile is a ring for their call, once it is picked up.
        sa.or_(
            Leg.purpose == "ring_back",
            sa.and_(Leg.attempt_id.is_not(None), Leg.picked_up_at.is_(None)),
            Leg.line != line.number,
            Leg.placed_at < begin,
        ),
    )
    for row in session.execute(rows.order_by(Leg.placed_at)):
        yield past.Held(row.staff_id, row.placed_at, row.ended_at, row.joined_at is not None)
