"""Verbs on replays: ask for one, say how far it is, stop it, end it. None commits."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import one_row
from voice.replay_tables import Replay
from voice.rules.other_settings import Change
from voice.work import outbox

JOB = "replay"
MOST_WEEKS = 4
FEWEST = 10  # calls there is something to learn from


def ask(
    session: Session, line: str, weeks: int, by: str, now: dt.datetime, wish: Change | None = None
) -> Replay | None:  # fmt: skip
    """Have the last `weeks` of a line played again. None: one is under way already."""
    if running(session) is not None:
        return None
    since = now - dt.timedelta(weeks=max(1, min(weeks, MOST_WEEKS)))
    asked = wish.to_json() if wish else None
    row = Replay(line=line, asked_by=by, asked_at=now, since=since, until=now, wish=asked)
    try:
        with session.begin_nested():
            session.add(row)
    except sa.exc.IntegrityError:
        return None  # somebody else was faster
    outbox.emit(session, JOB, now, key=key(row.id), replay_id=row.id)
    return row


def key(replay_id: str) -> str:
    """The outbox row of a replay: kept fresh while somebody plays it."""
    return f"replay:{replay_id}"


def running(session: Session) -> Replay | None:
    """The replay under way, on whichever line."""
    return session.scalars(sa.select(Replay).where(Replay.state == "running")).one_or_none()


def latest(session: Session, line: str) -> Replay | None:
    """The newest replay of a line that came to its end."""
    rows = sa.select(Replay).where(Replay.line == line, Replay.state == "done")
    return session.scalars(rows.order_by(Replay.asked_at.desc()).limit(1)).one_or_none()


def newest(session: Session, line: str) -> Replay | None:
    """The newest replay of a line, however it ended, or still under way."""
    rows = sa.select(Replay).where(Replay.line == line)
    return session.scalars(rows.order_by(Replay.asked_at.desc()).limit(1)).one_or_none()


def cancel(session: Session, replay_id: str, now: dt.datetime) -> bool:
    """Stop it. False: it was over already."""
    return _end(session, replay_id, now, state="cancelled")


def get_on(session: Session, replay_id: str, done: int, of: int, now: dt.datetime) -> bool:
    """So many calls have been played. False: it is not wanted any more."""
    mine = sa.update(Replay).where(Replay.id == replay_id, Replay.state == "running")
    wanted = one_row(session.execute(mine.values(done=done, of=of)))
    outbox.still(session, key(replay_id), now)
    return wanted


def finish(session: Session, replay_id: str, result: dict[str, Any], now: dt.datetime) -> bool:
    """It has come to its end."""
    return _end(session, replay_id, now, state="done", result=result, done=Replay.of)


def fail(session: Session, replay_id: str, problem: str, now: dt.datetime) -> bool:
    """It cannot be done; `problem` is a sentence for the owner."""
    return _end(session, replay_id, now, state="failed", problem=problem)


def _end(session: Session, replay_id: str, now: dt.datetime, **values: Any) -> bool:
    mine = sa.update(Replay).where(Replay.id == replay_id, Replay.state == "running")
    return one_row(session.execute(mine.values(ended_at=now, **values)))
