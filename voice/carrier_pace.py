"""What the carrier bears, as one row: a leg a second, so many at once, and whether its API answers at all."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import one_row
from voice.ledger import Pace
from voice.models import Leg

LEG_EVERY = 1.0  # seconds between legs placed through the API: the carrier's own default, one call a second per account
BACK_OFF = 2.0  # seconds without a leg after "too many requests"
CAP_LASTS = 300.0  # seconds a learned cap is believed
TRIAL = dt.timedelta(seconds=15)  # how long it is on the word of one phone, which may be out of reach
SAME_FAULT = dt.timedelta(days=7)  # how long a phone that failed is remembered, unless it rings: calls may be rare
FAILURES = 3  # failures in a row that shut the circuit
SHUT_SECONDS = 20.0
SHUT_LONG = 60.0  # wrong credentials or an account without service do not mend themselves


def row(session: Session, now: dt.datetime) -> Pace:
    """The one row; made on first use."""
    found = session.get(Pace, 1)
    if found is None:
        found = Pace(id=1, next_leg_at=now, failures=0)
        session.add(found)
        session.flush()
    return found


def take_turn(session: Session, now: dt.datetime) -> bool:
    """Take the next leg's turn; False when it is not time yet, another worker was faster, or the circuit is shut."""
    row(session, now)
    taken = session.execute(
        sa.update(Pace)
        .where(Pace.id == 1, Pace.next_leg_at <= now, sa.or_(Pace.shut_until.is_(None), Pace.shut_until <= now))
        .values(next_leg_at=now + dt.timedelta(seconds=LEG_EVERY))
    )
    return one_row(taken)


def cap(session: Session, now: dt.datetime) -> int | None:
    """How many legs at once the carrier has let us have; None: no limit met lately. Only looks."""
    found = session.get(Pace, 1)
    return found.cap if found and found.cap_until and found.cap_until > now else None


def learn_cap(session: Session, leg: Leg, now: dt.datetime, sure: bool = True) -> bool:
    """A leg was refused while others live: remember how many live ones were borne. False when there were none."""
    others = session.scalar(
        sa.select(sa.func.count()).where(Leg.ended_at.is_(None), Leg.id != leg.id, Leg.sid.is_not(None))
    )
    if not others:
        return False
    found = row(session, now)
    found.cap, found.cap_until = others, now + (dt.timedelta(seconds=CAP_LASTS) if sure else TRIAL)
    return True


def failed_early(session: Session, leg: Leg, now: dt.datetime) -> bool:
    """A leg failed before it rang: for a cap, or because that phone cannot be reached. True: a cap was learned.

    It is the phone where nothing else was up, or where what the last such failure taught has proved wrong since, or
    was borne out by no other phone.
    """
    last = session.scalar(
        sa.select(Leg)
        .where(Leg.phone == leg.phone, Leg.id != leg.id, Leg.sid.is_not(None), Leg.placed_at > now - SAME_FAULT)
        .order_by(Leg.placed_at.desc())
        .limit(1)
    )
    ended = last.state if last is not None and last.ringing_at is None else ""
    if ended == "failed" or (last is not None and ended == "limited" and _was_wrong(session, last, now)):
        return False
    if learn_cap(session, leg, now, sure=_another_failed(session, leg, now)):
        return True
    if ended == "limited":
        _unlearn(session, now)
    return False


def rings(session: Session, now: dt.datetime) -> None:
    """A phone rings: with those that were up already, perhaps, more than we took for the cap."""
    up = sa.select(sa.func.count()).where(Leg.ended_at.is_(None), Leg.state != "placed")
    learned = cap(session, now)
    if learned is not None and (session.scalar(up) or 0) > max(learned, 1):
        _unlearn(session, now)


def _unlearn(session: Session, now: dt.datetime) -> None:
    row(session, now).cap = None


def _was_wrong(session: Session, last: Leg, now: dt.datetime) -> bool:
    """Whether a cap learned lately has been unlearned, or has lapsed with no word for it but that of `last`."""
    found = row(session, now)
    if found.cap_until is None or last.ended_at is None:
        return False
    return found.cap is None if found.cap_until > now else found.cap_until <= last.ended_at + TRIAL


def _another_failed(session: Session, leg: Leg, now: dt.datetime) -> bool:
    """Whether another phone has just failed unrung as well: two of them out of reach at once are rare."""
    unrung = sa.exists().where(
        Leg.phone != leg.phone, Leg.sid.is_not(None), Leg.ringing_at.is_(None),
        Leg.state.in_(("limited", "failed")), Leg.ended_at > now - 2 * TRIAL,
    )  # fmt: skip
    return bool(session.scalar(sa.select(unrung)))


def slow_down(session: Session, now: dt.datetime) -> None:
    """The carrier wants fewer requests: the next leg waits a little longer than it would have."""
    row(session, now).next_leg_at = now + dt.timedelta(seconds=BACK_OFF)


def worked(session: Session, now: dt.datetime) -> None:
    """The API answered."""
    found = row(session, now)
    found.failures, found.shut_until = 0, None


def failed(session: Session, now: dt.datetime, for_good: bool = False) -> None:
    """The API did not answer, or refused everything: after a few in a row it is left alone for a while."""
    found = row(session, now)
    found.failures += 1
    if for_good or found.failures >= FAILURES:
        found.shut_until = now + dt.timedelta(seconds=SHUT_LONG if for_good else SHUT_SECONDS)
