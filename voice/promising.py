"""The time a caller is promised: reads what it depends on, has the rule decide, and keeps what was said."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves, phones, roster
from voice.firm import Line
from voice.models import Attempt, Call, Callback, Leg, Promise
from voice.rules import capacity, hours, numbers, promise

LOOK_BACK = 100  # the last ring-backs of a line say how long one takes
OLD = dt.timedelta(days=90)
MOST_TALKS = 1000
# A pause longer than this was no work on the list: the line was closed, or nobody was there.
LONGEST_PAUSE = dt.timedelta(minutes=30)
AHEAD = ("waiting", "claimed")
BUSY = ("calling", "talking", "wrapping_up")
MAY_PROMISE = sa.and_(Callback.caller.is_not(None), Callback.held_reason.is_(None))  # as `may_promise`, of a column


def schedule(line: Line) -> hours.Schedule:
    """A line's opening hours as the rules read them."""
    return hours.Schedule.make(line.hours, line.time_zone, line.holidays, line.closed_days)


def promised_by(session: Session, line: Line, caller: str | None, now: dt.datetime) -> dt.datetime:
    """The time we would promise this caller now: what the line can do once that is known, and never past its minutes.

    An empty history, nobody at work in sight, or a line that is switched off: the line's minutes alone.
    """
    zones = numbers.caller_zones(caller, line.time_zone)
    inputs = promise.PromiseInputs(now, line.promise_minutes, schedule(line), zones, measured(session, line, now))
    return promise.promise(inputs)


def may_promise(callback: Callback) -> bool:
    """Whether they are promised a time: not who is held, nor who hides their number, for nobody can ring these."""
    return callback.caller is not None and callback.held_reason is None


def owed_at(callback: Callback) -> dt.datetime:
    """By when they should hear from us: the promise until their phone has rung, after that the next try."""
    return callback.promised_by if callback.rang_at is None else callback.due_at


def tell(session: Session, callback: Callback, call: Call | None, words: str, channel: str, now: dt.datetime) -> None:
    """Append the promise somebody was told (or was owed: channel `none`) in the exact words."""
    callback.rang_at = None  # a ring before it was told does not keep it: from here on it is watched anew
    told = {"channel": channel, "words": words, "promised_by": callback.promised_by, "made_at": now}
    session.add(Promise(callback_id=callback.id, call_id=call.id if call else None, **told))
    moves.note(session, "promised", now, call, callback, channel=channel, by=callback.promised_by.isoformat())


def measured(session: Session, line: Line, now: dt.datetime) -> capacity.Measured | None:
    """What this line can do, from its last ring-backs, who works, and what is ahead; None while it is not known."""
    card = roster.current(session).line(line.number)
    figures = _figures(session, line, now) if card else None
    if card is None or figures is None:
        return None
    workers = tuple(capacity.Worker(card.shifts(person), person.back_at) for person in card.people)
    if not workers:
        return None
    busy = phones.busy(session, now) | _holding(session)
    free = [person for person in card.on_shift(now) if person.id not in busy]
    return capacity.Measured(figures, _ahead(session, line, now), len(free), workers)


def _ahead(session: Session, line: Line, now: dt.datetime) -> int:
    """Callbacks that come before one opened now: due, or due soon. A retry of this evening holds up nobody."""
    soon = now + dt.timedelta(minutes=line.promise_minutes)
    waiting = sa.select(sa.func.count()).where(
        Callback.line == line.number, Callback.state.in_(AHEAD), Callback.due_at <= soon
    )
    return session.scalar(waiting) or 0


def _holding(session: Session) -> set[str]:
    held = sa.select(Callback.claimed_by).where(Callback.state.in_(BUSY), Callback.claimed_by.is_not(None))
    return {each for each in session.scalars(held) if each}


def _figures(session: Session, line: Line, now: dt.datetime) -> capacity.Figures | None:
    """What a callback costs here, from the last ring-backs that reached the caller's phone."""
    rows = session.execute(
        sa.select(Attempt, Callback)
        .join(Callback, Callback.id == Attempt.callback_id)
        .where(Callback.line == line.number, Attempt.rang_at.is_not(None), Attempt.ended_at > now - OLD)
        .order_by(Attempt.ended_at.desc())
        .limit(LOOK_BACK)
    ).all()
    if sum(attempt.ending == "talked" for attempt, _ in rows) < capacity.ENOUGH:
        return None
    oldest_first = [_Done.of(attempt, callback, line) for attempt, callback in reversed(rows)]
    talks = _talks(session, line, oldest_first[0].taken - LONGEST_PAUSE, oldest_first[-1].taken)
    cycles, lags, waits = [], [], []
    free_since: dict[str, dt.datetime] = {}
    for done in oldest_first:
        busy = [talk.end for talk in talks if talk.staff_id == done.staff_id and talk.end <= done.taken]
        begun = max([done.owed_since, *busy[-1:], free_since.get(done.staff_id, done.owed_since)])
        if not done.taken - LONGEST_PAUSE <= begun <= done.taken:
            begun = done.taken  # a night between, or nobody there: the work itself is known all the same
        cycles.append((done.over - begun).total_seconds())
        lags.append((done.rang - begun).total_seconds())
        free_since[done.staff_id] = done.over
        if begun > done.owed_since:  # nobody was free for it
            waits.append((max(done.owed_since, done.taken - LONGEST_PAUSE), done.taken))
    live = [talk for talk in talks if any(start < talk.start < end for start, end in waits)]
    lengths = [(talk.end - talk.start).total_seconds() for talk in live]
    return capacity.measure(cycles, lags, lengths, len(waits))


@dataclass(frozen=True)
class _Done:
    """One ring-back of the past: who made it, since when it could have been made, and how long it took them up."""

    staff_id: str
    owed_since: dt.datetime
    taken: dt.datetime
    rang: dt.datetime
    over: dt.datetime

    @classmethod
    def of(cls, attempt: Attempt, callback: Callback, line: Line) -> "_Done":
        ended, closed = attempt.ended_at or attempt.created_at, callback.closed_at
        noted = closed is not None and ended <= closed <= ended + dt.timedelta(minutes=line.wrap_up_minutes)
        over = closed if closed is not None and noted else ended
        # A later try was due at its own time: only the first says how long a caller waits for somebody to be free.
        first = callback.rang_at == attempt.rang_at
        since = callback.first_called_at if first else attempt.created_at
        return cls(attempt.staff_id, since, attempt.created_at, attempt.rang_at or ended, over)


class _Talk(NamedTuple):
    staff_id: str
    start: dt.datetime
    end: dt.datetime


def _talks(session: Session, line: Line, since: dt.datetime, until: dt.datetime) -> list[_Talk]:
    """Talks with callers of this line, in the order of their end."""
    rows = sa.select(Leg.staff_id, Leg.joined_at, Leg.ended_at).where(
        Leg.line == line.number, Leg.purpose != "ring_back", Leg.placed_at > since, Leg.placed_at < until,
        Leg.joined_at.is_not(None), Leg.ended_at.is_not(None),
    )  # fmt: skip
    found = session.execute(rows.order_by(Leg.ended_at.desc()).limit(MOST_TALKS))
    return [_Talk(staff_id, start, end) for staff_id, start, end in found if start and end][::-1]
