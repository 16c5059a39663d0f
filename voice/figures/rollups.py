"""Sums that are kept: made by a job from calls and callbacks, read in place of them, made anew where something changed.

A quarter of an hour that is marked (by a trigger, in the transaction that changed something) is read off the calls
until the job has been there. So what is read here is what the calls say, at any moment.
"""

import bisect
import datetime as dt
import functools
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import chunks
from voice.figures import tallies
from voice.figures.tallies import Tally
from voice.firm import Line
from voice.moments import Quarter
from voice.rollup_tables import Mark, Rollup
from voice.rules import histogram, periods
from voice.rules.periods import QUARTER, Day, Range, Span

LOCK_NUMBER = 727_009  # on Postgres, one process at a time makes roll-ups: an older sum must not replace a newer one
MOST_MARKS, MOST_QUARTERS = 5000, 8  # of one transaction: SQLite has one writer, and a call must not wait for it long
MOST_HOLES = 100  # parts of a range asked for one by one; more: all of it, and what is not wanted is left out here
LONGEST_DAY = dt.timedelta(hours=26)

Rows = sa.Select[*tuple[Any, ...]]
COUNTED: Rows = sa.select(Rollup.line, Rollup.since, Rollup.until, sa.cast(Rollup.counts, sa.Text))
ROWS = COUNTED.add_columns(sa.cast(Rollup.waiting, sa.Text), Rollup.bins)
Counted = tuple[str, dt.date, Tally]


def read(
    session: Session, asked: Range, zones: Mapping[str, str], now: dt.datetime, times: bool = True
) -> Iterator[Counted]:
    """What is counted of a range: by line and day of the range's zone, several portions of each. `zones`: by line;
    `times`: False where only counts are wanted."""
    zone, span = ZoneInfo(asked.zone), Span(asked.since, asked.until)
    inner = Span(periods.next_quarter(asked.since), periods.quarter(asked.until))
    if inner.since >= inner.until:
        alive = [span]
    else:
        marked = _marked(session, inner, zones)
        ends = [Span(span.since, inner.since), Span(inner.until, span.until)]
        alive = _joined([*ends, *(Span(at, at + QUARTER) for at in marked)])
        yield from _kept(session, asked, inner, zones, marked, now, ROWS if times else COUNTED)
    for part in alive:
        for (line, number), tally in tallies.live(session, part, zones).items():
            yield _of_hour(line, _instant(number), tally, zone)
    for (line, number), tally in tallies.by_clock(session, span, zones, now).items():
        yield line, _instant(number).astimezone(zone).date(), tally


def _kept(
    session: Session,
    asked: Range,
    inner: Span,
    zones: Mapping[str, str],
    marked: Collection[dt.datetime],
    now: dt.datetime,
    rows: Rows,
) -> Iterator[Counted]:
    """What the roll-ups say of these quarters, except for those that are marked: whole days where that is possible."""
    clock, changed = ZoneInfo(asked.zone), {periods.day_around(at, asked.zone).since for at in marked}
    whole: dict[str, list[Span]] = {line: [] for line in zones}
    over = min(inner.until, now - dt.timedelta(seconds=tallies.ROUGHLY))
    days = rows.where(Rollup.span == "day", Rollup.since >= inner.since, Rollup.until <= over)
    days = days.where(Rollup.line.in_([line for line in zones if zones[line] == asked.zone])).order_by(Rollup.since)
    for row in session.execute(days):
        if row.since not in changed:
            whole[row.line].append(Span(row.since, row.until))
            yield row.line, row.since.astimezone(clock).date(), _tally(row)
    for row in session.execute(_quarters({line: _holes(inner, whole[line]) for line in zones}, rows)):
        if row.since not in marked and not _within(whole[row.line], row.since):
            yield _of_hour(row.line, row.since, _tally(row), clock)


def _quarters(holes: Mapping[str, Sequence[Span]], rows: Rows = ROWS) -> Rows:
    """The roll-ups of these parts of each line's time, and perhaps of more."""
    wanted: list[sa.ColumnElement[bool]] = [sa.false()]
    few = sum(map(len, holes.values())) <= MOST_HOLES
    for line, spans in holes.items():
        for part in spans if few else spans and [Span(spans[0].since, spans[-1].until)]:
            wanted.append(sa.and_(Rollup.line == line, Rollup.since >= part.since, Rollup.since < part.until))
    return rows.where(Rollup.span == "quarter", sa.or_(*wanted))


def _within(days: Sequence[Span], at: dt.datetime) -> bool:
    """Whether one of these days, in their order, holds that moment."""
    later = bisect.bisect(days, at, key=lambda day: day.since)
    return later > 0 and at < days[later - 1].until


def _marked(session: Session, span: Span, lines: Collection[str]) -> set[dt.datetime]:
    quarter = Quarter(Mark.at)
    rows = sa.select(quarter).distinct().where(Mark.line.in_(lines), Mark.at >= span.since, Mark.at < span.until)
    return {_instant(number) for number in session.scalars(rows)}


def _of_hour(line: str, since: dt.datetime, quarter: Tally, zone: ZoneInfo) -> Counted:
    local = since.astimezone(zone)
    return line, local.date(), quarter.in_hour(local.hour)


def roll(session: Session, most: int = MOST_QUARTERS) -> bool:
    """Make the roll-ups anew of some quarters that are marked, and of their days. True: there may be more to do."""
    if not _alone(session):
        return False
    rows = session.execute(sa.select(Mark.id, Mark.line, Mark.at).order_by(Mark.id).limit(MOST_MARKS)).all()
    marks: dict[tuple[str, dt.datetime], list[int]] = defaultdict(list)
    for mark, line, at in rows:
        if (where := (line, periods.quarter(at))) in marks or len(marks) < most:
            marks[where].append(mark)
    zones = dict(iter(session.execute(sa.select(Line.number, Line.time_zone))))
    for line in {line for line, _ in marks}:
        quarters = sorted(at for name, at in marks if name == line)
        _roll_quarters(session, line, quarters)
        for day in {periods.day_around(at, zones[line]) for at in quarters}:
            _roll_day(session, line, day, ZoneInfo(zones[line]))
    done = [mark for ids in marks.values() for mark in ids]
    _forget(session, done)
    return len(done) < len(rows) or len(rows) == MOST_MARKS


def _alone(session: Session) -> bool:
    """Whether no other process makes roll-ups until this transaction ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK_NUMBER))))


def _roll_quarters(session: Session, line: str, quarters: Sequence[dt.datetime]) -> None:
    for part in _joined([Span(at, at + QUARTER) for at in quarters]):
        # And their days: of whichever zone the line was in then.
        here = [Rollup.line == line, Rollup.span.in_(("quarter", "day")), Rollup.since > part.since - LONGEST_DAY]
        session.execute(sa.delete(Rollup).where(*here, Rollup.since < part.until, Rollup.until > part.since))
        for (_, number), tally in tallies.live(session, part, [line]).items():
            _keep(session, line, "quarter", Span(_instant(number), _instant(number + 1)), tally)


def _roll_day(session: Session, line: str, day: Day, zone: ZoneInfo) -> None:
    whole = Tally()
    for row in session.execute(_quarters({line: [day]})):
        whole.add(_tally(row).in_hour(row.since.astimezone(zone).hour))
    if whole.counts:
        _keep(session, line, "day", day, whole)


def _keep(session: Session, line: str, name: str, span: Span, tally: Tally) -> None:
    waiting = tally.rounded() if name == "day" else tally.waiting
    sums = {"counts": dict(tally.counts), "waiting": waiting, "bins": histogram.pack(tally.all_bins())}
    session.execute(sa.insert(Rollup), {"line": line, "span": name, "since": span.since, "until": span.until, **sums})


def _forget(session: Session, marks: Sequence[int]) -> None:
    for some in chunks(marks):
        session.execute(sa.delete(Mark).where(Mark.id.in_(some)))


def _tally(row: sa.Row[*tuple[Any, ...]]) -> Tally:
    counts, *times = row[3:]
    if not times:
        return Tally(Counter(_plain(counts)))
    waiting, bins = times
    told = defaultdict(Counter, {clock: Counter(since) for clock, since in _plain(waiting).items()})
    return Tally(Counter(_plain(counts)), waiting=told, packed=[bins])


@functools.lru_cache(1000)
def _plain(text: str) -> Mapping[str, Any]:
    """What this says. Kept: a page that is looked at again reads the same rows, but for those of today."""
    found: Mapping[str, Any] = json.loads(text)
    return found


def _instant(number: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(number * QUARTER.total_seconds(), dt.UTC)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same, with neighbours made one and empty ones left out."""
    joined = list[Span]()
    for span in sorted((span for span in spans if span.since < span.until), key=lambda span: span.since):
        if joined and span.since <= joined[-1].until:
            span = Span(joined.pop().since, span.until)
        joined.append(span)
    return joined


def _holes(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What of a span none of these covers."""
    holes, since = list[Span](), span.since
    for each in sorted(taken, key=lambda each: each.since):
        holes.append(Span(since, each.since))
        since = each.until
    return [hole for hole in (*holes, Span(since, span.until)) if hole.since < hole.until]
