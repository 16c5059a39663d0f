"""The jobs that erase: a person here, and what they said at the carrier."""

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import clock, erasing
from voice.carrier import client, spool
from voice.firm import Business
from voice.ledger import Message
from voice.models import Call
from voice.people import Erasure
from voice.rules import spellings
from voice.rules.spellings import Spellings
from voice.work import outbox
from voice.work.tools import Tools

AGAIN = 20.0  # seconds until somebody who is on the phone is looked for again
PAUSE = 0.02  # between two transactions, so that calls get at the database
TIDY = "leave_nothing_behind"
NIGHT = dt.time(3)  # on the firm's clock


def erase_person(tools: Tools, now: dt.datetime, erasure_id: str, mine: str) -> None:
    """Erase everything of a person; while they are on the phone, later. `mine`: the key of this job."""
    with tools.database.transaction() as session:
        erasure = session.get_one(Erasure, erasure_id)
        if erasure.done_at is not None:
            return
        spelt = spellings.of(erasure.numbers)
        if erasing.is_live(session, erasure.numbers) or _is_spooled(tools, spelt):
            erasing.begin(session, erasure, now, AGAIN)
            return
        erasing.erase(session, erasure, now)
        spelt = spellings.of(erasure.numbers)
    _sweep(tools, spelt, mine)
    for path in spool.leftovers(tools.settings):
        if spelt.hit(path.read_text(errors="replace")):
            path.unlink()
    with tools.database.transaction() as session:
        erasure = session.get_one(Erasure, erasure_id)
        if not erasing.is_over(session, erasure, now):
            erasing.begin(session, erasure, now, AGAIN)
            return
        tidy(session, now)


def _is_spooled(tools: Tools, spelt: Spellings) -> bool:
    """Whether something of theirs waits on the disk to be read back."""
    with contextlib.suppress(FileNotFoundError):
        return any(spelt.hit(path.read_text()) for path in spool.waiting(tools.settings))
    return True


def _sweep(tools: Tools, spelt: Spellings, mine: str) -> None:
    for table in erasing.tables():
        after = None
        while True:
            with tools.database.transaction() as session:
                after = erasing.sweep(session, table, spelt, after)
                outbox.still(session, mine, clock.now())
            if after is None:
                break
            clock.sleep(PAUSE)


def erase_late_news(tools: Tools, now: dt.datetime, erasure_id: str) -> None:
    """What the carrier has told us of their calls since."""
    with tools.database.transaction() as session:
        erasing.forget_late_news(session, erasure_id)
        tidy(session, now)


def tidy(session: Session, now: dt.datetime) -> None:
    """Have the database's log emptied now, and its file written anew in the coming night, once for all who go today."""
    outbox.emit(session, TIDY, now, key=f"{TIDY}:{int(now.timestamp())}")
    zone = ZoneInfo(session.scalar(sa.select(Business.time_zone)) or "UTC")
    tonight = dt.datetime.combine(now.astimezone(zone).date() + dt.timedelta(days=1), NIGHT, zone)
    after = (tonight - now).total_seconds()
    outbox.emit(session, TIDY, now, key=f"{TIDY}:{tonight.date()}", after=after, anew=True)


def leave_nothing_behind(tools: Tools, now: dt.datetime, anew: bool = False) -> None:
    """What was deleted goes from the database's log; `anew`: from its file, too, as soon as nobody is on the phone."""
    with tools.database.reading() as session:
        is_live = anew and session.scalar(sa.select(sa.exists().where(Call.ended_at.is_(None))))
    if is_live or not tools.database.leave_nothing_behind(anew):
        with tools.database.transaction() as session:
            outbox.emit(session, TIDY, now, after=AGAIN, anew=anew)


def drop_recording(tools: Tools, now: dt.datetime, message_id: str) -> None:
    """Have the carrier delete what somebody said."""
    with tools.database.reading() as session:
        sid = session.get_one(Message, message_id).recording_sid
    with contextlib.suppress(client.Gone):
        tools.carrier.drop_recording(sid)
    with tools.database.transaction() as session:
        session.get_one(Message, message_id).state = "erased"
