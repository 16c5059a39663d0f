"""Verbs on replays: ask for one, say how far it is, stop it, end it. None commits."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import one_row
from voice.ledger import Outbox
from voice.replay_tables import Replay
from voice.rules.other_settings import Change
from voice.work import outbox

JOB = "replay"
MOST_WEEKS = 4
FEWEST = 10  # calls there is something to learn from
SILENT = dt.timedelta(seconds=20)  # whoever plays it says so twice a second
GIVEN_UP = "It was begun again and again and never came to its end, so there is no result. Nothing else is touched."


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


def latest(session: Session, line: str, search: bool = False) -> Replay | None:
    """The newest replay of a line that came to its end. `search`: of those that looked for what is best."""
    return session.scalars(_LATEST[search], {"line": line}).one_or_none()


def newest(session: Session, line: str, search: bool = False) -> Replay | None:
    """The newest replay of a line, however it ended, or still under way. `search` as above."""
    return session.scalars(_NEWEST[search], {"line": line}).one_or_none()


_OF_LINE = sa.select(Replay).where(Replay.line == sa.bindparam("line")).order_by(Replay.asked_at.desc()).limit(1)
_NEWEST = {False: _OF_LINE, True: _OF_LINE.where(Replay.wish.is_(None))}
_LATEST = {search: rows.where(Replay.state == "done") for search, rows in _NEWEST.items()}


def tries(session: Session, replay_id: str) -> int:
    """How often it has been begun: more than once where the worker was stopped amid it."""
    return session.scalar(sa.select(Outbox.tries).where(Outbox.key == key(replay_id))) or 0


def is_silent(session: Session, row: Replay, now: dt.datetime) -> bool:
    """Whether nobody plays a replay that is under way: its worker is gone, or none has come for it."""
    job = session.scalars(sa.select(Outbox).where(Outbox.key == key(row.id))).one_or_none()
    if job is None or job.done_at is not None:
        return True
    return now - max(job.taken_at or job.due_at, job.due_at) > SILENT


def given_up(session: Session) -> str | None:
    """The id of one under way whose job is over without an end of its own: it would stand in the way of the next."""
    row = running(session)
    over = sa.select(Outbox.id).where(Outbox.key == key(row.id) if row else sa.false(), Outbox.done_at.is_not(None))
    return row.id if row is not None and session.scalar(over) is not None else None


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
