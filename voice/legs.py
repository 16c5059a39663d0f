"""What a staff leg's news means: for the phone, for the caller it rang for, for the ring-back it served."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import attempts, availability, calls, carrier_pace, mailboxes, moves, ringing
from voice.db import one_row
from voice.models import Attempt, Call, Leg
from voice.rules.availability import RANG_OUT

UNRUNG = 2.0  # seconds: a leg that fails sooner, without ringing, was refused for a cap
SETUP = 1.0  # seconds from asking for a leg until its phone rings
HAND = 1.0  # seconds: a phone that rang longer than this before it was refused was declined by a hand


def bind(session: Session, leg: Leg, sid: str) -> None:
    """The carrier's id of a leg, learned from whichever delivery came first."""
    if leg.sid is None:
        session.execute(sa.update(Leg).where(Leg.id == leg.id, Leg.sid.is_(None)).values(sid=sid))
        session.refresh(leg)


def is_news(session: Session, leg: Leg, sequence: int | None, sid: str) -> bool:
    """Whether a status is newer than what we know; without a number the state table alone decides."""
    bind(session, leg, sid)
    if sequence is None:
        return True
    newer = session.execute(
        sa.update(Leg).where(Leg.id == leg.id, Leg.sequence < sequence).values(sequence=sequence)
    )  # fmt: skip
    session.refresh(leg)
    return one_row(newer)


def apply(session: Session, leg: Leg, event: str, at: dt.datetime) -> None:
    """Apply one event of the carrier's to a leg, as of `at`."""
    if event == "ringing":
        _rings(session, leg, at)
    elif event == "picked_up":
        moves.move(session, leg, "picked_up", at, picked_up_at=at)
    else:
        over(session, leg, event, at)


def _rings(session: Session, leg: Leg, at: dt.datetime) -> None:
    stop = at + dt.timedelta(seconds=leg.ring_seconds)
    if not moves.move(session, leg, "ringing", at, ringing_at=at, stop_at=stop):
        return
    carrier_pace.rings(session, at)
    call = session.get(Call, leg.call_id) if leg.call_id else None
    if call is not None:
        earliest = sa.func.coalesce(Call.first_ring_at, at)
        session.execute(sa.update(Call).where(Call.id == call.id).values(first_ring_at=earliest))
        session.refresh(call)
        moves.note(session, "phone_rings", at, call=call, staff=leg.staff_id, leg=leg.id)


def over(session: Session, leg: Leg, event: str, at: dt.datetime, silent: bool = False) -> None:
    """The leg is over, in the carrier's word for it. `silent`: it was picked up and no key came."""
    before, call = leg.state, _call_of(session, leg)
    event = _meaning(session, leg, event, at)
    if not moves.move(session, leg, event, at, ended_at=at):
        return
    if call is not None:
        moves.note(session, "phone_stops", at, call=call, staff=leg.staff_id, leg=leg.id, how=leg.state)
        _tell_caller(session, leg, call, before, at, silent)
    mailboxes.heard(session, leg, silent)
    availability.rang(session, leg, at)
    if leg.attempt_id and (attempt := session.get(Attempt, leg.attempt_id)):
        attempts.staff_leg_ended(session, attempt, leg, at)


def _call_of(session: Session, leg: Leg) -> Call | None:
    """The caller a leg is about: the one it was offered, else the one it rang for."""
    return session.get(Call, leg.offered_call_id or leg.call_id or "")


def _meaning(session: Session, leg: Leg, event: str, at: dt.datetime) -> str:
    """The carrier's ending in our words: a ring cut short is a hand that declined, an early failure a cap."""
    if leg.stopping_at is not None and leg.state in ("placed", "ringing") and event in ("end", "no_answer"):
        return "cancelled"  # we ended it, whatever the carrier calls that
    if event == "end" and leg.state in ("placed", "ringing"):
        # Completed without news of a pick-up: the news is lost or late. Nobody pressed a key, that is what counts.
        moves.move(session, leg, "picked_up", at, picked_up_at=at)
    if leg.state in ("placed", "ringing") and event in ("busy", "no_answer"):
        return "declined" if _by_a_hand(leg, event, at) else event
    early = leg.state == "placed" and event == "failed" and (at - leg.placed_at).total_seconds() <= UNRUNG
    if early and carrier_pace.failed_early(session, leg, at):
        return "limited"
    if leg.state == "picked_up" and event in ("end", "busy", "no_answer"):
        return _without_a_caller(session, leg)
    if leg.state in ("accepted", "joined") and event in ("busy", "no_answer", "cancelled"):
        return "end"
    return event


def _by_a_hand(leg: Leg, event: str, at: dt.datetime) -> bool:
    """Whether somebody declined: networks call that busy, or as if nobody had answered, though nobody had the time."""
    if event == "busy":
        rang = leg.ringing_at or leg.placed_at + dt.timedelta(seconds=SETUP)  # that news may be lost, or on its way
        return (at - rang).total_seconds() >= HAND
    # A phone that is switched off may end like this soon as well; but it never rang.
    rang_for = (at - leg.ringing_at).total_seconds() if leg.ringing_at is not None else 0.0
    return HAND <= rang_for < RANG_OUT * leg.ring_seconds


def _without_a_caller(session: Session, leg: Leg) -> str:
    """What the end of a phone means that was picked up and had nobody: with a key from it, it is no machine."""
    if leg.accepted_at is None:
        return "end"
    call = _call_of(session, leg)
    return "declined" if call is not None and call.state == "ringing" else "end_keyed"


def _tell_caller(session: Session, leg: Leg, call: Call, before: str, at: dt.datetime, silent: bool) -> None:
    if before == "accepted":
        ringing.lose(session, call, leg, at)
    elif before == "joined":
        calls.part_from(session, call, leg, at)
    elif leg.purpose == "cut_off" and before == "picked_up" and not silent:
        calls.done(session, call, at)
    if call.state == "ringing" and call.path == "queue" and ringing.exhausted(session, call, at):
        calls.give_up_now(session, call, at)
    elif call.state == "unanswered":
        calls.explain(session, call, at)
