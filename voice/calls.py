"""Verbs on an inbound call: it arrives, is given up, is joined, parts, ends. Each is safe to repeat; none commits."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks, contacts, crossings, moves, notices, on_ladder, phones, ringing, roster
from voice.db import one_row
from voice.ledger import CallEvent
from voice.models import Call, Leg, new_id
from voice.rules import causes, hours, numbers, ring_plan, states, text
from voice.work import outbox

BY_SID = sa.select(Call).where(Call.sid == sa.bindparam("sid"))
QUEUE_RESTS = 60.0  # seconds a caller's queue is left alone after the call


@dataclass(frozen=True)
class Arrival:
    """What the carrier tells us of a new call."""

    sid: str
    dialled: str
    caller: numbers.Caller
    caller_name: str | None = None
    forwarded_from: str | None = None
    source: str = "webhook"
    verstat: str | None = None


def by_sid(session: Session, sid: str) -> Call | None:
    """The call with the carrier's id."""
    return session.scalar(BY_SID, {"sid": sid})


def arrive(session: Session, arrival: Arrival, now: dt.datetime) -> Call:
    """Record a call and decide what happens to it: blocked, straight to the promise, or ringing. Raises NoLine."""
    call, card = _heard_of(session, arrival, now)
    if (cause := _why_refused(session, arrival)) is not None:
        _block(session, call, cause, now)
    elif (cause := _why_nobody(session, call, card, now)) is not None:
        _write(session, call)
        _open_callback(session, call, "nobody", cause, now)
    else:
        moves.begin(session, call, "ring")
        _write(session, call)
        outbox.ring(session, call.id, call.round, now)
        ringing.cross(session, call, now)
    return call


def _heard_of(session: Session, arrival: Arrival, now: dt.datetime) -> tuple[Call, roster.LineCard]:
    """The row of a new call, not written yet, and the line it is put on."""
    card = roster.line_or_first(session, arrival.dialled)
    if roster.current(session).line(arrival.dialled) is None:
        notices.tell(session, f"unknown-number:{arrival.dialled}", now, "unknown_number", number=arrival.dialled)
    until = ring_plan.ring_until(now, card.ring_seconds, withheld=arrival.caller.e164 is None)
    call = Call(
        id=new_id(), state="received", round=0, sid=arrival.sid, line=card.number, dialled=arrival.dialled,
        caller=arrival.caller.e164, caller_key=arrival.caller.key, caller_name=arrival.caller_name,
        verstat=arrival.verstat, source=arrival.source, received_at=now, ring_from=now, ring_until=until, seen_at=now,
    )  # fmt: skip
    return call, card


def _write(session: Session, call: Call) -> None:
    session.add(call)
    session.flush()
    if call.caller_name and call.caller:
        contacts.remember(session, call.caller, carrier_name=call.caller_name)
    card, rings = roster.current(session).line(call.line), (call.ring_until - call.received_at).total_seconds()
    ring = card.ring if card else "everyone"
    moves.note(session, "received", call.received_at, call, source=call.source, ring=ring, rings=round(rings))


def arrival_from(sid: str, form: dict[str, str], source: str) -> Arrival:
    """Read an arrival off the carrier's parameters (of an inbound leg)."""
    caller = numbers.parse_caller(form.get("From"), sid)
    name = text.clean(form.get("CallerName", "")) or None
    # Only the first delivery speaks of the number, so only its silence means anything.
    verstat = text.clean(form.get("StirVerstat", "")) if source in ("webhook", "spool") else None
    forwarded_from = form.get("ForwardedFrom") or None
    return Arrival(sid, form.get("To", ""), caller, name, forwarded_from, source, verstat)


def _why_refused(session: Session, arrival: Arrival) -> str | None:
    """`blocked` by the owner, or a `loop`: from a line of ours, or forwarded by a phone we are ringing right now."""
    firm = roster.current(session)
    if arrival.caller.e164 in firm.blocked:
        return "blocked"
    if arrival.caller.e164 in firm.numbers():
        return "loop"
    if not arrival.forwarded_from:
        return None
    return "loop" if phones.in_use(session, numbers.forwarder(arrival.forwarded_from, firm.country)) else None


def _block(session: Session, call: Call, cause: str, now: dt.datetime) -> None:
    call.cause, call.outcome = cause, "blocked"
    moves.begin(session, call, "block")
    _write(session, call)
    moves.note(session, "blocked", now, call=call, cause=cause)


def _why_nobody(session: Session, call: Call, card: roster.LineCard, now: dt.datetime) -> str | None:
    """Why no phone is rung for this caller; None when some are, or one rings to reach this very caller."""
    if crossings.is_rung_back(session, call):
        return None
    if closed := hours.why_closed(card.schedule(), now):
        return closed
    return None if ringing.people(session, card, call, now) else "nobody_on_shift"


def _open_callback(session: Session, call: Call, event: str, cause: str, now: dt.datetime) -> bool:
    """The side exits that end in a callback: the state and the callback in one transaction."""
    if not moves.move(session, call, event, now, cause=cause, outcome="callback"):
        return False
    _owe(session, call, cause, now)
    after = states.CALL[states.sources(states.CALL, event)[0], event]
    moves.note(session, after, now, call=call, cause=call.cause)
    return True


def _owe(session: Session, call: Call, cause: str, now: dt.datetime) -> None:
    """They are owed a call, unless the owner has blocked them since they rang."""
    if callbacks.open_for(session, call, cause, now) is None:
        call.outcome = call.cause = "blocked"


def give_up(session: Session, call: Call, now: dt.datetime, cause: str | None = None) -> bool:
    """Nobody took the caller: the one UPDATE ringing -> unanswered. True for who won it (and may let them out)."""
    cause = cause or ringing.why_unanswered(session, call, now)
    if not _open_callback(session, call, "give_up", cause, now):
        return False
    ringing.stop(session, call, now)
    return True


def give_up_now(session: Session, call: Call, now: dt.datetime, cause: str | None = None) -> None:
    """As `give_up`, and fetch the caller out of the queue at once instead of at their next wait request."""
    if give_up(session, call, now, cause):
        outbox.emit(session, "move_caller", now, key=f"move:{call.id}:{call.round}", call_id=call.id)


def explain(session: Session, call: Call, now: dt.datetime) -> None:
    """A phone's news came after its caller had been given up: the cause is what all of them together say."""
    plan = ringing.waiting(session, call, call.ring_until)
    if call.path != "queue" or call.cause not in causes.READ_OFF_PHONES or not plan.rings:
        return  # nor do these rings tell what the phones of the ladder did
    cause, before = causes.unanswered(plan, phones.busy(session, now), api_dead=False), call.cause
    if cause == before:
        return
    call.cause = cause
    moves.note(session, "explained", now, call=call, cause=cause, before=before)
    callbacks.explain(session, call, cause)


def join(session: Session, call: Call, leg: Leg, now: dt.datetime) -> bool:
    """The caller and the accepted leg hear each other."""
    if not moves.move(session, call, "join", now, joined_at=sa.func.coalesce(Call.joined_at, now), talking_since=now):
        return False
    moves.move(session, leg, "join", now, joined_at=now)
    moves.note(session, "joined", now, call=call, staff=leg.staff_id, leg=leg.id)
    return True


def part(session: Session, call: Call, now: dt.datetime) -> None:
    """They no longer hear each other: add up how long they did."""
    if call.talking_since is None:
        return
    seconds = max(0, round((now - call.talking_since).total_seconds()))
    parted = session.execute(
        sa.update(Call)
        .where(Call.id == call.id, Call.talking_since.is_not(None))
        .values(talking_since=None, talk_seconds=Call.talk_seconds + seconds)
    )
    won = one_row(parted)
    session.refresh(call)
    if won:
        moves.note(session, "parted", now, call=call, seconds=seconds)


def part_from(session: Session, call: Call, leg: Leg, now: dt.datetime) -> None:
    """The staff leg of a talk is over, so the talk is."""
    if call.accepted_leg_id == leg.id:
        part(session, call, now)


def talked_on_ladder(session: Session, call: Call, staff_id: str | None, seconds: int, now: dt.datetime) -> None:
    """On the ladder the carrier joins the two and says so afterwards: the talk began with the acceptance."""
    since = call.accepted_at or now - dt.timedelta(seconds=seconds)
    if call.accepted_at is None:
        on_ladder.accept(session, call, staff_id, since)  # the request that proves it was lost
    if moves.move(session, call, "join", since, joined_at=sa.func.coalesce(Call.joined_at, since), talking_since=since):
        moves.note(session, "joined", since, call=call, staff=call.answered_by)
    part(session, call, now)


def cut_off(session: Session, call: Call, now: dt.datetime) -> bool:
    """The caller is still on the line after a talk: ring that one phone again, once."""
    card = roster.current(session).line(call.line)
    if card is None or call.round > 0:
        return False
    until = now + dt.timedelta(seconds=card.ring_seconds)
    moved = moves.move(
        session, call, "cut_off", now, round=Call.round + 1, ring_from=now, ring_until=until,
        ring_claimed_at=None, greeted_at=None, accepted_leg_id=None, reserved_by=None,
    )  # fmt: skip
    if moved:
        outbox.ring(session, call.id, call.round, now)
        moves.note(session, "cut_off", now, call=call, staff=call.answered_by)
        if call.path == "queue":  # on the ladder the very next document dials that phone
            ringing.fetch_back(session, call, now)
    return moved


def done(session: Session, call: Call, now: dt.datetime) -> None:
    """After a cut-off the staff member hung up: they were done, so the caller is let go with thanks."""
    if moves.move(session, call, "done", now, outcome="talked"):
        moves.note(session, "done", now, call=call)
        _talked(session, call, now)
        if call.path == "queue":  # on the ladder the very next document says so
            outbox.emit(session, "move_caller", now, key=f"move:{call.id}:{call.round}", call_id=call.id)


def end(session: Session, call: Call, at: dt.datetime, failed: bool = False) -> None:
    """The caller's leg is over, as of `at`. Whatever state we thought we were in, the outcome is settled."""
    over: dict[str, Any] = {"ended_at": at, "seen_at": at, "ladder_phone": None}
    session.execute(sa.update(Call).where(Call.id == call.id, Call.ended_at.is_(None)).values(**over))
    session.refresh(call)
    if call.state == "accepted" and call.accepted_leg_id is None:
        # The ladder's empty document joined them, and nothing has said since that they were parted.
        talked_on_ladder(session, call, call.answered_by, 0, at)
    part(session, call, at)
    if call.state == "joined" and moves.move(session, call, "hang_up", at):
        _settle(session, call, at)
    elif call.state == "ringing" and call.round > 0 and moves.move(session, call, "done", at):
        _settle(session, call, at)  # gone while their phone was rung again after a cut-off: the talk they had decides
    elif call.state in ("received", "ringing", "accepted"):
        cause = "our_outage" if call.path == "fallback" else causes.abandoned(call.received_at, at)
        _open_callback(session, call, "fail" if failed else "hang_up", cause, at)
    moves.note(session, "ended", at, call=call)
    ringing.stop(session, call, at)
    if call.queue_sid is not None:
        key = f"queue:{call.queue_sid}"
        outbox.emit(session, "drop_queue", at, key=key, after=QUEUE_RESTS, queue_sid=call.queue_sid)


def _settle(session: Session, call: Call, at: dt.datetime) -> None:
    """The evidence of a talk decides: long enough, or one call back too many rather than one too few."""
    if _longest_talk(session, call) >= causes.TALK_SECONDS:
        call.outcome = "talked"
        _talked(session, call, at)
    else:
        call.outcome, call.cause = "callback", "short_talk"
        _owe(session, call, "short_talk", at)
    session.flush()
    moves.note(session, "completed", at, call=call, outcome=call.outcome)


def _longest_talk(session: Session, call: Call) -> int:
    """Seconds of the longest talk of this call: two short ones around a cut-off are no long one."""
    if call.round == 0:
        return call.talk_seconds
    parted = sa.select(CallEvent.data).where(CallEvent.call_id == call.id, CallEvent.kind == "parted")
    return max((data["seconds"] for data in session.scalars(parted)), default=0)


def _talked(session: Session, call: Call, at: dt.datetime) -> None:
    crossings.got_through(session, call, at)
    if call.answered_by:
        contacts.remember_talk(session, call, call.answered_by, at)


def over_elsewhere(session: Session, arrival: Arrival, at: dt.datetime) -> Call:
    """A call we hear of only now (its status, the spool, the log): recorded, never rung for.

    Its end, when told, opens the callback.
    """
    call, _card = _heard_of(session, arrival, at)
    call.path = "fallback"
    firm = roster.current(session)
    if arrival.caller.e164 in firm.blocked:
        _block(session, call, "blocked", at)
    elif arrival.caller.e164 in firm.numbers():
        _block(session, call, "loop", at)
    else:
        moves.begin(session, call, "ring")
        _write(session, call)
    return call
