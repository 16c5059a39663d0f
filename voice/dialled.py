"""What the carrier tells us of a caller we ring back: that their phone rings, that they answer, how it ended.

The caller's leg, the staff leg's Dial and a look at the carrier's log say the same things, in any order, twice or
never: each fact is set once, and whoever ends the attempt decides where the callback goes. Verbs never commit.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from voice import attempts, callbacks, claims, contacts, moves, results
from voice.db import UTC
from voice.models import Attempt, Callback, Leg
from voice.rules.causes import TALK_SECONDS

NO_EVENT = dt.timedelta(seconds=60)  # dialled, and not a word from the carrier: we have lost sight of it
NOT_LISTED = dt.timedelta(seconds=90)  # and after this the carrier's log would know it
NOT_PLACED = dt.timedelta(minutes=2)  # a staff phone that could not be rung by then is not rung out of the blue

BEFORE = sa.bindparam("before", type_=UTC)
LIVE = sa.select(Attempt).where(Attempt.ended_at.is_(None))
UNPLACED = LIVE.where(Attempt.leg_id.is_(None), Attempt.created_at < BEFORE)
SILENT = LIVE.where(Attempt.state == "sending", Attempt.sending_at < BEFORE)
OVER = sa.exists().where(Leg.id == Attempt.leg_id, Leg.ended_at < BEFORE)
UNSETTLED = LIVE.where(sa.or_(Attempt.state == "unknown", sa.and_(Attempt.state == "placed", OVER)))

log = structlog.get_logger()


@dataclass(frozen=True)
class News:
    """One thing told of the caller's leg.

    `event`: ringing, picked_up, or its end: end, no_answer, busy, failed, cancelled (by staff); None: it is placed.
    `seconds` the caller's leg was up; `hold`: why this number cannot be dialled again, when it failed for that.
    """

    event: str | None
    sid: str | None = None
    seconds: int = 0
    sequence: int = -1
    hold: str | None = None


def heard(session: Session, attempt: Attempt, news: News, now: dt.datetime) -> None:
    """Apply one piece of news; late and repeated ones change nothing that was decided."""
    if not _is_ours(session, attempt, news):
        log.warning("another_leg", attempt=attempt.id, said=news.event)
        return
    callback = session.get_one(Callback, attempt.callback_id)
    if news.sid is not None or news.event != "failed":
        moves.move(session, attempt, "place", now)
    if news.event in ("ringing", "picked_up", "end", "no_answer", "busy"):
        _rang(session, attempt, callback, now)
    if news.event == "picked_up":
        _answered(session, attempt, callback, now)
    elif news.event not in (None, "ringing"):
        _ended(session, attempt, callback, news, now)


def lose_sight(session: Session, now: dt.datetime) -> None:
    """Sweep: dialled and nothing heard becomes `unknown` and is looked up, never dialled again on a guess."""
    for attempt in _all(session, UNPLACED, now - NOT_PLACED):
        attempts.not_dialled(session, attempt, "not_placed", now, [Attempt.leg_id.is_(None)])
    for attempt in _all(session, SILENT, now - NO_EVENT):
        moves.move(session, attempt, "lose_sight", now)
    for attempt in _all(session, UNSETTLED, now - NO_EVENT):
        attempts.look_up(session, attempt, now)


def _all(session: Session, query: sa.Select[Attempt], before: dt.datetime) -> list[Attempt]:
    return list(session.scalars(query, {"before": before}))  # read to the end before a row of it is changed


def found(session: Session, attempt: Attempt, children: Sequence[News], now: dt.datetime) -> None:
    """What the carrier's log says: the legs under our staff leg, the earliest first.

    None, and old enough that it would be listed: the caller was not rung, and the attempt is refused.
    """
    if attempt.ended_at is not None:
        return
    if len(children) > 1:
        log.error("two_legs_for_one_attempt", attempt=attempt.id)
    if children:
        heard(session, attempt, children[0], now)
    elif now - (attempt.sending_at or attempt.created_at) >= NOT_LISTED:
        attempts.refuse(session, attempt, now)
    if attempt.ended_at is None:
        attempts.look_up(session, attempt, now, NO_EVENT.total_seconds())


def _is_ours(session: Session, attempt: Attempt, news: News) -> bool:
    """Bind the first leg we hear of, refuse any other; from here the row is ours until the transaction ends."""
    mine = sa.or_(Attempt.child_sid.is_(None), Attempt.child_sid == news.sid, sa.literal(news.sid is None))
    values: dict[str, Any] = {"child_sid": sa.func.coalesce(Attempt.child_sid, news.sid)}
    values["sequence"] = sa.case((Attempt.sequence < news.sequence, news.sequence), else_=Attempt.sequence)
    bound = sa.update(Attempt).where(Attempt.id == attempt.id, mine).values(**values).returning(Attempt.id)
    ours = session.execute(bound, execution_options={"synchronize_session": False}).first() is not None
    session.refresh(attempt)
    return ours


def _rang(session: Session, attempt: Attempt, callback: Callback, now: dt.datetime) -> None:
    """The caller's phone rings: a promise is kept by this moment, and a try is counted (not a crossed one)."""
    if attempt.rang_at is not None:
        return
    attempt.rang_at = now
    tries = Callback.attempts + int(attempt.state != "crossed")
    first = sa.func.coalesce(Callback.rang_at, sa.literal(now, UTC()))
    counted = sa.update(Callback).where(Callback.id == callback.id).values(attempts=tries, rang_at=first)
    session.execute(counted, execution_options={"synchronize_session": False})
    session.refresh(callback)
    moves.note(session, "rang", now, callback=callback, attempt=attempt.id)


def _answered(session: Session, attempt: Attempt, callback: Callback, now: dt.datetime) -> None:
    """Somebody, or something, picked up: only the talk that follows, and the staff member, say which."""
    if attempt.answered_at is not None or attempt.ended_at is not None:
        return
    attempt.answered_at = now
    moves.move(session, callback, "answer", now)
    if leg := session.get(Leg, attempt.leg_id or ""):
        moves.move(session, leg, "join", now, joined_at=now)
    moves.note(session, "answered", now, callback=callback, staff=attempt.staff_id, attempt=attempt.id)


def _ended(session: Session, attempt: Attempt, callback: Callback, news: News, now: dt.datetime) -> None:
    ending, seconds = news.event, news.seconds
    if attempt.answered_at is not None:
        seconds = seconds or round((now - attempt.answered_at).total_seconds())
    if ending == "end" or attempt.answered_at is not None:
        ending = "talked" if seconds >= TALK_SECONDS else "short_talk"
    if not moves.move(session, attempt, "end", now, ended_at=now, ending=ending, talk_seconds=seconds):
        return
    moves.note(session, "ring_back_ended", now, callback=callback, staff=attempt.staff_id, ending=ending)
    if ending in ("talked", "short_talk"):
        until = claims.lease_until(session, callback, now, "wrapping_up")
        moves.move(session, callback, "wrap_up", now, lease_until=until)
    elif ending in ("no_answer", "busy"):
        results.back_on_list(session, callback, "no_answer", callback.attempts, now)
    elif hold := news.hold or _cannot_be_rung(session, attempt):
        callbacks.hold(session, callback, hold, now)
    else:
        attempts.give_back(session, callback, now)
    if ending == "talked":
        contacts.remember_talk(session, callback, attempt.staff_id, now)


def _cannot_be_rung(session: Session, attempt: Attempt) -> str | None:
    """Why the owner must look at the number: their phone could not be rung this time, nor the time before.

    Of a number nobody has, the carrier may say no more than `failed`; as it does of one that a full network, or too
    many legs of ours at once, kept from ringing. So once is no proof, nor is a failure beside other legs.
    """
    others = sa.select(Leg.id).where(Leg.ended_at.is_(None), Leg.id != attempt.leg_id)
    dialled = sa.select(Attempt).where(Attempt.callback_id == attempt.callback_id, Attempt.sending_at.is_not(None))
    latest = session.scalars(dialled.order_by(Attempt.created_at.desc()).limit(2)).all()
    unrung = [each for each in latest if each.ending == "failed" and each.rang_at is None]
    return "cannot_be_rung" if len(unrung) == 2 and session.scalar(others.limit(1)) is None else None
