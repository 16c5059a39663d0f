"""The third witness: finds what no delivery has told us, and asks the carrier."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import availability, calls, claims, dialled, due_rings, pushing
from voice.db import UTC
from voice.devices import Device
from voice.models import Attempt, Call, Callback, Leg
from voice.rollup_tables import Mark
from voice.rules import near, periods
from voice.work import outbox

QUIET_CALL = dt.timedelta(seconds=60)  # a caller's leg without news for this long is asked about
QUIET_LEG = dt.timedelta(seconds=60)
NIGHTLY = ("tidy_queues", "forget_words", "let_go")
STOPPED_LEG = dt.timedelta(seconds=4)  # we have had it ended, and its phone counts as busy until it says so
ROLL_EVERY = 300  # seconds: what has changed since is read off the calls themselves
OVERDUE = dt.timedelta(seconds=10)  # a caller who should have been let out: their wait requests do not come


NOW, SOON = sa.bindparam("now", type_=UTC), sa.bindparam("soon", type_=UTC)
# Most looks find nobody on a line and nothing in anybody's hands: one question then, instead of one for each kind.
LOOK = sa.select(
    sa.exists().where(Mark.id.is_not(None)).label("marked"),
    sa.exists().where(availability.is_back(NOW)).label("back"),
    sa.exists().where(Device.id.is_not(None)).label("devices"),
    sa.exists().where(Call.ended_at.is_(None)).label("calls"),
    sa.exists().where(Leg.ended_at.is_(None)).label("legs"),
    sa.exists().where(Attempt.ended_at.is_(None)).label("attempts"),
    sa.exists().where(Callback.lease_until.is_not(None)).label("leases"),
    sa.exists().where(due_rings.wanted(NOW, SOON)).label("due"),
)
LATE = sa.select(Call).where(Call.state == "ringing", Call.path == "queue", Call.ring_until <= NOW)
QUIET_CALLS = sa.select(Call).where(Call.ended_at.is_(None), Call.seen_at <= NOW)
QUIET_LEGS = sa.select(Leg).where(
    Leg.ended_at.is_(None), Leg.sid.is_not(None),
    sa.or_(Leg.stop_at <= NOW, Leg.stopping_at <= sa.bindparam("stopped", type_=UTC)),
)  # fmt: skip


def tonight(session: Session, now: dt.datetime) -> dt.datetime:
    """Have the work of the next night done, or after a standstill as soon as it is over. When that night is.

    Asked for again before it, nothing is added.
    """
    night = periods.next_night(now, availability.firm_zone(session))
    for job in NIGHTLY:
        outbox.emit(session, job, night, key=f"{job}:{night.date()}")
    return night


def sweep(session: Session, now: dt.datetime) -> None:
    """Everything that is due by the clock alone."""
    look = session.execute(LOOK, {"now": now, "soon": now + near.SOON}).one()
    _beside_calls(session, look, now)
    if look.calls:
        _let_out(session, now)
        _ask_about_calls(session, now)
    if look.legs:
        _ask_about_legs(session, now)
    if look.leases:
        claims.lapse(session, now)
    if look.attempts:
        dialled.lose_sight(session, now)
    if look.due or look.leases or look.attempts:  # what has just been put back may be due
        due_rings.sweep(session, now)


def _beside_calls(session: Session, look: Any, now: dt.datetime) -> None:
    if look.back:
        availability.come_back(session, now)
    if look.devices:
        pushing.wake_for_due(session, now)
    if look.marked:
        outbox.emit(session, "roll_up", now, key=f"roll_up:{int(now.timestamp()) // ROLL_EVERY}")


def _let_out(session: Session, now: dt.datetime) -> None:
    for call in session.scalars(LATE, {"now": now - OVERDUE}):
        if call.ended_at is None:
            calls.give_up_now(session, call, now)


def _ask_about_calls(session: Session, now: dt.datetime) -> None:
    for call in session.scalars(QUIET_CALLS, {"now": now - QUIET_CALL}):
        outbox.emit(session, "look_at_call", now, key=f"look:{call.id}:{_minute(now)}", call_id=call.id)


def _ask_about_legs(session: Session, now: dt.datetime) -> None:
    for leg in session.scalars(QUIET_LEGS, {"now": now - QUIET_LEG, "stopped": now - STOPPED_LEG}):
        outbox.emit(session, "look_at_leg", now, key=f"look:{leg.id}:{_minute(now)}", leg_id=leg.id)


def _minute(now: dt.datetime) -> int:
    return int(now.timestamp()) // 60
