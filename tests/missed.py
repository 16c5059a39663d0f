"""Calls nobody took, as rows, and the callbacks they lead to."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.program import JANE, MAIN, NOON
from voice import callbacks
from voice.models import Call, Callback


def missed(session: Session, now: dt.datetime = NOON, caller: str | None = JANE, **values: object) -> Call:
    """A call nobody took, received at `now`."""
    sid = f"CA{session.scalar(sa.select(sa.func.count(Call.id))):032x}"
    usual = {"line": MAIN, "state": "unanswered", "source": "webhook", "dialled": MAIN, "sid": sid, "caller": caller}
    times = {"received_at": now, "ring_from": now, "ring_until": now, "seen_at": now}
    call = Call(caller_key=caller or f"withheld:{sid}", **(usual | times | values))
    session.add(call)
    session.flush()
    return call


def opened(session: Session, now: dt.datetime = NOON, caller: str | None = JANE, **values: object) -> Callback:
    """The callback a missed call leads to."""
    callback = callbacks.open_for(session, missed(session, now, caller, **values), "rang_out", now)
    assert callback is not None
    return callback
