"""A promise is near and nobody has it: the freest person's phone rings by itself, each once.

Live callers go first, unless the promise would be missed for it (`near.first`). That decides who gets a phone that is
free. One that rings for a caller already is theirs: to take it from them is to lose somebody who is on the line for a
promise that would still wait to be picked up, heard and dialled for, and may be late all the same. The list says so
(`list_page._first`), and whoever sees it has a tap for either.

Sweeps and verbs; none commits. What the person hears and what their key does is the ring-back's own way.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import attempts, moves, phones, ringing, roster
from voice.db import UTC
from voice.firm import Line
from voice.models import Attempt, Call, Callback, Leg
from voice.rules import hours, near, numbers, promise

UNPLACED = dt.timedelta(seconds=20)  # a phone that could not be rung by then leaves the turn to another
LATELY = dt.timedelta(hours=12)  # who has talked longer ago than this is as free as one can be
Moment = dt.datetime | sa.BindParameter[dt.datetime]
BY_ITSELF = sa.select(Attempt).where(
    Attempt.ended_at.is_(None), Attempt.due_for.is_not(None), Attempt.state == "intended"
)
LIVE_CALLER = sa.and_(Call.state == "ringing", Call.ended_at.is_(None))


def soon(session: Session, now: dt.datetime) -> list[Callback]:
    """Callbacks whose promise is due within five minutes and which nobody has, the most urgent first."""
    return list(session.scalars(SOON, {"now": now, "soon": now + near.SOON}))


def wanted(now: Moment, until: Moment) -> sa.ColumnElement[bool]:
    """The condition for `soon`. A promise that is past is not rung for: a worker that wakes late rings nobody up."""
    return sa.and_(
        Callback.state == "waiting",
        Callback.rang_at.is_(None),
        Callback.due_at <= until,
        Callback.due_at <= Callback.promised_by,  # not put off by somebody since
        Callback.promised_by > now,
        Callback.promised_by <= until,
    )


SOON = (
    sa.select(Callback)
    .where(wanted(sa.bindparam("now", type_=UTC), sa.bindparam("soon", type_=UTC)))
    .order_by(Callback.promised_by, Callback.id)
)


def sweep(session: Session, now: dt.datetime) -> None:
    """Ring one phone for each promise that needs it, and leave those alone whose caller is somebody's by now."""
    _let_go(session, now)
    near_ones = [(callback, card) for callback in soon(session, now) if (card := _card_for(session, callback, now))]
    if not near_ones:
        return
    taken = phones.busy(session, now) | phones.parting(session, now) | _rung_already(session)
    wanted_by_callers = _wanted_by_callers(session, now)
    for callback, card in near_ones:
        rings = _ring_freest(session, callback, card, taken | wanted_by_callers, now)
        if not rings and not near.first(callback.promised_by, now).live:
            rings = _ring_freest(session, callback, card, taken, now)
        taken |= rings


def _card_for(session: Session, callback: Callback, now: dt.datetime) -> roster.LineCard | None:
    """The line of a callback that may be rung for now; None: its line does not ring by itself, or this is no hour."""
    line, card = session.get_one(Line, callback.line), roster.current(session).line(callback.line)
    return card if card is not None and line.due_ring and _may_be_rung(callback, card, now) else None


def _may_be_rung(callback: Callback, card: roster.LineCard, now: dt.datetime) -> bool:
    zones = numbers.caller_zones(callback.caller, card.time_zone)
    return hours.is_open(card.schedule(), now) and promise.within_caller_hours(now, zones, card.time_zone)


def _ring_freest(
    session: Session, callback: Callback, card: roster.LineCard, taken: set[str], now: dt.datetime
) -> set[str]:
    """Ring the freest person who is not `taken`; whom, if anybody."""
    rung = set(session.scalars(
        sa.select(Attempt.staff_id).where(Attempt.callback_id == callback.id, Attempt.due_for == callback.promised_by)
    ))  # fmt: skip
    here = [each for each in card.on_shift(now) if each.id not in taken and each.phone_at(now) != callback.caller]
    chosen = near.freest(_candidates(session, [each.id for each in here], now), rung)
    rings = chosen is not None and attempts.ring_by_itself(session, callback, chosen, now) is not None
    return {chosen} if chosen is not None and rings else set()


def _wanted_by_callers(session: Session, now: dt.datetime) -> set[str]:
    """Everybody a live caller's plan holds: none of them loses a phone to a promise for which there is time yet."""
    found: set[str] = set()
    for call in session.scalars(sa.select(Call).where(LIVE_CALLER)):
        card = roster.current(session).line(call.line)
        found |= set(ringing.people(session, card, call, now)) if card else set()
    return found


def _rung_already(session: Session) -> set[str]:
    return set(session.scalars(sa.select(Attempt.staff_id).where(Attempt.ended_at.is_(None))))


def _candidates(session: Session, staff: Sequence[str], now: dt.datetime) -> list[near.Candidate]:
    talked = sa.select(Leg.staff_id, sa.func.max(Leg.ended_at)).where(
        Leg.staff_id.in_(staff), Leg.placed_at > now - LATELY, Leg.accepted_at.is_not(None)
    )
    idle = {row[0]: row[1] for row in session.execute(talked.group_by(Leg.staff_id))}
    noting = set(session.scalars(sa.select(Callback.claimed_by).where(Callback.state == "wrapping_up")))
    return [near.Candidate(each, idle.get(each), each in noting) for each in staff]


def _let_go(session: Session, now: dt.datetime) -> None:
    """Phones that ring, or are to ring, for a callback somebody has taken, closed or put off meanwhile; or too late."""
    for attempt in session.scalars(BY_ITSELF).all():
        callback = session.get_one(Callback, attempt.callback_id, populate_existing=True)
        taken = callback.state != "waiting" or callback.claimed_by is not None
        if taken and callback.claimed_by != attempt.staff_id:
            attempts.overtake(session, attempt, now)
        elif attempt.leg_id is None and now - attempt.created_at > UNPLACED:
            attempts.overtake(session, attempt, now, unrung=True)


def give_way(session: Session, call: Call, now: dt.datetime) -> None:
    """A caller rings in while a phone of their plan rings for a promise that can wait: it now rings for them."""
    card = roster.current(session).line(call.line)
    theirs = ringing.people(session, card, call, now) if card else ()
    for attempt, leg in session.execute(
        sa.select(Attempt, Leg)
        .join(Leg, Leg.id == Attempt.leg_id)
        .where(Attempt.due_for.is_not(None), Attempt.state == "intended", Attempt.staff_id.in_(theirs))
        .where(Leg.state.in_(("placed", "ringing")), Leg.ended_at.is_(None))
    ).all():
        can_wait = near.first(attempt.due_for, now).live
        if can_wait and attempts.overtake(session, attempt, now, unrung=True, stop=False):
            leg.purpose, leg.attempt_id, leg.call_id = "ring", None, call.id
            moves.note(session, "passed_on", now, call=call, staff=leg.staff_id, leg=leg.id)
    session.flush()
