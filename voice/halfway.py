"""What is begun at the door and finished by another request: it lives ten minutes, in one browser, for a few tries."""

import datetime as dt
import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.accounts import fingerprint
from voice.db import one_row
from voice.doors import HALF_DONE, Halfway

MOST_TRIES = 5


def begin(session: Session, kind: str, now: dt.datetime, user_id: str | None = None, secret: str = "") -> str:
    """Begin something; returns the token its browser has to bring back, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    session.add(Halfway(id=fingerprint(token), kind=kind, user_id=user_id, secret=secret, made_at=now))
    session.flush()
    return token


def find(session: Session, token: str, kind: str, now: dt.datetime) -> Halfway | None:
    """What was begun with that token, if it is of that kind and not too old."""
    row = session.get(Halfway, fingerprint(token)) if token else None
    return row if row and row.kind == kind and row.made_at > now - HALF_DONE else None


def one_more_try(session: Session, row: Halfway) -> bool:
    """Count a try; False: there were too many, begin anew."""
    counted = sa.update(Halfway).where(Halfway.id == row.id, Halfway.tries < MOST_TRIES)
    return one_row(session.execute(counted.values(tries=Halfway.tries + 1)))


def finish(session: Session, row: Halfway) -> bool:
    """Take it away: it can be finished once. False: another request just did."""
    return one_row(session.execute(sa.delete(Halfway).where(Halfway.id == row.id)))
