"""Verbs on what the carrier's log tells us late: calls nobody had told us of, and talks whose proof was lost.

Rows in, rows out; none commits.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks, calls, contacts, crossings, moves, notices
from voice.db import one_row
from voice.firm import Business, StaffMember
from voice.ledger import CallEvent, Message
from voice.messages import IS_THERE
from voice.models import Attempt, Call, Callback
from voice.rules import evidence

NAMED = 5  # people named in the owner's report; the others are counted


@dataclass(frozen=True)
class Found:
    """A call of the log that we had never heard of."""

    arrival: calls.Arrival
    started_at: dt.datetime
    ended_at: dt.datetime
    failed: bool


def find(session: Session, found: Found, talk: evidence.Talk | None, now: dt.datetime) -> Call:
    """Record a call that is over: a talk if one is proven, else a callback, at the place its caller rang for.

    Somebody who has been spoken to since is not put on the list again: the call is counted where that was settled.
    """
    call = calls.over_elsewhere(session, found.arrival, found.started_at)
    moves.note(session, "found_in_log", now, call=call)
    later = None
    if talk is not None and call.state == "ringing":
        _record_talk(session, call, talk)
    elif (settled := _settled_since(session, call)) is not None:
        call.callback_id = settled.id
        settled.calls += 1
        settled.first_called_at = min(settled.first_called_at, call.received_at)
    else:
        later = _talk_since(session, call)
    calls.end(session, call, max(found.ended_at, found.started_at), failed=found.failed)
    if later is not None and later.joined_at is not None:
        crossings.got_through(session, later, later.joined_at)
    return call


def _record_talk(session: Session, call: Call, talk: evidence.Talk) -> None:
    staff_id, until = _staff_of(session, talk), talk.since + dt.timedelta(seconds=talk.seconds)
    if moves.move(session, call, "accept", talk.since, accepted_at=talk.since, answered_by=staff_id, path=talk.path):
        moves.note(session, "accepted", talk.since, call=call, staff=staff_id)
        calls.talked_on_ladder(session, call, staff_id, talk.seconds, until)


def _staff_of(session: Session, talk: evidence.Talk) -> str | None:
    """Whose phone it was, as far as the roster still knows it."""
    theirs = sa.select(StaffMember.id).where(StaffMember.phone == talk.phone)
    return session.scalar(theirs.order_by(StaffMember.active.desc(), StaffMember.id).limit(1))


def _settled_since(session: Session, call: Call) -> Callback | None:
    """The callback of this caller that was closed after this call, and so for it as well.

    One that was closed with a talk counts from the talk: the form may have been filled in long after.
    """
    spoken = sa.exists().where(Attempt.callback_id == Callback.id, Attempt.answered_at >= call.received_at)
    closed = sa.select(Callback).where(
        Callback.line == call.line,
        Callback.caller_key.in_(contacts.numbers_of(session, call.caller_key)),
        Callback.state == "closed",
        Callback.closed_at >= call.received_at,
        sa.or_(Callback.closed_reason != "talked", spoken),
    )
    return session.scalars(closed.order_by(Callback.closed_at).limit(1)).first()


def _talk_since(session: Session, call: Call) -> Call | None:
    """The first call after this one on which the same caller reached a person."""
    ours = contacts.numbers_of(session, call.caller_key)
    theirs = sa.select(Call).where(Call.line == call.line, Call.caller_key.in_(ours))
    talked = theirs.where(Call.outcome == "talked", Call.joined_at > call.received_at)
    return session.scalars(talked.order_by(Call.joined_at).limit(1)).first()


def examined(session: Session, call: Call, talk: evidence.Talk | None, now: dt.datetime) -> bool:
    """The carrier's record of a call without an answer was read; True when it proves that there was one."""
    moves.note(session, "evidence_read", now, call=call)
    if talk is None:
        return False
    proven = {"answered_by": _staff_of(session, talk), "joined_at": talk.since, "talk_seconds": talk.seconds}
    changed = session.execute(
        sa.update(Call)
        .where(Call.id == call.id, Call.outcome == "callback", Call.joined_at.is_(None))
        .values(outcome="talked", cause=None, path=talk.path, **proven)
    )
    session.refresh(call)
    if not one_row(changed):
        return False
    moves.note(session, "talk_proven", now, call=call, staff=call.answered_by, seconds=talk.seconds)
    crossings.got_through(session, call, now)
    if call.answered_by:
        contacts.remember_talk(session, call, call.answered_by, talk.since)
    return True


def disagree(session: Session, call: Call, now: dt.datetime) -> None:
    """The log says that our talk was none: the outcome stays, and the caller is rung back to be on the safe side."""
    moves.note(session, "records_disagree", now, call=call)
    callbacks.open_for(session, call, "short_talk", now)


def report(session: Session, from_log: Sequence[str], now: dt.datetime) -> None:
    """One notice to the owner about who rang while we were away; it grows as long as nobody has put it away.

    `from_log`: ids of calls found in the log lately. Those the newest notice is older than are news, so that a crash
    between finding them and this cannot keep them from the owner.
    """
    known = notices.newest(session, "away")
    events = sa.select(CallEvent.call_id).where(CallEvent.kind == "found_in_log", CallEvent.call_id.in_(from_log))
    news = events if known is None else events.where(CallEvent.at > known.at)
    begun = session.scalar(sa.select(sa.func.min(Call.received_at)).where(Call.id.in_(news)))
    if begun is None:
        return
    if known is not None and known.seen_at is None:
        begun = min(begun, dt.datetime.fromisoformat(known.key.partition(":")[2]))
        session.delete(known)
        session.flush()
    missed = sa.select(Call).where(
        Call.received_at >= begun,
        sa.or_(Call.source == "log", Call.path == "fallback"),
        Call.outcome.in_(("talked", "callback")),
    )
    everybody = list(session.scalars(missed.order_by(Call.received_at)))
    if everybody:
        notices.tell(session, f"away:{begun.isoformat()}", now, "away", **_in_words(session, everybody))


def _in_words(session: Session, everybody: Sequence[Call]) -> dict[str, str]:
    zone = ZoneInfo(session.scalar(sa.select(Business.time_zone)) or "UTC")
    first, last = (call.received_at.astimezone(zone) for call in (everybody[0], everybody[-1]))
    until = _hour(last) if first.date() == last.date() else _moment(last)
    people = {call.caller_key: call for call in everybody}
    names = [_name(session, call) for call in list(people.values())[:NAMED]]
    if len(people) > NAMED:
        names.append(f"{len(people) - NAMED} more")
    ids = [call.id for call in everybody]
    said = sa.select(Message.call_id).where(Message.call_id.in_(ids), IS_THERE)
    messages = len(set(session.scalars(said)))
    talks = sum(call.outcome == "talked" for call in everybody)
    more = [f"{talks} of the calls did reach a person." if talks else ""]
    more.append(f"{messages} left a message." if messages else "")
    return {
        "from_": _moment(first),
        "to": until,
        "people": "1 person" if len(people) == 1 else f"{len(people)} people",
        "who": names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}",
        "more": "".join(f" {sentence}" for sentence in more if sentence),
    }


def _moment(local: dt.datetime) -> str:
    return f"{local:%a} {local.day} {local:%b} {_hour(local)}"


def _hour(local: dt.datetime) -> str:
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def _name(session: Session, call: Call) -> str:
    return (
        contacts.name_of(session, call.caller) or call.caller_name or call.caller or "somebody who hides their number"
    )
