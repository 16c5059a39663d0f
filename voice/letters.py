"""Letters to owners: who wants which, which are due, and each sent at most once. Verbs on rows; none commits.

A row is written before a letter is sent, and taken by one conditional UPDATE. What a mail server did not take waits for
another try; what it may have taken (the line broke after the last word) is never sent again.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import insert_once, one_row
from voice.firm import Business
from voice.ledger import User
from voice.letter_tables import Letter, LetterWish
from voice.models import Call
from voice.rules import digest, text
from voice.work import outbox

TRY_EVERY = 900  # seconds between the rounds in which letters that were not taken are tried again
ALERT_IS_OLD = dt.timedelta(minutes=30)  # somebody told later than this would be told an old story
LONGEST_PROBLEM = 200
JOB = "send_letter"


@dataclass(frozen=True)
class Wishes:
    """Which letters somebody wants. Owners who have never chosen get the weekly digest and alerts."""

    daily: bool = False
    weekly: bool = True
    alerts: bool = True

    def of(self, kind: str) -> bool:
        """Whether they want letters of this kind."""
        return {"daily": self.daily, "weekly": self.weekly, "alert": self.alerts}[kind]


def wishes(session: Session, user_id: str) -> Wishes:
    """What this user wants."""
    row = session.get(LetterWish, user_id)
    return Wishes(row.daily, row.weekly, row.alerts) if row else Wishes()


def wish(session: Session, user_id: str, wanted: Wishes) -> None:
    """From now on they want these."""
    row = session.get(LetterWish, user_id) or LetterWish(user_id=user_id)
    row.daily, row.weekly, row.alerts = wanted.daily, wanted.weekly, wanted.alerts
    session.add(row)
    session.flush()


def stop(session: Session, user_id: str, kind: str) -> None:
    """No more letters of this kind to this user. Those that wait are not sent either: see `take`."""
    now = wishes(session, user_id)
    wish(session, user_id, Wishes(now.daily and kind != "daily", now.weekly and kind != "weekly",
                                  now.alerts and kind != "alert"))  # fmt: skip


def zone(session: Session) -> str:
    """The clock of the firm, by which digests come; `business` gives it to every line, so it is theirs too."""
    return session.scalar(sa.select(Business.time_zone)) or "UTC"


def readers(session: Session) -> list[User]:
    """Whom letters may be written to: figures and alerts are the owners' alone."""
    return list(session.scalars(sa.select(User).where(User.active, User.role == "owner").order_by(User.id)))


def due(session: Session, now: dt.datetime) -> list[Letter]:
    """Digests that are due and have no row yet. None before the first call: there would be nothing in them."""
    clock, found = zone(session), list[Letter]()
    near = [each for kind in digest.KINDS if digest.is_due(each := digest.newest(kind, now, clock), now)]
    people = readers(session) if near else []
    for each in near:
        rang = session.scalar(sa.select(sa.exists().where(Call.received_at < each.range(clock).until)))
        for user in people if rang else []:
            letter = _new(user.id, each.kind, each.period, now, each.stale_at)
            if wishes(session, user.id).of(each.kind) and session.get(Letter, letter.id) is None:
                found.append(letter)
    return found


def write_down(session: Session, letters: Iterable[Letter], now: dt.datetime) -> None:
    """Have these sent; one that is written down already, by whichever worker, is left as it is."""
    for letter in letters:
        row = {column.name: getattr(letter, column.key) for column in Letter.__table__.columns}
        session.execute(insert_once(session.get_bind().dialect.name, Letter, "id"), row)
    send_waiting(session, now)


def waiting(session: Session, now: dt.datetime) -> list[str]:
    """Letters that nobody has taken so far."""
    rows = sa.select(Letter.id).where(Letter.state == "waiting", Letter.stale_at > now)
    return list(session.scalars(rows.order_by(Letter.made_at, Letter.id)))


def send_waiting(session: Session, now: dt.datetime) -> None:
    """A job for each letter that waits, once in each round."""
    for letter_id in waiting(session, now):
        key = f"letter:{letter_id}:{int(now.timestamp()) // TRY_EVERY}"
        outbox.emit(session, JOB, now, key=key, letter_id=letter_id)


def alert(session: Session, key: str, now: dt.datetime) -> None:
    """Have every owner who wants alerts written to about a notice, by its key."""
    people = [user for user in readers(session) if wishes(session, user.id).alerts]
    write_down(session, [_new(user.id, "alert", key, now, now + ALERT_IS_OLD) for user in people], now)


def take(session: Session, letter_id: str, now: dt.datetime) -> bool:
    """Claim a letter to send it, for whoever still wants it; who sees True is the only one."""
    letter = session.get_one(Letter, letter_id)
    user = session.get_one(User, letter.user_id)
    if not (user.active and user.role == "owner" and wishes(session, user.id).of(letter.kind)):
        return False
    mine = sa.update(Letter).where(Letter.id == letter_id, Letter.state == "waiting", Letter.stale_at > now)
    return one_row(session.execute(mine.values(state="sending", problem="")))


def settle(session: Session, letter_id: str, state: str, now: dt.datetime, problem: str = "") -> None:
    """What became of a letter that was taken: sent, unknown, refused, or waiting for another try."""
    values = {"state": state, "settled_at": now, "problem": text.clean(problem, LONGEST_PROBLEM)}
    session.execute(sa.update(Letter).where(Letter.id == letter_id, Letter.state == "sending").values(**values))


def last(session: Session, user_id: str) -> Letter | None:
    """The newest letter to a user."""
    theirs = sa.select(Letter).where(Letter.user_id == user_id)
    return session.scalars(theirs.order_by(Letter.made_at.desc(), Letter.id).limit(1)).first()


def _new(user_id: str, kind: str, period: str, now: dt.datetime, stale_at: dt.datetime) -> Letter:
    return Letter(id=f"{kind}:{period}:{user_id}", user_id=user_id, kind=kind, period=period, state="waiting",
                  made_at=now, stale_at=stale_at, problem="")  # fmt: skip
