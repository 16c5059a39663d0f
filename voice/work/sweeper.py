"""The third witness: finds what no delivery has told us, and asks the carrier."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import availability, calls, claims, dialled, due_rings, pushing
from voice.db import UTC
from voice.models import Attempt, Call, Callback, Leg
from voice.rollup_tables import Mark
from voice.rules import near
from voice.work import outbox

QUIET_CALL = dt.timedelta(seconds=60)  # a caller's leg without news for this long is asked about
QUIET_LEG = dt.timedelta(seconds=60)
NIGHT = 8 * 3600.0  # seconds: once a day, and not at the first moment of it
STOPPED_LEG = dt.timedelta(seconds=4)  # we have had it ended, and its phone counts as busy until it says so
ROLL_EVERY = 300  # seconds: what has changed since is read off the calls themselves
OVERDUE = dt.timedelta(seconds=10)  # a caller who should have been let out: their wait requests do not come


# Most looks find nobody on a line and nothing in anybody's hands: one question then, instead of one for each kind.
ANYTHING = sa.select(
    sa.exists().where(Call.ended_at.is_(None))
    | sa.exists().where(Leg.ended_at.is_(None))
    | sa.exists().where(Attempt.ended_at.is_(None))
    | sa.exists().where(Callback.lease_until.is_not(None))
    | sa.exists().where(due_rings.wanted(sa.bindparam("now", type_=UTC), sa.bindparam("soon", type_=UTC)))
)
MARKED = sa.select(sa.exists(sa.select(Mark.id)))


def sweep(session: Session, now: dt.datetime) -> None:
    """Everything that is due by the clock alone."""
    outbox.emit(session, "tidy_queues", now, key=f"tidy_queues:{now.date()}", after=NIGHT)
    if session.scalar(MARKED):
        outbox.emit(session, "roll_up", now, key=f"roll_up:{int(now.timestamp()) // ROLL_EVERY}")
    availability.come_back(session, now)
    pushing.wake_for_due(session, now)
    if not session.scalar(ANYTHING, {"now": now, "soon": now + near.SOON}):
        return
    _let_out(session, now)
    _ask_about_calls(session, now)
    _ask_about_legs(session, now)
    claims.lapse(session, now)
    dialled.lose_sight(session, now)
    due_rings.sweep(session, now)


def _let_out(session: Session, now: dt.datetime) -> None:
    late = sa.select(Call).where(Call.state == "ringing", Call.path == "queue", Call.ring_until <= now - OVERDUE)
    for call in session.scalars(late):
        if call.ended_at is None:
            calls.give_up_now(session, call, now)


def _ask_about_calls(session: Session, now: dt.datetime) -> None:
    quiet = sa.select(Call).where(Call.ended_at.is_(None), Call.seen_at <= now - QUIET_CALL)
    for call in session.scalars(quiet):
        outbox.emit(session, "look_at_call", now, key=f"look:{call.id}:{_minute(now)}", call_id=call.id)


def _ask_about_legs(session: Session, now: dt.datetime) -> None:
    late = sa.or_(Leg.stop_at <= now - QUIET_LEG, Leg.stopping_at <= now - STOPPED_LEG)
    quiet = sa.select(Leg).where(Leg.ended_at.is_(None), Leg.sid.is_not(None), late)
    for leg in session.scalars(quiet):
        outbox.emit(session, "look_at_leg", now, key=f"look:{leg.id}:{_minute(now)}", leg_id=leg.id)


def _minute(now: dt.datetime) -> int:
    return int(now.timestamp()) // 60
