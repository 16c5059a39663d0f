"""Verbs on staff phones: who may be rung, who picks up, who wins, and which phones stop. None commits."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import attempts, callbacks, contacts, crossings, moves, phones, roster
from voice.claims import Refusal
from voice.db import one_row
from voice.firm import StaffMember
from voice.ledger import Pace
from voice.models import Call, Callback, Leg
from voice.rules import causes, hours, ring_plan, states
from voice.rules.wording import Who

RECENT = dt.timedelta(hours=24)  # the window of fewest_recent
MINE = sa.bindparam("mine", type_=sa.Text)
RINGS = sa.select(Leg).where(sa.or_(Leg.call_id == MINE, Leg.offered_call_id == MINE)).order_by(Leg.placed_at)
AFTER_TALK = RINGS.where(Leg.purpose == "cut_off")
RESERVED = dt.timedelta(seconds=ring_plan.RESERVED)
TALKING = sa.select(Leg.staff_id).where(Leg.ended_at.is_(None), Leg.state.in_(("accepted", "joined")))
IN_QUEUE = sa.select(Call.id).where(Call.state == "ringing", Call.path == "queue", Call.round == 0)


def people(session: Session, card: roster.LineCard, call: Call, now: dt.datetime) -> tuple[str, ...]:
    """Who may be rung for a caller, in the order of the plan. Nobody is rung for their own call."""
    if call.round > 0:
        return (call.answered_by,) if call.answered_by else ()  # cut off: that one phone
    on = [person.id for person in card.on_shift(now) if person.phone_at(now) != call.caller]
    if card.ring == "fewest_recent" and call.caller is not None:
        recent = _answered_lately(session, on, now)
        on.sort(key=lambda person: recent.get(person, 0))
    return tuple(on)


def _answered_lately(session: Session, staff: Sequence[str], now: dt.datetime) -> dict[str, int]:
    on_legs = sa.select(Leg.staff_id).where(
        Leg.staff_id.in_(staff), Leg.placed_at > now - RECENT, Leg.joined_at.is_not(None)
    )
    by_documents = sa.select(Call.answered_by).where(  # the ladder's phones have no legs of ours
        Call.answered_by.in_(staff), Call.received_at > now - RECENT, Call.joined_at.is_not(None), Call.path != "queue"
    )
    return Counter(session.scalars(on_legs.union_all(by_documents)))


def waiting(session: Session, call: Call, now: dt.datetime) -> ring_plan.Waiting:
    """The caller as the ring plan sees them."""
    firm = roster.current(session)
    card = firm.line(call.line)
    who = people(session, card, call, now) if card else ()
    owed = callbacks.open_of(session, call.line, call.caller_key) if card and call.caller else None
    if card and owed and _joins_in(session, card, call, owed, now):
        who = (owed.claimed_by or "", *who)
    return ring_plan.Waiting(
        call_id=call.id,
        since=call.received_at,
        ring_from=call.ring_from,
        ring_until=call.ring_until,
        mode=_mode(card, call),
        people=who,
        first=_first(session, card, call, owed),
        step_seconds=card.in_order_step_seconds if card else 0,
        reserved_by=call.reserved_by if call.reserved_until and call.reserved_until > now else None,
        reserved_since=call.reserved_until - RESERVED if call.reserved_until else None,
        rings=_rings(session, call),
        once=call.round > 0,
        phones={staff_id: person.phone_at(now) for staff_id in who if (person := firm.person(staff_id))},
    )


def _mode(card: roster.LineCard | None, call: Call) -> ring_plan.Mode:
    return card.ring if card is not None and call.caller is not None else "everyone"


def _joins_in(session: Session, card: roster.LineCard, call: Call, owed: Callback, now: dt.datetime) -> bool:
    """Whether who has this caller's callback in hand is not of the line, and can be rung for them all the same."""
    if call.round > 0 or owed.claimed_by is None or owed.claimed_by in [person.id for person in card.people]:
        return False
    member = session.get_one(StaffMember, owed.claimed_by)
    person = roster.person_of(member)
    here = phones.is_on(member, now) and hours.is_open(card.shifts(person), now)
    return here and person.phone_at(now) not in ("", call.caller)


def _first(session: Session, card: roster.LineCard | None, call: Call, owed: Callback | None) -> str | None:
    """Who owes this caller a callback, else who last spoke with them."""
    if card is None or call.caller is None:
        return None
    if owed is not None and (by := owed.claimed_by or owed.owed_by):
        return by
    contact = contacts.find(session, call.caller) if card.last_person_first else None
    return contact.last_staff_id if contact else None


def _rings(session: Session, call: Call) -> tuple[ring_plan.Ring, ...]:
    rings = AFTER_TALK if call.round > 0 else RINGS  # what the phones did before the talk no longer counts
    legs = session.scalars(rings, {"mine": call.id})
    return tuple(
        ring_plan.Ring(
            leg.staff_id, leg.placed_at, None if leg.state in states.LEG_LIVE else leg.state, leg.ended_at,
            leg.ring_seconds, leg.phone,
        )
        for leg in legs
    )  # fmt: skip


def exhausted(session: Session, call: Call, now: dt.datetime) -> bool:
    """Whether nobody is left who could still take the caller."""
    return ring_plan.exhausted(waiting(session, call, now), set(session.scalars(TALKING)))


def why_unanswered(session: Session, call: Call, now: dt.datetime) -> str:
    """The cause, should the caller be given up now."""
    plan = waiting(session, call, now)
    pace = session.get(Pace, 1)
    dead = call.path != "queue" or bool(pace and pace.shut_until and pace.shut_until > now)
    busy = phones.busy(session, now) if call.path == "queue" else phones.not_on_ladder(session, call, now)
    return causes.unanswered(plan, busy, dead)


def claim(session: Session, call_id: str, now: dt.datetime) -> bool:
    """A worker takes the ring. False when the caller is no longer to be rung for this way."""
    claimed = session.execute(
        sa.update(Call)
        .where(Call.id == call_id, Call.state == "ringing", Call.path == "queue")
        .values(ring_claimed_at=sa.func.coalesce(Call.ring_claimed_at, now))
    )
    return one_row(claimed)


def accepted_leg(session: Session, call: Call) -> Leg | None:
    """The staff leg that won this caller."""
    return session.get(Leg, call.accepted_leg_id) if call.accepted_leg_id else None


def name_of(session: Session, staff_id: str | None) -> str:
    """A staff member's name, as said aloud."""
    member = session.get(StaffMember, staff_id) if staff_id else None
    return member.name if member else ""


def stop(session: Session, call: Call, now: dt.datetime) -> None:
    """Phones that still ring for `call` pass to the next caller whose plan holds them; the others stop.

    A phone already picked up is left alone: the person there is told what happened when they press their key.
    """
    live = sa.select(Leg).where(Leg.call_id == call.id, Leg.ended_at.is_(None))
    for leg in session.scalars(live).all():
        if leg.purpose == "dial" or leg.state not in ("placed", "ringing"):
            continue
        if heir := _next_caller(session, leg, now, but=call):
            leg.call_id = heir.id
            moves.note(session, "passed_on", now, call=heir, staff=leg.staff_id, leg=leg.id)
        else:
            phones.end_leg(session, leg, now)


def fetch_back(session: Session, call: Call, now: dt.datetime) -> None:
    """Cut off, while that person's phone has begun to ring for another caller: it now rings for the one they lost."""
    rings = sa.and_(Leg.purpose == "ring", Leg.state.in_(("placed", "ringing")), Leg.stopping_at.is_(None))
    theirs = sa.select(Leg).where(Leg.staff_id == call.answered_by, Leg.ended_at.is_(None), rings)
    if (leg := session.scalar(theirs)) is not None:
        leg.purpose, leg.call_id = "cut_off", call.id
        moves.note(session, "passed_on", now, call=call, staff=leg.staff_id, leg=leg.id)


def _next_caller(session: Session, leg: Leg, now: dt.datetime, but: Call | None = None) -> Call | None:
    """The longest-waiting caller this phone may take, not counting `but`."""
    return next((call for call in _callers_for(session, leg, now) if but is None or call.id != but.id), None)


def _callers_for(session: Session, leg: Leg, now: dt.datetime) -> list[Call]:
    """Callers this phone may take: reserved for this person first, then the longest waiting."""
    if leg.purpose == "cut_off":
        own = session.get(Call, leg.call_id)
        return [own] if own is not None and own.state == "ringing" else []
    rows = sa.select(Call).where(Call.id.in_(IN_QUEUE))
    plans = [(call, waiting(session, call, now)) for call in session.scalars(rows.order_by(Call.received_at, Call.id))]
    plans.sort(key=lambda each: each[1].reserved_by != leg.staff_id)
    return [call for call, plan in plans if _may_take(leg, call, plan)]


def _may_take(leg: Leg, call: Call, plan: ring_plan.Waiting) -> bool:
    """A phone that rings for a caller already may take them also when its owner's day, or the line's, is just over."""
    mine = call.id == leg.call_id or leg.staff_id in (*plan.people, plan.reserved_by)
    return mine and not ring_plan.spent(plan, leg.staff_id)


def somebody_waits(session: Session, leg: Leg, now: dt.datetime) -> bool:
    """Whether there is another caller this phone may take."""
    return bool(_callers_for(session, leg, now))


def pick_up(session: Session, leg: Leg, now: dt.datetime) -> Call | None:
    """Somebody, or something, picked up: offer the longest-waiting caller not offered to another phone yet.

    When all are on offer elsewhere, the longest-waiting of them is offered twice: one of the two may be a machine.
    """
    # One pick-up after the other: of two at the same moment neither would see what the other was offered.
    session.execute(IN_QUEUE.order_by(Call.received_at, Call.id).with_for_update(key_share=True)).all()
    moves.move(session, leg, "picked_up", now, picked_up_at=now)
    candidates = _callers_for(session, leg, now)
    for call in candidates:
        if _offer(session, leg, call, alone=True):
            return call
    if candidates:
        _offer(session, leg, candidates[0], alone=False)
    return candidates[0] if candidates else None


def _offer(session: Session, leg: Leg, call: Call, alone: bool) -> bool:
    other = sa.orm.aliased(Leg)
    offered = sa.exists().where(other.offered_call_id == call.id, other.state == "picked_up", other.id != leg.id)
    update = sa.update(Leg).where(Leg.id == leg.id, Leg.state == "picked_up").values(offered_call_id=call.id)
    won = session.execute(update.where(~offered) if alone else update)
    session.refresh(leg)
    return one_row(won)


def accept(session: Session, leg: Leg, call: Call, now: dt.datetime) -> bool:
    """A person took the caller: the one UPDATE that makes a winner. A phone that is on the hook again takes nobody."""
    won: dict[str, Any] = {
        "accepted_at": now,
        "accepted_leg_id": leg.id,
        "answered_by": leg.staff_id,
        "reserved_by": None,
    }
    if leg.ended_at is not None:
        return False
    if not moves.move(session, call, "accept", now, **won):
        leg.accepted_at = leg.accepted_at or now  # too late, but a person is there
        return False
    leg.call_id = call.id
    moves.move(session, leg, "accept", now, accepted_at=now, picked_up_at=sa.func.coalesce(Leg.picked_up_at, now))
    moves.note(session, "accepted", now, call=call, staff=leg.staff_id, leg=leg.id)
    stop(session, call, now)
    return True


def lose(session: Session, call: Call, leg: Leg, now: dt.datetime) -> bool:
    """The accepted leg never joined: the caller waits on, and the plan goes on."""
    unheard: dict[str, Any] = dict.fromkeys(("accepted_leg_id", "accepted_at", "talking_since"))
    if call.round == 0:
        unheard |= {"answered_by": None, "joined_at": None, "talk_seconds": 0}
    lost = moves.move(session, call, "lose", now, also=[Call.accepted_leg_id == leg.id], **unheard)
    if lost:
        moves.note(session, "not_joined", now, call=call, staff=leg.staff_id, leg=leg.id)
    return lost


def reserve(session: Session, call: Call, staff_id: str, now: dt.datetime) -> Refusal | None:
    """ "Take it" on the page: for 15 s no new phone is rung; those that ring may still win.

    Refused (no_phone, phone_busy) where that person could not be rung meanwhile, else too_late.
    """
    theirs = Leg.offered_call_id.is_not_distinct_from(call.id)
    rings = sa.and_(Leg.purpose == "ring", sa.or_(Leg.state.in_(("placed", "ringing")), theirs))
    if refused := attempts.no_phone(session, staff_id, now, but=rings):
        return refused
    until = now + RESERVED
    # The person gets the time they were given, and the first time whatever was left for the others comes after it.
    ring_until = call.ring_until + RESERVED if call.reserved_until is None else max(call.ring_until, until)
    free = sa.or_(Call.reserved_by.is_(None), Call.reserved_by == staff_id, Call.reserved_until <= now)
    reserved = session.execute(
        sa.update(Call)
        .where(Call.id == call.id, Call.state == "ringing", Call.path == "queue", Call.round == 0, free)
        .values(reserved_by=staff_id, reserved_until=until, ring_until=ring_until)
    )
    won = one_row(reserved)
    session.refresh(call)
    if won:
        moves.note(session, "reserved", now, call=call, staff=staff_id)
    return None if won else Refusal("too_late")


def who(session: Session, call: Call, now: dt.datetime, zone: str) -> Who:
    """The caller as a staff member is told of them."""
    today = contacts.calls_today(session, call.line, call.caller, now, zone) if call.caller else 1
    name = contacts.name_of(session, call.caller) or call.caller_name
    owed = callbacks.open_of(session, call.line, call.caller_key)
    return Who(name, call.caller, today, owed.first_called_at if owed else None)


def cross(session: Session, call: Call, now: dt.datetime) -> None:
    """The caller rings in while being rung back: join the two."""
    met = crossings.crossing(session, call, now)
    if met is not None and met.accepted and met.leg is not None:
        accept(session, met.leg, call, now)  # their key was pressed for this very caller: nobody else is rung
