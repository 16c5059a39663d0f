"""Verbs on a caller who is taken up the ladder, where documents dial the phones. None commits."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves, phones, ringing
from voice.db import one_row
from voice.ledger import Pace
from voice.models import Call, Leg
from voice.rules import ring_plan

WORKER_GONE = dt.timedelta(seconds=12)  # without a sign of life: it gives one every five, however much it has to do


def begin(session: Session, call: Call, now: dt.datetime) -> bool:
    """Whether the caller must be taken up the ladder: no worker has the ring (any more), or the carrier's API is dead.

    One UPDATE decides, and every worker checks `path` before it places a leg: one that wakes late rings nobody.
    """
    pace = session.get(Pace, 1)
    dead = bool(pace and pace.shut_until and pace.shut_until > now)
    alone = sa.true() if _is_forsaken(session, call, pace, now) else Call.ring_claimed_at.is_(None)
    live = sa.exists().where(Leg.call_id == call.id, Leg.ended_at.is_(None), Leg.state != "placed")
    moved = session.execute(
        sa.update(Call)
        .where(Call.id == call.id, Call.state == "ringing", Call.path == "queue")
        .where(~live if dead else alone)
        .values(path="dial")
    )
    won = one_row(moved)
    session.refresh(call)
    if won:
        moves.note(session, "ladder", now, call=call, why="api" if dead else "worker")
    return won


def _is_forsaken(session: Session, call: Call, pace: Pace | None, now: dt.datetime) -> bool:
    """Whether the workers are gone that took this ring: no phone rings, and somebody's should."""
    seen = pace.worker_seen_at if pace else None
    if call.ring_claimed_at is None or seen is None or now - seen <= WORKER_GONE:
        return False
    session.refresh(call, with_for_update=True)  # a worker that wakes now either has written its leg down, or may not
    rings = sa.select(Leg.id).where(
        Leg.call_id == call.id, Leg.ended_at.is_(None), sa.or_(Leg.state != "placed", Leg.placed_at > now - WORKER_GONE)
    )
    if session.scalar(rings.limit(1)) is not None:
        return False
    plan, busy = ringing.waiting(session, call, now), phones.busy(session, now)
    return bool(ring_plan.due(plan, now, busy))


def accept(session: Session, call: Call, staff_id: str | None, now: dt.datetime) -> bool:
    """A person took the caller on the ladder, where the carrier itself joins the two."""
    path = sa.case((Call.path == "queue", "dial"), else_=Call.path)  # taken there while storage was gone
    won = moves.move(session, call, "accept", now, path=path, accepted_at=now, answered_by=staff_id, reserved_by=None)
    if won:
        moves.note(session, "accepted", now, call=call, staff=staff_id)
    return won


def lose(session: Session, call: Call, now: dt.datetime) -> None:
    """The person who took the caller on the ladder was gone before the two were joined."""
    unjoined = [Call.accepted_leg_id.is_(None), Call.state == "accepted"]
    before = call.answered_by if call.round > 0 else None  # they had talked before they were cut off
    moves.move(session, call, "lose", now, also=unjoined, accepted_at=None, answered_by=before)


def rings(session: Session, call: Call, staff_id: str, at: dt.datetime) -> None:
    """A phone of the ladder rings."""
    call.first_ring_at = min(call.first_ring_at or at, at)
    moves.note(session, "phone_rings", at, call=call, staff=staff_id)
