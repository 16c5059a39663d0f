"""How far the carrier's call log has been read, line by line, and whether its counts are ours. Verbs never commit."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voice.db import one_row
from voice.firm import Line
from voice.models import Base
from voice.rules import evidence

EVERY = dt.timedelta(seconds=60)
LATE = dt.timedelta(minutes=5)  # older than this, and somebody who rang may be missing from the list


class Reading(Base):
    """How far the log of one line has been read."""

    __tablename__ = "call_log"
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"), primary_key=True)
    since: Mapped[dt.datetime]  # when we first read it: what lies before was never ours to answer
    watermark: Mapped[dt.datetime]  # every call that began before this is settled; never goes back
    next_at: Mapped[dt.datetime]  # whoever moves this reads next
    read_at: Mapped[dt.datetime | None]  # the last complete reading
    day_read_at: Mapped[dt.datetime | None]  # the last one of a day and more: a log may be late
    week_read_at: Mapped[dt.datetime | None]  # the last one of a week
    error: Mapped[str | None]  # why the last reading broke off


# Of an active line: no one else's is read any more.
UNREAD = sa.exists().where(Reading.error.is_not(None), Reading.line == Line.number, Line.active)
OLDEST = sa.select(sa.func.min(sa.func.coalesce(Reading.read_at, Reading.since)))


class LogDay(Base):
    """One line on one day (UTC): how many calls the carrier lists, and how many we know."""

    __tablename__ = "call_log_days"
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(sa.Date, primary_key=True)
    carrier: Mapped[int]
    ours: Mapped[int]
    checked_at: Mapped[dt.datetime]


def take(session: Session, line: str, now: dt.datetime, at_once: bool) -> Reading | None:
    """Take this minute's reading of a line; None when it is not due yet or another worker has it.

    Two at once do no harm (each call is settled once, the watermark only rises): taking turns saves requests.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    first = {"line": line, "since": now, "watermark": now, "next_at": now}
    session.execute(insert(Reading).values(**first).on_conflict_do_nothing(index_elements=["line"]))
    due = [] if at_once else [Reading.next_at <= now]
    taken = sa.update(Reading).where(Reading.line == line, *due).values(next_at=now + EVERY)
    return session.get(Reading, line, populate_existing=True) if one_row(session.execute(taken)) else None


def has_read(session: Session, line: str, window: evidence.Window, watermark: dt.datetime, now: dt.datetime) -> None:
    """A window was read to its end: the watermark rises, if it does."""
    session.execute(
        sa.update(Reading)
        .where(Reading.line == line)
        .values(
            read_at=now,
            error=None,
            watermark=sa.case((Reading.watermark < watermark, watermark), else_=Reading.watermark),
            day_read_at=now if window.is_day else Reading.day_read_at,
            week_read_at=now if window.is_week else Reading.week_read_at,
        )
    )


def broke_off(session: Session, line: str, why: str) -> None:
    """A reading broke off: the watermark stays, and it is tried again, in a minute at the latest."""
    session.execute(sa.update(Reading).where(Reading.line == line).values(error=why))


def count(session: Session, line: str, days: Iterable[evidence.Day], now: dt.datetime) -> None:
    """Keep what was counted; a day that is counted again is overwritten."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for day in days:
        counted = {"carrier": day.carrier, "ours": day.ours, "checked_at": now}
        row = insert(LogDay).values(line=line, day=day.day, **counted)
        session.execute(row.on_conflict_do_update(index_elements=["line", "day"], set_=counted))


def behind_since(oldest: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """Since when somebody who rang may be missing, when the log of a line was read then and not since; else None."""
    return oldest if oldest is not None and now - oldest > LATE else None


def freshness(session: Session, lines: Iterable[str], now: dt.datetime) -> str:
    """`ok`, `late` or `never`: whether the log of every one of these lines has been read lately."""
    rows = session.execute(sa.select(Reading.line, Reading.read_at))
    known = {row.line: row.read_at for row in rows}
    read = [known.get(line) for line in lines]
    if any(at is None for at in read):
        return "never"
    return "late" if any(now - at > LATE for at in read if at) else "ok"
