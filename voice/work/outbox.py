"""Work that must follow a commit, written in the same transaction as its cause.

Redis is handed the row's id and nothing else. Handing over twice is harmless: a job is claimed here before it runs.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import insert_once, one_row
from voice.ledger import Outbox

HAND_AGAIN = dt.timedelta(seconds=10)  # handed over but not taken: Redis has lost it
TAKE_AGAIN = dt.timedelta(seconds=60)  # taken but not done: whoever took it has died
GAPS = (1, 2, 4, 8, 16, 32, 64)  # seconds before each further try; then it is given up
ALL_DAY = (*GAPS[:5], 600, 3600, 6 * 3600, 16 * 3600)  # for what will still be wanted tomorrow
RING = "ring"  # phones for a caller: the pacer's own work, never handed to Redis, whose delay the caller would hear


TO_RING = sa.and_(Outbox.job == RING, Outbox.done_at.is_(None))


def emit(
    session: Session, job: str, now: dt.datetime, *, key: str | None = None, after: float = 0, **args: Any
) -> None:
    """Add a job, to run `after` seconds from `now`. A `key` that is already there makes it a no-op."""
    row = {"job": job, "args": args, "key": key, "due_at": now + dt.timedelta(seconds=after), "tries": 0}
    session.execute(insert_once(session.get_bind().dialect.name, Outbox, "key"), row)


def ring(session: Session, call_id: str, round_: int, now: dt.datetime) -> None:
    """Have phones rung for a caller: on arrival, and once more when they were cut off."""
    emit(session, RING, now, key=f"ring:{call_id}:{round_}", call_id=call_id)


def due(session: Session, now: dt.datetime, limit: int = 100) -> list[Outbox]:
    """Rows to hand over now: due and new, or handed over so long ago that the copy must be lost."""
    rows = sa.select(Outbox).where(
        Outbox.job != RING,
        Outbox.done_at.is_(None),
        Outbox.due_at <= now,
        sa.or_(Outbox.handed_at.is_(None), Outbox.handed_at <= now - HAND_AGAIN),
        sa.or_(Outbox.taken_at.is_(None), Outbox.taken_at <= now - TAKE_AGAIN),
    )
    return list(session.scalars(rows.order_by(Outbox.due_at, Outbox.id).limit(limit)))


def take_rings(session: Session, now: dt.datetime) -> list[str]:
    """Take every caller for whom phones are to be rung: the ids of their calls. The work is then the pacer's."""
    rows = sa.update(Outbox).where(TO_RING).values(taken_at=now, done_at=now, tries=1).returning(Outbox.args)
    return [args["call_id"] for args in session.scalars(rows)]


def handed(session: Session, ids: Sequence[int], now: dt.datetime) -> None:
    """These rows are on their way; if nobody takes them they come again."""
    if ids:
        session.execute(sa.update(Outbox).where(Outbox.id.in_(ids)).values(handed_at=now))


def take(session: Session, row_id: int, now: dt.datetime) -> Outbox | None:
    """Claim a job to run it; None when it is done or somebody else is running it."""
    claimed = session.execute(
        sa.update(Outbox)
        .where(
            Outbox.id == row_id,
            Outbox.done_at.is_(None),
            sa.or_(Outbox.taken_at.is_(None), Outbox.taken_at <= now - TAKE_AGAIN),
        )
        .values(taken_at=now, tries=Outbox.tries + 1)
    )
    return session.get(Outbox, row_id, populate_existing=True) if one_row(claimed) else None


def still(session: Session, key: str, now: dt.datetime) -> None:
    """Whoever took this job is alive and at it: one that takes longer than TAKE_AGAIN says so now and then."""
    session.execute(sa.update(Outbox).where(Outbox.key == key, Outbox.done_at.is_(None)).values(taken_at=now))


def done(session: Session, row_id: int, now: dt.datetime, error: str | None = None) -> None:
    """The job is over: it worked, or it was given up with the reason kept."""
    session.execute(sa.update(Outbox).where(Outbox.id == row_id).values(done_at=now, error=error))


def again(session: Session, row: Outbox, now: dt.datetime, error: str, gaps: Sequence[int] = GAPS) -> bool:
    """Try later, at widening gaps. False: given up after the last of them, so that one row cannot stop the others."""
    if row.tries > len(gaps):
        done(session, row.id, now, error)
        return False
    later = now + dt.timedelta(seconds=gaps[row.tries - 1])
    values = {"due_at": later, "handed_at": None, "taken_at": None, "error": error}
    session.execute(sa.update(Outbox).where(Outbox.id == row.id).values(**values))
    return True
