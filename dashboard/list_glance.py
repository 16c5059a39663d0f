"""What is going on at this moment, in one question: most of it is nothing most of the time, and need not be read."""

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import call_log, undo
from voice.db import UTC
from voice.firm import Business, Line
from voice.list_tables import LastChange, LastTeamChange, Told
from voice.models import Attempt, Call, Callback

IS_RINGING = sa.and_(Call.ended_at.is_(None), Call.state.in_(("received", "ringing")))
IS_UNSEEN = sa.and_(Told.staff_id == sa.bindparam("me"), Told.seen_at.is_(None))


class Glance(NamedTuple):
    """Of the firm its zone and country; whether there is anything to be read of the other kinds."""

    zone: str | None
    country: str | None
    rings: bool  # callers hear our phones
    told: bool  # a colleague did something with this person's callbacks
    undo: bool  # this person can take something back
    undo_team: bool  # this user can, of what they said of the team
    calling: bool  # somebody is being rung back
    log_read_at: dt.datetime | None  # of the carrier's call logs, the one that was read longest ago
    newest_at: dt.datetime | None  # when the newest of all callbacks first rang, whether or not its row is shown


# By line, as the index is ordered: of each its last entry is read, however many there are.
NEWEST = sa.select(sa.func.max(Callback.first_called_at)).where(Callback.line == Line.number).scalar_subquery()
GLANCE = sa.select(
    sa.select(Business.time_zone).limit(1).scalar_subquery(),
    sa.select(Business.country).limit(1).scalar_subquery(),
    sa.exists().where(IS_RINGING),
    sa.exists().where(IS_UNSEEN),
    sa.exists().where(LastChange.staff_id == sa.bindparam("me"), LastChange.at > sa.bindparam("since", type_=UTC)),
    sa.exists().where(
        LastTeamChange.user_id == sa.bindparam("user"), LastTeamChange.at > sa.bindparam("since", type_=UTC)
    ),
    sa.exists().where(Attempt.ended_at.is_(None)),
    call_log.OLDEST.where(sa.exists().where(Line.number == call_log.Reading.line, Line.active)).scalar_subquery(),
    sa.select(sa.func.max(NEWEST)).select_from(Line).scalar_subquery(),
)


def read(session: Session, staff_id: str | None, user_id: str, now: dt.datetime) -> Glance:
    """As this user, who may be a staff member, is to be shown it."""
    found = session.execute(GLANCE, {"me": staff_id or "", "user": user_id, "since": now - undo.OFFERED}).one()
    return Glance(*found)
